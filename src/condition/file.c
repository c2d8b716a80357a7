/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The conditions path: and pidfile:, see condition/condition.h: a name in the file system, and a pid in one. */
#include "condition/watch.h"

#include <signal.h>

#include "base/threads.h"
#include "base/util.h"
#include "condition/ownership.h"
#include "condition/pid_in_file.h"

static int open_watch(struct watch *watch)
{
	path_watch_open(&watch->path);
	watch->fd = watch->path.fd;
	watch->check_ms = watch->fd >= 0 ? WATCH_SLOW_MS : WATCH_QUICK_MS;
	return 0;
}

static void close_watch(struct watch *watch)
{
	path_watch_close(&watch->path);
	watch->fd = NO_FD;
}

static const char *check_path(struct watch *watch)
{
	path_watch_aim(&watch->path, watch->awaited->what);
	return access(watch->awaited->what, F_OK) == 0 ? NULL : "there is no such file";
}

/* A zombie has ended; only its parent may still be interested. */
static bool is_alive(pid_t pid)
{
	int state;

	if (kill(pid, 0) < 0 && errno != EPERM)
		return false;
	state = process_read_state(pid);
	return state != 'Z' && state != 'X';
}

static const char *check_pidfile(struct watch *watch)
{
	struct pid_in_file found = { 0 };
	pid_t pid;
	int r;

	path_watch_aim(&watch->path, watch->awaited->what);
	r = pid_in_file(watch->awaited->what, &found);
	pid = found.pid;
	watch->check_ms = r == -ENOENT && watch->fd >= 0 ? WATCH_SLOW_MS : WATCH_QUICK_MS;
	if (r == -ENOENT || r == -ENOTDIR)
		return "there is no such file";
	if (r < 0)
		return "there is no process ID in it";
	if (!is_alive(pid))
		return "the process that it names does not run";
	return watch->daemon == 0 || is_process_of(pid, watch->daemon)
		       ? NULL
		       : "the process that it names is not the daemon's";
}

const struct watch_kind watch_path = { open_watch, check_path, close_watch };
const struct watch_kind watch_pidfile = { open_watch, check_pidfile, close_watch };
