/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See act/command.h. */
#include "act/command.h"

#include <limits.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/util.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int check(const char *path)
{
	struct stat st;

	if (access(path, X_OK) < 0)
		return -errno;
	/* A directory passes; execve(2) would not go on to the next one. */
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? -EACCES : 0;
}

/* @length bytes of a directory, empty for the current one. */
static const char *join(const char *directory, size_t length, const char *name, char *buffer)
{
	struct text path = text_begin(buffer, PATH_MAX);

	text_add_part(&path, directory, length);
	text_add(&path, length > 0 ? "/" : "./");
	text_add(&path, name);
	return path.is_cut ? NULL : buffer;
}

static int search(const char *name, const char *search_path, char *buffer)
{
	int result = -ENOENT;

	for (;;) {
		size_t length = (size_t)(find_char(search_path, ':') - search_path);
		const char *path = join(search_path, length, name, buffer);
		int r = path != NULL ? check(path) : -ENAMETOOLONG;

		if (r == 0)
			return 0;
		if (r == -EACCES)
			result = r; /* unless a later directory has one that can be executed */
		search_path += length;
		if (*search_path++ == '\0')
			return result;
	}
}

int command_find(const char *name, const char *search_path, struct arena *arena, const char **ret_path)
{
	char *buffer;
	int r;

	if (*find_char(name, '/') == '/') {
		*ret_path = name;
		return 0;
	}
	if (name[0] == '\0')
		return -ENOENT;
	buffer = arena_get(arena, PATH_MAX, 1);
	if (buffer == NULL)
		return -ENOMEM;
	r = search(name, search_path != NULL ? search_path : DEFAULT_PATH, buffer);
	if (r == 0)
		*ret_path = buffer;
	return r;
}
