/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Record locks (fcntl(2), lockf(3)) that this process has, from before its execve(2). They are the
 * process's and not the descriptor's: a child has none of them, and they end as soon as their process
 * closes any descriptor of the file.
 */
#ifndef CIB_FD_LOCKS_H
#define CIB_FD_LOCKS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"

/*
 * Lists the descriptors of files on which @own_pid, which is us, has a record lock: while they are open, it
 * is held. Returns 0 (@ret_fds is the arena's, NULL if there are none; so it is where that cannot be
 * told, before Linux 3.15) or -ENOMEM.
 */
int fds_find_locked(pid_t own_pid, struct arena *arena, const int **ret_fds, size_t *ret_n);

#endif
