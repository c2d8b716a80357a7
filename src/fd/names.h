/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The names of passed descriptors, "a:b:c", as LISTEN_FDNAMES holds them (sd_listen_fds(3)): which
 * names systemd takes, and what they are where nobody gave any. Pure.
 */
#ifndef CIB_FD_NAMES_H
#define CIB_FD_NAMES_H

#include <stddef.h>

#include "base/arena.h"

/* How many names there are in @names; an empty one counts. */
size_t fd_names_count(const char *names);

/*
 * Checks that @names is not empty, and that systemd takes each name: at most 255 characters, ASCII,
 * printable, no ':'.
 * Returns 0 or -EINVAL.
 */
int fd_names_check(const char *names);

/* The list of @n times the one @name; the arena's, or NULL: out of memory. */
char *fd_names_repeat(struct arena *arena, const char *name, size_t n);

/*
 * The list that systemd would make for @n sockets of the unit @job (NULL: it is not known), which
 * are called after it: systemd.socket(5). The arena's, or NULL: out of memory.
 */
char *fd_names_of_job(struct arena *arena, const char *job, size_t n);

#endif
