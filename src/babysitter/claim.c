/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See babysitter/claim.h. */
#include "babysitter/claim.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/events.h"
#include "base/text.h"
#include "base/util.h"

#define TAKE_TRIES 3
#define LOOK_MS 10
#define READABLE 60 /* so much of the job's name */

/* FNV-1a. Two names that come to the same cost one of them a wait. */
static uint64_t add_to_hash(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 1099511628211U;
	while (*text++ != '\0');
	return hash;
}

/* For whoever looks: what of it can be part of a file's name. */
static void add_readable(struct text *text, const char *job)
{
	char c[2] = "";

	for (size_t i = 0; i < READABLE && job[i] != '\0'; i++) {
		bool is_plain = job[i] > ' ' && job[i] <= '~' && job[i] != '/';

		c[0] = (char)(is_plain ? job[i] : '_');
		text_add(text, c);
	}
}

int claim_format(const char *parent, const char *job, const char *instance,
		 char ret_path[static CLAIM_PATH_MAX])
{
	struct text text = text_begin(ret_path, CLAIM_PATH_MAX);
	uint64_t hash = 14695981039346656037U;
	bool has_place = parent != NULL && parent[0] == '/' && job != NULL;

	if (has_place) {
		hash = add_to_hash(add_to_hash(hash, job), instance != NULL ? instance : "");
		text_add(&text, parent);
		text_add(&text, "/cross-init-bridge/");
		add_readable(&text, job);
		text_add(&text, ".");
		text_add_number(&text, (unsigned long)hash);
	}
	if (has_place && !text.is_cut)
		return 0;
	ret_path[0] = '\0';
	return has_place ? -ENAMETOOLONG : -EINVAL;
}

/* The directory, which is what the last slash ends. */
static void copy_directory(const char *path, char directory[static CLAIM_PATH_MAX])
{
	struct text text = text_begin(directory, CLAIM_PATH_MAX);

	text_add_part(&text, path, (size_t)(strrchr(path, '/') - path));
}

void claim_remove(const char *path)
{
	char directory[CLAIM_PATH_MAX];

	copy_directory(path, directory);
	(void)unlink(path);
	(void)rmdir(directory); /* in vain, if there are others */
}

/* Not the file that whoever had it has removed. */
static bool is_still_there(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

/* Returns the lock as a descriptor, or -errno (-ESTALE: the file has gone meanwhile). */
static int lock(const char *path, int flags)
{
	cleanup_close int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return is_still_there(fd) ? take_fd(&fd) : -ESTALE;
}

int claim_take(const char *path)
{
	char directory[CLAIM_PATH_MAX];
	int fd = -ENOENT;

	copy_directory(path, directory);
	/* Another's end may remove the directory, or the file, in between. */
	for (int i = 0; i < TAKE_TRIES && (fd == -ENOENT || fd == -ESTALE); i++) {
		if (mkdir(directory, 0700) < 0 && errno != EEXIST)
			return -errno;
		fd = lock(path, O_CREAT);
	}
	return fd;
}

void claim_drop(const char *path, int fd)
{
	if (fd < 0)
		return;
	claim_remove(path);
	(void)flock(fd, LOCK_UN); /* others may have the descriptor, too: who closes what was passed */
	(void)close_fd(fd);
}

int claim_wait(const char *path, int timeout_ms, void (*begin)(void))
{
	long long until_ms = now_ms() + timeout_ms;
	bool has_begun = false;
	int fd;

	while ((fd = lock(path, 0)) == -EWOULDBLOCK) {
		if (!has_begun)
			begin();
		has_begun = true;
		if (now_ms() >= until_ms)
			return -ETIMEDOUT;
		events_pause(LOOK_MS);
	}
	claim_drop(path, fd); /* left behind by one that was killed */
	return has_begun;
}
