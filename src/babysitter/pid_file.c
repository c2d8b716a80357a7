/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See babysitter/pid_file.h. */
#include "babysitter/pid_file.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/procfs.h"
#include "base/text.h"
#include "base/util.h"

#define MAX_PID 0x7fffffff

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
	ssize_t n = read(fd, text, sizeof(text) - 1);
	unsigned long pid;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, " \n")] = '\0';
	return parse_number(text, MAX_PID, &pid) < 0 ? 0 : (pid_t)pid;
}

/* Younger than the file: the number is another process's by now. */
static bool is_younger(pid_t pid, const struct stat *file)
{
	char path[32];
	struct stat st;

	process_format_path(pid, "", path, sizeof(path));
	return stat(path, &st) == 0 && st.st_ctim.tv_sec > file->st_mtim.tv_sec + 1;
}

static bool lives(pid_t pid, const struct stat *file)
{
	struct process_status status;

	if (pid <= 1 || (kill(pid, 0) < 0 && errno == ESRCH))
		return false;
	if (process_read_status(pid, &status) == 0 && status.state == 'Z')
		return false;
	return !is_younger(pid, file);
}

int pid_file_clear(const char *path, struct refusal *refusal)
{
	cleanup_close int fd = NO_FD;
	struct stat st;
	int r = check_directory(path, refusal);
	pid_t pid;

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return refuse(refusal, EEXIST,
			      "--pidfile: %s is there, and is not a regular file that we can read: name "
			      "another",
			      path);
	pid = read_pid(fd);
	if (lives(pid, &st))
		return refuse(refusal, EALREADY,
			      "--pidfile: process %d, which %s names, is running: stop it first",
			      (int)pid, path);
	if (unlink(path) < 0 && errno != ENOENT)
		return refuse(refusal, errno,
			      "--pidfile: cannot remove %s, which an earlier run has left: %s",
			      path, strerror(errno));
	return 0;
}

/* Returns 0 or -errno; what was begun is removed by the caller. */
static int write_new(const char *path, pid_t pid)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	char text[32];
	int length = snprintf(text, sizeof(text), "%d\n", (int)pid);

	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	errno = ENOSPC;
	return write(fd, text, (size_t)length) == length ? 0 : -errno;
}

int pid_file_write(const char *path, pid_t pid)
{
	char new_path[PATH_MAX];
	int length = snprintf(new_path, sizeof(new_path), "%s.%d", path, (int)getpid()), r;

	if (length >= (int)sizeof(new_path))
		return -ENAMETOOLONG;
	(void)unlink(new_path); /* of a run that was killed; the directory is ours */
	r = write_new(new_path, pid);
	if (r == 0 && rename(new_path, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(new_path);
	return r;
}

void pid_file_remove(const char *path, pid_t pid)
{
	cleanup_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && read_pid(fd) == pid)
		(void)unlink(path);
}
