/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See probe/quoting.h. Each rule was tried on the manager itself: OpenRC 0.64.1, supervisord 4.2.5, dinit 0.23. */
#include "probe/quoting.h"

#include "base/util.h"

bool quoting_is_needless(const char *word)
{
	if (*word == '\0')
		return false;
	for (; *word != '\0'; word++) {
		bool is_letter = (*word >= 'a' && *word <= 'z') || (*word >= 'A' && *word <= 'Z') ||
				 (*word >= '0' && *word <= '9');

		if (!is_letter && *find_char("/._-=:,+@", *word) == '\0')
			return false;
	}
	return true;
}

/* Inside the double quotes of an assignment. */
static void put_for_openrc(FILE *stream, char c)
{
	if (*find_char("\"$`\\", c) != '\0')
		(void)fputc('\\', stream);
	(void)fputc(c, stream);
}

/* A blank before it makes it a comment, whatever the quotes; "%" begins an expansion. */
static void put_for_supervisord(FILE *stream, char c, char before)
{
	if ((c == ';' || c == '#') && (before == ' ' || before == '\t'))
		(void)fputs("''", stream);
	if (c == '%')
		(void)fputc('%', stream);
	(void)fputc(c, stream);
}

static void put_char(FILE *stream, char c, char before, enum quoting quoting)
{
	if (quoting == QUOTING_OPENRC)
		put_for_openrc(stream, c);
	else if (quoting == QUOTING_SUPERVISORD)
		put_for_supervisord(stream, c, before);
	else
		(void)fputc(c, stream);
}

static void put_in_single_quotes(FILE *stream, const char *word, enum quoting quoting)
{
	char before = '\0';

	(void)fputc('\'', stream);
	for (; *word != '\0'; before = *word++) {
		if (*word == '\'') {
			(void)fputc('\'', stream);
			put_char(stream, '\\', '\0', quoting);
			(void)fputs("''", stream);
		} else {
			put_char(stream, *word, before, quoting);
		}
	}
	(void)fputc('\'', stream);
}

static void put_in_double_quotes(FILE *stream, const char *word, enum quoting quoting)
{
	(void)fputc('"', stream);
	for (; *word != '\0'; word++) {
		if (*word == '"' || *word == '\\')
			(void)fputc('\\', stream);
		if (*word == '$' || (*word == '%' && quoting == QUOTING_SYSTEMD))
			(void)fputc(*word, stream);
		(void)fputc(*word, stream);
	}
	(void)fputc('"', stream);
}

void quoting_put(FILE *stream, const char *word, enum quoting quoting)
{
	if (quoting_is_needless(word))
		(void)fputs(word, stream);
	else if (quoting == QUOTING_SYSTEMD || quoting == QUOTING_DINIT)
		put_in_double_quotes(stream, word, quoting);
	else
		put_in_single_quotes(stream, word, quoting);
}
