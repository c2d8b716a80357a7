/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Jobs as Upstart reads them, init(5). */
#include "base/util.h"
#include "check/lines.h"
#include "check/read.h"
#include "check/words.h"

/* Stanzas of two words; the value is what follows both. */
static const char *const pairs[] = { "start on",        "stop on",          "normal exit",
				     "kill timeout",    "kill signal",      "reload signal",
				     "respawn limit",   "limit nproc",      "oom score",
				     "pre-start exec",  "post-start exec",  "pre-stop exec",
				     "post-stop exec",  "pre-start script", "post-start script",
				     "pre-stop script", "post-stop script" };

/* What follows the words of @stanza in @line, with any blanks between them; NULL: it is another one. */
static char *after_words(char *line, const char *stanza)
{
	for (; *stanza != '\0'; stanza++) {
		if (*stanza != ' ') {
			if (*line++ != *stanza)
				return NULL;
			continue;
		}
		if (*line != ' ' && *line != '\t')
			return NULL;
		line += strspn(line, " \t");
	}
	return *line == '\0' || *line == ' ' || *line == '\t' ? trim(line) : NULL;
}

/* Cuts the name of the stanza off @line. Returns its value. */
static char *cut_stanza(struct service *service, char *line, const char **ret_name)
{
	size_t length;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		char *value = after_words(line, pairs[i]);

		*ret_name = pairs[i];
		if (value != NULL)
			return value;
	}
	length = strcspn(line, " \t");
	*ret_name = service_copy(service, line, length);
	return trim(line + length);
}

static int depth_of(const char *text)
{
	int depth = 0;

	for (; *text != '\0'; text++)
		depth += (*text == '(') - (*text == ')');
	return depth;
}

/* "start on" goes on until its parentheses are closed. */
static void skip_parentheses(struct lines *lines, const char *value)
{
	int depth = depth_of(value);

	for (const char *line; depth > 0 && (line = lines_next(lines)) != NULL;)
		depth += depth_of(line);
}

/* The lines up to "end script", as they are. */
static const char *take_script(struct lines *lines)
{
	const char *begin = lines->next;

	while (*lines->next != '\0') {
		const char *line = lines->next, *end = find_char(line, '\n');
		char *copy = trim(service_copy(lines->service, line, (size_t)(end - line)));

		lines->next = *end == '\n' ? end + 1 : end;
		lines->after++;
		if (after_words(copy, "end script") != NULL)
			return service_copy(lines->service, begin, (size_t)(line - begin));
	}
	return begin;
}

static int add_variable(struct service *service, char *value, struct place place)
{
	char *equals = strchr(value, '=');
	size_t length;

	if (equals == NULL)
		return 0;
	*equals++ = '\0';
	length = strlen(equals);
	if (length > 1 && (*equals == '"' || *equals == '\'') && equals[length - 1] == *equals) {
		equals[length - 1] = '\0';
		equals++;
	}
	return service_add(service, "variable", value, equals, place);
}

/* Upstart runs an exec stanza by itself or by "sh -e -c 'exec ...'", which is the same. */
static int add_exec(struct service *service, const char *name, const char *value, struct place place)
{
	const char *script = service_join(service, (const char *const[]){ "exec ", value, NULL });
	struct command command = { .place = place, .stanza = name, .is_main = is_equal(name, "exec") };

	return shell_add_commands(service, script, command);
}

static int add_script(struct service *service, struct lines *lines, const char *name,
		      struct place place)
{
	struct command command = { .place = { .file = place.file, .line = lines->after + 1 },
				   .stanza = name,
				   .is_main = is_equal(name, "script") };
	const char *script = take_script(lines);
	int r = service_add(service, "", name, "", place);

	return r == 0 ? shell_add_commands(service, script, command) : r;
}

int read_job(struct service *service, const char *file, const char *text)
{
	struct lines lines = { .service = service, .next = text, .comments = "#", .joins = true };
	int r = 0;

	for (char *line; r == 0 && (line = lines_next(&lines)) != NULL;) {
		struct place place = { .file = file, .line = lines.line };
		const char *name;
		char *value = cut_stanza(service, line, &name);

		if (has_suffix(name, "script") && *value == '\0') {
			r = add_script(service, &lines, name, place);
			continue;
		}
		if (has_suffix(name, " on"))
			skip_parentheses(&lines, value);
		r = service_add(service, "", name, value, place);
		if (r == 0 && (is_equal(name, "env") || is_equal(name, "export")))
			r = add_variable(service, value, place);
		if (r == 0 && (is_equal(name, "exec") || has_suffix(name, " exec")))
			r = add_exec(service, name, value, place);
	}
	return r;
}
