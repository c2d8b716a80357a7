/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/cover.h. */
#include "base/cover.h"

#include <sys/prctl.h>

#include "base/text.h"
#include "base/util.h"

/* Where the kernel has put them is the process's, like log.c's settings. */
static char *const *arguments;

void cover_begin(char *const *argv)
{
	arguments = argv;
}

/* The end of the strings of @list that begin at @from and follow upon each other, as the kernel puts them. */
static char *find_end(char *const *list, char *from)
{
	for (; *list == from; list++)
		from += strlen(from) + 1;
	return from;
}

/* It may have been chosen by anybody, and is shown on terminals. */
static void make_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

void cover_arguments(const char *job)
{
	char *begin = arguments != NULL ? arguments[0] : NULL;
	size_t size = begin != NULL ? (size_t)(find_end(arguments, begin) - begin) : 0;
	char title[256];
	struct text text = text_begin(title, sizeof(title) < size ? sizeof(title) : size);

	if (size == 0)
		return;
	text_add(&text, "cross-init-bridge");
	if (job != NULL) {
		text_add(&text, ": ");
		text_add(&text, job);
	}
	make_printable(title);
	memset(begin, 0, size);
	memcpy(begin, title, (size_t)(text.next - title));
}

static bool is_kept(const char *variable, const char *const *kept)
{
	for (; *kept != NULL; kept++) {
		const char *rest = after_prefix(variable, *kept);

		if (rest != NULL && *rest == '=')
			return true;
	}
	return false;
}

void cover_environment(const char *const *kept)
{
	char **next = environ;

	for (char **variable = environ; *variable != NULL; variable++) {
		if (is_kept(*variable, kept))
			*next++ = *variable;
		else
			memset(*variable, 0, strlen(*variable));
	}
	*next = NULL;
}

void cover_memory(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0);
}
