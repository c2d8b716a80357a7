/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Shepherd's services: Scheme, of which no more is understood than the lists of words that are written
 * down, '("a" "b") and (list "a" "b"), and keywords with a text, #:pid-file "PATH". What a call in a
 * list makes of its texts, (string-append directory "/bin/a"), is taken for their sequence.
 */
#include "base/util.h"
#include "check/builder.h"
#include "check/read.h"
#include "check/words.h"

#define MAX_DEPTH 40

struct reader {
	struct service *service;
	const char *file;
	const char *next;
	unsigned line;
};

static char take(struct reader *reader)
{
	char c = *reader->next;

	if (c == '\0')
		return c;
	reader->next++;
	reader->line += c == '\n';
	return c;
}

/* Behind blanks and comments. */
static void skip(struct reader *reader)
{
	for (;;) {
		char c = *reader->next;

		if (c == ';') {
			reader->next = find_char(reader->next, '\n');
		} else if (c == '#' && reader->next[1] == '|') {
			while (*reader->next != '\0' && !has_prefix(reader->next, "|#"))
				(void)take(reader);
			reader->next += *reader->next != '\0' ? 2 : 0;
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			(void)take(reader);
		} else {
			return;
		}
	}
}

static char *take_text(struct reader *reader)
{
	struct builder builder = { .n = 0 };
	char c;

	(void)take(reader);
	while ((c = take(reader)) != '\0' && c != '"') {
		if (c == '\\')
			c = take(reader);
		builder_put(&builder, c);
	}
	return service_copy(reader->service, builder.text, builder.n);
}

/* A symbol, a number, a keyword, a character such as #\(. */
static char *take_atom(struct reader *reader)
{
	const char *begin = reader->next;

	if (has_prefix(begin, "#\\") && begin[2] != '\0')
		reader->next += 3;
	else
		reader->next++;
	reader->next += strcspn(reader->next, " \t\r\n()\";'`,");
	return service_copy(reader->service, begin, (size_t)(reader->next - begin));
}

/* What an opened list, or the file, has been read to so far. */
struct list {
	struct words_list words;
	struct command command;
	const char *keyword; /* that the next text belongs to; or NULL */
	bool is_words, is_quoted;
};

static int add_text(struct reader *reader, struct list *list, char *text)
{
	const char *keyword = list->keyword;

	list->keyword = NULL;
	if (keyword == NULL)
		return words_put(&list->words, text);
	return service_add(reader->service, "", keyword, text,
			   (struct place){ .file = reader->file, .line = reader->line });
}

/* One among words stands for a text that is not known. */
static int take_symbol(struct reader *reader, struct list *list)
{
	char *atom = take_atom(reader);

	list->keyword = after_prefix(atom, "#:");
	if (list->keyword == NULL && list->is_words)
		return words_put(&list->words, atom);
	if (list->words.n == 0 && is_equal(atom, "list"))
		list->is_words = true;
	return 0;
}

static int read_list(struct reader *reader, struct list *list, unsigned depth);

/* A list in a list: a command, or a call, which stands for a text. */
static int take_list(struct reader *reader, struct list *outer, unsigned depth)
{
	struct list *list;
	int r;

	(void)take(reader);
	if (depth >= MAX_DEPTH) /* deeper than any real one: what is in it is read as if it were here */
		return 0;
	list = arena_get(&reader->service->arena, 1, sizeof(*list));
	if (list == NULL)
		return -E2BIG;
	*list = (struct list){ .is_words = outer->is_quoted,
			       .command = { .place = { .file = reader->file, .line = reader->line },
					    .stanza = "the list",
					    .is_main = true } };
	r = read_list(reader, list, depth + 1);
	if (list->is_words || list->words.n == 0)
		outer->keyword = NULL;
	if (r == 0 && list->is_words)
		return words_add_command(reader->service, &list->words, list->command);
	if (r == 0 && list->words.n > 0)
		r = add_text(reader, outer,
			     service_join(reader->service, (const char *const *)list->words.list));
	return r;
}

static int read_list(struct reader *reader, struct list *list, unsigned depth)
{
	int r = 0;

	for (skip(reader); r == 0 && *reader->next != '\0'; skip(reader)) {
		char c = *reader->next;

		if (c == ')') {
			(void)take(reader);
			if (depth > 0)
				return 0;
		} else if (c == '"') {
			if (list->words.n == 0)
				list->command.place.line = reader->line;
			r = add_text(reader, list, take_text(reader));
		} else if (c == '(') {
			r = take_list(reader, list, depth);
			list->is_quoted = false;
		} else if (c == '\'' || c == '`') {
			(void)take(reader);
			list->is_quoted = true;
		} else if (c == ',') {
			(void)take(reader);
		} else {
			r = take_symbol(reader, list);
			list->is_quoted = false;
		}
	}
	return r;
}

int read_scheme(struct service *service, const char *file, const char *text)
{
	struct reader reader = { .service = service, .file = file, .next = text, .line = 1 };
	struct list *list = arena_get(&service->arena, 1, sizeof(*list));

	if (list == NULL)
		return -E2BIG;
	*list = (struct list){ .is_words = false };
	return read_list(&reader, list, 0);
}
