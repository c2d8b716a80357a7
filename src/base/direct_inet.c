/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * inet_pton(3) and inet_ntop(3), see base/direct.h: RFC 4291, 2.2, and as strict as the C library's. Four decimal numbers
 * without zeros in front of them; or words of at most four hexadecimal digits, of which the last two may be written as the
 * four, and one run of zeros may be left out. Printed as RFC 5952 has it.
 */
#include "base/direct.h"

#if CIB_IS_DIRECT
# undef _FORTIFY_SOURCE
# include <arpa/inet.h>
# include <errno.h>
# include <stdbool.h>
# include <stddef.h>
# include <stdint.h>
# include <stdio.h>
# include <string.h>

# define N_WORDS 8
# define NO_GAP 17 /* behind what may be one */

static bool read_ipv4(const char *text, uint8_t bytes[static 4])
{
	for (int i = 0; i < 4; i++) {
		const char *start = text;
		unsigned int value = 0;

		for (; *text >= '0' && *text <= '9' && text - start < 4; text++)
			value = value * 10 + (unsigned int)(*text - '0');
		if (text == start || value > 255 || (*start == '0' && text - start > 1) ||
		    *text != (i < 3 ? '.' : '\0'))
			return false;
		bytes[i] = (uint8_t)value;
		text++;
	}
	return true;
}

/* The value of a hexadecimal digit, or -1. */
static int hexadecimal(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a word of one to four digits at @text; NULL: there is none. */
static const char *read_word(const char *text, uint8_t bytes[static 2])
{
	unsigned int value = 0;
	int n = 0;

	for (; hexadecimal(text[n]) >= 0; n++) {
		if (n == 4)
			return NULL;
		value = value << 4 | (unsigned int)hexadecimal(text[n]);
	}
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
	return n > 0 ? text + n : NULL;
}

/* Each turn begins where a word may, behind a colon or at the beginning. */
static bool read_ipv6(const char *text, uint8_t bytes[static 16])
{
	size_t used = 0, gap = NO_GAP; /* where zeros are left out */

	if (text[0] == ':' && text[1] != ':')
		return false;
	if (text[0] == ':')
		text++;
	while (*text != '\0') {
		const char *end;

		if (*text == ':') {
			if (gap != NO_GAP)
				return false;
			gap = used;
			text++;
			continue;
		}
		if (used + 4 <= 16 && read_ipv4(text, bytes + used)) {
			used += 4;
			break;
		}
		end = used + 2 <= 16 ? read_word(text, bytes + used) : NULL;
		if (end == NULL || (*end != '\0' && (*end != ':' || end[1] == '\0')))
			return false;
		used += 2;
		text = *end == ':' ? end + 1 : end;
	}
	if (gap == NO_GAP || used == 16)
		return gap == NO_GAP && used == 16;
	memmove(bytes + 16 - (used - gap), bytes + gap, used - gap);
	memset(bytes + gap, 0, 16 - used);
	return true;
}

DIRECT int inet_pton(int family, const char *restrict text, void *restrict ret_address)
{
	uint8_t bytes[16];
	bool is_read;

	if (family != AF_INET && family != AF_INET6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	is_read = family == AF_INET ? read_ipv4(text, bytes) : read_ipv6(text, bytes);
	if (is_read)
		memcpy(ret_address, bytes, family == AF_INET ? 4 : 16);
	return is_read ? 1 : 0;
}

/* The longest run of zeros, the first of several; one word alone is not left out. */
static int find_zeros(const unsigned int words[static N_WORDS], int *ret_length)
{
	int at = -1, length = 1;

	for (int i = 0; i < N_WORDS; i++) {
		int n = 0;

		while (i + n < N_WORDS && words[i + n] == 0)
			n++;
		if (n > length) {
			at = i;
			length = n;
		}
	}
	*ret_length = length;
	return at;
}

static size_t print_ipv4(const uint8_t bytes[static 4], char *text, size_t size)
{
	return (size_t)snprintf(text, size, "%d.%d.%d.%d", bytes[0], bytes[1], bytes[2], bytes[3]);
}

static void print_ipv6(const uint8_t bytes[static 16], char *text, size_t size)
{
	unsigned int words[N_WORDS];
	int length, zeros;
	size_t used = 0;

	for (size_t i = 0; i < N_WORDS; i++)
		words[i] = (unsigned int)bytes[2 * i] << 8 | bytes[2 * i + 1];
	zeros = find_zeros(words, &length);
	for (int i = 0; i < N_WORDS; i++) {
		if (i == zeros) {
			used += (size_t)snprintf(text + used, size - used, i == 0 ? "::" : ":");
			i += length - 1;
			continue;
		}
		/* An IPv4 address that is written as one of IPv6. */
		if (i == 6 && zeros == 0 && (length == 6 || (length == 5 && words[5] == 0xffff))) {
			(void)print_ipv4(bytes + 12, text + used, size - used);
			return;
		}
		used += (size_t)snprintf(text + used, size - used, i < N_WORDS - 1 ? "%x:" : "%x",
					 words[i]);
	}
}

DIRECT const char *inet_ntop(int family, const void *restrict address, char *restrict text,
			     socklen_t size)
{
	char whole[INET6_ADDRSTRLEN];

	if (family != AF_INET && family != AF_INET6) {
		errno = EAFNOSUPPORT;
		return NULL;
	}
	if (family == AF_INET)
		(void)print_ipv4(address, whole, sizeof(whole));
	else
		print_ipv6(address, whole, sizeof(whole));
	if (strlen(whole) >= size) {
		errno = ENOSPC;
		return NULL;
	}
	return memcpy(text, whole, strlen(whole) + 1);
}
#endif
