/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See fd/names.h. */
#include "fd/names.h"

#include "base/text.h"
#include "base/util.h"

#define MAX_NAME 255 /* systemd's limit */

/* ':' separates names. */
static bool is_allowed(char c)
{
	return c >= ' ' && c <= '~' && c != ':';
}

size_t fd_names_count(const char *names)
{
	size_t n = 1;

	for (const char *c = names; *c != '\0'; c++) {
		if (*c == ':')
			n++;
	}
	return n;
}

int fd_names_check(const char *names)
{
	size_t length = 0;

	/* Names may be empty; a list that is comes from a variable that is not set. */
	if (*names == '\0')
		return -EINVAL;
	for (const char *c = names; *c != '\0'; c++) {
		length = *c == ':' ? 0 : length + 1;
		if (length > MAX_NAME || (*c != ':' && !is_allowed(*c)))
			return -EINVAL;
	}
	return 0;
}

char *fd_names_repeat(struct arena *arena, const char *name, size_t n)
{
	char *names = arena_get(arena, n, strlen(name) + 1), *end = names;

	if (names == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		end = stpcpy(end, name);
		*end++ = i + 1 < n ? ':' : '\0';
	}
	return names;
}

char *fd_names_of_job(struct arena *arena, const char *job, size_t n)
{
	char name[MAX_NAME + 1];
	struct text text = text_begin(name, sizeof(name));

	text_add_part(&text, job != NULL ? job : "unknown", MAX_NAME - strlen(".socket"));
	text_add(&text, ".socket");
	for (char *c = name; *c != '\0'; c++) {
		if (!is_allowed(*c))
			*c = '_';
	}
	return fd_names_repeat(arena, name, n);
}
