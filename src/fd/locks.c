/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * See fd/locks.h. The descriptors are asked one by one. /proc/locks would tell it in one file, but any user
 * can make that as long as he likes, and it is missing with ProcSubset=pid. The file system is not asked where it
 * may not answer: what the kernel itself knows of is every lock of ours.
 */
#include "fd/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "base/apart.h"
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

	switch (fd_look(fd)) {
	case FD_HAS_NO_PATH: /* a pipe, a socket: who would lock that */
		return false;
	case FD_MAY_HANG:
		return is_told_by_fdinfo(fd);
	case FD_ANSWERS:
		break;
	}

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

static bool is_found(const struct search *search, int fd)
{
	for (size_t i = 0; i < search->found.n; i++) {
		if (search->found.fds[i] == fd)
			return true;
	}
	return false;
}

static int consider(int fd, void *context)
{
	struct search *search = context;

	return is_locked(fd, search->own_pid) ? fd_list_append(&search->found, fd) : 0;
}

/* By the name that the kernel has for them: nobody else may be asked. */
static bool is_same_path(int a, int b)
{
	char path_a[PATH_MAX], path_b[PATH_MAX];
	ssize_t n = fd_read_link(a, path_a, sizeof(path_a));

	return n > 0 && fd_read_link(b, path_b, sizeof(path_b)) == n &&
	       memcmp(path_a, path_b, (size_t)n) == 0;
}

/* To close one descriptor of a file gives up what was locked by another, which fdinfo does not tell. */
static int consider_twin(int fd, void *context)
{
	struct search *search = context;

	if (is_found(search, fd) || !fd_may_hang(fd))
		return 0;
	for (size_t i = 0; i < search->found.n; i++) {
		if (is_same_path(fd, search->found.fds[i]))
			return fd_list_append(&search->found, fd);
	}
	return 0;
}

int fds_find_locked(pid_t own_pid, struct arena *arena, const int **ret_fds, size_t *ret_n)
{
	struct search search = { own_pid, { .arena = arena } };
	int r = fds_visit(consider, &search);

	if (search.found.n > 0 && r != -ENOMEM)
		r = fds_visit(consider_twin, &search);
	*ret_fds = search.found.fds;
	*ret_n = search.found.n;
	return r == -ENOMEM ? r : 0;
}
