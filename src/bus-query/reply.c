/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See bus-query/reply.h. */
#include "bus-query/reply.h"

#include <stdio.h>

#include "base/util.h"

/* Appends @text and its @terminator. A text that contains the terminator would read as two. */
static bool add_text(struct answer *answer, const char *text, char terminator)
{
	const char terminators[] = { terminator, '\0' };
	size_t length = strcspn(text, terminators);

	if (text[length] != '\0')
		return false;
	answer->is_full = length >= sizeof(answer->text) - answer->length;
	if (answer->is_full)
		return false;
	memcpy(answer->text + answer->length, text, length);
	answer->length += length;
	answer->text[answer->length++] = terminator;
	return true;
}

bool reply_read_path(DBusMessage *reply, const char **ret_path)
{
	return dbus_message_has_signature(reply, "o") &&
	       dbus_message_get_args(reply, NULL, DBUS_TYPE_OBJECT_PATH, ret_path, DBUS_TYPE_INVALID);
}

bool reply_open_paths(DBusMessage *reply, DBusMessageIter *ret_paths)
{
	DBusMessageIter top;

	if (!dbus_message_has_signature(reply, "ao") || !dbus_message_iter_init(reply, &top))
		return false;
	dbus_message_iter_recurse(&top, ret_paths);
	return true;
}

const char *reply_next_path(DBusMessageIter *paths)
{
	const char *path;

	if (dbus_message_iter_get_arg_type(paths) != DBUS_TYPE_OBJECT_PATH)
		return NULL;
	dbus_message_iter_get_basic(paths, &path);
	(void)dbus_message_iter_next(paths);
	return path;
}

/* Finds the value in the reply to Properties.Get, if it is of the type that @signature says. */
static bool open_property(DBusMessage *reply, const char *signature, DBusMessageIter *ret_value)
{
	cleanup_dbus_string char *found = NULL;
	DBusMessageIter top;

	if (!dbus_message_has_signature(reply, "v") || !dbus_message_iter_init(reply, &top))
		return false;
	dbus_message_iter_recurse(&top, ret_value);
	found = dbus_message_iter_get_signature(ret_value);
	return found != NULL && is_equal(found, signature);
}

bool reply_read_line(DBusMessage *reply, struct answer *answer)
{
	DBusMessageIter value;
	const char *text;

	if (!open_property(reply, "s", &value))
		return false;
	dbus_message_iter_get_basic(&value, &text);
	return add_text(answer, text, '\n');
}

bool reply_read_number(DBusMessage *reply, struct answer *answer)
{
	DBusMessageIter value;
	dbus_uint64_t number;
	char digits[24];

	if (!open_property(reply, "t", &value))
		return false;
	dbus_message_iter_get_basic(&value, &number);
	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	return add_text(answer, digits, '\n');
}

bool reply_has_process(DBusMessage *reply, uint32_t pid, bool *ret_found)
{
	DBusMessageIter value, processes, process;
	bool found = false;
	dbus_int32_t other;

	if (!open_property(reply, "a(si)", &value))
		return false;
	dbus_message_iter_recurse(&value, &processes);
	while (dbus_message_iter_get_arg_type(&processes) == DBUS_TYPE_STRUCT) {
		dbus_message_iter_recurse(&processes, &process);
		(void)dbus_message_iter_next(&process); /* past "main" or "post-start" */
		dbus_message_iter_get_basic(&process, &other);
		found = found || (other > 0 && (uint32_t)other == pid);
		(void)dbus_message_iter_next(&processes);
	}
	*ret_found = found;
	return true;
}

/* An empty word, or an operator without words, would read as the end of an operator. */
static bool read_operator(DBusMessageIter *operator, struct answer * answer)
{
	DBusMessageIter words;
	const char *word;

	dbus_message_iter_recurse(operator, & words);
	if (dbus_message_iter_get_arg_type(&words) != DBUS_TYPE_STRING)
		return false;
	do {
		dbus_message_iter_get_basic(&words, &word);
		if (*word == '\0' || !add_text(answer, word, '\0'))
			return false;
	} while (dbus_message_iter_next(&words));
	return add_text(answer, "", '\0');
}

bool reply_read_start_on(DBusMessage *reply, struct answer *answer)
{
	DBusMessageIter value, operators;

	if (!open_property(reply, "aas", &value))
		return false;
	dbus_message_iter_recurse(&value, &operators);
	while (dbus_message_iter_get_arg_type(&operators) == DBUS_TYPE_ARRAY) {
		if (!read_operator(&operators, answer))
			return false;
		(void)dbus_message_iter_next(&operators);
	}
	return true;
}
