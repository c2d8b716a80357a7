/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptors we inherit and pass on: what each one is, which strangers are among them, and how
 * they get the numbers that the daemon expects. Knows the kernel's interfaces, no manager's.
 */
#ifndef CIB_FDS_H
#define CIB_FDS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "protocol.h"

/* First descriptor of sd_listen_fds(3). */
#define LISTEN_FDS_START 3

/* Finds out what @fd is. Never fails: a descriptor that is not open is FD_KIND_CLOSED. */
void fd_describe(int fd, struct fd_info *ret_info);

/* The path of a unix socket, or its abstract name, which begins with a NUL; empty: it has none. */
struct slice fd_unix_name(const struct fd_info *info);

/* Writes what @info is for a person ("unix stream listener /run/x"); returns @buffer. */
const char *fd_format(const struct fd_info *info, char *buffer, size_t size);

/* True for a stream socket that accept(2) works on, of a family that both protocols know. */
bool fd_is_stream_listener(const struct fd_info *info);

/* True for the connected end of a stream or seqpacket socket, or what nobody has connected yet. */
bool fd_is_connection(const struct fd_info *info);

/* Who is at the other end of @fd; stays empty if that is not an IP address. */
void fd_describe_peer(int fd, struct peer *ret_peer);

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

/* True if both are open and the same file or socket. */
bool fd_is_same(int a, int b);

/* Sets or clears FD_CLOEXEC. Returns 0 or -errno. */
int fd_set_cloexec(int fd, bool on);

/* Puts /dev/null on standard input and output; standard error is left. */
void fds_let_go_of_stdio(void);

/* Closes every descriptor from @first on, except the @n in @keep that are one. */
void fds_close_all(int first, const int *keep, size_t n);

#endif
