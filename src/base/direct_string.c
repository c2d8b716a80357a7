/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* string(3), calloc(3) and strtoul(3), see base/direct.h. Plain loops: what is looked at is short. */
#include "base/direct.h"

#if CIB_IS_DIRECT
# undef _FORTIFY_SOURCE
# include <errno.h>
# include <limits.h>
# include <stdbool.h>
# include <stdint.h>
# include <stdlib.h>
# include <string.h>

/* From glibc 2.43 on also macros, for which what is found in a constant is one. */
# undef memchr
# undef strchr
# undef strpbrk
# undef strrchr
# undef strstr

/* Compilers know such a loop for the function that it is the body of, and would call that. */
# define NOT_AN_IDIOM(variable) __asm__("" : "+r"(variable))

DIRECT void *memchr(const void *memory, int c, size_t size)
{
	const unsigned char *at = memory;

	for (; size > 0; at++, size--)
		if (*at == (unsigned char)c)
			return (void *)at;
	return NULL;
}

DIRECT void *memrchr(const void *memory, int c, size_t size)
{
	const unsigned char *start = memory;

	while (size > 0)
		if (start[--size] == (unsigned char)c)
			return (void *)(start + size);
	return NULL;
}

/* Word by word, the last of which may be in part of the one before: whole structures are cleared and copied at a start. */
typedef unsigned long __attribute__((may_alias, aligned(1))) word_t;

DIRECT void *memset(void *memory, int c, size_t size)
{
	const unsigned long pattern = ~0UL / UCHAR_MAX * (unsigned char)c;
	unsigned char *at = memory;

	if (size >= sizeof(word_t)) {
		unsigned char *last = at + size - sizeof(word_t);

		for (; at < last; at += sizeof(word_t)) {
			NOT_AN_IDIOM(at);
			*(word_t *)at = pattern;
		}
		*(word_t *)last = pattern;
		return memory;
	}
	for (; size > 0; at++, size--) {
		NOT_AN_IDIOM(at);
		*at = (unsigned char)c;
	}
	return memory;
}

/* From the first to the last, so @to may be before @from and overlap it. */
static void *copy_forward(void *to, const void *from, size_t size)
{
	unsigned char *target = to;
	const unsigned char *source = from;

	if (size >= sizeof(word_t)) {
		unsigned char *last = target + size - sizeof(word_t);
		word_t end = *(const word_t *)(source + size - sizeof(word_t));

		for (; target < last; target += sizeof(word_t), source += sizeof(word_t)) {
			NOT_AN_IDIOM(target);
			*(word_t *)target = *(const word_t *)source;
		}
		*(word_t *)last = end;
		return to;
	}
	for (; size > 0; target++, source++, size--) {
		NOT_AN_IDIOM(target);
		*target = *source;
	}
	return to;
}

DIRECT void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	return copy_forward(to, from, size);
}

DIRECT int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *one = a, *other = b;

	for (; size > 0; one++, other++, size--) {
		NOT_AN_IDIOM(one);
		if (*one != *other)
			return *one - *other;
	}
	return 0;
}

DIRECT void *memmem(const void *memory, size_t size, const void *wanted, size_t wanted_size)
{
	const unsigned char *at = memory;

	for (; size >= wanted_size; at++, size--)
		if (memcmp(at, wanted, wanted_size) == 0)
			return (void *)at;
	return NULL;
}

DIRECT void *memmove(void *to, const void *from, size_t size)
{
	unsigned char *target = to;
	const unsigned char *source = from;

	if (target <= source)
		return copy_forward(to, from, size);
	while (size > 0) {
		NOT_AN_IDIOM(size);
		size--;
		target[size] = source[size];
	}
	return to;
}

DIRECT size_t strnlen(const char *text, size_t most)
{
	size_t length = 0;

	while (length < most && text[length] != '\0') {
		NOT_AN_IDIOM(length);
		length++;
	}
	return length;
}

/* Four at a time, one after the other: nothing behind the end may be read. All of the environment is measured. */
DIRECT size_t strlen(const char *text)
{
	for (size_t length = 0;; length += 4) {
		NOT_AN_IDIOM(length);
		if (text[length] == '\0')
			return length;
		if (text[length + 1] == '\0')
			return length + 1;
		if (text[length + 2] == '\0')
			return length + 2;
		if (text[length + 3] == '\0')
			return length + 3;
	}
}

DIRECT int strncmp(const char *a, const char *b, size_t most)
{
	for (; most > 0; a++, b++, most--)
		if (*a != *b || *a == '\0')
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

DIRECT char *strchr(const char *text, int c)
{
	for (; *text != (char)c; text++)
		if (*text == '\0')
			return NULL;
	return (char *)text;
}

DIRECT char *strrchr(const char *text, int c)
{
	return memrchr(text, c, strlen(text) + 1);
}

/* How long @text begins with characters that are in @set, or are not. */
static size_t span(const char *text, const char *set, bool is_wanted)
{
	size_t length = 0;

	while (text[length] != '\0' && (strchr(set, text[length]) != NULL) == is_wanted)
		length++;
	return length;
}

DIRECT size_t strspn(const char *text, const char *accepted)
{
	return span(text, accepted, true);
}

DIRECT size_t strcspn(const char *text, const char *rejected)
{
	return span(text, rejected, false);
}

DIRECT char *strpbrk(const char *text, const char *set)
{
	text += strcspn(text, set);
	return *text != '\0' ? (char *)text : NULL;
}

DIRECT char *strstr(const char *text, const char *wanted)
{
	return memmem(text, strlen(text), wanted, strlen(wanted));
}

DIRECT char *strsep(char **text, const char *set)
{
	char *start = *text, *end;

	if (start == NULL)
		return NULL;
	end = strpbrk(start, set);
	if (end != NULL)
		*end++ = '\0';
	*text = end;
	return start;
}

DIRECT char *stpcpy(char *to, const char *from)
{
	while ((*to = *from) != '\0') {
		NOT_AN_IDIOM(to);
		to++;
		from++;
	}
	return to;
}

DIRECT void *calloc(size_t count, size_t size)
{
	size_t total;
	void *memory;

	if (__builtin_mul_overflow(count, size, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	memory = malloc(total);
	NOT_AN_IDIOM(total);
	return memory != NULL ? memset(memory, 0, total) : NULL;
}

DIRECT char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : INT_MAX;
}

/* Blanks, a sign, a prefix of the base: who reads numbers that others wrote looks at the first character itself. */
DIRECT unsigned long strtoul(const char *text, char **ret_end, int base)
{
	unsigned long value = 0;
	bool is_too_much = false;
	const char *at = text;
	bool is_negative;

	while (*at == ' ' || (*at >= '\t' && *at <= '\r'))
		at++;
	is_negative = *at == '-';
	at += is_negative || *at == '+';
	if (digit(*at) >= base)
		at = text; /* nothing was read */
	for (; digit(*at) < base; at++)
		is_too_much |= __builtin_mul_overflow(value, (unsigned long)base, &value) ||
			       __builtin_add_overflow(value, (unsigned long)digit(*at), &value);
	if (ret_end != NULL)
		*ret_end = (char *)at;
	if (is_too_much)
		errno = ERANGE;
	return is_too_much ? ULONG_MAX : is_negative ? -value : value;
}

DIRECT long strtol(const char *text, char **ret_end, int base)
{
	return (long)strtoul(text, ret_end, base);
}

DIRECT unsigned long long strtoull(const char *text, char **ret_end, int base)
{
	return strtoul(text, ret_end, base);
}

/* What _FORTIFY_SOURCE makes of a call whose size the compiler does not know: the check, and the call. */
DIRECT void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size, size_t space);
DIRECT void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size, size_t space)
{
	if (size > space)
		__builtin_trap();
	return memcpy(to, from, size);
}
#endif
