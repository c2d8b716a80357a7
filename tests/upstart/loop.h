/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The main loop: descriptors, then children, then timers, then queued events, in the order that
 * libnih's loop has. The order shows: a job's exec is noticed (end of file on its pipe) before its
 * death is, even when both happened since the last round.
 */
#pragma once

#include <stdbool.h>

struct loop_fd;
struct loop_timer;

typedef void loop_fd_fn(void *data, int fd, short revents);
typedef void loop_timer_fn(void *data);

/* Calls @fn while @fd is ready for @events. The descriptor stays the caller's. */
struct loop_fd *loop_fd_add(int fd, short events, loop_fd_fn *fn, void *data);
int loop_fd_number(const struct loop_fd *watch);
void loop_fd_set_events(struct loop_fd *watch, short events);
/* Allowed at any time, also from a callback; NULL is accepted. */
void loop_fd_remove(struct loop_fd *watch);

/* Calls @fn once, after @ms; the timer is gone by then. */
struct loop_timer *loop_timer_add(int ms, loop_timer_fn *fn, void *data);
void loop_timer_remove(struct loop_timer *timer);

struct loop_hooks {
	void (*child)(void);       /* after SIGCHLD: collect what there is */
	void (*user_signal)(void); /* after SIGUSR1: connect to the system bus */
	void (*idle)(void);        /* at the end of every round */
};

/* Installs the signal handlers. */
void loop_init(const struct loop_hooks *hooks);

/* Runs for ever. */
void loop_run(void) __attribute__((noreturn));
