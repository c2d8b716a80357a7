/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A descriptor that becomes readable when something may have changed at a path, by inotify(7),
 * also while directories on the way to it are still missing. It knows names, not what they should
 * be; and it is not a promise: a symbolic link's target, another process's mount and a descriptor
 * that could not be had go unnoticed, so whoever uses it looks again now and then.
 */
#ifndef CIB_CONDITION_PATH_WATCH_H
#define CIB_CONDITION_PATH_WATCH_H

#include "base/util.h"

struct path_watch {
	int fd;        /* NO_FD: inotify cannot be had */
	int directory; /* the watched one, on the way to the path; or -1 */
};

#define NO_PATH_WATCH ((struct path_watch){ .fd = NO_FD, .directory = -1 })

/* Begins without a path, see below; _close() ends it. Where inotify(7) cannot be had, that is in @ret_watch. */
void path_watch_open(struct path_watch *ret_watch);
void path_watch_close(struct path_watch *watch);

/*
 * Forgets what has happened so far, and watches the deepest existing directory on the way to @path,
 * an absolute one shorter than PATH_MAX. To be called before each look at it.
 */
void path_watch_aim(struct path_watch *watch, const char *path);

/*
 * The same for what is written to @file itself; @watched is what was returned for the one before, which
 * need not be watched any more, or -1. Returns what to say the next time, -1 if there is no such file.
 */
int path_watch_follow(const struct path_watch *watch, const char *file, int watched);

/* From now on changes in @directory, if it exists, wake us as well. */
void path_watch_add(const struct path_watch *watch, const char *directory);

#endif
