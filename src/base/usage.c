/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/usage.h. */
#include "base/usage.h"

#include "base/output.h"
#include "base/text.h"
#include "base/util.h"

#define TERM_WIDTH 31 /* with the spaces around it */

/* The words of @meaning from @column on, each line no longer than is to be. */
static void print_words(struct output *out, const char *meaning, int column)
{
	int at = column;

	for (const char *word = meaning; *word != '\0';) {
		int length = (int)(find_char(word, ' ') - word);

		if (at > column && at + 1 + length > USAGE_WIDTH) {
			output_format(out, "\n%*s", column, "");
			at = column;
		}
		at += output_format(out, "%s%.*s", at > column ? " " : "", length, word);
		word += word[length] == '\0' ? length : length + 1;
	}
	output_char(out, '\n');
}

void usage_print_text(struct output *out, const char *text)
{
	print_words(out, text, 0);
}

void usage_print_term(struct output *out, const char *term, const char *meaning)
{
	int width = output_format(out, "  %s", term);

	if (width > TERM_WIDTH - 2) {
		output_char(out, '\n');
		width = 0;
	}
	output_format(out, "%*s", TERM_WIDTH - width, "");
	print_words(out, meaning, TERM_WIDTH);
}

static void print_row(struct output *out, const struct option_row *row)
{
	char term[sizeof(row->name) + sizeof(row->argument) + 8];
	char letter[] = { '-', row->letter, '\0' };
	struct text text = text_begin(term, sizeof(term));

	text_add(&text, row->letter != '\0' ? letter : "  ");
	text_add(&text, row->letter != '\0' ? ", --" : "  --");
	text_add(&text, row->name);
	text_add(&text, row->argument[0] != '\0' && row->kind != OPTION_MAYBE ? "=" : "");
	text_add(&text, row->argument);
	usage_print_term(out, term, row->help);
}

void usage_print_rows(struct output *out, const struct option_row *rows, size_t n, size_t group)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].group == group)
			print_row(out, &rows[i]);
	}
}
