/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Scripts: run scripts, init scripts, those of OpenRC. */
#include "base/util.h"
#include "check/read.h"
#include "check/words.h"

static bool is_execline(const char *text)
{
	const char *end = find_char(text, '\n'), *name = strstr(text, "execlineb");

	return has_prefix(text, "#!") && name != NULL && name < end;
}

/* execlineb(1): one line of programs, each of which executes the next. */
static int read_execline(struct service *service, const char *file, const char *text)
{
	struct command command = { .place = { .file = file }, .stanza = "run", .is_main = true };
	char *plain = service_copy(service, find_char(text, '\n'), strlen(find_char(text, '\n')));
	struct words_list words;
	unsigned line = 1;
	int r;

	for (char *at = plain; *at != '\0'; at++) {
		line += *at == '\n';
		if (*at == '#' && (at[-1] == '\n' || at[-1] == ' ')) {
			while (*at != '\0' && *at != '\n')
				*at++ = ' ';
			line += *at == '\n';
		}
		if (command.place.line == 0 && has_prefix(at, BRIDGE_NAME))
			command.place.line = line;
		if (*at == '\0')
			break;
	}
	r = words_of_dinit(service, plain, &words);
	return r == 0 ? words_add_command(service, &words, command) : r;
}

/* Functions that an OpenRC script has of its own. */
static int note_functions(struct service *service, const char *file, const char *text)
{
	unsigned line = 1;

	for (; *text != '\0'; text = *text == '\n' ? text + 1 : text, line++) {
		if (has_prefix(text, "stop()") || has_prefix(text, "stop ()"))
			return service_add(service, "function", "stop", "yes",
					   (struct place){ .file = file, .line = line });
		text = find_char(text, '\n');
	}
	return 0;
}

int read_script(struct service *service, const char *file, const char *text)
{
	struct command command = { .place = { .file = file, .line = 1 },
				   .stanza = "script",
				   .is_main = true };
	int r;

	if (is_execline(text))
		return read_execline(service, file, text);
	r = service->kind == KIND_OPENRC ? note_functions(service, file, text) : 0;
	return r == 0 ? shell_add_commands(service, text, command) : r;
}

/* openrc-run(8): $command with $command_args, which a shell takes apart. */
int openrc_add_commands(struct service *service)
{
	const struct setting *setting = service_find(service, "variable", "command"), *args;
	struct command command = { .stanza = "command", .is_main = true };
	char *script;

	if (setting == NULL || !is_bridge(setting->value))
		return 0;
	args = service_find(service, "variable", "command_args");
	script = service_join(service,
			      (const char *const[]){ "exec ", setting->value, " ",
						     args != NULL ? args->value : "", NULL });
	for (char *at = script; *at != '\0'; at++)
		if (*at == '\n')
			*at = ' ';
	command.place = args != NULL ? args->place : setting->place;
	return shell_add_commands(service, script, command);
}
