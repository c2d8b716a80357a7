/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Which process is the main one of a daemon that goes to the background by itself (-t forking).
 *
 * It is one of those below the parent that stays, act/supervise/parent.h, and nobody else: a pid file may
 * be from an earlier life, name a stranger, come late, be written in two steps, or be replaced for as
 * long as the daemon lives (nginx, when its program is exchanged). So the file is watched, by inotify,
 * for life, and what it says is believed of a process that lives and descends from that parent; but
 * not what it said before the daemon was started, since the number may be any process's of the daemon's
 * by now, as in a container, where they begin anew. Before the first process has exited there is none.
 *
 * Without a pid file it is the one process that is left to the parent when the first has exited. A
 * second after that it is known that it stays the only one; at once, if it is in a session that the daemon has
 * made and does not lead it, since daemons that fork twice do that in order not to.
 *
 * Some begin anew when they are told to reload, and go to the background once more unless their parent is
 * process 1 (sshd, exim): the main process exits with 0, and its child writes the file a moment later. So the end
 * with 0 of a main process that nobody has stopped is not the last word as long as a child that is as young is
 * left to the parent; not for long.
 */
#ifndef CIB_BABYSITTER_MAIN_WATCH_H
#define CIB_BABYSITTER_MAIN_WATCH_H

#include <sys/stat.h>

#include "base/descendants.h"
#include "base/process.h"
#include "condition/path_watch.h"

#define MAX_OTHERS 8

/* What is known before there is a babysitter, and which file is not to be believed. */
struct main_watch_setup {
	bool is_wanted;
	const char *path;  /* NULL: there is no pid file */
	struct stat stale; /* what is there already, and only that; or zero */
	/* Children of the parent's that are not the daemon's: of whoever started it, and ours. */
	pid_t others[MAX_OTHERS];
	size_t n_others;
};

/* Before anything is started: notes what is there at @path, which may be NULL, and who is there. */
void main_watch_prepare(const char *path, struct main_watch_setup *ret_setup);

struct main_watch {
	const struct main_watch_setup *setup;
	struct descendants of; /* the parent */
	pid_t first;           /* the daemon's first process */
	bool has_forked;       /* the first process has exited with 0 */
	bool is_known;         /* there has been a main process */
	bool is_over;          /* there will be none: all have ended */
	bool has_failed;       /* or are ended, for there are several */
	bool is_stopping;      /* the main process has been sent a stop: its end is the daemon's */
	const char *reason; /* why there is none, when it was looked at; follows the path, if there is one */

	struct path_watch directory;
	int file;
	pid_t unsure;       /* read from a file that may not be whole; or 0 */
	long long check_ms; /* look again then at the latest; 0: never */
	long long settle_ms;
	long long successor_ms; /* so long a main process that has exited may have a successor; 0: it runs */
	unsigned long long young_ms; /* born before that, in milliseconds of the boot's, it is no successor */
};

/* Begins to watch for processes below @parent, of which @first leads a session. @setup is borrowed. */
void main_watch_open(const struct main_watch_setup *setup, pid_t parent, pid_t first,
		     struct main_watch *ret_watch);

/*
 * Looks for another main process than @now, and takes hold of it in @ret_found. Returns 1; 0: there is
 * none, or not yet; or -E2BIG: there are several, and nothing tells which one it is.
 */
int main_watch_look(struct main_watch *watch, pid_t now, struct process *ret_found);

/*
 * The main process has ended, with @status. Returns whether another one may still be named: then it is to be
 * looked for, and this asked again.
 */
bool main_watch_may_go_on(struct main_watch *watch, int status);

/* Whether @pid, a child of @parent, may be that other one. */
bool main_watch_may_succeed(const struct main_watch *watch, pid_t pid, pid_t parent);

#endif
