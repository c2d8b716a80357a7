/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See notify/left_behind.h. */
#include "notify/left_behind.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "base/ends.h"
#include "base/number_dir.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"

/* An empty one may be a moment old, and about to have its socket. */
#define EMPTY_FOR_S 60

#define FEW 64 /* directories that each start looks at */

/* Whether @name is that of a directory of ours whose process, as far as we see, is there no more. */
static bool may_be_left(const char *name)
{
	const char *number = after_prefix(name, NOTIFY_DIRECTORY);
	char digits[12];
	struct text text = text_begin(digits, sizeof(digits));
	unsigned long pid;

	if (number == NULL)
		return false;
	text_add_part(&text, number, strcspn(number, ".")); /* ".1" and so on: it was there already */
	return parse_number(digits, INT_MAX, &pid) == 0 && pid > 0 && kill((pid_t)pid, 0) < 0 &&
	       errno == ESRCH;
}

/* Nobody has it bound: there, whatever namespaces its process was in. */
static bool is_dead_socket(const char *directory, const char *name)
{
	char address[NOTIFY_ADDRESS_MAX];
	struct text text = text_begin(address, sizeof(address));

	text_add(&text, directory);
	text_add(&text, "/");
	text_add(&text, name);
	return !text.is_cut && notify_client_try(address) == -ECONNREFUSED;
}

/* Returns false if there is anything in it that is not a socket of nobody's. */
static bool clear(int fd, const char *directory)
{
	struct numbers entries;
	struct timespec now;
	struct stat st;
	const char *name;
	bool is_empty = true;
	int r;

	if (fstat(fd, &st) < 0 || st.st_uid != geteuid())
		return false;
	numbers_begin(&entries, fd);
	while ((r = numbers_next_name(&entries, &name)) > 0) {
		if (is_equal(name, ".") || is_equal(name, ".."))
			continue;
		is_empty = false;
		if (!is_dead_socket(directory, name) || unlinkat(fd, name, 0) < 0)
			return false;
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return r == 0 && (!is_empty || st.st_mtime + EMPTY_FOR_S < now.tv_sec);
}

static void remove_one(const char *directory)
{
	cleanup_close int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && clear(fd, directory))
		(void)rmdir(directory);
}

/*
 * Where there are many, who starts looks at all of them with as much less probability (by its pid, which is as good
 * as chance): a thousand starts at once would look at a million else. A file system that does not count has one link.
 */
static bool is_our_turn(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || (unsigned long)sys_getpid() % (st.st_nlink / FEW + 1) == 0;
}

void notify_remove_left_behind(const struct notify_socket *ours)
{
	char path[NOTIFY_ADDRESS_MAX] = "", parent[NOTIFY_ADDRESS_MAX];
	struct text text = text_begin(path, sizeof(path));
	struct numbers entries;
	cleanup_close int fd = NO_FD;
	const char *name;

	if (ours->directory[0] == '\0')
		return;
	text_add(&text, notify_socket_parent(ours, parent));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (fd < 0 || !is_our_turn(fd))
		return;
	numbers_begin(&entries, fd);
	while (numbers_next_name(&entries, &name) > 0) {
		struct text whole = text;

		if (!may_be_left(name))
			continue;
		text_add(&whole, "/");
		text_add(&whole, name);
		if (!whole.is_cut)
			remove_one(path);
	}
}
