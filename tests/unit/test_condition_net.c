/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What condition/net.c finds in the kernel's tables of sockets, and in a file of long lines. */
#include "unit.h"

#include "condition/net.c" /* NOLINT(bugprone-suspicious-include): for its reading of lines */

#include <endian.h>

#define REST " 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0"

static void a_listener_is_found_by_where_it_listens(void **state)
{
	static const struct {
		const char *line;
		const char *place;
		enum match expected;
	} cases[] = {
		/* 127.0.0.1:80 */
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "127.0.0.1:80", MATCH_FOUND },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "localhost:80", MATCH_FOUND },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "*:80", MATCH_FOUND },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "127.0.0.1:81", MATCH_OTHER },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "127.0.0.2:80", MATCH_OTHER },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "0.0.0.0:80", MATCH_OTHER },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "[::1]:80", MATCH_OTHER },
		{ "1234567: 0100007F:0050 00000000:0000 0A" REST, "127.0.0.1:80", MATCH_FOUND },
		/* 0.0.0.0:80 */
		{ "   0: 00000000:0050 00000000:0000 0A" REST, "192.0.2.1:80", MATCH_FOUND },
		{ "   0: 00000000:0050 00000000:0000 0A" REST, "[2001:db8::1]:80", MATCH_OTHER },
		{ "   0: 00000000:0050 00000000:0000 0A" REST, "[::]:80", MATCH_OTHER },
		/* [::]:80 */
		{ "   0: 00000000000000000000000000000000:0050 "
		  "00000000000000000000000000000000:0000 0A" REST,
		  "192.0.2.1:80", MATCH_FOUND },
		{ "   0: 00000000000000000000000000000000:0050 "
		  "00000000000000000000000000000000:0000 0A" REST,
		  "[2001:db8::1]:80", MATCH_FOUND },
		/* [::1]:80 */
		{ "   0: 00000000000000000000000001000000:0050 "
		  "00000000000000000000000000000000:0000 0A" REST,
		  "[::1]:80", MATCH_FOUND },
		{ "   0: 00000000000000000000000001000000:0050 "
		  "00000000000000000000000000000000:0000 0A" REST,
		  "127.0.0.1:80", MATCH_OTHER },
		/* connections: one that is not accepted yet, one that is, an end */
		{ "   0: 0100007F:0050 0100007F:8000 03" REST, "127.0.0.1:80", MATCH_OTHER },
		{ "   0: 0100007F:0050 0100007F:8000 01" REST, "127.0.0.1:80", MATCH_END },
		{ "   0: 0100007F:0050 0100007F:8000 06" REST, "127.0.0.1:80", MATCH_END },
		/* no line of this table */
		{ "", "*:80", MATCH_OTHER },
		{ "   0: 0100007F:0050", "*:80", MATCH_OTHER },
		{ "   0: 00007F:0050 00000000:0000 0A" REST, "127.0.0.1:80", MATCH_OTHER },
		{ "   0: zz00007F:0050 00000000:0000 0A" REST, "*:80", MATCH_OTHER },
	};

	(void)state;
	if (htole32(1) != 1)
		skip_because("the lines are a little-endian machine's");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct listener listener = { .inode = 0 };

		assert_int_equal(tcp_place_parse(cases[i].place, &listener.place), 0);
		if (match_tcp(cases[i].line, &listener) != cases[i].expected)
			fail_msg("%s: %s", cases[i].place, cases[i].line);
		check_int(cases[i].line, listener.inode,
			  cases[i].expected == MATCH_FOUND ? 12345 : 0);
	}
}

static void a_unix_listener_is_found_by_its_name(void **state)
{
	static const struct {
		const char *line, *name;
		enum match expected;
	} cases[] = {
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/x", "/run/x",
		  MATCH_FOUND },
		{ "ffff8881: 00000002 00000000 00010000 0005 01 12 /run/x", "/run/x", MATCH_FOUND },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 @x", "@x", MATCH_FOUND },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 @x@", "@x", MATCH_OTHER },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/x y", "/run/x y",
		  MATCH_FOUND },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/xy", "/run/x",
		  MATCH_OTHER },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12", "/run/x", MATCH_OTHER },
		/* bound only, connected, datagrams */
		{ "0000000000000000: 00000002 00000000 00000000 0001 01 12 /run/x", "/run/x",
		  MATCH_OTHER },
		{ "0000000000000000: 00000003 00000000 00000000 0001 03 12 /run/x", "/run/x",
		  MATCH_OTHER },
		{ "0000000000000000: 00000002 00000000 00000000 0002 01 12 /run/x", "/run/x",
		  MATCH_OTHER },
		{ "", "/run/x", MATCH_OTHER },
		/* the same directory by its other name */
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /var/run/x", "/run/x",
		  MATCH_FOUND },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/x", "/var/run/x",
		  MATCH_FOUND },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /var/x", "/x",
		  MATCH_OTHER },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /srv/var/run/x",
		  "/run/x", MATCH_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct listener listener = { .name = cases[i].name };

		if (match_unix(cases[i].line, &listener) != cases[i].expected)
			fail_msg("%s: %s", cases[i].name, cases[i].line);
		check_int(cases[i].line, listener.inode, cases[i].expected == MATCH_FOUND ? 12 : 0);
	}
}

/* ---- With real sockets ---- */

/* Binds and listens at the @length bytes of @name in sun_path. */
static int listen_at(const char *name, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	child_check(length <= sizeof(address.sun_path));
	memcpy(address.sun_path, name, length);
	child_check(bind(fd, (struct sockaddr *)&address,
			 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0);
	child_check(listen(fd, 1) == 0);
	return fd;
}

static bool is_there(const char *what, pid_t daemon)
{
	struct awaited awaited = { .text = what, .what = what };
	struct watch watch = { .awaited = &awaited, .daemon = daemon };

	return check_unix(&watch) == NULL;
}

static void look_for_real_ones(const void *arg)
{
	static const char abstract[] = "\0cib-awaited", padded[8] = "\0pad";
	char directory[] = "/tmp/cib-awaited.XXXXXX", path[64];
	pid_t other;
	int fd;

	(void)arg;
	child_check(mkdtemp(directory) != NULL);
	(void)snprintf(path, sizeof(path), "%s/s", directory);
	child_check(!is_there(path, 0));
	fd = listen_at(path, strlen(path) + 1);
	child_check(is_there(path, 0) && is_there(path, getpid()));
	child_check(!is_there(directory, 0));
	other = fork();
	if (other == 0) {
		(void)close(fd);
		for (;;)
			(void)pause();
	}
	while (is_there(path, other))
		; /* it has not closed its own yet */
	child_check(is_there(path, 0));
	child_check(kill(other, SIGKILL) == 0 && waitpid(other, NULL, 0) == other);
	(void)close(fd);
	child_check(!is_there(path, 0)); /* the file is still there */
	child_check(unlink(path) == 0 && rmdir(directory) == 0);

	fd = listen_at(abstract, sizeof(abstract) - 1);
	child_check(is_there("@cib-awaited", 0) && !is_there("@cib-await", 0));
	child_check(!is_there("cib-awaited", 0));
	(void)close(fd);
	fd = listen_at(padded, sizeof(padded));
	child_check(!is_there("@pad", 0));
	(void)close(fd);
}

static void look_without_netlink(const void *arg)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install_filter(filter, sizeof(filter) / sizeof(filter[0]));
	look_for_real_ones(arg);
}

static void real_ones_are_found_by_netlink_and_without(void **state)
{
	(void)state;
	check_in_child("netlink", look_for_real_ones, NULL);
	check_in_child("without", look_without_netlink, NULL);
}

/* A name that is a line of /proc/net/unix, behind one that it ends. */
static void look_for_a_forged_one(const void *arg)
{
	static const char line[] = "\0x\n0: 00000002 00000000 00010000 0001 01 12 /run/forged";
	struct unix_search nobody = { .reason = nothing };
	struct watch watch = { .awaited = &(struct awaited){ .what = "/none" } };
	struct listener listener = { .name = "/run/forged" };

	(void)arg;
	nobody.watch = &watch;
	(void)listen_at(line, sizeof(line) - 1);
	/* As it is with the text alone, or this would show nothing. */
	child_check(find_listener(&watch, "unix", match_unix, &listener) == NULL);
	if (unix_diag_listeners(see_unix, &nobody) < 0)
		not_tried("unix_diag", "the kernel does not have it");
	else
		child_check(!is_there("/run/forged", 0));
}

static void a_line_cannot_be_forged(void **state)
{
	(void)state;
	check_in_child("forged", look_for_a_forged_one, NULL);
}

/* More than one reading brings. */
static void look_among_many(const void *arg)
{
	char name[100];

	(void)arg;
	for (int i = 0; i < 400; i++) {
		(void)snprintf(name, sizeof(name), "%ccib-many-%0*d", '\0', 80, i);
		(void)listen_at(name, 90);
	}
	(void)snprintf(name, sizeof(name), "@cib-many-%0*d", 80, 0);
	child_check(is_there(name, 0));
	(void)snprintf(name, sizeof(name), "@cib-many-%0*d", 80, 399);
	child_check(is_there(name, 0) && is_there(name, getpid()));
	name[strlen(name) - 1] = 'x';
	child_check(!is_there(name, 0));
}

static void one_is_found_among_many(void **state)
{
	(void)state;
	check_in_child("many", look_among_many, NULL);
}

static void lines_come_whole_however_they_lie_in_the_file(void **state)
{
	FILE *file = tmpfile();
	struct lines lines = { .end = 0 };
	char expected[400];

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 50; i++)
		(void)fprintf(file, "%0*d\n", i * 7 + 1, i);
	assert_int_equal(fflush(file), 0);
	rewind(file);
	lines.fd = fileno(file);
	for (int i = 0; i < 50; i++) {
		(void)snprintf(expected, sizeof(expected), "%0*d", i * 7 + 1, i);
		check_text("line", next_line(&lines), expected);
	}
	assert_null(next_line(&lines));
	(void)fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_is_found_by_where_it_listens),
		cmocka_unit_test(a_unix_listener_is_found_by_its_name),
		cmocka_unit_test(lines_come_whole_however_they_lie_in_the_file),
		cmocka_unit_test(real_ones_are_found_by_netlink_and_without),
		cmocka_unit_test(a_line_cannot_be_forged),
		cmocka_unit_test(one_is_found_among_many),
	};

	return cmocka_run_group_tests_name("awaited_net", tests, NULL, NULL);
}
