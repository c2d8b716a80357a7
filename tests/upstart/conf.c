/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Job files; see conf.h. One table row per stanza. */
#include "conf.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_reader.h"
#include "expr.h"

struct stanza {
	const char *words; /* the words it begins with */
	bool (*parse)(struct job_class *class, const struct stanza *stanza, const char *rest);
	size_t offset; /* of the member it sets */
	int value;     /* what it sets it to, or which process it describes */
};

static void *member(struct job_class *class, const struct stanza *stanza)
{
	return (char *)class + stanza->offset;
}

/* Splits at blanks; quotes keep together and disappear, parentheses are words of their own when
 * @splits_parentheses. */
static struct strv split(const char *text, bool splits_parentheses)
{
	struct strv words = { 0 };
	const char *p = text;

	for (p += strspn(p, " \t\n"); *p; p += strspn(p, " \t\n")) {
		char *word = xcalloc(strlen(p) + 1, 1), *w = word;
		char quote = '\0';

		for (; *p && (quote || !strchr(" \t\n", *p)); p++) {
			bool is_parenthesis = !quote && splits_parentheses && strchr("()", *p);

			if (is_parenthesis && w != word)
				break;
			if (quote ? *p == quote : *p == '"' || *p == '\'')
				quote = (char)(quote ? '\0' : *p);
			else
				*w++ = *p;
			if (is_parenthesis) {
				p++;
				break;
			}
		}
		strv_add_consume(&words, word);
	}
	return words;
}

static bool to_number(const char *text, int base, long *ret)
{
	char *end = NULL;
	long value;

	errno = 0;
	value = strtol(text, &end, base);
	if (errno || end == text || *end || value < 0 || value > INT_MAX)
		return false;
	*ret = value;
	return true;
}

int conf_signal(const char *text)
{
	long number = 0;

	if (to_number(text, 10, &number))
		return number > 0 && number < NSIG ? (int)number : -1;
	if (!strncmp(text, "SIG", 3))
		text += 3;
	for (int i = 1; i < NSIG; i++) {
		const char *name = sigabbrev_np(i);

		if (name && !strcmp(name, text))
			return i;
	}
	return -1;
}

/* -- one function per kind of stanza */

static bool parse_string(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	char **target = member(class, stanza);
	struct strv words = split(rest, false);
	bool is_ok = words.n >= 1;

	free(*target);
	*target = NULL;
	for (size_t i = 0; i < words.n; i++) {
		char *joined =
			xasprintf("%s%s%s", *target ? *target : "", *target ? " " : "", words.v[i]);
		free(*target);
		*target = joined;
	}
	strv_done(&words);
	return is_ok;
}

static bool parse_words(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	struct strv words = split(rest, false);

	for (size_t i = 0; i < words.n; i++)
		strv_add(member(class, stanza), words.v[i]);
	strv_done(&words);
	return true;
}

static bool parse_expression(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	struct strv words = split(rest, true);
	struct expr **target = member(class, stanza);

	expr_free(*target);
	*target = expr_parse(&words);
	strv_done(&words);
	return *target != NULL;
}

static bool parse_constant(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	int *target = member(class, stanza);

	*target = stanza->value;
	return rest[0] == '\0';
}

static bool parse_flag(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	bool *target = member(class, stanza);

	*target = true;
	return rest[0] == '\0';
}

/* A number in the base that is the stanza's value. */
static bool parse_number(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	long number = 0;
	int *target = member(class, stanza);

	if (!to_number(rest, stanza->value, &number))
		return false;
	*target = (int)number;
	return true;
}

static bool parse_signal(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	int *target = member(class, stanza);

	*target = conf_signal(rest);
	return *target > 0;
}

static bool parse_exec(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	class->process[stanza->value] = (struct command){ .text = xstrdup(rest) };
	return rest[0] != '\0';
}

static bool parse_script(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	class->process[stanza->value] = (struct command){ .text = xstrdup(rest), .is_script = true };
	return true;
}

static bool parse_respawn_limit(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	struct strv words = split(rest, false);
	long limit = 0, interval = 0;
	bool is_ok = words.n == 1 && !strcmp(words.v[0], "unlimited");

	(void)stanza;
	if (words.n == 2)
		is_ok = to_number(words.v[0], 10, &limit) && to_number(words.v[1], 10, &interval);
	class->respawn_limit = (int)limit;
	class->respawn_interval = (int)interval;
	strv_done(&words);
	return is_ok;
}

static bool parse_normal_exit(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	const size_t max = sizeof class->normal_exit / sizeof class->normal_exit[0];
	struct strv words = split(rest, false);
	bool is_ok = words.n > 0 && class->normal_exit_count + words.n <= max;

	(void)stanza;
	for (size_t i = 0; is_ok && i < words.n; i++) {
		long status = 0;

		if (!to_number(words.v[i], 10, &status))
			status = (long)conf_signal(words.v[i]) * 256;
		is_ok = status >= 0;
		class->normal_exit[class->normal_exit_count++] = (int)status;
	}
	strv_done(&words);
	return is_ok;
}

static bool parse_nofile(struct job_class *class, const struct stanza *stanza, const char *rest)
{
	struct strv words = split(rest, false);
	bool is_ok = words.n == 2 && to_number(words.v[0], 10, &class->nofile_soft) &&
		     to_number(words.v[1], 10, &class->nofile_hard);

	(void)stanza;
	strv_done(&words);
	return is_ok;
}

#define AT(member) offsetof(struct job_class, member)
#define PROCESS(prefix, type)            \
 { prefix "exec", parse_exec, 0, type }, \
 {                                       \
  prefix "script", parse_script, 0, type \
 }

/* A longer phrase stands before the shorter one it begins with. */
static const struct stanza stanzas[] = {
	PROCESS("", PROCESS_MAIN),
	PROCESS("pre-start ", PROCESS_PRE_START),
	PROCESS("post-start ", PROCESS_POST_START),
	PROCESS("pre-stop ", PROCESS_PRE_STOP),
	PROCESS("post-stop ", PROCESS_POST_STOP),
	{ "description", parse_string, AT(description), 0 },
	{ "author", parse_string, AT(author), 0 },
	{ "version", parse_string, AT(version), 0 },
	{ "usage", parse_string, AT(usage), 0 },
	{ "instance", parse_string, AT(instance), 0 },
	{ "setuid", parse_string, AT(set_uid), 0 },
	{ "setgid", parse_string, AT(set_gid), 0 },
	{ "chdir", parse_string, AT(chdir), 0 },
	{ "env", parse_words, AT(env), 0 },
	{ "export", parse_words, AT(export), 0 },
	{ "emits", parse_words, AT(emits), 0 },
	{ "start on", parse_expression, AT(start_on), 0 },
	{ "stop on", parse_expression, AT(stop_on), 0 },
	{ "expect none", parse_constant, AT(expect), EXPECT_NONE },
	{ "expect stop", parse_constant, AT(expect), EXPECT_STOP },
	{ "expect fork", parse_constant, AT(expect), EXPECT_FORK },
	{ "expect daemon", parse_constant, AT(expect), EXPECT_DAEMON },
	{ "console log", parse_constant, AT(console), CONSOLE_LOG },
	{ "console none", parse_constant, AT(console), CONSOLE_NONE },
	{ "console output", parse_constant, AT(console), CONSOLE_OUTPUT },
	{ "task", parse_flag, AT(is_task), 0 },
	{ "respawn limit", parse_respawn_limit, 0, 0 },
	{ "respawn", parse_flag, AT(does_respawn), 0 },
	{ "normal exit", parse_normal_exit, 0, 0 },
	{ "kill timeout", parse_number, AT(kill_timeout), 10 },
	{ "kill signal", parse_signal, AT(kill_signal), 0 },
	{ "reload signal", parse_signal, AT(reload_signal), 0 },
	{ "umask", parse_number, AT(umask), 8 },
	{ "limit nofile", parse_nofile, 0, 0 },
};

static const struct stanza *find_stanza(const char *line, const char **ret_rest)
{
	for (size_t i = 0; i < sizeof stanzas / sizeof stanzas[0]; i++)
		if (conf_has_phrase(line, stanzas[i].words, ret_rest))
			return &stanzas[i];
	return NULL;
}

/* -- the file */

static bool parse_stanza(struct job_class *class, struct conf_reader *in, const char *line)
{
	const char *rest = NULL;
	const struct stanza *stanza = find_stanza(line, &rest);
	char *script;
	bool is_ok;

	if (!stanza)
		return false;
	if (stanza->parse != parse_script)
		return stanza->parse(class, stanza, rest);
	script = conf_read_script(in);
	is_ok = script && stanza->parse(class, stanza, script);
	free(script);
	return is_ok;
}

static struct job_class *class_new(const char *name)
{
	struct job_class *class = xcalloc(1, sizeof *class);

	class->name = xstrdup(name);
	class->instance = xstrdup("");
	class->respawn_limit = 10;
	class->respawn_interval = 5;
	class->kill_timeout = 5;
	class->kill_signal = SIGTERM;
	class->reload_signal = SIGHUP;
	class->umask = 022;
	class->nofile_soft = -1;
	class->nofile_hard = -1;
	return class;
}

struct job_class *conf_load(const char *path, const char *name, char **ret_error)
{
	struct conf_reader in = { .file = fopen(path, "re") };
	struct job_class *class;
	char *line;
	bool is_ok = true;

	if (!in.file) {
		*ret_error = xasprintf("%s: %m", path);
		return NULL;
	}
	class = class_new(name);
	while (is_ok && (line = conf_read_stanza(&in)) != NULL) {
		is_ok = !line[0] || parse_stanza(class, &in, line);
		if (!is_ok)
			*ret_error =
				xasprintf("%s:%d: cannot use \"%s\"", path, in.line_number, line);
		free(line);
	}
	(void)fclose(in.file);
	if (!is_ok) {
		conf_free(class);
		return NULL;
	}
	return class;
}

void conf_free(struct job_class *class)
{
	char *strings[] = { class->name,    class->description, class->author,
			    class->version, class->usage,       class->instance,
			    class->set_uid, class->set_gid,     class->chdir };

	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
		free(strings[i]);
	for (size_t i = 0; i < PROCESS_COUNT; i++)
		free(class->process[i].text);
	expr_free(class->start_on);
	expr_free(class->stop_on);
	strv_done(&class->env);
	strv_done(&class->export);
	strv_done(&class->emits);
	free(class);
}
