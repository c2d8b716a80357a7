/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See fd/in_way.h. */
#include "fd/in_way.h"

#include <fcntl.h>

#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"

#define LINK_SIZE 128 /* a longer one is cut */

int fd_find_free(int from)
{
	while (fcntl(from, F_GETFD) >= 0)
		from++;
	return from;
}

static bool is_one_of(int fd, const struct fd_info *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fds[i].fd == fd)
			return true;
	}
	return false;
}

/* NULL: no memory. */
static const char *read_link(int fd, struct arena *arena)
{
	char path[32], *link = arena_get(arena, LINK_SIZE, 1);
	struct text text = text_begin(path, sizeof(path));
	ssize_t length;

	if (link == NULL)
		return NULL;
	text_add(&text, "/proc/self/fd/");
	text_add_number(&text, (unsigned long)fd);
	length = readlink(path, link, LINK_SIZE - 1);
	if (length < 0)
		return "?";
	link[length] = '\0';
	return link;
}

int fds_find_in_way(const struct fd_info *fds, size_t n, int first, struct arena *arena,
		    struct in_way **ret_list, size_t *ret_n)
{
	struct in_way *list = NULL;
	size_t found = 0;

	for (int fd = first; fd < first + (int)n; fd++) {
		int flags = is_one_of(fd, fds, n) ? -1 : fcntl(fd, F_GETFD);

		if (flags < 0 || (flags & FD_CLOEXEC) != 0)
			continue;
		if (list == NULL)
			list = arena_get(arena, n, sizeof(*list));
		if (list == NULL)
			return -ENOMEM;
		list[found].fd = fd;
		list[found].what = read_link(fd, arena);
		if (list[found++].what == NULL)
			return -ENOMEM;
	}
	*ret_list = list;
	*ret_n = found;
	return 0;
}
