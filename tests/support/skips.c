/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See skips.h. */
#include "../unit/unit.h"

#include <sys/mman.h>

#define MAX_PARTS 64

/* Of the running test, and shared with its children. */
struct skips {
	char whole[128];
	unsigned n_parts;
	char parts[MAX_PARTS][160];
};

static struct {
	struct skips *skips;
	pid_t pid; /* of the test program: its children have copies of all this */
	unsigned n_lines;
	char line[4096]; /* that has not ended yet */
	size_t length;
	bool is_last_cut;
} me;

/* ---- what is noted ---- */

void skip_because(const char *why)
{
	if (me.skips != NULL)
		(void)snprintf(me.skips->whole, sizeof(me.skips->whole), "%s", why);
	else
		(void)fprintf(stderr, "# skipped: %s\n", why);
	skip();
}

int skip_all_because(const struct CMUnitTest *tests, size_t n, const char *why)
{
	for (size_t i = 0; i < n; i++) {
		if (me.skips != NULL)
			(void)snprintf(me.skips->whole, sizeof(me.skips->whole), "%s", why);
		(void)printf("ok %zu # SKIP %s\n", i + 1, tests[i].name);
	}
	return 0;
}

void not_tried(const char *what, const char *why)
{
	unsigned i;

	if (me.skips == NULL) {
		(void)fprintf(stderr, "# not tried: %s: %s\n", what, why);
		return;
	}
	i = __atomic_fetch_add(&me.skips->n_parts, 1, __ATOMIC_SEQ_CST);
	if (i < MAX_PARTS)
		(void)snprintf(me.skips->parts[i], sizeof(me.skips->parts[i]), "%s # SKIP %s", what,
			       why);
}

/* ---- what is printed ---- */

static void print_test(const char *verdict, const char *name, const char *rest)
{
	(void)dprintf(STDOUT_FILENO, "%s %u - %s%s\n", verdict, ++me.n_lines, name, rest);
}

static void print_parts(const char *name)
{
	unsigned n = me.skips->n_parts;
	char rest[sizeof(me.skips->parts[0]) + 2];

	for (unsigned i = 0; i < n && i < MAX_PARTS; i++) {
		(void)snprintf(rest, sizeof(rest), ": %s", me.skips->parts[i]);
		print_test("ok", name, rest);
	}
	if (n > MAX_PARTS)
		print_test("not ok", name, ": more than skips.c has room for was not tried");
}

/* "ok 1 - name", "not ok 2 - name", "not ok 3 # SKIP name"; cmocka 2.0 has "ok 3 # SKIP name". */
static void print_result(const char *line, const char *verdict)
{
	char skipped[sizeof(me.skips->whole) + 16];
	const char *name;

	line += strspn(line, "0123456789");
	name = line + strspn(line, " -");
	if (strncmp(name, "# SKIP ", strlen("# SKIP ")) == 0) {
		name += strlen("# SKIP ");
		(void)snprintf(skipped, sizeof(skipped), " # SKIP %s",
			       me.skips->whole[0] != '\0' ? me.skips->whole : "without a reason");
		print_test("ok", name, skipped);
	} else {
		print_parts(name);
		print_test(verdict, name, "");
	}
	memset(me.skips, 0, sizeof(*me.skips));
}

static void print_line(const char *line)
{
	if (strncmp(line, "ok ", 3) == 0)
		print_result(line + 3, "ok");
	else if (strncmp(line, "not ok ", 7) == 0)
		print_result(line + 7, "not ok");
	else if (strncmp(line, "1..", 3) != 0) /* the plan comes at the end */
		(void)dprintf(STDOUT_FILENO, "%s\n", line);
}

static ssize_t take_output(void *cookie, const char *text, size_t size)
{
	(void)cookie;
	for (size_t i = 0; i < size; i++) {
		if (text[i] != '\n') {
			if (me.length + 1 < sizeof(me.line))
				me.line[me.length++] = text[i];
			continue;
		}
		me.line[me.length] = '\0';
		me.length = 0;
		print_line(me.line);
	}
	return (ssize_t)size;
}

/* Some programs execute themselves, as something else than tests. */
static void print_plan(void)
{
	(void)fflush(stdout);
	if (getpid() == me.pid && me.n_lines > 0)
		(void)dprintf(STDOUT_FILENO, "1..%u\n", me.n_lines);
}

#ifdef __GLIBC__
static void take_stdout(void)
{
	static const cookie_io_functions_t functions = { .write = take_output };
	FILE *stream = fopencookie(NULL, "w", functions);

	if (stream == NULL)
		abort();
	(void)setvbuf(stream, NULL, _IOLBF, BUFSIZ);
	stdout = stream;
}
#else
static void take_stdout(void)
{
}

/* musl's stdout is a constant. All that is printed, by us and by cmocka, is printed by this; cmocka's lines are not longer. */
int printf(const char *format, ...)
{
	char text[sizeof(me.line)];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(text))
		abort();
	return (int)(me.skips != NULL ? take_output(NULL, text, (size_t)length)
				      : write(STDOUT_FILENO, text, (size_t)length));
}
#endif

/* Before main(): no test has to know of it. */
static void __attribute__((constructor)) stand_between(void)
{
	const char *format = getenv("CMOCKA_MESSAGE_OUTPUT");

	if (format == NULL || strcmp(format, "TAP") != 0)
		return;
	me.skips = mmap(NULL, sizeof(*me.skips), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (me.skips == MAP_FAILED)
		abort();
	me.pid = getpid();
	take_stdout();
	(void)atexit(print_plan);
}
