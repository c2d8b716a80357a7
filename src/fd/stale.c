/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See fd/stale.h. */
#include "fd/stale.h"

#include <stdio.h>
#include <sys/un.h>

#include "base/same_file.h"
#include "base/sys.h"
#include "base/util.h"

/* What connect(2) says if the path is bound by a socket of @type, or by one of another; or of itself. */
static int ask(const struct fd_info *info, int type)
{
	cleanup_close int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	return connect(fd, (const struct sockaddr *)&info->address, info->address_length) < 0 ? -errno
											      : 0;
}

/*
 * A datagram socket first: Linux answers it with EPROTOTYPE if the path is bound by one of another type,
 * and no listener hears of it; with EPERM if that has chosen its peer. Others (gVisor) say ECONNREFUSED
 * to all but the right type. So that is asked, too, if need be, and a listener has a client that goes at once.
 * Where Linux has told already, nobody is there to hear.
 */
int stale_is_in_use(const struct fd_info *info)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int r = ask(info, types[i]);

		/* EAGAIN: there are as many clients as it takes. */
		if (r == 0 || r == -EPROTOTYPE || r == -EPERM || r == -EAGAIN || r == -EINPROGRESS)
			return 1;
		if (r != -ECONNREFUSED)
			return r;
	}
	return 0;
}

/* Not rename(2), which would replace what has come meanwhile; but there is no link to a directory. */
static void put_back(const char *aside, const char *path)
{
	if (link(aside, path) < 0 && errno == EPERM)
		(void)rename(aside, path);
}

/* Removes @aside if that is @stale, which was at @path; puts it back if it is not. */
static int remove_aside(const char *aside, const char *path, const struct stat *stale)
{
	struct stat st;
	bool is_other = lstat(aside, &st) < 0 || !is_same_file(&st, stale);

	if (is_other)
		put_back(aside, path);
	(void)unlink(aside);
	return is_other ? -EADDRINUSE : 0;
}

/* By way of a directory of our own: there, it takes nobody's place. */
int stale_remove(const char *path, const struct stat *stale)
{
	char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 16];
	char aside[sizeof(directory) + 2];
	mode_t mask;
	int r;

	(void)snprintf(directory, sizeof(directory), "%s.%d", path, (int)sys_getpid());
	(void)snprintf(aside, sizeof(aside), "%s/s", directory);
	mask = umask(0); /* which may take from a user what he needs there */
	r = mkdir(directory, 0700) < 0 ? -errno : 0;
	(void)umask(mask);
	if (r < 0)
		return r;
	r = rename(path, aside) < 0 ? -errno : remove_aside(aside, path, stale);
	(void)rmdir(directory);
	return r;
}
