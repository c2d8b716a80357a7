/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See condition/ownership.h. */
#include "condition/ownership.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/number_dir.h"
#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"

enum holding {
	HOLDS_NOT,
	HOLDS,
	HOLDS_PERHAPS, /* we must not look */
};

bool is_process_of(pid_t pid, pid_t daemon)
{
	return pid == daemon || (pid > 1 && getsid(pid) == daemon) ||
	       process_descends_from(pid, daemon);
}

static bool is_link_to(int directory, int number, const char *target)
{
	char name[16], link[64];
	ssize_t n;

	(void)snprintf(name, sizeof(name), "%d", number);
	n = readlinkat(directory, name, link, sizeof(link) - 1);
	if (n < 0)
		return false;
	link[n] = '\0';
	return is_equal(link, target);
}

static int open_directory(const char *path)
{
	return openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static enum holding look_at(pid_t pid, const char *socket)
{
	char path[32];
	cleanup_close int fd = NO_FD;
	struct numbers numbers;
	int number;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)process_live_thread(pid));
	fd = open_directory(path);
	if (fd < 0)
		return errno == EACCES || errno == EPERM ? HOLDS_PERHAPS : HOLDS_NOT;
	numbers_begin(&numbers, fd);
	while (numbers_next(&numbers, &number) > 0) {
		if (is_link_to(fd, number, socket))
			return HOLDS;
	}
	return HOLDS_NOT;
}

/* The daemon's other processes. */
static bool look_at_others(pid_t daemon, const char *socket)
{
	cleanup_close int fd = open_directory("/proc");
	struct numbers numbers;
	int pid;

	if (fd < 0)
		return true;
	numbers_begin(&numbers, fd);
	while (numbers_next(&numbers, &pid) > 0) {
		if (pid != daemon && is_process_of(pid, daemon) && look_at(pid, socket) != HOLDS_NOT)
			return true;
	}
	return false;
}

bool is_socket_seen_at(unsigned long inode, pid_t daemon)
{
	char socket[32];

	(void)snprintf(socket, sizeof(socket), "socket:[%lu]", inode);
	return look_at(daemon, socket) == HOLDS;
}

bool is_socket_of(unsigned long inode, pid_t daemon)
{
	char socket[32];

	(void)snprintf(socket, sizeof(socket), "socket:[%lu]", inode);
	return look_at(daemon, socket) != HOLDS_NOT || look_at_others(daemon, socket);
}
