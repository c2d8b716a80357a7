/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Short texts put together from words and numbers, in a buffer of the caller's: what every start
 * needs of snprintf(3), which costs a thousand instructions a call. Whatever does not fit is left
 * out, and the text is ended by a NUL at any time.
 */
#ifndef CIB_BASE_TEXT_H
#define CIB_BASE_TEXT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A piece of somebody's text, borrowed, which no NUL ends. */
struct slice {
	const char *text;
	size_t length;
};

/* What begins a new line, or does worse to a terminal. */
static inline bool is_control_character(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/*
 * Where the first @c is from @at on, before @end, or @end. Word by word, and in line: of files of /proc most lines are
 * passed over, and musl's memchr(3) takes three times as long for one. In a word with @c the subtraction borrows.
 */
static inline const char *find_before(const char *at, const char *end, char c)
{
	const size_t ones = SIZE_MAX / UCHAR_MAX, wanted = ones * (unsigned char)c;

	for (; (size_t)(end - at) >= sizeof(size_t); at += sizeof(size_t)) {
		size_t word;

		memcpy(&word, at, sizeof(word));
		word ^= wanted;
		if (((word - ones) & ~word & ones << (CHAR_BIT - 1)) != 0)
			break;
	}
	while (at < end && *at != c)
		at++;
	return at;
}

struct text {
	char *next; /* where the NUL is */
	char *last; /* where it is at the latest */
	bool is_cut;
};

/* Begins an empty text in @buffer, of @size >= 1 bytes. */
struct text text_begin(char *buffer, size_t size);

/* Adds @length of @bytes, as far as there is space; @text is always ended by a NUL, and knows if it was cut. */
void text_add_bytes(struct text *text, const char *bytes, size_t length);

/* Adds @words likewise. In line, since the length of a constant costs nothing. */
static inline void text_add(struct text *text, const char *words)
{
	text_add_bytes(text, words, strlen(words));
}

/* As far as @words goes, but no more than @max characters of it. */
void text_add_part(struct text *text, const char *words, size_t max);

/* In decimal digits. */
void text_add_number(struct text *text, unsigned long number);

/*
 * Reads the whole of @text as a decimal number from 0 to @max, digits only, no sign, no space.
 * Returns 0, or -EINVAL (not a number), or -ERANGE.
 */
int parse_number(const char *text, unsigned long max, unsigned long *ret_number);

/* Writes '?' for what is not a part of a line: what was quoted in it may hold anything. */
void text_make_line(char *text);

#endif
