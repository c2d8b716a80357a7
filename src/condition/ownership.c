/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See condition/ownership.h. */
#include "condition/ownership.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/number_dir.h"
#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"
#include "notify/sender.h"

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

bool is_user_of(uid_t uid, pid_t pid)
{
	struct process_status status;

	if (uid == NO_UID || uid == sender_find_ambiguous_uid() ||
	    process_read_status(pid, &status) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(status.uids); i++) {
		if (status.uids[i] == uid)
			return true;
	}
	return false;
}

static enum holding guess(pid_t pid, uid_t uid)
{
	if (uid == NO_UID)
		return HOLDS_UNKNOWN;
	return is_user_of(uid, pid) ? HOLDS_PERHAPS : HOLDS_NOT;
}

static enum holding look_at(pid_t pid, const char *socket, uid_t uid)
{
	char path[32];
	cleanup_close int fd = NO_FD;
	struct numbers numbers;
	int number;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)process_live_thread(pid));
	fd = open_directory(path);
	if (fd < 0)
		return errno == EACCES || errno == EPERM ? guess(pid, uid) : HOLDS_NOT;
	numbers_begin(&numbers, fd);
	while (numbers_next(&numbers, &number) > 0) {
		if (is_link_to(fd, number, socket))
			return HOLDS;
	}
	return HOLDS_NOT;
}

/* The daemon's other processes. */
static enum holding look_at_others(pid_t daemon, const char *socket, uid_t uid)
{
	cleanup_close int fd = open_directory("/proc");
	enum holding best = HOLDS_NOT;
	struct numbers numbers;
	int pid;

	if (fd < 0)
		return guess(daemon, uid);
	numbers_begin(&numbers, fd);
	while (best != HOLDS && numbers_next(&numbers, &pid) > 0) {
		enum holding holding;

		if (pid == daemon || !is_process_of(pid, daemon))
			continue;
		holding = look_at(pid, socket, uid);
		best = holding > best ? holding : best;
	}
	return best;
}

bool is_socket_seen_at(unsigned long inode, pid_t daemon)
{
	char socket[32];

	(void)snprintf(socket, sizeof(socket), "socket:[%lu]", inode);
	return look_at(daemon, socket, NO_UID) == HOLDS;
}

enum holding find_holding(unsigned long inode, uid_t uid, pid_t daemon)
{
	enum holding first, others;
	char socket[32];

	(void)snprintf(socket, sizeof(socket), "socket:[%lu]", inode);
	first = look_at(daemon, socket, uid);
	if (first == HOLDS)
		return HOLDS;
	others = look_at_others(daemon, socket, uid);
	return others > first ? others : first;
}
