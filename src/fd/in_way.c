/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
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

int fds_find_in_way(const struct fd_info *fds, size_t n, struct places places, struct arena *arena,
		    struct in_way **ret_list, size_t *ret_n)
{
	struct in_way *list = NULL;
	size_t found = 0;

	for (int fd = places.first; fd < places.first + (int)places.n; fd++) {
		int flags = fd_is_among(fd, fds, n) ? -1 : fcntl(fd, F_GETFD);

		if (flags < 0 || (flags & FD_CLOEXEC) != 0)
			continue;
		if (list == NULL)
			list = arena_get(arena, places.n, sizeof(*list));
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

static bool is_closed_anyway(int fd, const struct claims *claims)
{
	for (size_t i = 0; i < claims->n_closed; i++) {
		if (claims->closed[i] == fd)
			return true;
	}
	return false;
}

int in_way_judge(const struct in_way *list, size_t n, const struct claims *claims,
		 struct text *ret_lost)
{
	size_t n_lost = 0;

	for (size_t i = 0; i < n; i++) {
		const struct in_way *in_way = &list[i];

		if (in_way->fd == claims->wanted && !claims->can_move)
			return in_way->fd;
		if (in_way->fd == claims->wanted || is_closed_anyway(in_way->fd, claims))
			continue;
		text_add(ret_lost, n_lost++ > 0 ? ", " : "");
		text_add_number(ret_lost, (unsigned long)in_way->fd);
		text_add(ret_lost, " (");
		text_add(ret_lost, in_way->what);
		text_add(ret_lost, ")");
	}
	return 0;
}
