/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What is seen of a daemon that is not ready: for the line that an administrator reads who looks why a
 * start does not come to an end. Only looks, and takes no longer than /proc does.
 */
#ifndef CIB_BABYSITTER_SEEN_H
#define CIB_BABYSITTER_SEEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"

struct host;
struct target;

/* Adds "process 7 (name)". */
void seen_add_process(pid_t pid, struct text *text);

/*
 * Adds what may be the reason why @pid, a daemon for @target, does not say that it is ready, each behind
 * a "; ". If it @has_sockets from the beginning, that it listens tells nothing.
 */
void seen_add_reasons(pid_t pid, const struct target *target, bool has_sockets, struct text *text);

/*
 * The same of one that a condition is to hold for: at what it listens. That may be what was meant, and
 * was not written.
 */
void seen_add_listeners(pid_t pid, bool has_sockets, struct text *text);

/*
 * Adds, behind a "; ", a process that a daemon which has ended has left behind: it has its NOTIFY_SOCKET,
 * @address, which is nobody else's; and what to do. Nothing, if there is none.
 */
void seen_add_left(const char *address, struct text *text);

/* Adds how long @host waits. */
void seen_add_patience(const struct host *host, struct text *text);

#endif
