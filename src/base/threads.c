/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/threads.h. */
#include "base/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/number_dir.h"
#include "base/procfs.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"

#define MAX_LOOKS 8 /* at a first thread that is just being replaced by another */

struct thread {
	char state;
	unsigned long n_threads; /* of its process; the first one counts until the process is reaped */
};

static bool has_thread_ended(char state)
{
	return state == 'Z' || state == 'X' || state == 'x';
}

/* The 18th word behind the name, which may hold anything, also parentheses and spaces: proc(5). */
static unsigned long find_n_threads(const char *state)
{
	for (int i = 0; i < 17 && *state != '\0'; i++) {
		state = find_char(state, ' ');
		state += *state == ' ' ? 1 : 0;
	}
	return strtoul(state, NULL, 10);
}

/* Reads the stat file at @path, relative to @directory_fd. Returns 0 or -errno. */
static int read_stat(int directory_fd, const char *path, struct thread *ret_thread)
{
	char text[512], *end;
	cleanup_close int fd = openat(directory_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = read(fd, text, sizeof(text) - 1);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -ESRCH;
	text[n] = '\0';
	end = strrchr(text, ')');
	if (end == NULL || end[1] == '\0')
		return -EBADMSG;
	ret_thread->state = end[2];
	ret_thread->n_threads = find_n_threads(end + 2);
	return 0;
}

static int open_tasks(pid_t pid)
{
	char path[48];
	int fd;

	process_format_path(pid, "/task", path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	return fd < 0 ? -errno : fd;
}

struct census {
	int n_live, n_stopped;
	pid_t live; /* the first one that has not ended, and its state */
	char state;
};

/* Looks at all threads. Returns 0 or -errno: not all could be looked at. */
static int count_threads(pid_t pid, struct census *ret_census)
{
	cleanup_close int fd = open_tasks(pid);
	struct numbers numbers;
	struct thread thread;
	char path[32];
	int tid, r;

	*ret_census = (struct census){ 0 };
	if (fd < 0)
		return fd;
	numbers_begin(&numbers, fd);
	while ((r = numbers_next(&numbers, &tid)) > 0) {
		(void)snprintf(path, sizeof(path), "%d/stat", tid);
		r = read_stat(fd, path, &thread);
		if (r == -ENOENT || r == -ESRCH) /* it has just ended */
			continue;
		if (r < 0)
			return r;
		if (has_thread_ended(thread.state))
			continue;
		ret_census->n_stopped += thread.state == 'T' ? 1 : 0;
		if (ret_census->n_live++ > 0)
			continue;
		ret_census->live = tid;
		ret_census->state = thread.state;
	}
	return r;
}

int process_read_state(pid_t pid)
{
	struct census census;
	struct thread first;
	char path[32];
	int r;

	process_format_path(pid, "/stat", path, sizeof(path));
	r = read_stat(AT_FDCWD, path, &first);
	if (r < 0)
		return r;
	if (first.n_threads == 1 || first.state == 'T')
		return first.state;
	r = count_threads(pid, &census);
	if (r < 0)
		return r;
	if (census.n_stopped > 0)
		return 'T';
	return census.n_live > 0 ? census.state : 'Z';
}

bool process_has_stopped(pid_t pid)
{
	struct census census;

	return count_threads(pid, &census) == 0 && census.n_live > 0 &&
	       census.n_stopped == census.n_live;
}

pid_t process_live_thread(pid_t pid)
{
	struct census census;
	struct thread first;
	char path[32];

	process_format_path(pid, "/stat", path, sizeof(path));
	if (read_stat(AT_FDCWD, path, &first) < 0 || !has_thread_ended(first.state) ||
	    count_threads(pid, &census) < 0 || census.n_live == 0)
		return pid;
	return census.live;
}

/*
 * A missing file means that the process is gone, or, where it is hidden from us (mount option hidepid=2),
 * that it may be there. Then already the directory cannot be entered with that error; that of a
 * process that is gone answers ESRCH, or, before Linux 3.3, where there was no hidepid=, lets us in.
 */
static bool is_hidden(int proc_fd)
{
	cleanup_close int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 && errno == ENOENT;
}

int proc_directory_is_reaped(int proc_fd)
{
	struct thread first;
	int r = read_stat(proc_fd, "stat", &first);

	if (r == -ESRCH || (r == -ENOENT && !is_hidden(proc_fd)))
		return 1;
	return r < 0 ? r : 0;
}

/*
 * A zombie has ended, as a pidfd sees it; only its parent may still be interested. One that is the
 * first of several threads is not one; nor one that gives way to the thread that has called execve(2),
 * which is seen to be dead, or to have no process, for as long as it takes to look again.
 */
int proc_directory_has_ended(int proc_fd)
{
	struct thread first = { 0 };

	for (int i = 0; i < MAX_LOOKS; i++) {
		int r = read_stat(proc_fd, "stat", &first);

		if (r == -ESRCH || (r == -ENOENT && !is_hidden(proc_fd)))
			return 1;
		if (r < 0)
			return r;
		if (!has_thread_ended(first.state))
			return 0;
		if (first.state == 'Z' && first.n_threads > 0)
			return first.n_threads == 1 ? 1 : 0;
	}
	return 1; /* it stays dead */
}
