/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Writes JSON (RFC 8259): commas, quotes and escapes are seen to here. What is not UTF-8, as
 * arguments and paths may be, becomes U+FFFD. For what is printed on demand; nothing of it is used at a
 * start.
 *
 * A @key is NULL in a list, and for the outermost value.
 */
#ifndef CIB_BASE_JSON_H
#define CIB_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct output;

struct json {
	struct output *out; /* borrowed */
	bool is_not_first;  /* in the object or list that is open */
};

/*
 * Each writes a member with the name @key, which needs no escaping, or, if @key is NULL, an element of a
 * list: json_open() one that goes on until json_close(), of the same kind.
 */
void json_open(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                 /* '}' or ']' */

/* @text, or null if it is NULL; the first @length bytes of it; a number; true or false. */
void json_text(struct json *json, const char *key, const char *text);
void json_part(struct json *json, const char *key, const char *text, size_t length);
void json_number(struct json *json, const char *key, long number);
void json_bool(struct json *json, const char *key, bool value);

#endif
