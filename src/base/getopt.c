/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See base/getopt.h. */
#include "base/getopt.h"

#include "base/util.h"

/* The argument is @rest of the word, or, if that is NULL, the next word. */
static int take_argument(struct words *words, const char *rest, int option)
{
	words->argument = rest != NULL ? rest : *words->next;
	if (words->argument == NULL)
		return WORDS_NOTHING;
	if (rest == NULL)
		words->next++;
	return option;
}

static int take_letter(struct words *words)
{
	int letter = (unsigned char)*words->letters++;

	for (size_t i = 0; i < words->n_names; i++) {
		const char *rest = *words->letters != '\0' ? words->letters : NULL;

		if (words->names[i].option != letter)
			continue;
		if (!words->names[i].has_argument)
			return letter;
		words->letters = NULL;
		return take_argument(words, rest, letter);
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

static const struct option_name *find_name(const struct words *words, const char *text)
{
	const struct option_name *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < words->n_names; i++) {
		const char *rest = after_text(words->names[i].name, text);

		if (rest == NULL)
			continue;
		found = &words->names[i];
		if (*rest == '\0')
			return found;
		n++;
	}
	return n == 1 ? found : NULL;
}

static const char *find_value(const char *text)
{
	const char *end = find_char(text, '=');

	return *end == '=' ? end + 1 : NULL;
}

static int take_long(struct words *words, const char *text)
{
	const struct option_name *name = find_name(words, text);
	const char *value = find_value(text);

	if (name == NULL || (value != NULL && !name->has_argument))
		return WORDS_UNKNOWN;
	return name->has_argument ? take_argument(words, value, name->option) : name->option;
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
	if (word[1] != '-') {
		words->letters = word + 1;
		return take_letter(words);
	}
	return word[2] == '\0' ? WORDS_END : take_long(words, word + 2);
}
