/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* base/cover.c: what /proc shows of our arguments before and after. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cover.h"
#include "base/util.h"

#define LONG_WORD "a-word-that-makes-room-for-more-than-the-name-of-a-program"

/* The kernel's own view, of a program that is executed with these arguments, and covers them. */
static size_t read_command_line(char *text, size_t size)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	child_check(fd >= 0);
	n = read(fd, text, size);
	child_check(n > 0 && close(fd) == 0);
	return (size_t)n;
}

/* "--cover" JOB EXPECTED [ROOM...]; an EXPECTED of "-" is nothing. */
static int cover_here(char **argv)
{
	char expected[256], before[4096], after[4096];
	char job[256];
	size_t length, size = read_command_line(before, sizeof(before));

	(void)snprintf(expected, sizeof(expected), "%s", argv[3]);
	(void)snprintf(job, sizeof(job), "%s", argv[2]);
	cover_begin(argv);
	cover_arguments(job[0] != '\0' ? job : NULL);
	child_check(read_command_line(after, sizeof(after)) == size);
	length = strlen(expected);
	child_check(strcmp(after, expected) == 0);
	for (size_t i = length; i < size; i++)
		child_check(after[i] == '\0');
	return 0;
}

struct row {
	const char *name, *job, *expected;
};

static void execute(const void *arg)
{
	const struct row *row = arg;
	const char *const argv[] = { "test",    "--cover", row->job, row->expected,
				     LONG_WORD, LONG_WORD, NULL };

	(void)execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	child_check(false);
}

static void the_arguments_are_covered_by_the_job_s_name(void **state)
{
	static const struct row rows[] = {
		{ "a job", "job", "cross-init-bridge: job" },
		{ "no job", "", "cross-init-bridge" },
		{ "control characters", "a\n\x1b[2J\t\x7f", "cross-init-bridge: a??[2J??" },
		{ "not ASCII", "caf\xc3\xa9", "cross-init-bridge: caf??" },
	};

	(void)state;
	if (is_under_valgrind())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_in_child(rows[i].name, execute, &rows[i]);
}

/* As a vector that the kernel has made: one string behind the other. */
static void cover_block(const void *arg)
{
	char block[] = "ab\0c\0\0not ours", *argv[] = { block, block + 3, block + 5, NULL };

	(void)arg;
	cover_begin(argv);
	cover_arguments("job");
	child_check(memcmp(block, "cross\0not ours", sizeof(block)) == 0);
}

static void a_title_is_cut_where_the_arguments_end(void **state)
{
	(void)state;
	check_in_child("cut", cover_block, NULL);
}

/* In memory and in environ; what is kept keeps its place. */
static void cover_variables(const void *arg)
{
	static const char *const kept[] = { "KEPT", "ALSO", NULL };
	char block[] = "SECRET=x\0KEPT=1\0KEPT_NOT=2\0ALSO=\0KEPT";
	char *variables[] = { block, block + 9, block + 16, block + 27, block + 33, NULL };

	(void)arg;
	environ = variables;
	cover_environment(kept);
	child_check(environ == variables && variables[0] == block + 9 &&
		    variables[1] == block + 27 && variables[2] == NULL);
	child_check(memcmp(block, "\0\0\0\0\0\0\0\0\0KEPT=1\0\0\0\0\0\0\0\0\0\0\0\0ALSO=\0\0\0\0\0",
			   sizeof(block)) == 0);
}

static void only_what_is_kept_is_left_of_the_environment(void **state)
{
	(void)state;
	check_in_child("variables", cover_variables, NULL);
}

static void cover_nothing(const void *arg)
{
	char *none[] = { NULL };

	(void)arg;
	cover_arguments("job");
	cover_begin(none);
	cover_arguments("job");
}

static void where_there_are_none_nothing_is_covered(void **state)
{
	(void)state;
	check_in_child("none", cover_nothing, NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_arguments_are_covered_by_the_job_s_name),
		cmocka_unit_test(a_title_is_cut_where_the_arguments_end),
		cmocka_unit_test(where_there_are_none_nothing_is_covered),
		cmocka_unit_test(only_what_is_kept_is_left_of_the_environment),
	};

	if (argc > 3 && is_equal(argv[1], "--cover"))
		return cover_here(argv);
	return cmocka_run_group_tests_name("cover", tests, NULL, NULL);
}
