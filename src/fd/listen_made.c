/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What --listen makes in the file system, and its removal; see fd/listen.h. */
#include "fd/listen_steps.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/util.h"

#define DIRECTORY_MODE 0755 /* DirectoryMode= by default, systemd.socket(5) */

/* The first @length bytes of @path; false if they are too long for the kernel. */
static bool copy_path(const char *path, int length, char copy[static PATH_MAX])
{
	return snprintf(copy, PATH_MAX, "%.*s", length, path) < PATH_MAX;
}

int listen_note_made(struct listening *listening, const char *path, int length)
{
	char copy[PATH_MAX];
	struct made *longer;
	struct stat st;

	if (!copy_path(path, length, copy) || lstat(copy, &st) < 0)
		return 0; /* somebody has removed it already */
	longer = realloc(listening->made, (listening->n_made + 1) * sizeof(*longer));
	if (longer == NULL) {
		(void)remove(copy);
		return -ENOMEM;
	}
	listening->made = longer;
	longer[listening->n_made++] = (struct made){ path, length, st.st_dev, st.st_ino };
	return 0;
}

void listen_remove(const struct listening *listening)
{
	char copy[PATH_MAX];
	struct stat st;

	/* The last one first: directories were made before what is in them. */
	for (size_t i = listening->n_made; i-- > 0;) {
		const struct made *made = &listening->made[i];

		if (copy_path(made->path, made->length, copy) && lstat(copy, &st) == 0 &&
		    st.st_dev == made->device && st.st_ino == made->inode)
			(void)remove(copy);
	}
}

void listen_undo(struct listening *listening)
{
	listen_remove(listening);
	free(listening->made);
	*listening = (struct listening){ 0 };
}

static int make_directory(struct listening *listening, const char *path, int length)
{
	char copy[PATH_MAX];
	mode_t mask;
	int r;

	if (!copy_path(path, length, copy))
		return -ENAMETOOLONG;
	mask = umask(0);
	r = mkdir(copy, DIRECTORY_MODE) < 0 ? -errno : 0;
	(void)umask(mask);
	if (r == 0)
		return listen_note_made(listening, path, length);
	return r == -EEXIST ? 0 : r;
}

int listen_make_way(struct listening *listening, const char *path)
{
	int r = 0;

	for (const char *slash = strchr(path + 1, '/'); slash != NULL && r == 0;
	     slash = strchr(slash + 1, '/'))
		r = make_directory(listening, path, (int)(slash - path));
	return r;
}
