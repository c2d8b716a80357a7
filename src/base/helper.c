/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/helper.h. */
#include "base/helper.h"

#include <limits.h>

#include "base/text.h"
#include "base/util.h"

static bool is_there(const char *directory, const char *name, char *buffer, size_t size)
{
	struct text path = text_begin(buffer, size);

	text_add(&path, directory);
	text_add(&path, "/");
	text_add(&path, name);
	return !path.is_cut && access(buffer, X_OK) == 0;
}

const char *helper_find(const char *name, char *buffer, size_t size)
{
	char own[PATH_MAX];
	ssize_t n;
	char *slash;

	if (is_there(HELPER_DIRECTORY, name, buffer, size))
		return buffer;
	n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	if (n <= 0)
		return NULL;
	own[n] = '\0';
	slash = strrchr(own, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return is_there(own, name, buffer, size) ? buffer : NULL;
}

int helper_become(const char *name, char **words, char *const *env)
{
	char path[PATH_MAX];

	if (helper_find(name, path, sizeof(path)) == NULL)
		return -ENOENT;
	words[-1] = path;
	(void)execve(path, words - 1, env);
	return -errno;
}
