/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Units as systemd reads them, systemd.syntax(7); and what looks alike: supervisord's sections. */
#include "base/util.h"
#include "check/lines.h"
#include "check/read.h"
#include "check/words.h"

/* Cuts "NAME = VALUE" at the '='. Returns the value, or NULL: there is no '='. */
static char *cut(char *line)
{
	char *equals = strchr(line, '=');

	if (equals == NULL)
		return NULL;
	*equals = '\0';
	(void)trim(line);
	return trim(equals + 1);
}

/* "[Section]"; the text inside, or NULL. */
static char *section_of(char *line)
{
	size_t length = strlen(line);

	if (line[0] != '[' || line[length - 1] != ']')
		return NULL;
	line[length - 1] = '\0';
	return line + 1;
}

/* Some editors mark the beginning of a file as UTF-8; systemd takes no notice. */
static const char *skip_mark(const char *text)
{
	const char *after = after_prefix(text, "\xef\xbb\xbf");

	return after != NULL ? after : text;
}

int read_unit(struct service *service, const char *file, const char *text)
{
	struct lines lines = {
		.service = service, .next = skip_mark(text), .comments = "#;", .joins = true
	};
	const char *section = "";
	int r = 0;

	for (char *line; r == 0 && (line = lines_next(&lines)) != NULL;) {
		struct place place = { .file = file, .line = lines.line };
		char *inner = section_of(line), *value;

		if (inner != NULL) {
			section = inner;
			continue;
		}
		value = cut(line);
		if (value != NULL)
			r = service_add(service, section, line, value, place);
	}
	return r;
}

static int add_variables(struct service *service)
{
	const struct setting *setting = NULL;
	struct words_list words;
	int r = 0;

	while (r == 0 &&
	       (setting = service_next(service, "Service", "Environment", setting)) != NULL) {
		r = words_of_systemd(service, setting->value, true, &words);
		for (size_t i = 0; r == 0 && i < words.n; i++) {
			char *value = cut(words.list[i]);

			if (value != NULL)
				r = service_add(service, "variable", words.list[i], value,
						setting->place);
		}
	}
	return r;
}

/* One "ExecStart=", which may be several commands with ";" between them. */
static int add_line(struct service *service, const struct setting *setting, bool is_main)
{
	const char *text = setting->value;
	bool is_plain = false, has_name = false;
	struct words_list all, one = { .n = 0 };
	struct command command = { .place = setting->place, .is_main = is_main };
	int r;

	for (; *text != '\0' && *find_char("-@:+!|", *text) != '\0'; text++) {
		is_plain = is_plain || *text == ':';
		has_name = has_name || *text == '@';
	}
	r = words_of_systemd(service, text, is_plain, &all);
	command.stanza = service_copy(service, setting->name, strlen(setting->name));
	for (size_t i = 0; r == 0 && i <= all.n; i++) {
		if (i < all.n && !is_equal(all.list[i], ";")) {
			if (!has_name || one.n != 1)
				one.list[one.n++] = all.list[i];
			else
				has_name = false;
			continue;
		}
		one.list[one.n] = NULL;
		r = words_add_command(service, &one, command);
		one.n = 0;
	}
	return r;
}

int unit_add_commands(struct service *service)
{
	static const char *const names[] = { "ExecStart",     "ExecCondition", "ExecStartPre",
					     "ExecStartPost", "ExecReload",    "ExecStop",
					     "ExecStopPost" };
	int r = add_variables(service);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		const struct setting *setting = NULL;

		while (r == 0 &&
		       (setting = service_next(service, "Service", names[i], setting)) != NULL)
			r = add_line(service, setting, i == 0);
	}
	return r;
}

/* ---- supervisord ---- */

/* " ;" begins a comment; "%(ENV_X)s" is not known, and "%%" is a '%'. */
static void end_at_comment(char *value)
{
	for (; *value != '\0'; value++) {
		if (value[0] == '%' && value[1] == '(')
			*value = '$';
		if ((value[0] == ' ' || value[0] == '\t') && value[1] == ';')
			*value = '\0';
		if (*value == '\0')
			return;
	}
}

static int add_program(struct service *service, const char *section, const char *text,
		       struct place place)
{
	struct command command = { .place = place, .stanza = "command", .is_main = true };
	struct words_list words;
	int r = words_of_dinit(service, text, &words);

	(void)section;
	return r == 0 ? words_add_command(service, &words, command) : r;
}

/* A line that begins with a blank goes on with the one before it. */
static const char *join_indented(struct service *service, const char *text)
{
	char *joined = service_copy(service, text, strlen(text));

	for (char *end = strchr(joined, '\n'); end != NULL; end = strchr(end + 1, '\n')) {
		if ((end[1] == ' ' || end[1] == '\t') &&
		    strspn(end + 1, " \t\r") != strcspn(end + 1, "\n"))
			*end = '\1';
	}
	return joined;
}

int read_supervisord(struct service *service, const char *file, const char *text)
{
	struct lines lines = { .service = service,
			       .next = join_indented(service, text),
			       .comments = "#;" };
	const char *section = "";
	unsigned joined = 0;
	int r = 0;

	for (char *line; r == 0 && (line = lines_next(&lines)) != NULL;) {
		struct place place = { .file = file, .line = lines.line + joined };
		char *inner, *value;

		for (char *at = strchr(line, '\1'); at != NULL; at = strchr(at, '\1'), joined++)
			*at = ' ';
		inner = section_of(line);
		if (inner != NULL) {
			section = inner;
			continue;
		}
		value = cut(line);
		if (value == NULL)
			continue;
		end_at_comment(value);
		r = service_add(service, section, line, value, place);
		if (r == 0 && is_equal(line, "command"))
			r = add_program(service, section, value, place);
	}
	return r;
}
