/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/text.h. */
#include "base/text.h"

#include <errno.h>
#include <stdint.h>

struct text text_begin(char *buffer, size_t size)
{
	buffer[0] = '\0';
	return (struct text){ .next = buffer, .last = buffer + size - 1 };
}

void text_add_part(struct text *text, const char *words, size_t max)
{
	size_t space = (size_t)(text->last - text->next), most = max < space ? max : space, n = 0;
	char *next = text->next; /* which a char that is written could be part of, for all gcc knows */

	for (; n < most && words[n] != '\0'; n++)
		next[n] = words[n];
	next[n] = '\0';
	text->next = next + n;
	text->is_cut = text->is_cut || (n < max && words[n] != '\0');
}

void text_add(struct text *text, const char *words)
{
	text_add_part(text, words, SIZE_MAX);
}

void text_add_number(struct text *text, unsigned long number)
{
	char digits[3 * sizeof(number)], *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do {
		*--first = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	text_add(text, first);
}

void text_make_line(char *text)
{
	for (; *text != '\0'; text++) {
		if (is_control_character(*text))
			*text = '?';
	}
}

int parse_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	unsigned long number = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++) {
		unsigned long digit;

		if (*text < '0' || *text > '9')
			return -EINVAL;
		digit = (unsigned long)(*text - '0');
		if (digit > max || number > (max - digit) / 10)
			return -ERANGE;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return 0;
}
