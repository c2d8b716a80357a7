/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* base/ended.c: the ends of children of ours, which we do not wait for until it has told of them. */
#include "unit.h"

#include <errno.h>
#include <grp.h>

#include "base/ended.h"
#include "base/util.h"

static const struct end {
	const char *name;
	int status, signal;
} ends[] = {
	{ "success", 0, 0 },        { "an exit status", 7, 0 }, { "the last exit status", 255, 0 },
	{ "a signal", 0, SIGTERM }, { "SIGKILL", 0, SIGKILL },
};

static pid_t start_and_end(const struct end *end)
{
	siginfo_t info;
	pid_t pid = fork();

	child_check(pid >= 0);
	if (pid == 0) {
		if (end->signal != 0)
			(void)kill(getpid(), end->signal);
		_exit(end->status);
	}
	child_check(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	return pid;
}

static void read_before_and_after(const void *arg)
{
	struct process process;
	pid_t pid = start_and_end(arg);
	int told, told_later, status, r;

	child_check(process_open(pid, &process) == 0);
	child_check(process_read_end(&process, &told) == 0);
	child_check(waitpid(pid, &status, 0) == pid && told == status);
	/* By the pidfd, where the kernel can. */
	r = process_read_end(&process, &told_later);
	child_check(r < 0 || told_later == status);
	process_close(&process);
}

static void each_end_is_told_to_who_is_no_parent(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		check_in_child(ends[i].name, read_before_and_after, &ends[i]);
}

static void read_without_pidfd(const void *arg)
{
	deny_system_call(SYS_pidfd_open, ENOSYS);
	read_before_and_after(arg);
}

static void without_pidfds_proc_tells(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		check_in_child(ends[i].name, read_without_pidfd, &ends[i]);
}

/* To whom the kernel does not tell it, it shows 0. */
static void read_as_another(const void *arg)
{
	struct process process;
	pid_t pid = start_and_end(arg);
	int status = -1;

	child_check(process_open(pid, &process) == 0);
	child_check(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
	child_check(process_read_end(&process, &status) < 0 && status == -1);
}

static void what_is_not_told_is_no_success(void **state)
{
	(void)state;
	if (geteuid() == 0)
		check_in_child("another user's", read_as_another, &ends[1]);
}

static void read_of_the_living(const void *arg)
{
	struct process process;
	int status;

	child_check(process_open(getpid(), &process) == 0);
	child_check(process_read_end(&process, &status) < 0);
	(void)arg;
}

static void who_lives_has_none(void **state)
{
	(void)state;
	check_in_child("ourselves", read_of_the_living, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_end_is_told_to_who_is_no_parent),
		cmocka_unit_test(without_pidfds_proc_tells),
		cmocka_unit_test(what_is_not_told_is_no_success),
		cmocka_unit_test(who_lives_has_none),
	};

	return cmocka_run_group_tests_name("ended", tests, NULL, NULL);
}
