/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See check/words.h. */
#include "check/words.h"

#include "base/util.h"
#include "check/builder.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int words_put(struct words_list *words, char *word)
{
	if (words->n == MAX_WORDS)
		return -E2BIG;
	words->list[words->n++] = word;
	words->list[words->n] = NULL;
	return 0;
}

/* ---- systemd ---- */

/* What the specifier @c stands for in the name of the unit; NULL: it is not known here. */
static const char *specifier(struct service *service, char c)
{
	const char *name = service->name, *dot = strrchr(name, '.'), *at = find_char(name, '@');
	size_t whole = dot != NULL ? (size_t)(dot - name) : strlen(name);
	size_t prefix = *at == '@' ? (size_t)(at - name) : whole;

	switch (c) {
	case 'n':
		return name;
	case 'N':
		return service_copy(service, name, whole);
	case 'p':
	case 'P':
		return service_copy(service, name, prefix);
	case 'i':
	case 'I':
		return *at == '@' && whole > prefix + 1
			       ? service_copy(service, at + 1, whole - prefix - 1)
			       : "INSTANCE";
	case 't':
		return "/run";
	case 'S':
		return "/var/lib";
	default:
		return NULL;
	}
}

static const char *add_specifier(struct service *service, struct builder *builder, const char *at)
{
	const char *text;

	if (at[1] == '%') {
		builder_put(builder, '%');
		return at + 2;
	}
	text = specifier(service, at[1]);
	if (text == NULL) {
		builder_put(builder, '%');
		return at + 1;
	}
	builder_add(builder, text, strlen(text));
	return at + 2;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *found = find_char(digits, (char)(c | ' '));

	if (c >= '0' && c <= '9')
		return c - '0';
	return *found != '\0' ? (int)(found - digits) : -1;
}

/* systemd.syntax(7), "C-style escapes"; one that it does not know stays. Returns what follows. */
static const char *add_escape(struct builder *builder, const char *at)
{
	static const char from[] = "abfnrtv\\\"'s", to[] = "\a\b\f\n\r\t\v\\\"' ";
	const char *known = at[1] != '\0' ? find_char(from, at[1]) : "";

	if (*known != '\0') {
		builder_put(builder, to[known - from]);
		return at + 2;
	}
	if (at[1] == 'x' && hex_digit(at[2]) >= 0 && hex_digit(at[3]) >= 0) {
		builder_put(builder, (char)(16 * hex_digit(at[2]) + hex_digit(at[3])));
		return at + 4;
	}
	builder_put(builder, '\\');
	if (at[1] != '\0')
		builder_put(builder, at[1]);
	return at[1] != '\0' ? at + 2 : at + 1;
}

/* One word of systemd's, with its quotes taken away. Returns what follows. */
static const char *take_systemd_word(struct service *service, const char *at, bool is_plain,
				     struct builder *builder)
{
	char quote = '\0';

	for (; *at != '\0' && (quote != '\0' || !is_blank(*at));) {
		if (*at == quote || (quote == '\0' && (*at == '"' || *at == '\''))) {
			quote = (char)(quote == '\0' ? *at : '\0');
			at++;
		} else if (*at == '\\') {
			at = add_escape(builder, at);
		} else if (*at == '%') {
			at = add_specifier(service, builder, at);
		} else if (*at == '$' && !is_plain) {
			at = builder_add_variable(builder, service, at, VARIABLE_BRACED);
		} else {
			builder_put(builder, *at++);
		}
	}
	return at;
}

/* "$NAME" alone is as many words as the variable has. */
static int add_split(struct service *service, const char *word, struct words_list *ret)
{
	const char *value = word[0] == '$' ? service_variable(service, word + 1, strlen(word + 1))
					   : NULL;
	struct words_list parts;
	int r;

	if (value == NULL)
		return words_put(ret, service_copy(service, word, strlen(word)));
	r = words_of_blanks(service, value, &parts);
	for (size_t i = 0; r == 0 && i < parts.n; i++)
		r = words_put(ret, parts.list[i]);
	return r;
}

int words_of_systemd(struct service *service, const char *text, bool is_plain, struct words_list *ret)
{
	int r = 0;

	*ret = (struct words_list){ .n = 0 };
	while (r == 0) {
		struct builder builder = { .n = 0 };
		const char *begin;

		while (is_blank(*text))
			text++;
		if (*text == '\0')
			break;
		begin = text;
		text = take_systemd_word(service, text, is_plain, &builder);
		r = *begin == '$' && !is_plain
			    ? add_split(service, builder_text(&builder), ret)
			    : words_put(ret, service_copy(service, builder.text, builder.n));
	}
	return r;
}

/* ---- the others ---- */

static int take_quoted(struct service *service, const char *text, bool has_variables,
		       struct words_list *ret)
{
	int r = 0;

	*ret = (struct words_list){ .n = 0 };
	while (r == 0) {
		struct builder builder = { .n = 0 };
		char quote = '\0';

		while (is_blank(*text))
			text++;
		if (*text == '\0')
			break;
		while (*text != '\0' && (quote != '\0' || !is_blank(*text))) {
			if (*text == quote || (quote == '\0' && (*text == '"' || *text == '\''))) {
				quote = (char)(quote == '\0' ? *text : '\0');
				text++;
			} else if (*text == '\\' && text[1] != '\0' && quote != '\'') {
				builder_put(&builder, text[1]);
				text += 2;
			} else if (*text == '$' && has_variables) {
				text = builder_add_variable(&builder, service, text, VARIABLE_ANY);
			} else {
				builder_put(&builder, *text++);
			}
		}
		r = words_put(ret, service_copy(service, builder.text, builder.n));
	}
	return r;
}

int words_of_dinit(struct service *service, const char *text, struct words_list *ret)
{
	return take_quoted(service, text, service->kind == KIND_DINIT, ret);
}

int words_of_blanks(struct service *service, const char *text, struct words_list *ret)
{
	int r = 0;

	*ret = (struct words_list){ .n = 0 };
	while (r == 0) {
		const char *begin;

		while (is_blank(*text))
			text++;
		if (*text == '\0')
			break;
		for (begin = text; *text != '\0' && !is_blank(*text);)
			text++;
		r = words_put(ret, service_copy(service, begin, (size_t)(text - begin)));
	}
	return r;
}

int words_of_json(struct service *service, const char *text, struct words_list *ret)
{
	int r = 0;

	*ret = (struct words_list){ .n = 0 };
	if (*text++ != '[')
		return 0;
	while (r == 0 && *text != '\0' && *text != ']') {
		struct builder builder = { .n = 0 };

		if (*text++ != '"')
			continue;
		while (*text != '\0' && *text != '"') {
			if (*text == '\\' && text[1] != '\0')
				text++;
			builder_put(&builder, *text++);
		}
		if (*text == '"')
			text++;
		r = words_put(ret, service_copy(service, builder.text, builder.n));
	}
	return r;
}

/* ---- what is in front of the bridge ---- */

static const char *base_of(const char *word)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): before the last word of a list is none that is NULL */
	const char *slash = strrchr(word, '/');

	return slash != NULL ? slash + 1 : word;
}

static bool is_one_of(const char *word, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (is_equal(base_of(word), *names))
			return true;
	}
	return false;
}

static const char *const shells[] = { "sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", NULL };

/* These stay as the parent of what they run. */
static const char *const parents[] = { "su",        "sudo",        "runuser", "doas",
				       "tini",      "tini-static", "flock",   "timeout",
				       "strace",    "ltrace",      "script",  "dumb-init",
				       "catatonit", "docker-init", "time",    "daemon",
				       "daemonize", "gdb",         NULL };

/* The text behind "-c" (or "-ec") in the words of a shell from @i on; NULL: there is none. */
static const char *script_of(const struct words_list *words, size_t i)
{
	for (i++; i < words->n; i++) {
		const char *word = words->list[i];

		if (word[0] == '-' && word[1] != '-' && *find_char(word, 'c') == 'c')
			return words->list[i + 1];
		if (word[0] != '-' && !is_equal(word, "sh"))
			return NULL;
	}
	return NULL;
}

/* "sh -c 'exec BRIDGE ...'": what the shell's own words are. */
static int add_of_shell(struct service *service, const char *script, const char *shell,
			struct command command)
{
	if (command.start == START_DIRECT) {
		command.start = START_SHELL;
		command.stays = base_of(shell);
	}
	return shell_add_commands(service, script, command);
}

int words_add_command(struct service *service, const struct words_list *words, struct command command)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->list[i];

		if (is_bridge(word))
			return service_add_command(service, &words->list[i], command);
		if (is_one_of(word, shells) && script_of(words, i) != NULL)
			return add_of_shell(service, script_of(words, i), word, command);
		if (command.start == START_DIRECT && is_one_of(word, parents)) {
			command.start = START_CHILD;
			command.stays = base_of(word);
		}
	}
	return 0;
}
