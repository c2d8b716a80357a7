/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See babysitter/ready_file.h. */
#include "babysitter/ready_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/util.h"

/* What is not as we make it is somebody's, and may be worth keeping. */
static bool may_be_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size == 0 && st->st_uid == geteuid();
}

int ready_file_clear(const char *path, struct refusal *refusal)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT
			       ? 0
			       : refuse(refusal, errno, "--ready-file: cannot look at %s: %s", path,
					strerror(errno));
	if (!may_be_ours(&st))
		return refuse(refusal, EEXIST,
			      "--ready-file: %s is there, and is not an empty file of our user: name another",
			      path);
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
	struct stat st;

	if (file->is_made)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd < 0 || fchmod(fd, 0644) < 0 || fstat(fd, &st) < 0)
		return -errno;
	*file = (struct ready_file){ .device = st.st_dev, .inode = st.st_ino, .is_made = true };
	return 0;
}

void ready_file_remove(const char *path, struct ready_file *file)
{
	struct stat st;

	if (!file->is_made)
		return;
	file->is_made = false;
	if (lstat(path, &st) == 0 && st.st_dev == file->device && st.st_ino == file->inode)
		(void)unlink(path);
}
