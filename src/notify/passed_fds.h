/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Descriptors that came with a notification: we keep none of them, so they are closed. close(2) can block for
 * as long as the sender likes (a TCP socket with SO_LINGER, or a unix socket that such ones wait in; a
 * file of his own FUSE file system not even SIGKILL ends): this file keeps the babysitter from
 * blocking with it.
 *
 * So it is done by a process of its own, the closer, which shares our table of descriptors: what it
 * has reached is gone from there, however long the rest takes. One that takes too long is killed,
 * and what it has not reached is the next one's. A few that even then do not end are left behind;
 * with more of them nothing is received until one has ended.
 */
#ifndef CIB_NOTIFY_PASSED_FDS_H
#define CIB_NOTIFY_PASSED_FDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/kernel.h"

#define PASSED_FDS_MAX KERNEL_SCM_MAX_FD /* the kernel passes no more at once */
#define MAX_CLOSERS_LEFT 8

/* Zero at first, but for @fds. */
struct passed_fds {
	int *fds; /* space for PASSED_FDS_MAX, the caller's; written to only where it is needed */
	size_t n; /* of them, which are still to be closed */
	pid_t closer; /* killed, and may not have come to notice; or 0 */
	pid_t left[MAX_CLOSERS_LEFT];
	unsigned n_left; /* closers that were left behind */
};

/* Closes @fds, as far as possible at once: if some wait, see below. None may wait already. */
void passed_fds_close(struct passed_fds *passed, const int *fds, size_t n);

/*
 * True if some are still to be closed: until they are no more are to be received, no descriptor that
 * stays is to be opened, whose number could be taken for one of theirs, and no program started, which
 * would have to close them, too.
 */
static inline bool passed_fds_wait(const struct passed_fds *passed)
{
	return passed->n > 0 || passed->closer > 0;
}

/* Tries again; returns passed_fds_wait(). */
bool passed_fds_go_on(struct passed_fds *passed);

#endif
