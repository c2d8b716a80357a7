/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See bus-query/clock.h. */
#include "bus-query/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#define QUESTION_S 30
#define WATCH_S 60

/* Whoever started us may have SIGALRM ignored or blocked. */
static void start(void (*handler)(int), time_t first_s, time_t interval_s)
{
	const struct itimerval timer = { { .tv_sec = interval_s }, { .tv_sec = first_s } };
	const struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	sigset_t alarm;

	(void)sigaction(SIGALRM, &action, NULL);
	(void)sigemptyset(&alarm);
	(void)sigaddset(&alarm, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

void clock_start_question(void)
{
	start(SIG_DFL, QUESTION_S, 0);
}

static void end_without_reader(int signal)
{
	struct pollfd out = { .fd = STDOUT_FILENO };
	int saved = errno;

	(void)signal;
	if (poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
		_exit(0);
	errno = saved;
}

void clock_start_watch(void)
{
	start(end_without_reader, WATCH_S, WATCH_S);
}
