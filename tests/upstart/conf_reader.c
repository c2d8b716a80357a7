/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The lines of job files; see conf_reader.h. */
#include "conf_reader.h"

#include <stdlib.h>
#include <string.h>

#include "strv.h"

bool conf_has_phrase(const char *line, const char *phrase, const char **ret_rest)
{
	for (; *phrase; phrase++) {
		if (*phrase == ' ') {
			size_t blanks = strspn(line, " \t");

			if (blanks == 0)
				return false;
			line += blanks;
		} else if (*line++ != *phrase) {
			return false;
		}
	}
	if (*line && !strchr(" \t", *line))
		return false;
	*ret_rest = line + strspn(line, " \t");
	return true;
}

/* One line without its end, owned by the caller; NULL at the end of the file. */
static char *read_line(struct conf_reader *in)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, in->file);

	if (len < 0) {
		free(line);
		return NULL;
	}
	in->line_number++;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static int open_parentheses(const char *line)
{
	int depth = 0;

	for (; *line; line++)
		depth += (*line == '(') - (*line == ')');
	return depth;
}

/* Whether the next line belongs to this one: a backslash at its end (which goes), or an expression
 * whose parentheses are open. */
static bool is_continued(char *line)
{
	size_t len = strlen(line);
	const char *rest;

	if (len > 0 && line[len - 1] == '\\') {
		line[len - 1] = '\0';
		return true;
	}
	if (!conf_has_phrase(line, "start on", &rest) && !conf_has_phrase(line, "stop on", &rest))
		return false;
	return open_parentheses(line) > 0;
}

/* Removes blanks at both ends, and a comment that is the whole line. */
static void trim(char *line)
{
	size_t blanks = strspn(line, " \t"), len;

	memmove(line, line + blanks, strlen(line + blanks) + 1);
	if (line[0] == '#')
		line[0] = '\0';
	for (len = strlen(line); len > 0 && strchr(" \t", line[len - 1]); len--)
		line[len - 1] = '\0';
}

char *conf_read_stanza(struct conf_reader *in)
{
	char *line = read_line(in);

	if (!line)
		return NULL;
	trim(line);
	while (is_continued(line)) {
		char *more = read_line(in), *joined;

		if (!more)
			break;
		trim(more);
		joined = xasprintf("%s %s", line, more);
		free(line);
		free(more);
		line = joined;
	}
	trim(line);
	return line;
}

char *conf_read_script(struct conf_reader *in)
{
	char *script = xstrdup(""), *line;
	const char *rest;

	while ((line = read_line(in)) != NULL) {
		char *longer;

		if (conf_has_phrase(line + strspn(line, " \t"), "end script", &rest)) {
			free(line);
			return script;
		}
		longer = xasprintf("%s%s\n", script, line);
		free(line);
		free(script);
		script = longer;
	}
	free(script);
	return NULL;
}
