/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Files that may be on a file system which does not answer: a dead NFS server, a FUSE daemon that hangs. Whoever
 * writes to such a file, closes it, or only asks about it, may wait for ever, and no signal ends that. No start may:
 * so it is done by a process of its own, which is left behind if need be.
 */
#ifndef CIB_BASE_APART_H
#define CIB_BASE_APART_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads what the kernel calls @fd in /proc/self/fd, which asks nobody else. Returns what readlink(2) does. */
ssize_t fd_read_link(int fd, char *link, size_t size);

/* What @fd is, as far as nobody but the kernel has to be asked. */
enum fd_look {
	FD_ANSWERS, /* a device, what the kernel tells of a process; or there is no /proc, and nothing is known */
	FD_HAS_NO_PATH, /* a pipe, a socket or the like */
	FD_MAY_HANG,    /* any other file */
};

enum fd_look fd_look(int fd);

/* Whether it is FD_MAY_HANG. */
bool fd_may_hang(int fd);

/* dup2(2), without waiting until what @to was is closed. */
void apart_replace(int from, int to);

/*
 * Closes the @n descriptors @fds, of files that may hang, without waiting for that. Whoever does so for us and has to
 * be left behind holds nothing else that we have open, unless unshare(2) is not permitted.
 */
void apart_close(const int *fds, size_t n);

/*
 * Before an exit that others wait for, which closes all that is open: has standard input, output and error closed by
 * a process of its own, if one of them may hang. They are not to be used any more.
 */
void apart_let_go(void);

/*
 * Writes @length bytes of @text to @fd, which may hang. Waits at most @patience_ms. Returns 0, -ETIMEDOUT if it is not
 * known to have been written by then, or -errno: there is no process for it (fork(2)), and nothing was written.
 */
int apart_write(int fd, const char *text, size_t length, int patience_ms);

/* False if nobody answers for @patience_ms when asked what is at @path. */
bool apart_answers(const char *path, int patience_ms);

#endif
