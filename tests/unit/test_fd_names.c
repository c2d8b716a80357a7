/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The names of passed descriptors: which are taken, and how a list of them is made. */
#include "unit.h"

#include "base/util.h"
#include "fd/names.h"

/* @n times 'x', from a buffer that the next call overwrites. */
static const char *repeat_x(size_t n)
{
	static char text[600];

	memset(text, 'x', n);
	text[n] = '\0';
	return text;
}

static void what_systemd_takes_is_taken(void **state)
{
	static const struct {
		const char *names;
		int expected;
		size_t n;
	} cases[] = {
		{ "web", 0, 1 },
		{ "a:b", 0, 2 },
		{ "a:b:c", 0, 3 },
		{ ":", 0, 2 },
		{ "a::c", 0, 3 },
		{ "a:", 0, 2 },
		{ "with space", 0, 1 },
		{ "~!/=", 0, 1 },
		{ "", -EINVAL, 1 },
		{ "a\nb", -EINVAL, 1 },
		{ "a\tb", -EINVAL, 1 },
		{ "a\x7f", -EINVAL, 1 },
		{ "\xc3\xa4", -EINVAL, 1 },
		{ "a:\x01", -EINVAL, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_int(cases[i].names, fd_names_check(cases[i].names), cases[i].expected);
		check_int(cases[i].names, fd_names_count(cases[i].names), cases[i].n);
	}
}

static void a_name_has_at_most_255_characters(void **state)
{
	char two[600];

	(void)state;
	assert_int_equal(fd_names_check(repeat_x(255)), 0);
	assert_int_equal(fd_names_check(repeat_x(256)), -EINVAL);
	memcpy(two, repeat_x(255 + 1 + 255), 255 + 1 + 255 + 1);
	two[255] = ':';
	assert_int_equal(fd_names_check(two), 0);
	memcpy(two + 256, repeat_x(256), 256 + 1);
	assert_int_equal(fd_names_check(two), -EINVAL);
}

static void sockets_are_called_after_their_job(void **state)
{
	static const struct {
		const char *job;
		size_t n;
		const char *expected;
	} cases[] = {
		{ "foo", 1, "foo.socket" },
		{ "foo", 3, "foo.socket:foo.socket:foo.socket" },
		{ NULL, 1, "unknown.socket" },
		{ "a/b", 2, "a/b.socket:a/b.socket" },
		{ "a:b\n\xff", 1, "a_b__.socket" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		const char *names = fd_names_of_job(&arena, cases[i].job, cases[i].n);

		check_text(cases[i].expected, names, cases[i].expected);
		check_int(cases[i].expected, fd_names_check(names), 0);
		arena_done(&arena);
	}
}

static void a_name_that_is_made_is_one_that_is_taken(void **state)
{
	struct arena arena = { 0 };
	const char *names = fd_names_of_job(&arena, repeat_x(500), 2);

	(void)state;
	assert_int_equal(fd_names_check(names), 0);
	assert_int_equal(strlen(names), 2 * 255 + 1);
	assert_true(has_suffix(names, "x.socket"));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_systemd_takes_is_taken),
		cmocka_unit_test(a_name_has_at_most_255_characters),
		cmocka_unit_test(sockets_are_called_after_their_job),
		cmocka_unit_test(a_name_that_is_made_is_one_that_is_taken),
	};

	return cmocka_run_group_tests_name("fd_names", tests, NULL, NULL);
}
