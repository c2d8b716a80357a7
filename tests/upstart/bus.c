/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* D-Bus connections on our own loop; see bus.h. */
#include "bus.h"

#include <poll.h>
#include <stdlib.h>

#include "log.h"
#include "loop.h"
#include "objects.h"
#include "strv.h"

#define NAME "com.ubuntu.Upstart"

struct connection {
	struct connection *next;
	DBusConnection *dbus; /* NULL: closed, to be freed */
};

/* What we keep for a DBusWatch. */
struct watch {
	struct watch *next;
	DBusWatch *dbus;
	struct loop_fd *loop;
};

/* What we keep for a DBusTimeout. */
struct timeout {
	DBusTimeout *dbus;
	struct loop_timer *loop;
};

static struct connection *connections;
static struct watch *watches;
static DBusConnection *system_bus;
static bool hung;

/* -- libdbus on our loop */

static short wanted_events(const struct watch *watch)
{
	unsigned int flags = dbus_watch_get_flags(watch->dbus);

	if (hung || !dbus_watch_get_enabled(watch->dbus))
		return 0;
	return (short)((flags & DBUS_WATCH_READABLE ? POLLIN : 0) |
		       (flags & DBUS_WATCH_WRITABLE ? POLLOUT : 0));
}

static void on_watch(void *data, int fd, short revents)
{
	struct watch *watch = data;
	unsigned int flags = 0;

	(void)fd;
	if (revents & POLLIN)
		flags |= DBUS_WATCH_READABLE;
	if (revents & POLLOUT)
		flags |= DBUS_WATCH_WRITABLE;
	if (revents & POLLHUP)
		flags |= DBUS_WATCH_HANGUP;
	if (revents & POLLERR)
		flags |= DBUS_WATCH_ERROR;
	(void)dbus_watch_handle(watch->dbus, flags);
}

static dbus_bool_t add_watch(DBusWatch *dbus, void *data)
{
	struct watch *watch = xcalloc(1, sizeof *watch);

	(void)data;
	watch->dbus = dbus;
	watch->loop =
		loop_fd_add(dbus_watch_get_unix_fd(dbus), wanted_events(watch), on_watch, watch);
	watch->next = watches;
	watches = watch;
	dbus_watch_set_data(dbus, watch, NULL);
	return TRUE;
}

static void toggle_watch(DBusWatch *dbus, void *data)
{
	struct watch *watch = dbus_watch_get_data(dbus);

	(void)data;
	loop_fd_set_events(watch->loop, wanted_events(watch));
}

static void remove_watch(DBusWatch *dbus, void *data)
{
	struct watch *watch = dbus_watch_get_data(dbus), **p = &watches;

	(void)data;
	while (*p != watch)
		p = &(*p)->next;
	*p = watch->next;
	loop_fd_remove(watch->loop);
	free(watch);
}

static void arm(struct timeout *timeout);

static void on_timeout(void *data)
{
	struct timeout *timeout = data;

	timeout->loop = NULL;
	if (!hung)
		(void)dbus_timeout_handle(timeout->dbus);
	arm(timeout);
}

static void arm(struct timeout *timeout)
{
	loop_timer_remove(timeout->loop);
	timeout->loop = NULL;
	if (dbus_timeout_get_enabled(timeout->dbus))
		timeout->loop = loop_timer_add(dbus_timeout_get_interval(timeout->dbus), on_timeout,
					       timeout);
}

static dbus_bool_t add_timeout(DBusTimeout *dbus, void *data)
{
	struct timeout *timeout = xcalloc(1, sizeof *timeout);

	(void)data;
	timeout->dbus = dbus;
	dbus_timeout_set_data(dbus, timeout, NULL);
	arm(timeout);
	return TRUE;
}

static void toggle_timeout(DBusTimeout *dbus, void *data)
{
	(void)data;
	arm(dbus_timeout_get_data(dbus));
}

static void remove_timeout(DBusTimeout *dbus, void *data)
{
	struct timeout *timeout = dbus_timeout_get_data(dbus);

	(void)data;
	loop_timer_remove(timeout->loop);
	free(timeout);
}

void bus_set_hung(bool is_hung)
{
	hung = is_hung;
	for (struct watch *watch = watches; watch; watch = watch->next)
		loop_fd_set_events(watch->loop, wanted_events(watch));
}

/* -- connections */

static void adopt(DBusConnection *dbus)
{
	struct connection *connection = xcalloc(1, sizeof *connection);

	connection->dbus = dbus;
	connection->next = connections;
	connections = connection;
	dbus_connection_set_exit_on_disconnect(dbus, FALSE);
	if (!dbus_connection_set_watch_functions(dbus, add_watch, remove_watch, toggle_watch, NULL,
						 NULL) ||
	    !dbus_connection_set_timeout_functions(dbus, add_timeout, remove_timeout,
						   toggle_timeout, NULL, NULL) ||
	    !dbus_connection_add_filter(dbus, objects_filter, NULL, NULL))
		abort();
}

static void sweep(void)
{
	for (struct connection **p = &connections; *p;) {
		struct connection *connection = *p;

		if (dbus_connection_get_is_connected(connection->dbus)) {
			p = &connection->next;
			continue;
		}
		if (connection->dbus == system_bus)
			system_bus = NULL;
		*p = connection->next;
		dbus_connection_unref(connection->dbus);
		free(connection);
	}
}

void bus_poll(void)
{
	if (hung)
		return;
	for (struct connection *c = connections; c; c = c->next)
		while (dbus_connection_dispatch(c->dbus) == DBUS_DISPATCH_DATA_REMAINS)
			;
	sweep();
}

void bus_broadcast(DBusMessage *signal)
{
	for (struct connection *c = connections; c; c = c->next)
		if (dbus_connection_get_is_authenticated(c->dbus))
			(void)dbus_connection_send(c->dbus, signal, NULL);
}

/* Who may talk to us is libdbus's default: our own user and root; others are closed after AUTH. */
static void on_new_connection(DBusServer *server, DBusConnection *dbus, void *data)
{
	(void)server;
	(void)data;
	adopt(dbus_connection_ref(dbus));
}

bool bus_listen(const char *address)
{
	DBusError error = DBUS_ERROR_INIT;
	DBusServer *server = dbus_server_listen(address, &error);

	if (!server) {
		log_line("Unable to listen for private connections: %s", error.message);
		dbus_error_free(&error);
		return false;
	}
	dbus_server_set_new_connection_function(server, on_new_connection, NULL, NULL);
	return dbus_server_set_watch_functions(server, add_watch, remove_watch, toggle_watch, NULL,
					       NULL) &&
	       dbus_server_set_timeout_functions(server, add_timeout, remove_timeout,
						 toggle_timeout, NULL, NULL);
}

bool bus_connect_system(void)
{
	DBusError error = DBUS_ERROR_INIT;
	DBusConnection *dbus;

	if (system_bus)
		return true;
	dbus = dbus_bus_get_private(DBUS_BUS_SYSTEM, &error);
	if (dbus)
		(void)dbus_bus_request_name(dbus, NAME, DBUS_NAME_FLAG_DO_NOT_QUEUE, &error);
	if (dbus_error_is_set(&error)) {
		log_line("Unable to connect to the system bus: %s", error.message);
		dbus_error_free(&error);
		if (dbus) {
			dbus_connection_close(dbus);
			dbus_connection_unref(dbus);
		}
		return false;
	}
	adopt(dbus);
	system_bus = dbus;
	return true;
}
