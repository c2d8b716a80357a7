/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* bus_read_line(): the last whole line of what a bus-query has printed so far, whatever its pieces. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/util.h"
#include "bus/ask.h"

/* A call whose process is a child that has ended; *@ret_write is its end of the pipe. */
static void start_call(struct bus_call *call, int *ret_write)
{
	int ends[2];
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	*call = (struct bus_call){ .pid = pid, .fd = ends[0] };
	*ret_write = ends[1];
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void the_last_whole_line_counts(void **state)
{
	static const struct {
		const char *piece, *expected; /* NULL: no line yet */
	} pieces[] = {
		{ "!\n", "!" }, { "-\n4711\n", "4711" },       { "47", NULL },
		{ "", NULL },   { "12\n-", "4712" },           { "\n", "-" },
		{ "\n", "" },   { "1234567890\n", "1234567" },
	};
	struct bus_call call;
	char line[8] = "";
	int fd;

	(void)state;
	start_call(&call, &fd);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		say(fd, pieces[i].piece);
		check_int(pieces[i].piece, bus_read_line(&call, line, sizeof(line)),
			  pieces[i].expected != NULL ? 1 : 0);
		if (pieces[i].expected != NULL)
			check_text(pieces[i].piece, line, pieces[i].expected);
	}
	check_int("nothing new", bus_read_line(&call, line, sizeof(line)), 0);
	(void)close(fd);
	check_int("its end", bus_read_line(&call, line, sizeof(line)), -EIO);
	check_int("reaped", call.pid, 0);
	bus_cancel(&call);
}

/* What prints more than any answer is, is none of ours. */
static void a_line_without_end_is_the_end(void **state)
{
	char text[BUS_ANSWER_MAX + 2], line[8];
	struct bus_call call;
	int fd;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	start_call(&call, &fd);
	say(fd, text);
	check_int("too much", bus_read_line(&call, line, sizeof(line)), -EFBIG);
	check_int("reaped", call.pid, 0);
	(void)close(fd);
}

/* As long as bus-query makes it, and no longer. */
static void an_answer_may_be_as_long_as_bus_query_makes_it(void **state)
{
	(void)state;
	for (int more = 0; more <= 1; more++) {
		char text[BUS_ANSWER_MAX + 2] = "";
		struct bus_call call;
		int fd, r;

		memset(text, 'x', BUS_ANSWER_MAX + (size_t)more);
		start_call(&call, &fd);
		say(fd, text);
		(void)close(fd);
		do
			r = bus_read(&call);
		while (r == 0);
		check_int("the outcome", r, more == 0 ? 1 : -EFBIG);
		if (more == 0)
			check_text("the answer", call.answer, text);
		check_int("reaped", call.pid, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_whole_line_counts),
		cmocka_unit_test(a_line_without_end_is_the_end),
		cmocka_unit_test(an_answer_may_be_as_long_as_bus_query_makes_it),
	};

	return cmocka_run_group_tests_name("bus_lines", tests, NULL, NULL);
}
