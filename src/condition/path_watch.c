/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See condition/path_watch.h. */
#include "condition/path_watch.h"

#include <limits.h>
#include <sys/inotify.h>

/* udev creates links under another name and renames them; a pid is written after its file is. */
#define CHANGES \
 (IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

#define MAX_READS 16
#define MAX_AIMS 64 /* while somebody keeps making and removing directories */

void path_watch_open(struct path_watch *ret_watch)
{
	*ret_watch = NO_PATH_WATCH;
	ret_watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

void path_watch_close(struct path_watch *watch)
{
	watch->fd = close_fd(watch->fd);
	watch->directory = -1;
}

/* What is left makes us look once more; somebody who makes more and more must not hold us up. */
static void drain(int fd)
{
	char events[4096];

	for (int i = 0; i < MAX_READS && read(fd, events, sizeof(events)) > 0; i++)
		;
}

/* Cuts the last component off @path; false if there is none left. */
static bool cut(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == path && slash[1] == '\0')
		return false;
	slash[slash == path ? 1 : 0] = '\0';
	return true;
}

static int add_deepest(int fd, const char *path)
{
	char directory[PATH_MAX];
	int found = -1;

	memcpy(directory, path, strlen(path) + 1);
	while (found < 0 && cut(directory))
		found = inotify_add_watch(fd, directory, CHANGES);
	return found;
}

/*
 * A directory that appears after we were refused it and before its parent was watched makes no
 * event; but then a second try gets it. When two tries end at the same one, whatever appears below
 * makes an event.
 */
void path_watch_aim(struct path_watch *watch, const char *path)
{
	if (watch->fd < 0)
		return;
	drain(watch->fd);
	for (int i = 0; i < MAX_AIMS; i++) {
		int found = add_deepest(watch->fd, path);

		if (found == watch->directory)
			break;
		if (watch->directory >= 0)
			(void)inotify_rm_watch(watch->fd, watch->directory);
		watch->directory = found;
	}
}

void path_watch_add(const struct path_watch *watch, const char *directory)
{
	if (watch->fd >= 0)
		(void)inotify_add_watch(watch->fd, directory, CHANGES);
}

int path_watch_follow(const struct path_watch *watch, const char *file, int watched)
{
	int found = watch->fd >= 0 ? inotify_add_watch(watch->fd, file, IN_MODIFY | IN_CLOSE_WRITE)
				   : -1;

	if (watched >= 0 && watched != found)
		(void)inotify_rm_watch(watch->fd, watched);
	return found;
}
