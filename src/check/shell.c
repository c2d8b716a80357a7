/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * As much of sh(1) as tells which command of a script is the bridge, with which words, and whether the
 * shell needs it: simple commands, quotes, variables that the script sets, redirections, here
 * documents. What a command prints ("$(...)") is not known, and stays as it is written.
 */
#include "base/text.h"
#include "base/util.h"
#include "check/builder.h"
#include "check/words.h"

struct scan {
	struct service *service;
	struct command command; /* what all that are found have in common */
	const char *at;
	unsigned line;
	bool is_alone; /* nothing follows: a shell may execute the last one in its place */

	struct words_list words; /* of the simple command so far */
	unsigned first_line;     /* in which it begins */
	struct builder word;
	bool in_word;
	bool is_dropped; /* the word is a redirection's */
	char here[64];   /* a here document begins with the next line, until this; empty: none */
	int error;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void end_word(struct scan *scan)
{
	if (scan->in_word && scan->is_dropped) {
		scan->is_dropped = false;
	} else if (scan->in_word) {
		if (scan->words.n == 0)
			scan->first_line = scan->line;
		if (words_put(&scan->words,
			      service_copy(scan->service, scan->word.text, scan->word.n)) < 0)
			scan->error = -E2BIG;
	}
	scan->in_word = false;
	scan->word.n = 0;
}

/* ---- what a simple command is ---- */

/* NAME=VALUE; where the value begins, or NULL. */
static const char *value_of(const char *word)
{
	const char *at = word;

	while ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_' ||
	       (at > word && *at >= '0' && *at <= '9'))
		at++;
	if (at > word && at[0] == '+' && at[1] == '=')
		return at + 2;
	return at > word && *at == '=' ? at + 1 : NULL;
}

static void assign(struct scan *scan, const char *word, const char *value)
{
	const char *end = value[-2] == '+' ? value - 2 : value - 1;
	const char *name = service_copy(scan->service, word, (size_t)(end - word));
	struct place place = { .file = scan->command.place.file, .line = scan->first_line };

	if (service_add(scan->service, "variable", name, value, place) < 0)
		scan->error = -E2BIG;
}

static bool is_in(const char *word, const char *const *list)
{
	while (*list != NULL && !is_equal(word, *list))
		list++;
	return *list != NULL;
}

/* These only speak of a program. */
static const char *const speakers[] = {
	"echo",   "printf", "test",  "[",       "[[",    "command", "which",          "type",
	"pidof",  "pkill",  "kill",  "killall", "rm",    "ls",      "grep",           "logger",
	"mkdir",  "chmod",  "chown", "install", "alias", "set",     "log_daemon_msg", "einfo",
	"ebegin", "need",   "use",   "cp",      "mv",    NULL,
};
static const char *const before[] = { "if",    "then", "elif", "else", "while",
				      "until", "do",   "!",    "{",    NULL };
static const char *const setters[] = { "export", "local", "readonly", "declare", NULL };

/* What start-stop-daemon(8) is told, as far as the checks look at it. */
static const struct {
	const char *name, *letter;
	bool has_value, is_program;
} ssd_options[] = {
	{ "--exec", "-x", true, true },           { "--startas", "-a", true, true },
	{ "--pidfile", "-p", true, false },       { "--retry", "-R", true, false },
	{ "--notify-timeout", "", true, false },  { "--start", "-S", false, false },
	{ "--stop", "-K", false, false },         { "--background", "-b", false, false },
	{ "--make-pidfile", "-m", false, false }, { "--notify-await", "", false, false },
};

/* The option at @words->list[*@i], noted as a setting; *@i moves on to its value. NULL: it is another one. */
static const char *note_ssd_option(struct scan *scan, const struct words_list *words, size_t *i,
				   char **program)
{
	struct place place = { .file = scan->command.place.file, .line = scan->first_line };
	char *word = words->list[*i], *equals = strchr(word, '=');
	size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);

	for (size_t k = 0; k < ARRAY_SIZE(ssd_options); k++) {
		const char *name = ssd_options[k].name;
		char *value = NULL;

		if ((strlen(name) != length || strncmp(word, name, length) != 0) &&
		    !is_equal(word, ssd_options[k].letter))
			continue;
		if (ssd_options[k].has_value)
			value = equals != NULL ? equals + 1 : words->list[++*i];
		if (ssd_options[k].has_value && value == NULL)
			return NULL;
		if (ssd_options[k].is_program && is_bridge(value))
			*program = value;
		if (service_add(scan->service, "start-stop-daemon", name + 2,
				value != NULL ? value : "yes", place) < 0)
			scan->error = -E2BIG;
		return name;
	}
	return NULL;
}

/* The bridge's words are behind the "--". */
static void take_start_stop_daemon(struct scan *scan, const struct words_list *words)
{
	struct words_list inner = { .n = 0 };
	char *program = NULL;
	bool starts = false;
	size_t i;

	for (i = 1; i < words->n && !is_equal(words->list[i], "--"); i++) {
		const char *name = note_ssd_option(scan, words, &i, &program);

		starts = starts || (name != NULL && is_equal(name, "--start"));
	}
	if (!starts || program == NULL)
		return;
	(void)words_put(&inner, program);
	for (i++; i < words->n; i++)
		(void)words_put(&inner, words->list[i]);
	scan->command.place.line = scan->first_line;
	if (service_add_command(scan->service, inner.list, scan->command) < 0)
		scan->error = -E2BIG;
}

static void take_bridge(struct scan *scan, const struct words_list *words, bool has_exec)
{
	struct command command = scan->command;

	command.place.line = scan->first_line;
	if (!has_exec && command.start == START_DIRECT) {
		command.start = START_CHILD;
		command.stays = command.stays != NULL ? command.stays : "the shell";
	}
	if (has_exec && command.start == START_SHELL)
		command.start = START_DIRECT;
	if (words_add_command(scan->service, words, command) < 0)
		scan->error = -E2BIG;
}

static void end_command(struct scan *scan)
{
	struct words_list words = scan->words;
	bool has_exec = false;
	const char *value;

	end_word(scan);
	words = scan->words;
	scan->words = (struct words_list){ .n = 0 };
	while (words.n > 0) {
		value = value_of(words.list[0]);
		if (value != NULL)
			assign(scan, words.list[0], value);
		else if (is_equal(words.list[0], "exec"))
			has_exec = true;
		else if (!is_in(words.list[0], before) && !is_in(words.list[0], setters))
			break;
		memmove(words.list, words.list + 1, words.n * sizeof(*words.list));
		words.n--;
	}
	if (words.n == 0 || is_in(words.list[0], speakers))
		return;
	if (has_suffix(words.list[0], "start-stop-daemon"))
		take_start_stop_daemon(scan, &words);
	else
		take_bridge(scan, &words, has_exec);
}

/* ---- the text ---- */

static void put(struct scan *scan, char c)
{
	scan->in_word = true;
	builder_put(&scan->word, c);
}

/* "$(...)" or "`...`": as it is written, with a '$' that says that it is not known. */
static void take_substitution(struct scan *scan)
{
	char open = *scan->at == '`' ? '\0' : '(', close = *scan->at == '`' ? '`' : ')';
	int depth = 1;

	put(scan, '$');
	for (scan->at += open == '(' ? 2 : 1; *scan->at != '\0' && depth > 0; scan->at++) {
		depth += *scan->at == open && open != '\0';
		depth -= *scan->at == close;
		scan->line += *scan->at == '\n';
		put(scan, *scan->at);
	}
}

static void take_variable(struct scan *scan, bool is_quoted)
{
	struct builder value = { .n = 0 };

	scan->at = builder_add_variable(&value, scan->service, scan->at, VARIABLE_ANY);
	scan->in_word = scan->in_word || is_quoted;
	for (const char *c = builder_text(&value); *c != '\0'; c++) {
		if (!is_quoted && (is_blank(*c) || *c == '\n'))
			end_word(scan);
		else
			put(scan, *c);
	}
}

static void take_double_quotes(struct scan *scan)
{
	scan->in_word = true;
	for (scan->at++; *scan->at != '\0' && *scan->at != '"';) {
		scan->line += *scan->at == '\n';
		if (scan->at[0] == '\\' && scan->at[1] == '\n')
			scan->line++, scan->at += 2;
		else if (scan->at[0] == '\\' && scan->at[1] != '\0' &&
			 *find_char("$`\"\\", scan->at[1]) != '\0')
			put(scan, scan->at[1]), scan->at += 2;
		else if (has_prefix(scan->at, "$(") || *scan->at == '`')
			take_substitution(scan);
		else if (*scan->at == '$')
			take_variable(scan, true);
		else
			put(scan, *scan->at++);
	}
	scan->at += *scan->at == '"';
}

static void take_single_quotes(struct scan *scan)
{
	scan->in_word = true;
	for (scan->at++; *scan->at != '\0' && *scan->at != '\''; scan->at++) {
		scan->line += *scan->at == '\n';
		put(scan, *scan->at);
	}
	scan->at += *scan->at == '\'';
}

/* "<", ">>", "2>&1": the next word is a file's name, or the end of a here document. */
static void take_redirection(struct scan *scan)
{
	bool is_here = has_prefix(scan->at, "<<") && scan->at[2] != '<';
	struct text here;

	if (scan->in_word && scan->word.n > 0 && strspn(scan->word.text, "0123456789") >= scan->word.n)
		scan->in_word = false, scan->word.n = 0;
	end_word(scan);
	while (*scan->at != '\0' && *find_char("<>&|-", *scan->at) != '\0')
		scan->at++;
	while (is_blank(*scan->at))
		scan->at++;
	if (!is_here) {
		scan->is_dropped = true;
		return;
	}
	here = text_begin(scan->here, sizeof(scan->here));
	for (; *scan->at != '\0' && !is_blank(*scan->at) && *find_char("\n;)&|", *scan->at) == '\0';
	     scan->at++) {
		if (*scan->at != '\'' && *scan->at != '"' && *scan->at != '\\')
			text_add_part(&here, scan->at, 1);
	}
}

/* The lines up to the end of the here document, which are not commands. */
static void skip_here_document(struct scan *scan)
{
	while (scan->here[0] != '\0' && *scan->at != '\0') {
		const char *line = scan->at + strspn(scan->at, "\t"), *end = find_char(line, '\n');

		if (strlen(scan->here) == (size_t)(end - line) &&
		    memcmp(line, scan->here, strlen(scan->here)) == 0)
			scan->here[0] = '\0';
		scan->at = *end == '\n' ? end + 1 : end;
		scan->line++;
	}
}

static void take_separator(struct scan *scan)
{
	char c = *scan->at++;

	scan->is_dropped = scan->is_dropped && scan->in_word;
	end_command(scan);
	if (c != '\n')
		return;
	scan->line++;
	skip_here_document(scan);
}

static void take(struct scan *scan)
{
	char c = *scan->at;

	if (c == '\\' && scan->at[1] == '\n') {
		scan->at += 2;
		scan->line++;
	} else if (c == '\\' && scan->at[1] != '\0') {
		put(scan, scan->at[1]);
		scan->at += 2;
	} else if (c == '"') {
		take_double_quotes(scan);
	} else if (c == '\'') {
		take_single_quotes(scan);
	} else if (c == '`' || has_prefix(scan->at, "$(")) {
		take_substitution(scan);
	} else if (c == '$') {
		take_variable(scan, false);
	} else if (c == '<' || c == '>' || has_prefix(scan->at, "&>")) {
		take_redirection(scan);
	} else if (c == '#' && !scan->in_word) {
		scan->at = find_char(scan->at, '\n');
	} else if (*find_char("\n;&|()", c) != '\0') {
		take_separator(scan);
	} else if (is_blank(c)) {
		end_word(scan);
		scan->at++;
	} else {
		put(scan, c);
		scan->at++;
	}
}

int shell_add_commands(struct service *service, const char *script, struct command command)
{
	struct scan scan = {
		.service = service,
		.command = command,
		.at = script,
		.line = command.place.line,
	};

	while (*scan.at != '\0' && scan.error == 0)
		take(&scan);
	end_command(&scan);
	return scan.error;
}
