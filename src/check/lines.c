/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See check/lines.h. */
#include "check/lines.h"

#include "base/util.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

char *trim(char *text)
{
	size_t length;

	while (is_blank(*text))
		text++;
	length = strlen(text);
	while (length > 0 && is_blank(text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

/* The next line as it is, without its end; NULL: there is none. */
static char *next_line(struct lines *lines)
{
	const char *end = find_char(lines->next, '\n');
	size_t length = (size_t)(end - lines->next);
	char *line;

	if (*lines->next == '\0')
		return NULL;
	if (lines->joins && length > 0 && end[-1] == '\r')
		length--; /* or the '\\' before it would be no end */
	line = service_copy(lines->service, lines->next, length);
	lines->next = *end == '\n' ? end + 1 : end;
	lines->after++;
	return line;
}

static bool is_comment(const struct lines *lines, const char *line)
{
	while (is_blank(*line))
		line++;
	return *line != '\0' && *find_char(lines->comments, *line) != '\0';
}

/* Takes the '\' at the end of @line away; false: there is none. */
static bool goes_on(const struct lines *lines, char *line)
{
	size_t length = strlen(line);

	if (!lines->joins || length == 0 || line[length - 1] != '\\')
		return false;
	line[length - 1] = ' ';
	return true;
}

static char *join(struct lines *lines, char *line)
{
	bool more = goes_on(lines, line);
	char *following;

	while (more && (following = next_line(lines)) != NULL) {
		if (is_comment(lines, following))
			continue;
		more = goes_on(lines, following);
		line = service_join(lines->service, (const char *const[]){ line, following, NULL });
	}
	return line;
}

char *lines_next(struct lines *lines)
{
	char *line;

	while ((line = next_line(lines)) != NULL) {
		lines->line = lines->after;
		if (is_comment(lines, line))
			continue;
		line = trim(join(lines, line));
		if (*line != '\0')
			return line;
	}
	return NULL;
}
