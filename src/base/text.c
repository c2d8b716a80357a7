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
	text_add_bytes(text, words, strnlen(words, max));
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	size_t space = (size_t)(text->last - text->next), n = length < space ? length : space;

	memcpy(text->next, bytes, n);
	text->next += n;
	*text->next = '\0';
	text->is_cut = text->is_cut || n < length;
}

void text_add_number(struct text *text, unsigned long number)
{
	char digits[3 * sizeof(number)], *first = digits + sizeof(digits);

	do {
		*--first = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	text_add_bytes(text, first, (size_t)(digits + sizeof(digits) - first));
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
