/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* babysitter/main_watch.c: who may still follow a main process that has exited with 0. The rest is in tests/integration. */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "babysitter/main_watch.h"
#include "base/procfs.h"
#include "base/util.h"

#define LATE_MS 2100

static void wait_until_it_is_old(pid_t pid)
{
	unsigned long long start_ms, now;
	struct timespec booted;

	child_check(process_read_start(pid, &start_ms) == 0);
	do {
		(void)poll(NULL, 0, 10);
		child_check(clock_gettime(CLOCK_BOOTTIME, &booted) == 0);
		now = (unsigned long long)booted.tv_sec * 1000 +
		      (unsigned long long)booted.tv_nsec / 1000000;
	} while (now < start_ms + LATE_MS);
}

/* As the parent of a daemon that is told by its file: whoever looks, looks late. */
static void look_late(const void *arg)
{
	const struct main_watch_setup setup = { .is_wanted = true, .path = "/nonexistent/pid" };
	struct main_watch watch;
	pid_t child;

	(void)arg;
	main_watch_open(&setup, getpid(), 0, &watch);
	watch.has_forked = watch.is_known = true;
	child_check(!main_watch_may_go_on(&watch, 0));
	watch.successor_ms = 0;
	child = fork();
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	wait_until_it_is_old(child);
	child_check(main_watch_may_go_on(&watch, 0));
	child_check(!main_watch_may_go_on(&watch, 1 << 8));
	child_check(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
	child_check(!main_watch_may_go_on(&watch, 0));
}

static void a_successor_is_awaited_by_who_looks_late(void **state)
{
	(void)state;
	check_in_child("late", look_late, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_successor_is_awaited_by_who_looks_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
