/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Files with a service in a line, or a setting in a line: dinit, finit, inetd, inittab, Containerfile. */
#include "base/util.h"
#include "check/lines.h"
#include "check/read.h"
#include "check/words.h"

static struct lines begin(struct service *service, const char *text)
{
	return (struct lines){ .service = service, .next = text, .comments = "#", .joins = true };
}

int read_dinit(struct service *service, const char *file, const char *text)
{
	struct lines lines = begin(service, text);
	int r = 0;

	for (char *line; r == 0 && (line = lines_next(&lines)) != NULL;) {
		struct command command = { .place = { .file = file, .line = lines.line },
					   .stanza = "command",
					   .is_main = true };
		size_t length = strcspn(line, "=:");
		struct words_list words;
		char *value;

		if (line[length] == '\0')
			continue;
		line[length] = '\0';
		value = trim(line + length + 1);
		(void)trim(line);
		r = service_add(service, "", line, value, command.place);
		if (r < 0 || !is_equal(line, "command"))
			continue;
		r = words_of_dinit(service, value, &words);
		if (r == 0)
			r = words_add_command(service, &words, command);
	}
	return r;
}

/* "service [2345] notify:s6 PROGRAM ... -- description": to finit the first "--" ends the command. */
static int add_finit_line(struct service *service, const struct words_list *words, struct place place)
{
	struct command command = { .place = place, .stanza = words->list[0], .is_main = true };
	struct words_list own = { .n = 0 };
	size_t n = 0;
	int r = 0;

	while (n < words->n && !is_equal(words->list[n], "--"))
		n++;
	for (size_t i = 0; i < n && r == 0; i++) {
		if (i > 0 && own.n == 0 && words->list[i][0] != '/' && !is_bridge(words->list[i])) {
			char *colon = strchr(words->list[i], ':');

			if (colon != NULL)
				*colon = '\0';
			r = service_add(service, "option", words->list[i],
					colon != NULL ? colon + 1 : "", place);
			continue;
		}
		if (i > 0)
			r = words_put(&own, words->list[i]);
	}
	if (r == 0)
		r = service_add(service, "option", "words behind --",
				n + 1 < words->n ? words->list[n + 1] : "", place);
	return r == 0 ? words_add_command(service, &own, command) : r;
}

int read_finit(struct service *service, const char *file, const char *text)
{
	struct lines lines = begin(service, text);
	int r = 0;

	for (char *line; r == 0 && (line = lines_next(&lines)) != NULL;) {
		struct words_list words;

		r = words_of_blanks(service, line, &words);
		if (r == 0 && strstr(line, BRIDGE_NAME) != NULL)
			r = add_finit_line(service, &words,
					   (struct place){ .file = file, .line = lines.line });
	}
	return r;
}

/* service type protocol wait|nowait user program argv... */
int read_inetd(struct service *service, const char *file, const char *text)
{
	struct lines lines = begin(service, text);
	int r = 0;

	for (char *line; r == 0 && (line = lines_next(&lines)) != NULL;) {
		struct place place = { .file = file, .line = lines.line };
		struct command command = { .place = place, .stanza = "the line", .is_main = true };
		struct words_list words, own = { .n = 0 };

		r = words_of_blanks(service, line, &words);
		if (r < 0 || words.n < 7 || strstr(line, BRIDGE_NAME) == NULL)
			continue;
		r = service_add(service, "", "wait", words.list[3], place);
		(void)service_add(service, "", "type", words.list[1], place);
		(void)words_put(&own, words.list[5]); /* the next one is its name: argv[0] */
		for (size_t i = 7; i < words.n && r == 0; i++)
			r = words_put(&own, words.list[i]);
		if (r == 0)
			r = words_add_command(service, &own, command);
	}
	return r;
}

/* id:runlevels:action:process */
int read_inittab(struct service *service, const char *file, const char *text)
{
	struct lines lines = begin(service, text);
	int r = 0;

	lines.joins = false;
	for (char *line; r == 0 && (line = lines_next(&lines)) != NULL;) {
		struct command command = { .place = { .file = file, .line = lines.line },
					   .stanza = "the line",
					   .is_main = true };
		struct words_list words;

		for (int i = 0; i < 3 && line != NULL; i++)
			line = strchr(line, ':') != NULL ? strchr(line, ':') + 1 : NULL;
		if (line == NULL)
			continue;
		r = words_of_dinit(service, line, &words);
		if (r == 0)
			r = words_add_command(service, &words, command);
	}
	return r;
}

/* ENTRYPOINT and CMD, as a list of words or as a line for a shell. */
int read_containerfile(struct service *service, const char *file, const char *text)
{
	struct lines lines = begin(service, text);
	struct words_list words = { .n = 0 };
	struct command command = { .place = { .file = file }, .stanza = "ENTRYPOINT", .is_main = true };
	int r = 0;

	for (char *line; r == 0 && (line = lines_next(&lines)) != NULL;) {
		const char *value = after_prefix(line, "ENTRYPOINT ");
		struct words_list more;

		if (value == NULL)
			value = after_prefix(line, "CMD ");
		if (value == NULL)
			continue;
		value += strspn(value, " \t");
		if (command.place.line == 0 || strstr(value, BRIDGE_NAME) != NULL)
			command.place.line = lines.line;
		if (*value != '[') {
			struct command child = command;

			child.start = START_SHELL;
			child.stays = "sh";
			r = shell_add_commands(service, value, child);
			continue;
		}
		r = words_of_json(service, value, &more);
		for (size_t i = 0; i < more.n && r == 0; i++)
			r = words_put(&words, more.list[i]);
	}
	return r == 0 ? words_add_command(service, &words, command) : r;
}
