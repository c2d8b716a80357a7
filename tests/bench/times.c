/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * How long a start, the news of readiness and the leaving take, for several subjects in turn, so
 * that whatever else the machine does falls on all of them alike.
 */
#include "bench.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REST_NS 3000000

struct times {
	uint64_t started, seen, gone; /* absolute; 0: not of this subject */
};

static void await_stop(pid_t pid, struct times *times)
{
	siginfo_t info;

	if (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED) < 0 || info.si_code != CLD_STOPPED)
		die(1, "the daemon ended before it was ready");
	times->seen = now_ns();
	(void)kill(pid, SIGCONT);
}

static void await_message(struct times *times)
{
	struct pollfd pollfd = { .fd = world_notify_fd(), .events = POLLIN };
	bool is_ready = false;

	if (poll(&pollfd, 1, 10000) != 1)
		die(1, "no READY=1 came");
	if (world_receive(&is_ready) && is_ready)
		times->seen = now_ns();
}

/* The child leaves once we have answered its barrier. */
static void await_end(pid_t pid, struct times *times)
{
	struct pollfd fds[] = { { .fd = world_notify_fd(), .events = POLLIN },
				{ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN } };
	bool is_ready;

	while (poll(fds, 2, 10000) > 0 && fds[1].revents == 0)
		(void)world_receive(&is_ready);
	times->gone = now_ns();
	(void)close(fds[1].fd);
}

static void await(const struct subject *subject, pid_t pid, struct times *times)
{
	if (subject->await == AWAIT_STOP)
		await_stop(pid, times);
	if (subject->await == AWAIT_NOTIFY || subject->await == AWAIT_HAND_OVER) {
		while (times->seen == 0)
			await_message(times);
	}
	if (subject->await == AWAIT_HAND_OVER)
		await_end(pid, times);
}

/* Prints what passed, in nanoseconds: execve to daemon, daemon's word to our seeing it, to the end. */
static void report(unsigned long round, size_t index, const struct ends *ends,
		   const struct subject *subject, const struct times *times)
{
	uint64_t first = read_number(ends);
	uint64_t said = subject->await != AWAIT_START ? read_number(ends) : 0;

	(void)printf("%lu %zu %llu %llu %llu\n", round, index,
		     (unsigned long long)(first - times->started),
		     (unsigned long long)(times->seen != 0 ? times->seen - said : 0),
		     (unsigned long long)(times->gone != 0 ? times->gone - times->seen : 0));
}

/*
 * Lets the daemon speak only when everybody has come to rest: what still starts up beside it would
 * be counted twice, and no daemon is ready in its first instruction.
 */
static void let_speak(const struct ends *ends)
{
	const struct timespec rest = { 0, REST_NS };

	(void)nanosleep(&rest, NULL);
	(void)!write(ends->go_fd, "", 1);
}

static void measure_once(const struct subject *subject, unsigned long round, size_t index)
{
	struct times times = { 0 };
	struct ends ends;
	pid_t pid;

	ends_open(&ends);
	pid = world_start(subject, &ends, -1);
	ends_close_theirs(&ends);
	if (subject->await != AWAIT_START)
		let_speak(&ends);
	await(subject, pid, &times);
	if (subject->await == AWAIT_START)
		(void)poll(&(struct pollfd){ .fd = ends.result_fd, .events = POLLIN }, 1, 10000);
	times.started = *ends.started_ns;
	report(round, index, &ends, subject, &times);
	ends_close(&ends);
	reap_all();
}

void measure_times(const struct subject *subjects, size_t n_subjects, unsigned long rounds)
{
	for (unsigned long round = 0; round < rounds; round++) {
		for (size_t i = 0; i < n_subjects; i++)
			measure_once(&subjects[i], round, i);
	}
}
