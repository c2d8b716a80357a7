/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See babysitter/ready_file.h. */
#include "babysitter/ready_file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/events.h"
#include "base/kernel.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"

#define LOOK_MS 20
#define WAIT_FOR_EARLIER_MS 5000

/* What is not as we make it is somebody's, and may be worth keeping. */
static bool may_be_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size == 0 && st->st_uid == geteuid();
}

/*
 * Whoever has made it has a lock on it, for life; not one of an open file, which does not tell whose it
 * is. Only who may write to it can have that: others, who may read it, do not count. Returns the
 * process, or 0: nobody, or -1: one that we have no number for.
 */
static pid_t find_owner(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct flock lock = { .l_type = F_RDLCK };

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type != F_WRLCK)
		return 0;
	return lock.l_pid > 0 ? lock.l_pid : -1;
}

/* The daemon's end is seen by whoever starts the next one no later than by the process that watched it. */
static pid_t wait_for_owner(const char *path)
{
	long long deadline_ms = now_ms() + WAIT_FOR_EARLIER_MS;
	pid_t owner;

	while ((owner = find_owner(path)) != 0 && now_ms() < deadline_ms)
		events_pause(LOOK_MS);
	return owner;
}

static int refuse_owned(const char *path, pid_t owner, struct refusal *refusal)
{
	if (owner < 0)
		return refuse(refusal, EALREADY,
			      "--ready-file: %s is that of another daemon, which is ready: name another",
			      path);
	return refuse(refusal, EALREADY,
		      "--ready-file: %s is that of another daemon, which is ready (process %d looks after "
		      "it): name another, or stop that one first",
		      path, (int)owner);
}

/* By our effective user and capabilities; what cannot be asked may be. */
static int check_directory(const char *path, struct refusal *refusal)
{
	char directory[PATH_MAX];
	struct text text = text_begin(directory, sizeof(directory));
	const char *slash = strrchr(path, '/');

	if (strlen(path) >= sizeof(directory))
		return refuse(refusal, ENAMETOOLONG, "--ready-file: the path is too long");
	if (slash[1] == '\0')
		return refuse(refusal, EISDIR,
			      "--ready-file: %s is the name of a directory: add a file's", path);
	text_add(&text, path);
	directory[slash - path + 1] = '\0'; /* with its slash: nothing else will do */
	if (syscall(SYS_faccessat2, AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0)
		return 0;
	switch (errno) {
	case ENOENT:
		(void)refuse(refusal, ENOENT,
			     "--ready-file: there is no directory %s: unless the daemon makes it, nobody "
			     "will see that it is ready",
			     directory);
		return 1;
	case EACCES:
	case EROFS:
	case ENOTDIR:
	case ELOOP:
		return refuse(refusal, errno, "--ready-file: cannot make %s: %s", path,
			      strerror(errno));
	default:
		return 0;
	}
}

int ready_file_clear(const char *path, struct refusal *refusal)
{
	struct stat st;
	pid_t owner;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			       ? check_directory(path, refusal)
			       : refuse(refusal, errno, "--ready-file: cannot look at %s: %s", path,
					strerror(errno));
	if (!may_be_ours(&st))
		return refuse(refusal, EEXIST,
			      "--ready-file: %s is there, and is not an empty file of our user: name another",
			      path);
	owner = wait_for_owner(path);
	if (owner != 0)
		return refuse_owned(path, owner, refusal);
	if (unlink(path) < 0 && errno != ENOENT)
		return refuse(refusal, errno,
			      "--ready-file: cannot remove %s, which an earlier run has "
			      "left: %s",
			      path, strerror(errno));
	return 0;
}

int ready_file_make(const char *path, struct ready_file *file)
{
	cleanup_close int fd = NO_FD;
	struct flock whole = { .l_type = F_WRLCK };

	if (file->is_made)
		return 0;
	/* Nobody else can open it before it is locked. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		return -errno;
	(void)fcntl(fd, F_SETLK, &whole); /* some file systems have none: then nobody is kept out */
	if (fchmod(fd, 0644) < 0) {
		int r = -errno;

		(void)unlink(path);
		return r;
	}
	*file = (struct ready_file){ .fd = take_fd(&fd), .is_made = true };
	return 0;
}

void ready_file_note(const char *path, struct ready_file *file)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && may_be_ours(&st))
		*file = (struct ready_file){ .fd = fd, .is_made = true };
	else
		(void)close(fd);
}

void ready_file_remove(const char *path, struct ready_file *file)
{
	struct stat named, made;

	if (!file->is_made)
		return;
	file->is_made = false;
	if (lstat(path, &named) == 0 && fstat(file->fd, &made) == 0 &&
	    named.st_dev == made.st_dev && named.st_ino == made.st_ino)
		(void)unlink(path);
	(void)close(file->fd);
}
