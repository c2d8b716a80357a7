/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The end of the parent of the shape supervise, held back until the daemon's has come.
 *
 * All that a host orders by the end of the process it watches (another instance, what comes after the
 * stop) it begins as soon as it has reaped that. The daemon itself may need longer to die, if our parent
 * was killed in its place: the next instance would find its ports and files still in use. So the babysitter
 * traces the parent: what has ended and is traced its own parent does not see before the tracer
 * has let go of it, by leaving; whatever happens to us, it is let go. For that alone it is traced:
 * nothing is asked, and nothing changed. It has all of its signals blocked, so what a tracer hears of are
 * stops, which have to be let pass, and kept.
 *
 * Where it may not be traced (a seccomp list, a tracer that is there already, Linux before 3.4) nothing
 * is held, and all goes on as it would.
 */
#ifndef CIB_BABYSITTER_HOLD_H
#define CIB_BABYSITTER_HOLD_H

#include <stdbool.h>
#include <sys/types.h>

struct hold {
	pid_t pid;       /* 0: nothing is held */
	int signal_fd;   /* readable when there may be something to take, or NO_FD */
	bool is_exiting; /* it is at the beginning of its end: its children are its own still */
};

/*
 * Takes hold of @pid; with @is_told_of_exit it stops when it begins to end, whatever has ended it, until hold_let_exit().
 * Expects that no other process of ours is traced; blocks SIGCHLD. */
void hold_begin(struct hold *hold, pid_t pid, bool is_told_of_exit);

/* Lets what has happened to it take its course. */
void hold_take(struct hold *hold);

/* Of one that is_exiting: lets it. */
void hold_let_exit(struct hold *hold);

/* Lets go of it. */
void hold_end(struct hold *hold);

#endif
