/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/json.h. */
#include "base/json.h"

#include <string.h>

#include "base/output.h"

/*
 * The length of the character at @text, of at most @left bytes, or 0: it is not UTF-8 (RFC 3629: no
 * longer than needed, no surrogates, nothing above U+10FFFF).
 */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	static const struct {
		unsigned char first, last, second_first, second_last, length;
	} rows[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (text[0] < rows[i].first || text[0] > rows[i].last)
			continue;
		if (rows[i].length > left)
			return 0;
		if (rows[i].length > 1 &&
		    (text[1] < rows[i].second_first || text[1] > rows[i].second_last))
			return 0;
		for (size_t j = 2; j < rows[i].length; j++) {
			if ((text[j] & 0xc0) != 0x80)
				return 0;
		}
		return rows[i].length;
	}
	return 0;
}

static void write_string(struct output *out, const char *text, size_t length)
{
	const unsigned char *next = (const unsigned char *)text;

	output_char(out, '"');
	while (length > 0) {
		size_t n = utf8_length(next, length);

		if (n == 0)
			output_add(out, "\\ufffd");
		else if (*next < ' ' || *next == 0x7f)
			output_format(out, "\\u%04x", *next);
		else if (*next == '"' || *next == '\\')
			output_format(out, "\\%c", *next);
		else
			output_add_part(out, (const char *)next, n);
		n = n == 0 ? 1 : n;
		next += n;
		length -= n;
	}
	output_char(out, '"');
}

static void begin(struct json *json, const char *key)
{
	if (json->is_not_first)
		output_add(json->out, ", ");
	json->is_not_first = true;
	if (key == NULL)
		return;
	write_string(json->out, key, strlen(key));
	output_add(json->out, ": ");
}

void json_open(struct json *json, const char *key, char bracket)
{
	begin(json, key);
	output_char(json->out, bracket);
	json->is_not_first = false;
}

void json_close(struct json *json, char bracket)
{
	output_char(json->out, bracket);
	json->is_not_first = true;
}

void json_part(struct json *json, const char *key, const char *text, size_t length)
{
	begin(json, key);
	write_string(json->out, text, length);
}

void json_text(struct json *json, const char *key, const char *text)
{
	if (text != NULL) {
		json_part(json, key, text, strlen(text));
		return;
	}
	begin(json, key);
	output_add(json->out, "null");
}

void json_number(struct json *json, const char *key, long number)
{
	begin(json, key);
	output_format(json->out, "%ld", number);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin(json, key);
	output_add(json->out, value ? "true" : "false");
}
