/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Two descriptors of our own that belong together, both close-on-exec. */
#ifndef CIB_BASE_ENDS_H
#define CIB_BASE_ENDS_H

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Returns 0 or -errno, and has set nothing then. */
static inline int open_pipe(int *ret_read_fd, int *ret_write_fd)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*ret_read_fd = ends[0];
	*ret_write_fd = ends[1];
	return 0;
}

/* The same, of sockets that keep messages apart, and that tell when the other end is gone. */
static inline int open_pair(int *ret_ours, int *ret_theirs)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*ret_ours = ends[0];
	*ret_theirs = ends[1];
	return 0;
}

#endif
