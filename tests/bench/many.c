/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What shows only with daemons that stay: many of them at once, what lives on beside them, and a
 * flood of messages.
 */
#include "bench.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 300 /* until all are ready; then SIGALRM ends us */

/* Reads what daemons have reported, and waits for the first. Returns how many numbers. */
static unsigned long take_numbers(const struct ends *ends, int timeout_ms)
{
	struct pollfd pollfd = { .fd = ends->result_fd, .events = POLLIN };
	unsigned long n = 0;

	for (; poll(&pollfd, 1, timeout_ms) == 1; timeout_ms = 0) {
		(void)read_number(ends);
		n++;
	}
	return n;
}

/* Continues those that have stopped and reaps what ends; how many have been continued counts. */
static unsigned long take_stops(bool may_wait)
{
	int flags = WEXITED | WSTOPPED | WCONTINUED | (may_wait ? 0 : WNOHANG);
	unsigned long n = 0;
	siginfo_t info = { 0 };

	while (waitid(P_ALL, 0, &info, flags) == 0 && info.si_pid != 0) {
		if (info.si_code == CLD_STOPPED)
			(void)kill(info.si_pid, SIGCONT);
		n += info.si_code == CLD_CONTINUED;
		flags |= WNOHANG;
		info.si_pid = 0;
	}
	return n;
}

static unsigned long take_messages(int timeout_ms)
{
	struct pollfd pollfd = { .fd = world_notify_fd(), .events = POLLIN };
	unsigned long n = 0;
	bool is_ready;

	(void)poll(&pollfd, 1, timeout_ms);
	while (world_receive(&is_ready))
		n += is_ready;
	return n;
}

/* Serves the daemons as the manager would; returns how many have become ready. */
static unsigned long serve(const struct subject *subject, const struct ends *ends, bool may_wait)
{
	switch (subject->await) {
	case AWAIT_STOP:
		return take_stops(may_wait);
	case AWAIT_NOTIFY:
	case AWAIT_EXIT:
	case AWAIT_HAND_OVER:
		return take_messages(may_wait ? -1 : 0);
	case AWAIT_START:
		break;
	}
	return take_numbers(ends, may_wait ? -1 : 0);
}

/* The end of stdin is the word to end; until then barriers are answered. */
static void stay(void)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = world_notify_fd(), .events = POLLIN } };
	bool is_ready;

	while (poll(fds, 2, -1) < 0 || fds[0].revents == 0)
		(void)world_receive(&is_ready);
}

static void start_all(const struct subject *subject, const struct ends *ends, pid_t *pids,
		      unsigned long n, bool at_once)
{
	unsigned long n_ready = 0;

	(void)alarm(PATIENCE_S);
	for (unsigned long i = 0; i < n; i++) {
		unsigned long due = at_once && i + 1 < n ? 0 : i + 1;

		pids[i] = world_start(subject, ends, -1);
		n_ready += serve(subject, ends, false);
		while (n_ready < due)
			n_ready += serve(subject, ends, true);
	}
	(void)alarm(0);
}

/*
 * Prints the nanoseconds until all were ready, then the pids of the children that were started;
 * stays until stdin ends. What else has become a child of ours is what stays beside the daemons.
 */
void measure_many(const struct subject *subject, unsigned long n, bool at_once)
{
	pid_t *pids = calloc(n, sizeof(*pids));
	uint64_t start = now_ns();
	struct ends ends;

	if (pids == NULL)
		die(1, "cannot start %lu", n);
	ends_open(&ends);
	start_all(subject, &ends, pids, n, at_once);
	(void)printf("%llu\n", (unsigned long long)(now_ns() - start));
	for (unsigned long i = 0; i < n; i++)
		(void)printf("%d%c", (int)pids[i], i + 1 < n ? ' ' : '\n');
	free(pids);
	(void)fflush(stdout);
	stay();
	ends_close_theirs(&ends);
	ends_close(&ends);
	reap_all();
}

/* sched-stats: nanoseconds on a CPU. 0 for no process. */
static unsigned long long cpu_ns(pid_t pid)
{
	unsigned long long ns = 0;
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	file = pid != 0 ? fopen(path, "re") : NULL;
	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu", &ns) != 1) /* NOLINT(cert-err34-c): the kernel's */
		ns = 0;
	(void)fclose(file);
	return ns;
}

static void await_ready(pid_t pid)
{
	siginfo_t info;

	if (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED) < 0 || info.si_code != CLD_STOPPED)
		die(1, "the daemon ended before it was ready");
	(void)kill(pid, SIGCONT);
}

/* Until it has used no CPU for a while: what it does once the daemon is ready is not the flood's. */
static unsigned long long await_rest(pid_t babysitter)
{
	const struct timespec rest = { 0, 50000000 };
	unsigned long long before, now = cpu_ns(babysitter);

	do {
		before = now;
		(void)nanosleep(&rest, NULL);
		now = cpu_ns(babysitter);
	} while (now != before);
	return now;
}

/*
 * The daemon waits for our word, then floods; before, or after, it is ready. Prints: nanoseconds
 * of the flood, of the longest send, sends longer than 100 us, CPU nanoseconds of the babysitter.
 */
void measure_flood(const struct subject *subject, bool after_ready)
{
	unsigned long long before, took, longest, n_long;
	struct ends ends;
	pid_t pid, babysitter;

	ends_open(&ends);
	pid = world_start(subject, &ends, -1);
	ends_close_theirs(&ends);
	(void)read_number(&ends);
	if (after_ready) {
		await_ready(pid);
		(void)read_number(&ends);
	}
	babysitter = find_sibling(pid);
	before = await_rest(babysitter);
	(void)!write(ends.go_fd, "", 1);
	took = read_number(&ends);
	longest = read_number(&ends);
	n_long = read_number(&ends);
	(void)printf("%llu %llu %llu %llu\n", took, longest, n_long, cpu_ns(babysitter) - before);
	if (!after_ready)
		await_ready(pid);
	ends_close(&ends);
	reap_all();
}
