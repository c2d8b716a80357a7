/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See babysitter/pid_file.h. */
#include "babysitter/pid_file.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/apart.h"
#include "base/kernel.h"
#include "base/procfs.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"

#define MAX_PID 0x7fffffff
#define FILE_SYSTEM_MS 5000
#define SUFFIX ".cross-init-bridge"
#define LOCK_TRIES 16
#define CLOCK_MARGIN_S \
 2 /* between a start and the file, by two clocks of which one may be adjusted */

/* The directory of @path, which is absolute, as a path of its own. */
static int format_directory(const char *path, char *directory, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash == path ? 1 : (size_t)(slash - path);

	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(directory, path, length);
	directory[length] = '\0';
	return 0;
}

/* Nobody but root and we may put another file into its place. */
static int check_directory(const char *path, struct refusal *refusal)
{
	char directory[PATH_MAX];
	struct stat st;

	if (format_directory(path, directory, sizeof(directory)) < 0)
		return refuse(refusal, ENAMETOOLONG, "--pidfile: the path is too long");
	if (stat(directory, &st) < 0)
		return refuse(refusal, errno, "--pidfile: cannot look at %s: %s", directory,
			      strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return refuse(refusal, ENOTDIR, "--pidfile: %s is not a directory", directory);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse(refusal, EPERM,
			      "--pidfile: others may write to the directory %s, and have any process taken "
			      "for the daemon: name another",
			      directory);
	return 0;
}

/* The process ID in the file @fd; 0: there is none. */
static pid_t read_pid(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	unsigned long pid;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, " \n")] = '\0';
	return parse_number(text, MAX_PID, &pid) < 0 ? 0 : (pid_t)pid;
}

static int write_pid(int fd, pid_t pid)
{
	char text[32];
	struct text number = text_begin(text, sizeof(text));
	ssize_t length;

	text_add_number(&number, (unsigned long)pid);
	text_add(&number, "\n");
	length = (ssize_t)strlen(text);
	/* No shorter than what was there for a moment: somebody may be reading it. */
	errno = ENOSPC;
	if (pwrite(fd, text, (size_t)length, 0) != length || ftruncate(fd, length) < 0)
		return -errno;
	return 0;
}

/* Younger than the file: the number is another process's by now. */
static bool is_younger(pid_t pid, const struct stat *file)
{
	struct timespec booted = { 0 }, now = { 0 };
	unsigned long long start_ms;

	if (process_read_start(pid, &start_ms) < 0 || clock_gettime(CLOCK_BOOTTIME, &booted) < 0 ||
	    clock_gettime(CLOCK_REALTIME, &now) < 0)
		return false;
	return now.tv_sec - booted.tv_sec + (long long)(start_ms / 1000) >
	       file->st_mtim.tv_sec + CLOCK_MARGIN_S;
}

/*
 * Neither the leader of a session, which each daemon is that we have started, nor of the program that is to be started
 * now, by its file or, where that is a script, by its name: nobody's daemon, and the file's word is wrong.
 */
static bool is_stranger(pid_t pid, const char *program)
{
	const char *slash = strrchr(program, '/'), *name = slash != NULL ? slash + 1 : program;
	char comm[17];
	size_t length;

	if (getsid(pid) == pid || process_runs(pid, name) != 0 || process_read_comm(pid, comm) < 0)
		return false;
	length = strlen(comm);
	return length == 0 || strncmp(comm, name, length) != 0;
}

static bool lives(pid_t pid, const struct stat *file, const char *program)
{
	struct process_status status;

	if (pid <= 1 || (kill(pid, 0) < 0 && errno == ESRCH))
		return false;
	if (process_read_status(pid, &status) == 0 && status.state == 'Z')
		return false;
	return !is_younger(pid, file) && !is_stranger(pid, program);
}

/* By one of ours: a daemon's babysitter, or a launcher that waits for one. */
static bool is_locked(int fd)
{
	struct flock lock = { .l_type = F_RDLCK };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_WRLCK;
}

static bool is_file_at(const char *path, int fd)
{
	struct stat named, open;

	return lstat(path, &named) == 0 && fstat(fd, &open) == 0 && named.st_ino == open.st_ino &&
	       named.st_dev == open.st_dev;
}

static int format_new_path(const char *path, char *new_path, size_t size)
{
	struct text text = text_begin(new_path, size);

	if (strlen(path) + sizeof(SUFFIX) > size)
		return -ENAMETOOLONG;
	text_add(&text, path);
	text_add(&text, SUFFIX);
	return 0;
}

/* What a killed one has left is used again; who has it open, and locked, says so in it. */
static int open_new(const char *new_path, struct refusal *refusal)
{
	int fd = open(new_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		      0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		int r = -errno;

		(void)close_fd(fd);
		return refuse(refusal, -r, "--pidfile: cannot make %s: %s", new_path, strerror(-r));
	}
	if (S_ISREG(st.st_mode))
		return fd;
	(void)close(fd);
	return refuse(refusal, EEXIST,
		      "--pidfile: %s is there, and is not a regular file: remove it, or name "
		      "another",
		      new_path);
}

/* Kernels before 3.15, and some file systems, have no such locks: then nobody is kept out. */
static bool lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK };

	return fcntl(fd, F_OFD_SETLK, &whole) == 0 || (errno != EAGAIN && errno != EACCES);
}

/* The one that was locked may have got another name, or none, when it was open already. */
static int lock_new(const char *path, const char *new_path, struct refusal *refusal)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		cleanup_close int fd = open_new(new_path, refusal);

		if (fd < 0)
			return fd;
		if (!lock(fd))
			return refuse(refusal, EALREADY,
				      "--pidfile: process %d is starting the daemon of %s already",
				      (int)read_pid(fd), path);
		if (is_file_at(new_path, fd))
			return take_fd(&fd);
	}
	return refuse(refusal, EALREADY, "--pidfile: others are starting the daemon of %s already",
		      path);
}

static int clear(const char *path, const char *program, struct refusal *refusal)
{
	cleanup_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	pid_t pid;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return refuse(refusal, EEXIST,
			      "--pidfile: %s is there, and is not a regular file that we can read: name "
			      "another",
			      path);
	pid = read_pid(fd);
	if (is_locked(fd) || lives(pid, &st, program))
		return refuse(refusal, EALREADY,
			      "--pidfile: process %d, which %s names, is running: stop it first",
			      (int)pid, path);
	if (unlink(path) < 0 && errno != ENOENT)
		return refuse(refusal, errno,
			      "--pidfile: cannot remove %s, which an earlier run has left: %s",
			      path, strerror(errno));
	return 0;
}

int pid_file_claim(const char *path, const char *program, int *ret_fd, struct refusal *refusal)
{
	cleanup_close int fd = NO_FD;
	char new_path[PATH_MAX];
	int r = check_directory(path, refusal);

	if (r < 0)
		return r;
	if (format_new_path(path, new_path, sizeof(new_path)) < 0)
		return refuse(refusal, ENAMETOOLONG, "--pidfile: the path is too long");
	fd = lock_new(path, new_path, refusal);
	if (fd < 0)
		return fd;
	r = write_pid(fd, sys_getpid());
	if (r < 0)
		(void)refuse(refusal, -r, "--pidfile: cannot write %s: %s", new_path, strerror(-r));
	else
		r = clear(path, program, refusal);
	if (r < 0)
		(void)unlink(new_path);
	else
		*ret_fd = take_fd(&fd);
	return r;
}

int pid_file_publish(const char *path, int fd, pid_t pid)
{
	char new_path[PATH_MAX];
	int r = apart_answers(path, FILE_SYSTEM_MS) ? 0 : -ETIMEDOUT;

	if (r == 0)
		r = format_new_path(path, new_path, sizeof(new_path));
	if (r == 0)
		r = write_pid(fd, pid);
	if (r == 0 && !is_file_at(new_path, fd))
		r = -ENOENT; /* somebody has removed it */
	if (r == 0 && (fchmod(fd, 0644) < 0 || rename(new_path, path) < 0))
		r = -errno;
	return r;
}

int pid_file_rewrite(const char *path, int fd, pid_t pid)
{
	if (!apart_answers(path, FILE_SYSTEM_MS))
		return -ETIMEDOUT;
	return is_file_at(path, fd) ? write_pid(fd, pid) : -ENOENT;
}

void pid_file_drop(const char *path, int fd)
{
	char new_path[PATH_MAX];

	if (!apart_answers(path, FILE_SYSTEM_MS))
		return; /* whoever waits for us would wait for ever */
	if (is_file_at(path, fd))
		(void)unlink(path);
	else if (format_new_path(path, new_path, sizeof(new_path)) == 0 && is_file_at(new_path, fd))
		(void)unlink(new_path);
}
