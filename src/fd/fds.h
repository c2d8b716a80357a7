/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Descriptors we inherit and pass on: which strangers are among them, how they get the numbers that
 * the daemon expects, and how they are closed. What one of them is, fd/info.h tells.
 */
#ifndef CIB_FD_FDS_H
#define CIB_FD_FDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "fd/info.h"

/* First descriptor of sd_listen_fds(3). */
#define LISTEN_FDS_START 3

/* Numbers, the arena's. Begin with its arena, and the rest zero. */
struct fd_list {
	struct arena *arena;
	int *fds;
	size_t n, space;
};

/* Returns 0 or -ENOMEM. */
int fd_list_append(struct fd_list *list, int fd);

/*
 * Calls @visit with each open descriptor, as long as it returns 0. Returns what it returned last, or
 * -errno: what is open cannot be told. Without /proc the low numbers have to do.
 */
typedef int fd_visitor(int fd, void *context);
int fds_visit(fd_visitor *visit, void *context);

/*
 * Lists the listening sockets among the open descriptors >= 3 that are not in @known.
 * Returns 0 (@ret_fds is the arena's, NULL if there are none) or -errno.
 */
int fds_find_listeners(const struct fd_info *known, size_t n_known, struct arena *arena,
		       const int **ret_fds, size_t *ret_n);

/*
 * Moves @from[0..n) to the numbers @first, @first + 1, ..., whatever overlaps; the old numbers are
 * closed, the new ones stay open over execve(2). @from is used up, the numbers in it mean nothing
 * afterwards. Returns 0 or -errno, then with anything moved.
 */
int fds_move(int *from, size_t n, int first);

/* Makes @fd, whatever it was, /dev/null for the daemon. Returns 0 or -errno. */
int fd_make_null(int fd);

/* Sets or clears FD_CLOEXEC. Returns 0 or -errno. */
int fd_set_cloexec(int fd, bool on);

/* Puts /dev/null on standard input and output; standard error is left. */
void fds_let_go_of_stdio(void);

/* After that, standard error likewise. */
void fds_let_go_of_stderr(void);

/* Closes every descriptor from @first on, except the @n in @keep that are one. */
void fds_close_all(int first, const int *keep, size_t n);

/* Whether one that is open is on a file system that may not answer, see base/apart.h. */
bool fds_may_hang(void);

/*
 * Closes all from 3 on but the @n in @keep. One that is on a file system that does not answer is closed by a process
 * of its own, so that a process that stays does not wait for it.
 */
void fds_close_others(const int *keep, size_t n);

#endif
