/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See command.h. */
#include "command.h"

#include <stdio.h>
#include <sys/stat.h>

#include "util.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int check(const char *path)
{
	struct stat st;

	if (access(path, X_OK) < 0)
		return -errno;
	/* A directory passes; execve(2) would say so, but after its babysitter is there. */
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? -EACCES : 0;
}

int command_find(const char *name, const char *search_path, char *path, size_t size)
{
	int result = -ENOENT;

	if (strchr(name, '/') != NULL) {
		if ((size_t)snprintf(path, size, "%s", name) >= size)
			return -ENAMETOOLONG;
		return check(path);
	}
	if (name[0] == '\0')
		return -ENOENT;
	if (search_path == NULL)
		search_path = DEFAULT_PATH;
	for (;;) {
		int length = (int)strcspn(search_path, ":");
		bool fits = (size_t)snprintf(path, size, "%.*s%s%s", length, search_path,
					     length > 0 ? "/" : "./", name) < size;
		int r = fits ? check(path) : -ENAMETOOLONG;

		if (r == 0)
			return 0;
		if (r == -EACCES)
			result = r; /* unless a later directory has one that can be executed */
		search_path += length;
		if (*search_path++ == '\0')
			return result;
	}
}
