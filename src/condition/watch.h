/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A condition being watched: whether it holds, and what to sleep on until it may. Whoever watches
 * asks watch_check(), then sleeps in poll(2) until the watch's descriptor is readable or its time
 * is over, and asks again. What is subscribed to is subscribed to before the first look, so that
 * nothing is missed in between; where there is nothing to subscribe to, and as a safety net
 * everywhere else, the look is repeated after a while.
 *
 * Each file of condition/ provides the watch_kind of the conditions that it knows.
 */
#ifndef CIB_CONDITION_WATCH_H
#define CIB_CONDITION_WATCH_H

#include "bus/ask.h"
#include "condition/condition.h"
#include "condition/path_watch.h"

struct watch;

/* Who looks for us, see condition/looker.h. */
struct looker {
	pid_t pid;     /* 0: there is none */
	int fd;        /* to it */
	bool is_asked; /* and has not answered so far */
	bool is_late;  /* did not within the time that it had */
	long long restart_ms;
};

struct watch_kind {
	/* Begins to watch. Returns 0 or -errno: it never can. */
	int (*open)(struct watch *watch);
	/* Returns NULL: it holds; or why it does not, a constant that follows the condition's text. */
	const char *(*check)(struct watch *watch);
	void (*close)(struct watch *watch);
};

struct watch {
	const struct awaited *awaited;
	const struct watch_kind *kind;
	pid_t daemon; /* whose doing it has to be, where that can be told; 0: anybody's */
	int fd;       /* to be polled for POLLIN, or NO_FD */
	int sleep_ms; /* check again after this long at the latest; -1: never */

	/* The memory of each kind. */
	int check_ms; /* the same, but for what a look costs */
	struct path_watch path;
	struct looker looker;
	struct bus_call call;
	const char *answer; /* of bus-query, as a reason; NULL: the name has the right owner */
	long long restart_ms;
};

/* Returns 0, or -errno: it can never be told whether @awaited holds. */
int watch_is_possible(const struct awaited *awaited);

/* What watch_open() begins with: nothing is watched. */
void watch_init(const struct awaited *awaited, pid_t daemon, struct watch *ret_watch);

/*
 * Begins to watch @awaited, which is borrowed; @daemon is the process whose doing it has to be, or
 * 0. Returns 0 or -errno. A path is looked at here, which may take for ever: see condition/looker.h.
 */
int watch_open(const struct awaited *awaited, pid_t daemon, struct watch *ret_watch);

/* Returns NULL if the condition holds, or why not; sets what to sleep on until the next call. */
const char *watch_check(struct watch *watch);

/* Leaves no process and no descriptor behind. Does nothing to a watch that is closed or zero. */
void watch_close(struct watch *watch);

/* How long a sleep may be where nothing wakes us, and where something normally does. */
#define WATCH_QUICK_MS 50
#define WATCH_SLOW_MS 1000

/*
 * Returns how many milliseconds to sleep after looks that began at @began_ms, if @sleep_ms would do: long enough to look
 * for a small part of the time only. The kernel takes milliseconds to print its tables, and more of
 * a machine with very many sockets or processes.
 */
int watch_rest_ms(int sleep_ms, long long began_ms);

extern const struct watch_kind watch_bus, watch_device, watch_path, watch_pidfile, watch_unix,
	watch_tcp, watch_newline;

#endif
