/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The main loop; see loop.h. Signals are caught by handlers and not blocked for a signalfd, as in
 * the real init: whoever reads /proc/1/status must not find SIGCHLD pending in a process that sleeps.
 */
#include "loop.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "strv.h"

struct loop_fd {
	struct loop_fd *next;
	int fd; /* negative: removed, to be freed when nobody iterates */
	short events;
	loop_fd_fn *fn;
	void *data;
};

struct loop_timer {
	struct loop_timer *next;
	long long due_ms;
	loop_timer_fn *fn; /* NULL: removed */
	void *data;
};

static struct loop_fd *fds;
static struct loop_timer *timers;
static struct loop_hooks hook;
static volatile sig_atomic_t got_child, got_user;

static long long now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

struct loop_fd *loop_fd_add(int fd, short events, loop_fd_fn *fn, void *data)
{
	struct loop_fd *watch = xcalloc(1, sizeof *watch);

	*watch = (struct loop_fd){ .next = fds, .fd = fd, .events = events, .fn = fn, .data = data };
	fds = watch;
	return watch;
}

int loop_fd_number(const struct loop_fd *watch)
{
	return watch->fd;
}

void loop_fd_set_events(struct loop_fd *watch, short events)
{
	watch->events = events;
}

void loop_fd_remove(struct loop_fd *watch)
{
	if (watch)
		watch->fd = -1;
}

struct loop_timer *loop_timer_add(int ms, loop_timer_fn *fn, void *data)
{
	struct loop_timer *timer = xcalloc(1, sizeof *timer);

	*timer = (struct loop_timer){ .next = timers, .due_ms = now_ms() + ms, .fn = fn, .data = data };
	timers = timer;
	return timer;
}

void loop_timer_remove(struct loop_timer *timer)
{
	if (timer)
		timer->fn = NULL;
}

/* The only places that free, so that callbacks may remove whatever they like. */
static void sweep(void)
{
	for (struct loop_fd **p = &fds; *p;) {
		struct loop_fd *watch = *p;

		if (watch->fd < 0) {
			*p = watch->next;
			free(watch);
		} else {
			p = &watch->next;
		}
	}
	for (struct loop_timer **p = &timers; *p;) {
		struct loop_timer *timer = *p;

		if (!timer->fn) {
			*p = timer->next;
			free(timer);
		} else {
			p = &timer->next;
		}
	}
}

/* Fills in at most @max entries and the watches they belong to. */
static nfds_t collect(struct pollfd *pollfds, struct loop_fd **watches, nfds_t max)
{
	nfds_t n = 0;

	for (struct loop_fd *watch = fds; watch && n < max; watch = watch->next) {
		if (!watch->events)
			continue;
		pollfds[n] = (struct pollfd){ .fd = watch->fd, .events = watch->events };
		watches[n++] = watch;
	}
	return n;
}

static const struct timespec *next_timeout(struct timespec *ts)
{
	long long first = -1, wait;

	for (struct loop_timer *timer = timers; timer; timer = timer->next)
		if (first < 0 || timer->due_ms < first)
			first = timer->due_ms;
	if (first < 0)
		return NULL;
	wait = first - now_ms();
	if (wait < 0)
		wait = 0;
	*ts = (struct timespec){ .tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000 };
	return ts;
}

static void run_timers(void)
{
	long long now = now_ms();

	for (struct loop_timer *timer = timers; timer; timer = timer->next) {
		loop_timer_fn *fn = timer->fn;

		if (!fn || timer->due_ms > now)
			continue;
		timer->fn = NULL;
		fn(timer->data);
	}
}

static void run_signals(void)
{
	if (got_child) {
		got_child = 0;
		hook.child();
	}
	if (got_user) {
		got_user = 0;
		hook.user_signal();
	}
}

static void on_signal(int signum)
{
	if (signum == SIGCHLD)
		got_child = 1;
	else
		got_user = 1;
}

void loop_init(const struct loop_hooks *hooks)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	hook = *hooks;
	(void)sigaction(SIGCHLD, &action, NULL);
	(void)sigaction(SIGUSR1, &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* Handlers run only inside ppoll(), so that no signal is lost between a look and the sleep. */
static void wait_and_dispatch(const sigset_t *open_mask)
{
	enum {
		MAX_FDS = 256
	};
	struct pollfd pollfds[MAX_FDS];
	struct loop_fd *watches[MAX_FDS];
	struct timespec ts;
	nfds_t n = collect(pollfds, watches, MAX_FDS);

	if (ppoll(pollfds, n, next_timeout(&ts), open_mask) <= 0)
		return;
	for (nfds_t i = 0; i < n; i++)
		if (pollfds[i].revents && watches[i]->fd >= 0)
			watches[i]->fn(watches[i]->data, watches[i]->fd, pollfds[i].revents);
}

void loop_run(void)
{
	sigset_t caught, open_mask;

	(void)sigemptyset(&caught);
	(void)sigaddset(&caught, SIGCHLD);
	(void)sigaddset(&caught, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &caught, &open_mask);
	for (;;) {
		wait_and_dispatch(&open_mask);
		run_signals();
		run_timers();
		hook.idle();
		sweep();
	}
}
