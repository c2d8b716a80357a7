/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See bus-query/watch.h. */
#include "bus-query/watch.h"

#include <poll.h>
#include <stdio.h>

#include "base/util.h"
#include "bus-query/reply.h"

/* Pauses between attempts to reach a bus that is not there. */
#define FIRST_PAUSE_MS 10
#define LAST_PAUSE_MS 500

#define NO_OWNER "-\n"
#define NO_BUS "!\n"
#define UNKNOWN_OWNER "0\n"

struct name_watch {
	struct link link;
	const char *name;
	dbus_uint32_t match_serial, owner_serial, pid_serial; /* of calls without an answer, or 0 */
	char printed[16];
	bool is_refused; /* this bus will not tell us of changes */
	bool is_over;    /* nobody reads us */
};

/* A state is worth a line only when it changes. */
static void print(struct name_watch *watch, const char *line)
{
	if (is_equal(watch->printed, line))
		return;
	(void)snprintf(watch->printed, sizeof(watch->printed), "%s", line);
	if (fputs(line, stdout) < 0 || fflush(stdout) != 0)
		watch->is_over = true;
}

/* Calls a method of the bus that takes a string, and returns the call's serial; 0: it cannot. */
static dbus_uint32_t call_bus(struct name_watch *watch, const char *method, const char *argument)
{
	cleanup_dbus_message DBusMessage *message =
		dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS,
					     method);
	dbus_uint32_t serial = 0;

	if (message == NULL ||
	    !dbus_message_append_args(message, DBUS_TYPE_STRING, &argument, DBUS_TYPE_INVALID) ||
	    !dbus_connection_send(watch->link.connection, message, &serial))
		return 0;
	return serial;
}

/*
 * The match before the question: the bus works in order, so whatever changes after its answer makes
 * a signal, and what a signal says before it is old.
 */
static bool subscribe(struct name_watch *watch)
{
	char rule[512];

	(void)snprintf(rule, sizeof(rule),
		       "type='signal',sender='" DBUS_SERVICE_DBUS "',path='" DBUS_PATH_DBUS
		       "',interface='" DBUS_INTERFACE_DBUS "',member='NameOwnerChanged',arg0='%s'",
		       watch->name);
	watch->is_refused = false;
	watch->pid_serial = 0;
	watch->match_serial = call_bus(watch, "AddMatch", rule);
	if (watch->match_serial == 0)
		return false;
	watch->owner_serial = call_bus(watch, "GetNameOwner", watch->name);
	return watch->owner_serial != 0;
}

/* @owner is a unique name, or empty. Its pid is asked for once more whenever it changes. */
static void take_owner(struct name_watch *watch, const char *owner)
{
	watch->pid_serial = 0;
	if (owner[0] == '\0')
		print(watch, NO_OWNER);
	else if (watch->link.is_foreign)
		print(watch, UNKNOWN_OWNER);
	else
		watch->pid_serial = call_bus(watch, "GetConnectionUnixProcessID", owner);
}

static void take_signal(struct name_watch *watch, DBusMessage *message)
{
	const char *name, *old_owner, *new_owner;

	/* Anybody may send us a signal of this name, but only the bus can be its sender. */
	if (!dbus_message_has_sender(message, DBUS_SERVICE_DBUS) ||
	    !dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING,
				   &old_owner, DBUS_TYPE_STRING, &new_owner, DBUS_TYPE_INVALID) ||
	    !is_equal(name, watch->name))
		return;
	watch->owner_serial = 0;
	take_owner(watch, new_owner);
}

static void take_owner_reply(struct name_watch *watch, DBusMessage *message)
{
	const char *owner = "";

	watch->owner_serial = 0;
	if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_RETURN)
		(void)dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &owner,
					    DBUS_TYPE_INVALID);
	take_owner(watch, owner);
}

/* An owner that has gone meanwhile is an error here, and then a signal. */
static void take_pid_reply(struct name_watch *watch, DBusMessage *message)
{
	dbus_uint32_t pid;
	char line[16];

	watch->pid_serial = 0;
	if (dbus_message_is_error(message, DBUS_ERROR_NAME_HAS_NO_OWNER))
		return;
	if (!dbus_message_get_args(message, NULL, DBUS_TYPE_UINT32, &pid, DBUS_TYPE_INVALID))
		pid = 0;
	(void)snprintf(line, sizeof(line), "%u\n", pid);
	print(watch, line);
}

static void take_message(struct name_watch *watch, DBusMessage *message)
{
	dbus_uint32_t serial = dbus_message_get_reply_serial(message);

	if (dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameOwnerChanged"))
		take_signal(watch, message);
	else if (serial != 0 && serial == watch->match_serial)
		watch->is_refused = dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_ERROR;
	else if (serial != 0 && serial == watch->owner_serial)
		take_owner_reply(watch, message);
	else if (serial != 0 && serial == watch->pid_serial)
		take_pid_reply(watch, message);
}

/* Sleeps until the bus has said something, or until nobody reads us: then returns false. */
static bool wait_for_bus(const struct name_watch *watch, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = -1, .events = POLLIN }, { .fd = STDOUT_FILENO }, /* POLLERR: no reader is left */
	};

	if (watch->link.connection != NULL) {
		(void)dbus_connection_get_socket(watch->link.connection, &fds[0].fd);
		if (dbus_connection_has_messages_to_send(watch->link.connection))
			fds[0].events |= POLLOUT;
	}
	(void)poll(fds, ARRAY_SIZE(fds), timeout_ms);
	return (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

static void take_messages(struct name_watch *watch)
{
	DBusMessage *message;

	while (!watch->is_refused &&
	       (message = dbus_connection_pop_message(watch->link.connection)) != NULL) {
		take_message(watch, message);
		dbus_message_unref(message);
	}
}

/* As long as there is this bus, and it tells us. */
static void follow(struct name_watch *watch)
{
	bool is_there = subscribe(watch);

	while (is_there && !watch->is_over) {
		is_there = dbus_connection_read_write(watch->link.connection, 0);
		take_messages(watch);
		/* What was just asked is to be sent before we sleep. */
		is_there = is_there && !watch->is_refused &&
			   dbus_connection_read_write(watch->link.connection, 0);
		if (is_there && dbus_connection_get_dispatch_status(watch->link.connection) ==
					DBUS_DISPATCH_COMPLETE)
			watch->is_over = !wait_for_bus(watch, -1);
	}
}

void watch_name(const struct route *route, const char *name)
{
	struct name_watch watch = { .name = name };
	int pause_ms = FIRST_PAUSE_MS;

	while (!watch.is_over) {
		watch.link.reasons[0] = '\0';
		if (link_open(&watch.link, route) == ANSWERED) {
			follow(&watch);
			pause_ms = watch.is_refused ? LAST_PAUSE_MS : FIRST_PAUSE_MS;
			link_close(&watch.link);
		}
		if (watch.is_over)
			break;
		print(&watch, NO_BUS);
		watch.is_over = !wait_for_bus(&watch, pause_ms);
		pause_ms = pause_ms * 2 < LAST_PAUSE_MS ? pause_ms * 2 : LAST_PAUSE_MS;
	}
}
