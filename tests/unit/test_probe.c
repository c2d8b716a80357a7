/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * hosts/upstart/probe.c, and process_has_stopped() without which it proves nothing, with real processes: the test
 * is the host, its children are a daemon and a babysitter that does what it is told to.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "base/threads.h"
#include "base/util.h"
#include "hosts/upstart/probe.h"

/* ---- The babysitter: one byte is an order, four are the answer ---- */

enum order {
	SEND = 's',
	LOOK = 'l',
};

struct babysitter {
	pid_t pid;
	int order_fd, answer_fd;
};

static int obey(char order, struct telling *telling, pid_t host_pid)
{
	if (order == SEND)
		upstart_send_probe(telling, host_pid);
	return (int)upstart_look_at_probe(telling);
}

static void __attribute__((noreturn)) be_babysitter(int orders, int answers, pid_t host_pid)
{
	struct telling telling = { 0 };
	char order;

	while (read(orders, &order, 1) == 1) {
		int answer = obey(order, &telling, host_pid);

		child_check(write(answers, &answer, sizeof(answer)) == sizeof(answer));
	}
	_exit(0);
}

static struct babysitter start_babysitter(pid_t host_pid)
{
	struct babysitter sitter;
	int orders[2], answers[2];

	assert_int_equal(pipe2(orders, O_CLOEXEC), 0);
	assert_int_equal(pipe2(answers, O_CLOEXEC), 0);
	sitter = (struct babysitter){ fork(), orders[1], answers[0] };
	if (sitter.pid == 0) {
		(void)close(orders[1]);
		be_babysitter(orders[0], answers[1], host_pid);
	}
	assert_true(sitter.pid > 0);
	(void)close(orders[0]);
	(void)close(answers[1]);
	return sitter;
}

static int tell_babysitter(const struct babysitter *sitter, char order)
{
	int answer;

	assert_int_equal(write(sitter->order_fd, &order, 1), 1);
	assert_int_equal(read(sitter->answer_fd, &answer, sizeof(answer)), sizeof(answer));
	return answer;
}

static void end_babysitter(const struct babysitter *sitter)
{
	int status;

	(void)close(sitter->order_fd);
	(void)close(sitter->answer_fd);
	assert_int_equal(waitpid(sitter->pid, &status, 0), sitter->pid);
	assert_int_equal(status, 0);
}

/* ---- The host ---- */

static pid_t start_daemon(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	assert_true(pid > 0);
	return pid;
}

/* Waits for it without taking the report. */
static void await_stop(pid_t pid)
{
	siginfo_t info;

	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT), 0);
}

static siginfo_t take_report(void)
{
	siginfo_t info = { 0 };

	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED), 0);
	return info;
}

static void end_daemon(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void it_is_taken_after_what_was_before_it(void **state)
{
	pid_t daemon = start_daemon();
	struct babysitter sitter = start_babysitter(getpid());
	siginfo_t info;

	(void)state;
	assert_int_equal(tell_babysitter(&sitter, LOOK), HOST_PROBE_NONE);
	assert_int_equal(kill(daemon, SIGSTOP), 0);
	await_stop(daemon);
	(void)tell_babysitter(&sitter, SEND);
	/* It has ended, and nobody has looked. */
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(tell_babysitter(&sitter, LOOK), HOST_PROBE_WAITS);
	info = take_report();
	assert_int_equal(info.si_pid, daemon);
	assert_int_equal(info.si_code, CLD_STOPPED);
	assert_int_equal(tell_babysitter(&sitter, LOOK), HOST_PROBE_WAITS);
	info = take_report();
	assert_true(info.si_pid != daemon && info.si_pid != sitter.pid);
	assert_int_equal(info.si_code, CLD_EXITED);
	assert_int_equal(info.si_status, 0);
	assert_int_equal(tell_babysitter(&sitter, LOOK), HOST_PROBE_TAKEN);
	end_babysitter(&sitter);
	end_daemon(daemon);
}

static void it_is_sent_to_nobody_but_our_parent(void **state)
{
	const pid_t others[] = { 0, -1, 1, getppid() };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct babysitter sitter = start_babysitter(others[i]);

		assert_int_equal(tell_babysitter(&sitter, SEND), HOST_PROBE_NONE);
		assert_int_equal(tell_babysitter(&sitter, LOOK), HOST_PROBE_NONE);
		end_babysitter(&sitter);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* ---- A stop that one thread is too busy for ---- */

static int gate_fds[2];

/* vfork(2) suspends the thread, deaf to signals, until its child has ended. */
static void *be_busy(void *arg)
{
	pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */

	if (pid == 0) {
		char byte;

		/* NOLINTNEXTLINE(clang-analyzer-unix.Vfork): a system call and nothing else */
		(void)!read(gate_fds[0], &byte, 1);
		_exit(0);
	}
	return arg;
}

static pid_t start_busy_daemon(void)
{
	pid_t pid;

	assert_int_equal(pipe2(gate_fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		pthread_t thread;

		child_check(pthread_create(&thread, NULL, be_busy, NULL) == 0);
		for (;;)
			(void)pause();
	}
	assert_true(pid > 0);
	return pid;
}

static int count_threads(pid_t pid, char state)
{
	char command[128], text[16] = "";
	FILE *file;

	(void)snprintf(command, sizeof(command), "cat /proc/%d/task/*/stat | grep -c ' %c '",
		       (int)pid, state);
	file = popen(command, "re"); /* NOLINT(cert-env33-c) */
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	(void)pclose(file);
	return (int)strtol(text, NULL, 10);
}

static void a_stop_is_complete_when_the_last_thread_has_stopped(void **state)
{
	pid_t daemon;
	siginfo_t info;

	(void)state;
	need_no_valgrind("valgrind's vfork(2) is a fork(2), and suspends nobody");
	daemon = start_busy_daemon();
	while (count_threads(daemon, 'D') == 0)
		;
	assert_false(process_has_stopped(daemon));
	assert_int_equal(kill(daemon, SIGSTOP), 0);
	while (count_threads(daemon, 'T') == 0)
		;
	assert_false(process_has_stopped(daemon));
	info.si_pid = 0;
	assert_int_equal(waitid(P_PID, (id_t)daemon, &info, WSTOPPED | WNOHANG), 0);
	assert_int_equal(info.si_pid, 0);
	assert_int_equal(write(gate_fds[1], "", 1), 1);
	await_stop(daemon);
	assert_true(process_has_stopped(daemon));
	assert_int_equal(kill(daemon, SIGCONT), 0);
	assert_false(process_has_stopped(daemon));
	end_daemon(daemon);
	assert_false(process_has_stopped(daemon));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_taken_after_what_was_before_it),
		cmocka_unit_test(it_is_sent_to_nobody_but_our_parent),
		cmocka_unit_test(a_stop_is_complete_when_the_last_thread_has_stopped),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
