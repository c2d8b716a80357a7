/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/apart.h. */
#include "base/apart.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cover.h"
#include "base/events.h"
#include "base/process.h"
#include "base/text.h"
#include "base/threads.h"
#include "base/util.h"

#define REPLACE_MS 1000
#define STUCK_MS 200
#define END_MS 10 /* what is closed in time is waited for */
#define OLD_KERNEL_MAX_FD 1024

ssize_t fd_read_link(int fd, char *link, size_t size)
{
	char path[32];
	struct text text = text_begin(path, sizeof(path));

	text_add(&text, "/proc/self/fd/");
	text_add_number(&text, (unsigned long)fd);
	return readlink(path, link, size);
}

/* A directory in /proc that is a process's is the kernel's; /proc/meminfo may be a FUSE daemon's, in a container. */
static bool is_kernels(const char *link)
{
	const char *name = after_prefix(link, "/proc/");

	return has_prefix(link, "/dev/") || (name != NULL && name[0] >= '1' && name[0] <= '9');
}

enum fd_look fd_look(int fd)
{
	char link[sizeof("/proc/1")];
	ssize_t n = fd_read_link(fd, link, sizeof(link) - 1);

	if (n <= 0)
		return FD_ANSWERS;
	link[n] = '\0';
	if (link[0] != '/') /* "pipe:[1]", "socket:[1]" */
		return FD_HAS_NO_PATH;
	return is_kernels(link) ? FD_ANSWERS : FD_MAY_HANG;
}

bool fd_may_hang(int fd)
{
	return fd_look(fd) == FD_MAY_HANG;
}

/* Its end is no SIGCHLD, nor is its birth a fork that Upstart's "expect fork" would count. */
static bool has_ended(pid_t pid)
{
	return waitpid(pid, NULL, (int)__WCLONE | WNOHANG) != 0;
}

/*
 * A stuck one does not die before its file system answers: then it is left to whoever reaps us. Any other that
 * has only been late, on a busy machine, must not stay as a zombie for as long as we live. One that ends sleeps
 * for a moment like one that is stuck.
 */
static void see_end(pid_t pid, struct pollfd *pollfd)
{
	long long since_ms = now_ms(), ms = 0;

	while (!has_ended(pid) && ms < REPLACE_MS &&
	       (ms < STUCK_MS || process_read_state(pid) != 'D')) {
		(void)events_wait(pollfd, 1, END_MS);
		ms = now_ms() - since_ms;
	}
}

/* Whether it has ended by itself within @patience_ms; it is killed else. */
static bool wait_for(pid_t pid, int patience_ms)
{
	long long until_ms = now_ms() + patience_ms, left_ms;
	struct process process;
	struct pollfd pollfd;
	bool is_over;

	(void)process_open(pid, &process);
	pollfd = (struct pollfd){ .fd = process_poll_fd(&process), .events = POLLIN };
	while (!(is_over = has_ended(pid)) && (left_ms = until_ms - now_ms()) > 0)
		(void)events_wait(&pollfd, 1, pollfd.fd >= 0 ? (int)left_ms : 1);
	if (!is_over) {
		(void)kill(pid, SIGKILL); /* our own child, not reaped: the pid is its own */
		see_end(pid, &pollfd);
	}
	process_close(&process);
	return is_over;
}

void apart_replace(int from, int to)
{
	/* They are in the one table that both have: the number is free before the file is closed. */
	pid_t pid = process_clone(CLONE_FILES);
	long long until_ms = now_ms() + REPLACE_MS;
	bool is_over;

	if (pid < 0) {
		(void)dup2(from, to);
		return;
	}
	if (pid == 0) {
		(void)dup2(from, to);
		_exit(0);
	}
	while (!(is_over = has_ended(pid)) && fd_may_hang(to) && now_ms() < until_ms)
		events_pause(1);
	if (!is_over)
		(void)wait_for(pid, END_MS);
}

/* What is the daemon's must not stay open with one that has to be left behind; nor may it wait for that. */
static void close_others(int fd)
{
	for (int other = STDIN_FILENO; other <= STDERR_FILENO; other++) {
		if (other != fd && !fd_may_hang(other))
			(void)close_fd(other);
	}
#ifdef SYS_close_range
	if (syscall(SYS_close_range, STDERR_FILENO + 1, UINT_MAX, 0) == 0)
		return;
#endif
	for (int other = STDERR_FILENO + 1; other < OLD_KERNEL_MAX_FD; other++)
		(void)close_fd(other);
}

/* Returns false if it is left behind: still at it, in the one table that both have, where @fd is free. */
static bool close_one(int fd)
{
	pid_t pid = process_clone(CLONE_FILES);
	long long until_ms = now_ms() + REPLACE_MS;

	if (pid < 0) {
		(void)close(fd);
		return true;
	}
	if (pid == 0) {
		cover_arguments(NULL);
		cover_memory();
		(void)close(fd);
		_exit(0);
	}
	while (!has_ended(pid) && fcntl(fd, F_GETFD) >= 0 && now_ms() < until_ms)
		events_pause(1);
	return wait_for(pid, END_MS) || has_ended(pid);
}

/* Closes what is in the table that was ours, once we have another: whoever is left behind in it cannot. */
static void __attribute__((noreturn)) empty_table(int word_fd)
{
	char word;

	if (read(word_fd, &word, 1) == 1)
		close_others(NO_FD);
	_exit(0);
}

static void leave_table(void)
{
	int fds[2] = { NO_FD, NO_FD };
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	pid = process_clone(CLONE_FILES);
	if (pid == 0)
		empty_table(fds[0]);
	if (pid > 0 && unshare(CLONE_FILES) == 0 && write(fds[1], "", 1) == 1)
		(void)wait_for(pid, REPLACE_MS);
	else if (pid > 0)
		(void)kill(pid, SIGKILL);
	(void)close_fd(fds[0]);
	(void)close_fd(fds[1]);
}

void apart_close(const int *fds, size_t n)
{
	bool is_stuck = false;

	for (size_t i = 0; i < n; i++)
		is_stuck = !close_one(fds[i]) || is_stuck;
	if (is_stuck)
		leave_table();
}

void apart_let_go(void)
{
	bool is_needed = false;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		is_needed = is_needed || fd_may_hang(fd);
	if (!is_needed || process_clone(CLONE_FILES) != 0)
		return;
	/* Whoever leaves the one table last closes what is open in it then: of these, nothing. */
	close_others(NO_FD); /* somebody waits for these to be closed */
	cover_arguments(NULL);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)close(fd);
	_exit(0);
}

static void __attribute__((noreturn)) run_writer(int fd, const char *text, size_t length)
{
	ssize_t n;

	close_others(fd);
	cover_arguments(NULL);
	do
		n = write(fd, text, length);
	while (n < 0 && errno == EINTR);
	_exit(0);
}

int apart_write(int fd, const char *text, size_t length, int patience_ms)
{
	pid_t pid = process_clone(0);

	if (pid == 0)
		run_writer(fd, text, length);
	if (pid < 0)
		return -errno;
	return wait_for(pid, patience_ms) ? 0 : -ETIMEDOUT;
}

bool apart_answers(const char *path, int patience_ms)
{
	struct stat st;
	pid_t pid = process_clone(0);

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* who has asked may be ended meanwhile */
		path = strdup(path);                    /* from what is covered */
		close_others(NO_FD);
		cover_arguments(NULL);
		if (path != NULL)
			(void)lstat(path, &st);
		_exit(0);
	}
	return pid < 0 || wait_for(pid, patience_ms);
}
