/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/getopt.h. */
#include "base/getopt.h"

#include "base/text.h"
#include "base/util.h"

#define MAX_TYPED 40 /* what is longer is not a slip of the fingers */
#define MAX_SLIPS 2  /* between what was typed and what may have been meant */
#define LIST_SIZE 512
#define HINT_SIZE 60

static int take_argument(struct words *words, const char *rest, int option)
{
	words->argument = rest != NULL ? rest : *words->next;
	if (words->argument == NULL)
		return WORDS_MISSING;
	if (rest == NULL)
		words->next++;
	return option;
}

static int take_letter(struct words *words)
{
	char letter = words->letter = *words->letters++;

	for (size_t i = 0; i < words->n_rows; i++) {
		const char *rest = *words->letters != '\0' ? words->letters : NULL;

		if (words->rows[i].letter != letter)
			continue;
		if (words->rows[i].argument[0] == '\0')
			return (int)i;
		words->letters = NULL;
		return take_argument(words, rest, (int)i);
	}
	return WORDS_UNKNOWN;
}

/* What follows in @name where @text, up to its '=' if there is one, ends; NULL: they differ. */
static const char *after_text(const char *name, const char *text)
{
	for (; *text != '\0' && *text != '='; name++, text++) {
		if (*name != *text)
			return NULL;
	}
	return name;
}

static int find_name(const struct words *words, const char *text)
{
	int found = WORDS_UNKNOWN;

	for (size_t i = 0; i < words->n_rows; i++) {
		const char *rest = after_text(words->rows[i].name, text);

		if (rest == NULL)
			continue;
		if (*rest == '\0')
			return (int)i;
		found = found == WORDS_UNKNOWN ? (int)i : WORDS_AMBIGUOUS;
	}
	return found;
}

static const char *find_value(const char *text)
{
	const char *end = find_char(text, '=');

	return *end == '=' ? end + 1 : NULL;
}

static int take_long(struct words *words, const char *text)
{
	int option = find_name(words, text);
	const char *value = find_value(text);

	if (option < 0)
		return option;
	if (words->rows[option].kind == OPTION_MAYBE) {
		words->argument = value;
		return option;
	}
	if (words->rows[option].argument[0] != '\0')
		return take_argument(words, value, option);
	return value == NULL ? option : WORDS_EXTRA;
}

int words_next(struct words *words)
{
	const char *word = *words->next;

	if (words->letters != NULL && *words->letters != '\0')
		return take_letter(words);
	if (word == NULL || word[0] != '-' || word[1] == '\0')
		return WORDS_END;
	words->next++;
	words->word = word;
	words->argument = NULL;
	words->letter = '\0';
	if (word[1] != '-') {
		words->letters = word + 1;
		return take_letter(words);
	}
	return word[2] == '\0' ? WORDS_END : take_long(words, word + 2);
}

/* ---- what a row stores ---- */

/* "a|b|c" as "neither a nor b nor c". */
static int refuse_choice(const struct option_row *row, const char *argument, struct refusal *refusal)
{
	char list[2 * sizeof(row->argument) + 40];
	struct text text = text_begin(list, sizeof(list));

	for (const char *choice = row->argument;; choice = find_char(choice, '|') + 1) {
		size_t length = (size_t)(find_char(choice, '|') - choice);

		text_add(&text, choice == row->argument ? "neither " : " nor ");
		text_add_part(&text, choice, length);
		if (choice[length] == '\0')
			break;
	}
	return refuse(refusal, EINVAL, "--%s: '%s' is %s", row->name, argument, list);
}

static int take_choice(const struct option_row *row, const char *argument, int *value,
		       struct refusal *refusal)
{
	const char *choice = row->argument;

	for (int i = 0;; i++) {
		const char *rest = after_prefix(choice, argument);

		if (rest != NULL && argument[0] != '\0' && (*rest == '|' || *rest == '\0')) {
			*value = row->number + i;
			return 0;
		}
		choice = find_char(choice, '|');
		if (*choice++ == '\0')
			return refuse_choice(row, argument, refusal);
	}
}

static int take_seconds(const struct option_row *row, const char *argument, int *value,
			struct refusal *refusal)
{
	unsigned long seconds;

	if (parse_number(argument, MAX_SECONDS, &seconds) < 0 || seconds < row->number)
		return refuse(refusal, EINVAL, "--%s: '%s' is not a number of seconds from %s to %d",
			      row->name, argument, row->number == 0 ? "0 (none)" : "1", MAX_SECONDS);
	*value = (int)seconds;
	return 0;
}

int option_take(const struct option_row *row, const char *argument, void *target,
		struct refusal *refusal)
{
	void *where = (char *)target + row->where;

	switch ((enum option_kind)row->kind) {
	case OPTION_FLAG:
		*(bool *)where = true;
		return 0;
	case OPTION_VALUE:
		*(int *)where = row->number;
		return 0;
	case OPTION_CHOICE:
		return take_choice(row, argument, where, refusal);
	case OPTION_SECONDS:
		return take_seconds(row, argument, where, refusal);
	case OPTION_TEXT:
		*(const char **)where = argument;
		return 0;
	case OPTION_CALL:
	case OPTION_MAYBE:
		break;
	}
	return refuse(refusal, EINVAL, "--%s: nobody takes it", row->name);
}

/* ---- what is wrong ---- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many letters are missing, wrong, too many or in each other's place in @a, of @length, to be
 * @b: the usual table, of which three rows are kept.
 */
static size_t count_slips(const char *a, size_t length, const char *b)
{
	size_t rows[3][MAX_TYPED + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= length; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			row[j] = least(least(row[j - 1], above[j]) + 1,
				       above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], second[j - 2] + 1);
		}
	}
	return rows[length % 3][n];
}

/* The long option that @text, up to its '=', most resembles, or NULL. */
static const struct option_row *find_resembling(const struct words *words, const char *text)
{
	size_t length = (size_t)(find_char(text, '=') - text), fewest = MAX_SLIPS + 1;
	const struct option_row *found = NULL;

	if (length < 2 || length > MAX_TYPED)
		return NULL;
	for (size_t i = 0; i < words->n_rows; i++) {
		size_t slips = count_slips(text, length, words->rows[i].name);

		/* In a word of a few letters two of them are most of it. */
		if (slips < fewest && slips * 2 < length + 1) {
			fewest = slips;
			found = &words->rows[i];
		}
	}
	return found;
}

/* "-n" instead of "-N". */
static const struct option_row *find_other_case(const struct words *words, char letter)
{
	const struct option_row *end = words->rows + words->n_rows;

	for (const struct option_row *row = words->rows; row < end; row++) {
		if (row->letter != '\0' && (row->letter ^ letter) == ('a' ^ 'A'))
			return row;
	}
	return NULL;
}

static void add_hint(const struct words *words, const char *typed, struct text *text)
{
	const struct option_row *meant = find_resembling(words, typed);
	char name[2] = "";

	if (meant == NULL && words->letter != '\0') {
		meant = find_other_case(words, words->letter);
		if (meant != NULL)
			name[0] = meant->letter;
	}
	if (meant == NULL)
		return;
	text_add(text, " (did you mean ");
	text_add(text, name[0] != '\0' ? "-" : "--");
	text_add(text, name[0] != '\0' ? name : meant->name);
	text_add(text, "?)");
}

static int refuse_unknown(const struct words *words, struct refusal *refusal)
{
	bool is_long = words->letter == '\0';
	char hint[HINT_SIZE];
	struct text text = text_begin(hint, sizeof(hint));

	add_hint(words, words->word + (is_long ? 2 : 1), &text);
	if (is_long || words->word[2] == '\0')
		return refuse(refusal, EINVAL, "unknown option '%s'%s", words->word, hint);
	return refuse(refusal, EINVAL, "unknown option '-%c' in '%s'%s", words->letter, words->word,
		      hint);
}

static int refuse_ambiguous(const struct words *words, struct refusal *refusal)
{
	char list[LIST_SIZE];
	struct text text = text_begin(list, sizeof(list));

	for (size_t i = 0; i < words->n_rows; i++) {
		const char *name = words->rows[i].name;

		if (after_text(name, words->word + 2) == NULL)
			continue;
		text_add(&text, list[0] == '\0' ? "--" : ", --");
		text_add_part(&text, name, sizeof(list));
	}
	return refuse(refusal, EINVAL, "option '%s' is ambiguous: %s", words->word, list);
}

int option_refuse(const struct words *words, int error, struct refusal *refusal)
{
	switch (error) {
	case WORDS_AMBIGUOUS:
		if (words->word[2] == '=') /* which every name begins with, says getopt_long(3) */
			return refuse_unknown(words, refusal);
		return refuse_ambiguous(words, refusal);
	case WORDS_MISSING:
		return refuse(refusal, EINVAL, "option '%s' needs an argument", words->word);
	case WORDS_EXTRA:
		return refuse(refusal, EINVAL, "option '%s': it takes no argument", words->word);
	default:
		return refuse_unknown(words, refusal);
	}
}
