/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * base/threads.c, and base/process.c on a kernel without pidfds, with processes whose first thread has
 * ended, or is just being replaced by the one that calls execve(2), or that /proc does not show.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>

#include "base/process.h"
#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"

#define N_EXECS "300"

/* ---- Daemons; each is a child of the child that the test is in ---- */

static void *rest(void *arg)
{
	for (;;)
		(void)pause();
	return arg;
}

/* Two threads; pthread_exit(3) would run what the C library has to do first. */
static void run_without_first_thread(void)
{
	pthread_t thread;

	for (int i = 0; i < 2; i++)
		child_check(pthread_create(&thread, NULL, rest, NULL) == 0);
	(void)syscall(SYS_exit, 0);
}

static void run_with_threads(void)
{
	pthread_t thread;

	child_check(pthread_create(&thread, NULL, rest, NULL) == 0);
	(void)rest(NULL);
}

static void run_alone(void)
{
	(void)rest(NULL);
}

/* See main(). */
static void run_execs(void)
{
	child_check(execl("/proc/self/exe", "execs", N_EXECS, NULL) == 0);
}

static pid_t start(void (*run)(void))
{
	pid_t pid = fork();

	child_check(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		run();
	}
	return pid;
}

static char first_thread_of(pid_t pid)
{
	struct process_status status;

	return (char)(process_read_status(pid, &status) == 0 ? status.state : '?');
}

static void send_stop(pid_t pid)
{
	siginfo_t info;

	child_check(kill(pid, SIGSTOP) == 0);
	child_check(waitid(P_PID, (id_t)pid, &info, WSTOPPED) == 0);
}

static void end(pid_t pid)
{
	siginfo_t info;

	child_check(kill(pid, SIGKILL) == 0);
	child_check(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
}

/* ---- What a process does as a whole ---- */

static void look_at_each_state(const void *arg)
{
	void (*const *run)(void) = arg;
	pid_t pid = start(*run);

	if (*run == run_without_first_thread)
		while (first_thread_of(pid) != 'Z')
			;
	while (process_read_state(pid) != 'S')
		;
	child_check(!process_has_stopped(pid));
	send_stop(pid);
	child_check(process_read_state(pid) == 'T' && process_has_stopped(pid));
	child_check(kill(pid, SIGCONT) == 0);
	while (process_read_state(pid) != 'S')
		;
	child_check(!process_has_stopped(pid));
	end(pid);
	child_check(process_read_state(pid) == 'Z' && !process_has_stopped(pid));
	child_check(waitpid(pid, NULL, 0) == pid);
	child_check(process_read_state(pid) < 0 && !process_has_stopped(pid));
}

static void the_state_is_that_of_all_threads(void **state)
{
	static void (*const runs[])(void) = { run_alone, run_with_threads, run_without_first_thread };
	static const char *const names[] = { "alone", "two threads", "without the first" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		check_in_child(names[i], look_at_each_state, &runs[i]);
}

static void look_for_live_thread(const void *arg)
{
	pid_t pid = start(run_without_first_thread), live;
	char path[64], link[64];

	while (first_thread_of(pid) != 'Z')
		;
	live = process_live_thread(pid);
	child_check(live != pid);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/0", (int)live);
	child_check(readlink(path, link, sizeof(link)) > 0);
	child_check(process_live_thread(getpid()) == getpid());
	child_check(process_live_thread(0) == 0);
	end(pid);
	child_check(process_live_thread(pid) == pid);
	(void)arg;
}

static void another_thread_stands_for_the_first(void **state)
{
	(void)state;
	check_in_child("live", look_for_live_thread, NULL);
}

/* ---- Its end ---- */

static void open_without_pidfd(pid_t pid, struct process *ret_process)
{
	deny_system_call(SYS_pidfd_open, ENOSYS);
	child_check(process_open(pid, ret_process) == 0 && ret_process->pidfd == NO_FD);
}

static void check_end(const struct process *process)
{
	child_check(!process_has_ended(process) && process_signal(process, 0) == 0);
	end(process->pid);
	child_check(process_has_ended(process));
	child_check(waitpid(process->pid, NULL, 0) == process->pid);
	child_check(process_has_ended(process) && process_signal(process, 0) == -ESRCH);
}

static void follow_without_first_thread(const void *arg)
{
	pid_t pid = start(run_without_first_thread);
	struct process process;

	while (first_thread_of(pid) != 'Z')
		;
	open_without_pidfd(pid, &process);
	check_end(&process);
	(void)arg;
}

static void the_end_is_that_of_the_last_thread(void **state)
{
	(void)state;
	check_in_child("without the first", follow_without_first_thread, NULL);
}

/* The file is not that of a process that has ended before the last of them. */
static void follow_execs(const void *arg)
{
	struct process process;
	siginfo_t info = { 0 };
	pid_t pid;
	bool has_ended;

	pid = start(run_execs);
	open_without_pidfd(pid, &process);
	do {
		has_ended = process_has_ended(&process);
		child_check(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0);
		child_check(!has_ended || info.si_pid == pid);
	} while (info.si_pid == 0);
	child_check(process_has_ended(&process));
	child_check(info.si_code == CLD_EXITED && info.si_status == 0);
	(void)arg;
}

static void a_thread_that_calls_execve_is_no_end(void **state)
{
	(void)state;
	if (is_under_valgrind())
		skip_because("valgrind takes what a program executes in its place for the end of it");
	check_in_child("execs", follow_execs, NULL);
}

/* ---- A process that /proc hides from us ---- */

/* To the group of the option gid=, which is root's, nothing is hidden. */
static void become_nobody(void)
{
	child_check(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
}

/* In namespaces of our own: before Linux 5.8 the option is one of the whole pid namespace. */
static void follow_hidden(const void *arg)
{
	const char *options = arg;
	struct process process;
	pid_t pid;
	int status;

	child_check(mount("none", "/", "", MS_REC | MS_PRIVATE, "") == 0);
	child_check(mount("proc", "/proc", "proc", 0, options) == 0);
	pid = start(run_alone);
	open_without_pidfd(pid, &process);
	if (fork() == 0) {
		become_nobody();
		child_check((process_read_state(pid) < 0) == (strcmp(options, "hidepid=0") != 0));
		child_check(!process_has_ended(&process));
		child_check(process_signal(&process, 0) == -EPERM);
		_exit(0);
	}
	child_check(wait(&status) > 0 && status == 0);
	end(pid);
	child_check(waitpid(pid, NULL, 0) == pid);
	if (fork() == 0) {
		become_nobody();
		child_check(process_has_ended(&process));
		_exit(0);
	}
	child_check(wait(&status) > 0 && status == 0);
}

static void follow_in_namespaces(const void *arg)
{
	pid_t pid;
	int status;

	child_check(unshare(CLONE_NEWNS | CLONE_NEWPID) == 0);
	pid = fork();
	if (pid == 0) {
		follow_hidden(arg);
		_exit(0);
	}
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
}

static void what_is_hidden_has_not_ended(void **state)
{
	static const char *const options[] = { "hidepid=0", "hidepid=1", "hidepid=2" };

	(void)state;
	if (!has_namespaces())
		skip_because("needs root that may make namespaces");
	if (is_under_valgrind())
		skip_because("valgrind does without the calls that this is about");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		check_in_child(options[i], follow_in_namespaces, options[i]);
}

/* ---- The test program, when it is a daemon whose threads execute it again and again ---- */

static void *execute(void *arg)
{
	(void)execl("/proc/self/exe", "execs", arg, NULL);
	_exit(CHILD_FAILED);
}

static int execute_in_thread(const char *n_left)
{
	char next[24];
	pthread_t thread;
	long n = strtol(n_left, NULL, 10);

	if (n == 0)
		return 0;
	(void)snprintf(next, sizeof(next), "%ld", n - 1);
	child_check(pthread_create(&thread, NULL, execute, next) == 0);
	(void)rest(NULL);
	return CHILD_FAILED;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_state_is_that_of_all_threads),
		cmocka_unit_test(another_thread_stands_for_the_first),
		cmocka_unit_test(the_end_is_that_of_the_last_thread),
		cmocka_unit_test(a_thread_that_calls_execve_is_no_end),
		cmocka_unit_test(what_is_hidden_has_not_ended),
	};

	if (argc == 2)
		return execute_in_thread(argv[1]);
	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
