/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* babysitter/claim.c with real locks: one has it, the next one waits, and nothing stays behind. */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "babysitter/claim.h"
#include "base/util.h"

static char parent[] = "/tmp/claim.XXXXXX", path[CLAIM_PATH_MAX];
static int n_waits;

static void count_wait(void)
{
	n_waits++;
}

static int make_parent(void **state)
{
	(void)state;
	return mkdtemp(parent) == NULL ? -1 : claim_format(parent, "job", "instance", path);
}

/* Fails if anything is left in it. */
static int remove_parent(void **state)
{
	(void)state;
	return rmdir(parent);
}

static void each_job_and_instance_has_its_own(void **state)
{
	static const struct {
		const char *name, *parent, *job, *instance;
		int expected;
	} cases[] = {
		{ "a job", "/run", "job", NULL, 0 },
		{ "another", "/run", "job2", NULL, 0 },
		{ "an instance", "/run", "job", "a", 0 },
		{ "the same letters", "/run", "joba", "", 0 },
		{ "in a folder", "/run", "folder/job", "a", 0 },
		{ "many letters", "/run",
		  "0123456789012345678901234567890123456789012345678901234567890", "\n/../", 0 },
		{ "no job", "/run", NULL, "a", -EINVAL },
		{ "no place", NULL, "job", "a", -EINVAL },
		{ "not absolute", "run", "job", "a", -EINVAL },
	};
	char paths[ARRAY_SIZE(cases)][CLAIM_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_int(cases[i].name,
			  claim_format(cases[i].parent, cases[i].job, cases[i].instance, paths[i]),
			  cases[i].expected);
		check_int(cases[i].name, paths[i][0] != '\0', cases[i].expected == 0);
		if (cases[i].expected == 0)
			check_int(cases[i].name, strspn(strrchr(paths[i], '/') + 1, "/\n") == 0, 1);
		for (size_t other = 0; other < i && paths[i][0] != '\0'; other++)
			check(cases[i].name, strcmp(paths[i], paths[other]) != 0);
	}
}

static void one_has_it_and_the_next_waits(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	n_waits = 0;
	assert_int_equal(claim_wait(path, 0, count_wait), 0); /* nobody ever had it */
	fd = claim_take(path);
	assert_true(fd >= 0);
	assert_int_equal(claim_take(path), -EWOULDBLOCK);
	assert_int_equal(claim_wait(path, 30, count_wait), -ETIMEDOUT);
	assert_int_equal(n_waits, 1);
	claim_drop(path, fd);
	assert_int_equal(lstat(path, &st), -1);
	assert_int_equal(claim_wait(path, 0, count_wait), 0);
}

/* Its babysitter was killed: the kernel has given the lock back, and the file is there. */
static void what_is_left_is_removed_and_not_waited_for(void **state)
{
	struct stat st;

	(void)state;
	n_waits = 0;
	assert_int_equal(close(claim_take(path)), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(claim_wait(path, 1000, count_wait), 0);
	assert_int_equal(n_waits, 0);
	assert_int_equal(lstat(path, &st), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_job_and_instance_has_its_own),
		cmocka_unit_test(one_has_it_and_the_next_waits),
		cmocka_unit_test(what_is_left_is_removed_and_not_waited_for),
	};

	return cmocka_run_group_tests_name("claim", tests, make_parent, remove_parent);
}
