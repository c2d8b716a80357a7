/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * See fd/locks.h. The descriptors are asked one by one. /proc/locks would tell it in one file, but any user
 * can make that as long as he likes, and it is missing with ProcSubset=pid.
 */
#include "fd/locks.h"

#include <errno.h>
#include <fcntl.h>

#include "base/kernel.h"
#include "base/text.h"
#include "base/util.h"
#include "fd/fds.h"

#define MAX_OTHERS 16 /* locks of other processes that are looked behind; there may be any number */

struct search {
	pid_t own_pid;
	struct fd_list found;
};

/* A lock of ours behind that of another, who shares the range: "lock: 1: POSIX  ADVISORY READ PID ..." */
static bool is_told_by_fdinfo(int fd)
{
	char path[48], buffer[1024];
	struct text text = text_begin(path, sizeof(path));
	ssize_t n;
	int info_fd;

	text_add(&text, "/proc/self/fdinfo/");
	text_add_number(&text, (unsigned long)fd);
	info_fd = open(path, O_RDONLY | O_CLOEXEC);
	n = info_fd >= 0 ? read(info_fd, buffer, sizeof(buffer) - 1) : 0;
	(void)close_fd(info_fd);
	buffer[n > 0 ? n : 0] = '\0';
	return strstr(buffer, ": POSIX ") != NULL;
}

/*
 * To the file of @fd a process's own lock is somebody else's, as well as another's. Of all that are in the way the
 * kernel names the one that begins first on its list. Behind the end of it there may be one of ours.
 */
static bool is_locked(int fd, pid_t own_pid)
{
	struct flock lock = { .l_type = F_WRLCK };
	int n;

	for (n = 0; n < MAX_OTHERS; n++) {
		if (fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
			break;
		if (lock.l_pid == own_pid)
			return true;
		if (lock.l_len == 0)
			return is_told_by_fdinfo(fd);
		lock = (struct flock){ .l_type = F_WRLCK, .l_start = lock.l_start + lock.l_len };
	}
	return n > 0 && is_told_by_fdinfo(fd);
}

static int consider(int fd, void *context)
{
	struct search *search = context;

	return is_locked(fd, search->own_pid) ? fd_list_append(&search->found, fd) : 0;
}

int fds_find_locked(pid_t own_pid, struct arena *arena, const int **ret_fds, size_t *ret_n)
{
	struct search search = { own_pid, { .arena = arena } };
	int r = fds_visit(consider, &search);

	*ret_fds = search.found.fds;
	*ret_n = search.found.n;
	return r == -ENOMEM ? r : 0;
}
