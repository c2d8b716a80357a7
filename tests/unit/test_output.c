/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* base/output.c: nothing is cut, however long it is, and what cannot be written is no success. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/exit_status.h"
#include "base/output.h"
#include "base/util.h"

static void it_grows_with_what_is_added(void **state)
{
	struct output out = { 0 };
	char expected[6000], *end = expected;

	(void)state;
	for (int i = 0; i < 500; i++) {
		output_add(&out, "a");
		output_add_part(&out, "bcx", 2);
		output_char(&out, '-');
		assert_int_equal(output_format(&out, "%d;", i), snprintf(NULL, 0, "%d;", i));
		end += sprintf(end, "abc-%d;", i);
	}
	assert_string_equal(out.text, expected);
	assert_int_equal(out.length, strlen(expected));
	output_free(&out);
	assert_null(out.text);
}

static void a_format_may_be_longer_than_the_room(void **state)
{
	struct output out = { 0 };

	(void)state;
	output_char(&out, '<');
	assert_int_equal(output_format(&out, "%*s", 5000, "x"), 5000);
	output_char(&out, '>');
	assert_int_equal(out.length, 5002);
	assert_int_equal(strlen(out.text), 5002);
	assert_string_equal(out.text + 4998, "  x>");
	output_free(&out);
}

/* In a child, whose standard output is this. */
static int status_of_writing(const char *path, const struct output *out)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = open(path, O_WRONLY | O_CLOEXEC);

		child_check(fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
		(void)close(STDERR_FILENO);
		_exit(output_write(out));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void what_nobody_gets_is_a_failure(void **state)
{
	struct output out = { 0 };

	(void)state;
	output_add(&out, "text\n");
	assert_int_equal(status_of_writing("/dev/null", &out), 0);
	assert_int_equal(status_of_writing("/dev/full", &out), EXIT_OURS);
	out.is_incomplete = true;
	assert_int_equal(status_of_writing("/dev/null", &out), EXIT_OURS);
	output_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_grows_with_what_is_added),
		cmocka_unit_test(a_format_may_be_longer_than_the_room),
		cmocka_unit_test(what_nobody_gets_is_a_failure),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
