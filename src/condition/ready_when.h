/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * --ready-when, for whoever tells the host: the condition is watched from the daemon's execve(2) until it
 * holds. Not before: until then our own process holds the daemon's sockets, and unix: or tcp: would
 * hold too early.
 */
#ifndef CIB_CONDITION_READY_WHEN_H
#define CIB_CONDITION_READY_WHEN_H

#include "condition/watch.h"

struct ready_watch {
	const struct awaited *awaited; /* NULL: there is no condition, or it has held */
	pid_t daemon;                  /* 0: not known yet */
	int exec_fd;                   /* ends when the daemon has been executed; NO_FD: it has */
	const char *reason;            /* why it did not hold when it was looked at */
	struct watch watch;
};

/* What to sleep on: a descriptor for POLLIN, or NO_FD, and milliseconds, or -1. */
int ready_watch_fd(const struct ready_watch *ready);
int ready_watch_timeout_ms(const struct ready_watch *ready);

/* Returns true when the condition holds; once, the watch is over then. */
bool ready_watch_check(struct ready_watch *ready);

/* Closes what it holds; also before the condition has held, and a second time. */
void ready_watch_close(struct ready_watch *ready);

#endif
