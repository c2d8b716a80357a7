/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* act/ending.c: to end as another process did, with real processes. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "act/ending.h"
#include "base/util.h"

static void allow_core(void)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	child_check(setrlimit(RLIMIT_CORE, &unlimited) == 0 || errno == EPERM);
}

static void end_as_the_daemon(const void *arg)
{
	const int *signal = arg;

	allow_core();
	die_of(*signal);
}

static void end_by_itself(const void *arg)
{
	const int *number = arg;

	allow_core();
	(void)signal(*number, SIG_DFL); /* cmocka has its own */
	(void)raise(*number);
}

static void end_with_it_blocked_and_ignored(const void *arg)
{
	const int *number = arg;
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)signal(*number, SIG_IGN);
	die_of(*number);
}

/* As when an interruption and the SIGTERM that follows it are both there: what is not read yet must not be first. */
static void end_with_others_pending(const void *arg)
{
	const int others[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR2, SIGRTMIN };
	const int *number = arg;
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		(void)signal(others[i], SIG_DFL);
		child_check(kill(getpid(), others[i]) == 0);
	}
	die_of(*number);
}

static void the_signal_is_the_same(void **state)
{
	const int signals[] = { SIGTERM, SIGKILL, SIGHUP,  SIGSEGV,
				SIGABRT, SIGPIPE, SIGUSR1, SIGRTMIN };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		int status = run_child(end_as_the_daemon, &signals[i]);

		check_int("as it is", WIFSIGNALED(status) ? WTERMSIG(status) : -status, signals[i]);
		status = run_child(end_with_it_blocked_and_ignored, &signals[i]);
		check_int("blocked", WIFSIGNALED(status) ? WTERMSIG(status) : -status, signals[i]);
		status = run_child(end_with_others_pending, &signals[i]);
		check_int("others are pending", WIFSIGNALED(status) ? WTERMSIG(status) : -status,
			  signals[i]);
	}
}

/* A signal that does not end a process: by the convention of shells. */
static void what_ends_nobody_is_a_status(void **state)
{
	const int number = SIGURG;
	int status = run_child(end_as_the_daemon, &number);

	(void)state;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGURG);
}

static int count_and_remove_files(const char *directory)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	int n = 0;

	assert_non_null(stream);
	while ((entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		assert_int_equal(unlink(entry->d_name), 0);
	}
	(void)closedir(stream);
	return n;
}

/* The children may leave cores: in a directory that goes with them. */
static char directory[] = "/tmp/cib-ending.XXXXXX";

static int enter_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL || chdir(directory) < 0 ? -1 : 0;
}

static int leave_directory(void **state)
{
	(void)state;
	(void)count_and_remove_files(".");
	return chdir("/") < 0 || rmdir(directory) < 0 ? -1 : 0;
}

/* One core, the daemon's, is enough. Where the kernel gives it to a program, that is not asked here. */
static void there_is_no_second_core(void **state)
{
	const int number = SIGSEGV;
	int status;

	(void)state;
	need_no_valgrind("valgrind writes cores of its own");
	(void)count_and_remove_files(".");
	status = run_child(end_by_itself, &number);
	if (!WCOREDUMP(status) || count_and_remove_files(".") != 1)
		not_tried("that the daemon's own is written",
			  "this machine leaves no core in the directory");
	status = run_child(end_as_the_daemon, &number);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	assert_false(WCOREDUMP(status));
	assert_int_equal(count_and_remove_files("."), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_signal_is_the_same),
		cmocka_unit_test(what_ends_nobody_is_a_status),
		cmocka_unit_test(there_is_no_second_core),
	};

	return cmocka_run_group_tests_name("ending", tests, enter_directory, leave_directory);
}
