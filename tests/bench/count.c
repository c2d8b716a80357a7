/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Counts user instructions, by single steps, or system calls, from the first instruction of the
 * wrapper to the execve(2) of the daemon. Exact, so that a regression of one system call shows.
 *
 * Where processes are forked on the way, what counts is the way to the daemon: a new process goes
 * on from the count of the one that made it, and what the others do meanwhile is not counted.
 *
 * The tracer is a third process: one traced by its parent looks, to the bridge, like a job of
 * Upstart's with "expect fork".
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PROCESSES 16
#define SYSTEM_CALL_STOP (SIGTRAP | 0x80)

struct traced {
	pid_t pid;
	unsigned long inherited, own;
	bool is_announced; /* whoever made it has told us, so that we know what it inherits */
	bool is_waiting;   /* has stopped before that: the stops of two processes have no order */
};

struct tracer {
	bool of_system_calls;
	bool has_started; /* the wrapper has been executed */
	char daemon[PATH_MAX];
	struct traced processes[MAX_PROCESSES];
	size_t n_processes;
};

static struct traced *look_up(struct tracer *tracer, pid_t pid)
{
	struct traced *traced;

	for (size_t i = 0; i < tracer->n_processes; i++) {
		if (tracer->processes[i].pid == pid)
			return &tracer->processes[i];
	}
	if (tracer->n_processes == MAX_PROCESSES) {
		errno = E2BIG;
		die(1, "too many processes");
	}
	traced = &tracer->processes[tracer->n_processes++];
	*traced = (struct traced){ .pid = pid };
	return traced;
}

/* The last argument that is the path of the probe: what the command runs in the end. */
static bool is_daemon(const struct tracer *tracer, pid_t pid)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return strcmp(path, tracer->daemon) == 0;
}

/* A system call's entry, not its return. Ends this process on kernels before 5.3, which do not tell. */
static bool is_entry(pid_t pid)
{
	struct {
		uint8_t op;
		uint8_t rest[255];
	} info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) <= 0)
		_exit(77);
	return info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

static void go_on(const struct tracer *tracer, pid_t pid, int signal)
{
	enum __ptrace_request request = !tracer->has_started      ? PTRACE_CONT
					: tracer->of_system_calls ? PTRACE_SYSCALL
								  : PTRACE_SINGLESTEP;

	(void)ptrace(request, pid, NULL, (void *)(long)signal);
}

static void take_child(struct tracer *tracer, const struct traced *parent)
{
	unsigned long count = parent->inherited + parent->own, pid = 0;
	struct traced *child;

	(void)ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &pid);
	child = look_up(tracer, (pid_t)pid);
	child->inherited = count;
	child->is_announced = true;
	if (child->is_waiting)
		go_on(tracer, child->pid, 0);
}

/* Returns whether the daemon has been reached. */
static bool take_event(struct tracer *tracer, struct traced *traced, int event)
{
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE)
		take_child(tracer, traced);
	if (event != PTRACE_EVENT_EXEC)
		return false;
	if (tracer->has_started)
		return is_daemon(tracer, traced->pid);
	tracer->has_started = true;
	return is_daemon(tracer, traced->pid); /* a direct start: nothing to count */
}

/* Takes one stop of one process and lets it go on, unless the daemon has been reached. */
static bool take_stop(struct tracer *tracer, struct traced *traced, int status)
{
	int signal = WSTOPSIG(status);

	if (!traced->is_announced) {
		traced->is_waiting = true;
		return false;
	}
	if (status >> 16 != 0) {
		if (take_event(tracer, traced, status >> 16))
			return true;
		signal = 0;
	} else if (signal == SYSTEM_CALL_STOP) {
		traced->own += is_entry(traced->pid);
		signal = 0;
	} else if (signal == SIGTRAP) {
		traced->own++;
		signal = 0;
	}
	go_on(tracer, traced->pid, signal);
	return false;
}

/* Returns false if all have ended, and the daemon was not reached. */
static bool trace(struct tracer *tracer, unsigned long *ret_count)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);
		struct traced *traced;

		if (pid < 0)
			return false;
		if (!WIFSTOPPED(status))
			continue;
		traced = look_up(tracer, pid);
		if (take_stop(tracer, traced, status)) {
			*ret_count = traced->inherited + traced->own;
			return true;
		}
	}
}

/* Attaches to @pid, which waits for a byte from @gate_fd; its processes end with this one. */
static void __attribute__((noreturn)) run_tracer(struct tracer *tracer, pid_t pid, int gate_fd)
{
	const long options = PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
	unsigned long count;

	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)options) < 0) {
		(void)kill(pid, SIGKILL);
		_exit(77);
	}
	look_up(tracer, pid)->is_announced = true;
	(void)!write(gate_fd, "", 1);
	if (!trace(tracer, &count))
		_exit(1);
	(void)printf("%lu\n", count);
	(void)fflush(stdout);
	_exit(0);
}

static const char *daemon_of(const struct subject *subject)
{
	const char *daemon = "";

	for (size_t i = 0; subject->argv[i] != NULL; i++) {
		if (subject->argv[i][0] == '/')
			daemon = subject->argv[i];
	}
	return daemon;
}

static void count(const struct subject *subject, bool of_system_calls)
{
	struct tracer tracer = { .of_system_calls = of_system_calls };
	struct ends ends;
	int gate[2], status;
	pid_t pid, tracer_pid;

	(void)snprintf(tracer.daemon, sizeof(tracer.daemon), "%s", daemon_of(subject));
	ends_open(&ends);
	if (pipe2(gate, O_CLOEXEC) < 0)
		die(1, "cannot make a pipe");
	pid = world_start(subject, &ends, gate[0]);
	tracer_pid = fork();
	if (tracer_pid == 0)
		run_tracer(&tracer, pid, gate[1]);
	(void)close(gate[0]);
	(void)close(gate[1]);
	ends_close_theirs(&ends);
	while (waitpid(tracer_pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status != 0) {
		bool is_impossible = WIFEXITED(status) && WEXITSTATUS(status) == 77;

		errno = is_impossible ? EPERM : ECHILD;
		die(is_impossible ? 77 : 1, "%s did not lead to the daemon", subject->argv[0]);
	}
	ends_close(&ends);
	reap_all();
}

void measure_counts(const struct subject *subjects, size_t n_subjects, bool of_system_calls)
{
	for (size_t i = 0; i < n_subjects; i++)
		count(&subjects[i], of_system_calls);
}
