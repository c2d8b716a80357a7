/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The numbers of users and groups: whatever an administrator has made of the files. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/accounts.h"
#include "base/util.h"

/* A line longer than what is read at once. */
#define TEN "abcdefghi,"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define THOUSAND HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
#define LONG THOUSAND THOUSAND THOUSAND THOUSAND THOUSAND

static const struct {
	const char *name, *text;
	int r;
	unsigned number;
} cases[] = {
	{ "an empty file", "", -ENOENT, 0 },
	{ "the only line", "x:x:7:8:X:/:/bin/sh\n", 0, 7 },
	{ "without an end", "x:x:7", 0, 7 },
	{ "another after it", "x:x:7:\ny:x:8:\n", 0, 7 },
	{ "others before it", "root:x:0:\nxx:x:1:\n:x:2:\ny:x:3:\nx:x:7:\n", 0, 7 },
	{ "the first of two", "x:x:7:\nx:x:8:\n", 0, 7 },
	{ "root's number", "x::0:\n", 0, 0 },
	{ "the largest number", "x:x:4294967294:\n", 0, 4294967294U },
	{ "nobody's number", "x:x:4294967295:\n", -ENOENT, 0 },
	{ "a number that is too large", "x:x:42949672950:\n", -ENOENT, 0 },
	{ "a number that ends in its room", "x:x:0000000007:\n", 0, 7 },
	{ "no number", "x:x::\n", -ENOENT, 0 },
	{ "a wrong line before it", "x:x:y:\nx:x:-1:\nx\nx:\nx:x\nx:x:7:\n", 0, 7 },
	{ "a beginning of it", "xx:x:7:\n", -ENOENT, 0 },
	{ "its case", "X:x:7:\n", -ENOENT, 0 },
	{ "the name as another field", "y:x:7:x\nz:x:8:x:x:7\n", -ENOENT, 0 },
	{ "NIS", "+::::::\n+x:x:6:\nx:x:7:\n", 0, 7 },
	{ "empty lines, comments", "\n\n#x:x:6:\nx:x:7:\n", 0, 7 },
	{ "a long line before it", "y:x:6:" LONG "\nx:x:7:" LONG "\n", 0, 7 },
	{ "a long name", LONG ":x:6:\nx:x:7:\n", 0, 7 },
	{ "a long password", "x:" LONG ":7:\n", 0, 7 },
	{ "a long number", "x:x:" LONG ":\nx:x:7:\n", 0, 7 },
};

static void the_number_of_a_name_is_found(void **state)
{
	char path[] = "/tmp/cib-accounts.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = strlen(cases[i].text);
		unsigned number = 99;

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, cases[i].text, length, 0), length);
		check_int(cases[i].name, account_find(path, "x", &number), cases[i].r);
		check_int(cases[i].name, number, cases[i].r == 0 ? cases[i].number : 99);
	}
	(void)close(fd);
	(void)unlink(path);
	assert_int_equal(account_find(path, "x", NULL), -ENOENT);
}

static void a_file_that_cannot_be_read_is_no_file_without_the_name(void **state)
{
	(void)state;
	assert_int_equal(account_find("/", "x", NULL), -EISDIR);
}

static void the_machine_knows_root(void **state)
{
	unsigned user = 99, group = 99;

	(void)state;
	assert_int_equal(account_find(USERS_FILE, "root", &user), 0);
	assert_int_equal(account_find(GROUPS_FILE, "root", &group), 0);
	assert_int_equal(user, 0);
	assert_int_equal(group, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_of_a_name_is_found),
		cmocka_unit_test(a_file_that_cannot_be_read_is_no_file_without_the_name),
		cmocka_unit_test(the_machine_knows_root),
	};

	return cmocka_run_group_tests_name("accounts", tests, NULL, NULL);
}
