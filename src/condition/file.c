/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conditions path: and pidfile:, see condition/condition.h: a name in the file system, and a pid in one. */
#include "condition/watch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/threads.h"
#include "base/util.h"
#include "condition/ownership.h"

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

/* Daemons end the number with a newline, or not, or pad it with blanks. Returns 0 or -EINVAL. */
static int parse_pid(char *text, pid_t *ret_pid)
{
	char *number = text + strspn(text, " \t");
	unsigned long pid;

	number[strcspn(number, " \t\n")] = '\0';
	if (parse_number(number, INT32_MAX, &pid) < 0 || pid == 0)
		return -EINVAL;
	*ret_pid = (pid_t)pid;
	return 0;
}

/* Without O_PATH, before Linux 2.6.39, this is an open(2) that at least does not block. */
static int pin(const char *path)
{
	return openat(AT_FDCWD, path, O_PATH | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* Opens what was pinned, whatever has its name by now. */
static int open_pinned(int pinned)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", pinned);
	return openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
}

/*
 * Whoever owns the file's directory may have put anything there. To open it may block (a FIFO), or
 * do something (a watchdog's device starts the time to the next reset): only a file is opened.
 */
static int read_pid(const char *path, pid_t *ret_pid)
{
	cleanup_close int pinned = pin(path), fd = NO_FD;
	struct stat st;
	char text[64];
	ssize_t n;

	if (pinned < 0 || fstat(pinned, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	fd = open_pinned(pinned);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return parse_pid(text, ret_pid);
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
	pid_t pid = 0;
	int r;

	path_watch_aim(&watch->path, watch->awaited->what);
	r = read_pid(watch->awaited->what, &pid);
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
