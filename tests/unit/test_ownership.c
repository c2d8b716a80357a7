/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* condition/ownership.c: which processes are the daemon's. Whose a socket is, is in test_condition_net.c. */
#include "unit.h"

#include "base/util.h"
#include "condition/ownership.h"
#include <fcntl.h>

/* Waits until @fd is closed at the other end, and ends. */
static __attribute__((noreturn)) void stay(int fd)
{
	char byte;

	(void)!read(fd, &byte, 1);
	_exit(0);
}

static void send_pid(int fd)
{
	pid_t pid = getpid();

	child_check(write(fd, &pid, sizeof(pid)) == sizeof(pid));
}

static pid_t receive_pid(int fd)
{
	pid_t pid = 0;

	assert_int_equal(read(fd, &pid, sizeof(pid)), sizeof(pid));
	return pid;
}

/* A daemon, which leads a session, a child of its, and an orphan, each of which says who it is in @said. */
static void be_family(int said, int until, bool orphan_leaves)
{
	int status;
	pid_t middle;

	child_check(setsid() > 0);
	send_pid(said);
	if (fork() == 0) {
		send_pid(said);
		stay(until);
	}
	middle = fork();
	if (middle == 0) {
		pid_t parent = getpid();

		if (fork() != 0)
			_exit(0);
		while (getppid() == parent)
			(void)sched_yield();
		child_check(!orphan_leaves || setsid() > 0);
		send_pid(said);
		stay(until);
	}
	child_check(waitpid(middle, &status, 0) == middle);
	stay(until);
}

static void check_family(const char *name, bool orphan_leaves)
{
	int said[2], until[2];
	pid_t first, daemon, pids[2];

	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	assert_int_equal(pipe2(until, O_CLOEXEC), 0);
	first = fork();
	assert_true(first >= 0);
	if (first == 0) {
		(void)close(until[1]);
		be_family(said[1], until[0], orphan_leaves);
	}
	daemon = receive_pid(said[0]);
	pids[0] = receive_pid(said[0]);
	pids[1] = receive_pid(said[0]);
	assert_int_equal(daemon, first);
	/* The two come in any order. */
	check(name, is_process_of(daemon, daemon));
	check(name, !is_process_of(getpid(), daemon));
	check(name, !is_process_of(getppid(), daemon));
	check_int(name, is_process_of(pids[0], daemon) + is_process_of(pids[1], daemon),
		  orphan_leaves ? 1 : 2);
	(void)close(until[1]);
	(void)close(until[0]);
	(void)close(said[0]);
	(void)close(said[1]);
	assert_int_equal(waitpid(first, NULL, 0), first);
}

/* A worker whose parent has ended has only the session left that it came from. */
static void children_and_the_session_are_the_daemons(void **state)
{
	(void)state;
	check_family("an orphan in the session", false);
	check_family("an orphan in a session of its own", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_and_the_session_are_the_daemons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
