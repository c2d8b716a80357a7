/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What bus-query reads out of a reply. It comes from another process and is not trusted: the type
 * must be exactly the one asked for, and what cannot be printed unambiguously is refused. No input
 * but the message and no output but the return values, so these functions can be fuzzed.
 */
#ifndef CIB_BUS_QUERY_REPLY_H
#define CIB_BUS_QUERY_REPLY_H

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/ask.h"

/* What will be printed, once it is complete. */
struct answer {
	size_t length;
	bool is_full; /* there was more of it */
	char text[BUS_ANSWER_MAX];
};

static inline void free_dbus_message(DBusMessage **message)
{
	if (*message != NULL)
		dbus_message_unref(*message);
}

static inline void free_dbus_string(char **text)
{
	dbus_free(*text);
}

#define cleanup_dbus_message __attribute__((cleanup(free_dbus_message)))
#define cleanup_dbus_string __attribute__((cleanup(free_dbus_string)))
#define cleanup_dbus_error __attribute__((cleanup(dbus_error_free)))

/* All return false if the reply is not what it should be, or the answer is full. */

/* The object path that is the whole reply; it belongs to @reply. */
bool reply_read_path(DBusMessage *reply, const char **ret_path);

/* An array of object paths, for reply_next_path(), which returns NULL at the end. */
bool reply_open_paths(DBusMessage *reply, DBusMessageIter *ret_paths);
const char *reply_next_path(DBusMessageIter *paths);

/* A property that is a string, added as a line. */
bool reply_read_line(DBusMessage *reply, struct answer *answer);

/* The same for a property that is a number, in decimal digits. */
bool reply_read_number(DBusMessage *reply, struct answer *answer);

/* Upstart's "processes", a(si): is @pid one of them? */
bool reply_has_process(DBusMessage *reply, uint32_t pid, bool *ret_found);

/* Upstart's "start_on", aas: each word ends with a NUL, and each operator with one more. */
bool reply_read_start_on(DBusMessage *reply, struct answer *answer);

#endif
