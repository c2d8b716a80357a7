/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Which instance of a job has a daemon, told by a lock: for where the end of our parent cannot be held back
 * from the host (babysitter/hold.h), or is not for the moment in which it is stopped for the host to see. There the
 * host may start the next instance while the daemon of a parent that it has killed is still dying. So the babysitter,
 * which sees to that, holds the lock until it is over, and the next start waits for it.
 *
 * The lock is flock(2)'s, on a file that is there only then, in a directory of our own beside that of the private
 * socket. Nobody else can write there.
 */
#ifndef CIB_BABYSITTER_CLAIM_H
#define CIB_BABYSITTER_CLAIM_H

#include <stddef.h>

#define CLAIM_PATH_MAX 200

/*
 * Where the lock of @job and @instance (or NULL) is, below @parent, an absolute directory. Returns 0, or
 * -ENAMETOOLONG or -EINVAL with an empty path: there is no such place.
 */
int claim_format(const char *parent, const char *job, const char *instance,
		 char ret_path[static CLAIM_PATH_MAX]);

/* Returns the lock as a descriptor, or -errno (-EWOULDBLOCK: somebody has it). */
int claim_take(const char *path);

/* Gives back what claim_take() returned. */
void claim_drop(const char *path, int fd);

/* Removes what whoever was killed with it has left. */
void claim_remove(const char *path);

/*
 * Waits until nobody has it, @timeout_ms at most. Returns 0: nobody had it; 1: somebody did, and has not any more;
 * or -ETIMEDOUT. @begin is called before it waits.
 */
int claim_wait(const char *path, int timeout_ms, void (*begin)(void));

#endif
