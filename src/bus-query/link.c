/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See bus-query/link.h. */
#include "bus-query/link.h"

#include <linux/sockios.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "base/util.h"
#include "bus-query/reply.h"

#define SYSTEM_BUS "DBUS_SYSTEM_BUS_ADDRESS"

#define FIRST_PAUSE_NS 10000L
#define LAST_PAUSE_NS 10000000L
#define MAX_MESSAGE 65536L  /* bytes, of which what we want may be a part */
#define MAX_UNREAD 4194304L /* bytes of signals that arrive while we wait for a reply */

enum verdict link_fail(struct link *link, const char *format, ...)
{
	size_t used = strlen(link->reasons), space = sizeof(link->reasons) - used;
	char text[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)snprintf(link->reasons + used, space, "%s%s: %s", used > 0 ? "; " : "",
		       link->route->label, text);
	return CANNOT_ASK;
}

/* ---- addresses ---- */

/* The address of the socket @name in $XDG_RUNTIME_DIR. */
static char *new_runtime_address(const char *name)
{
	const char *dir = secure_getenv("XDG_RUNTIME_DIR");
	cleanup_dbus_string char *escaped = NULL;
	char *address;

	if (dir == NULL || *dir != '/')
		return NULL;
	escaped = dbus_address_escape_value(dir);
	if (escaped == NULL || asprintf(&address, "unix:path=%s/%s", escaped, name) < 0)
		return NULL;
	return address;
}

static char *new_user_private_address(void)
{
	return new_runtime_address("systemd/private");
}

static char *new_session_bus_address(void)
{
	const char *address = secure_getenv("DBUS_SESSION_BUS_ADDRESS");

	return address != NULL ? strdup(address) : new_runtime_address("bus");
}

static char *new_systemd_address(void)
{
	return strdup("unix:path=/run/systemd/private");
}

static char *new_system_bus_address(void)
{
	const char *address = secure_getenv(SYSTEM_BUS);

	return strdup(address != NULL ? address
				      : "unix:path=/run/dbus/system_bus_socket;"
					"unix:path=/var/run/dbus/system_bus_socket");
}

static char *new_upstart_address(void)
{
	const char *address = secure_getenv("UPSTART_SESSION");

	return strdup(address != NULL ? address : "unix:abstract=/com/ubuntu/upstart");
}

/* A session init is on no bus: the Upstart of the system bus is another one. */
static char *new_upstart_bus_address(void)
{
	return secure_getenv("UPSTART_SESSION") != NULL ? NULL : new_system_bus_address();
}

const struct route systemd_user_routes[] = {
	{ "user manager", new_user_private_address, NULL, NULL, false },
	{ "session bus", new_session_bus_address, "org.freedesktop.systemd1", NULL, false },
	{ NULL, NULL, NULL, NULL, false },
};

const struct route systemd_routes[] = {
	{ "systemd", new_systemd_address, NULL, NULL, false },
	{ "system bus", new_system_bus_address, "org.freedesktop.systemd1", SYSTEM_BUS, false },
	{ NULL, NULL, NULL, NULL, false },
};

/* Upstart closes its private socket to everybody but root; the bus serves all. */
const struct route upstart_routes[] = {
	{ "upstart", new_upstart_address, NULL, NULL, false },
	{ "system bus", new_upstart_bus_address, "com.ubuntu.Upstart", SYSTEM_BUS, false },
	{ NULL, NULL, NULL, NULL, false },
};

/* The bus itself. */
const struct route system_bus_routes[] = {
	{ "system bus", new_system_bus_address, DBUS_SERVICE_DBUS, SYSTEM_BUS, true },
	{ NULL, NULL, NULL, NULL, false },
};

const struct route session_bus_routes[] = {
	{ "session bus", new_session_bus_address, DBUS_SERVICE_DBUS, NULL, true },
	{ NULL, NULL, NULL, NULL, false },
};

/* libdbus also knows addresses that run programs (unixexec:, autolaunch:) or leave the machine. */
static bool is_local(const char *address)
{
	DBusAddressEntry **entries;
	bool all = true;
	int n;

	if (!dbus_parse_address(address, &entries, &n, NULL))
		return false;
	for (int i = 0; i < n; i++)
		all = all && is_equal(dbus_address_entry_get_method(entries[i]), "unix");
	dbus_address_entries_free(entries);
	return all;
}

/* ---- one exchange ---- */

/* Managers send signals on a private connection unasked; unread they would fill its buffer. */
static void drop_unsolicited(DBusConnection *connection)
{
	DBusMessage *message;

	while ((message = dbus_connection_pop_message(connection)) != NULL)
		dbus_message_unref(message);
}

/* Sends @message and waits for the reply for as long as our caller lets us live. */
static enum verdict exchange(struct link *link, DBusMessage *message, const struct method *method,
			     DBusMessage **ret_reply)
{
	cleanup_dbus_error DBusError error = DBUS_ERROR_INIT;

	dbus_message_set_auto_start(message, FALSE); /* what does not run did not start us */
	*ret_reply = dbus_connection_send_with_reply_and_block(link->connection, message,
							       DBUS_TIMEOUT_INFINITE, &error);
	drop_unsolicited(link->connection);
	if (*ret_reply != NULL)
		return ANSWERED;
	for (size_t i = 0; i < ARRAY_SIZE(method->absent) && method->absent[i] != NULL; i++)
		if (dbus_error_has_name(&error, method->absent[i]))
			return NO_SUCH_THING;
	return link_fail(link, "%s: %s", method->name, error.message);
}

enum verdict link_call(struct link *link, const char *path, const struct method *method,
		       DBusMessage **ret_reply, int first_type, ...)
{
	cleanup_dbus_message DBusMessage *message =
		dbus_message_new_method_call(link->route->bus_name, path, method->interface,
					     method->name);
	bool is_complete;
	va_list args;

	va_start(args, first_type);
	is_complete = message != NULL && dbus_message_append_args_valist(message, first_type, args);
	va_end(args);
	if (!is_complete)
		return link_fail(link, "out of memory");
	return exchange(link, message, method, ret_reply);
}

/* A bus listens only to those who have said hello. */
static enum verdict say_hello(struct link *link)
{
	static const struct method hello = { DBUS_INTERFACE_DBUS, "Hello", { NULL } };
	cleanup_dbus_message DBusMessage *reply = NULL;
	cleanup_dbus_message DBusMessage *message =
		dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, hello.interface,
					     hello.name);

	if (message == NULL)
		return link_fail(link, "out of memory");
	return exchange(link, message, &hello, &reply);
}

/* Where only root can listen, whoever does is what root has put there: dbus-daemon changes its user. */
static bool is_at_its_place(const struct route *route)
{
	return route->variable != NULL && secure_getenv(route->variable) == NULL;
}

/*
 * Who is at the other end? Any user can take an abstract name, and a variable, which sudo(8) may have
 * kept, can name any user's bus: the peer must be root or ourselves. One outside our pid namespace, which shows as pid 0, would take our pids for others.
 */
static enum verdict check_peer(struct link *link)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);
	int fd;

	if (!dbus_connection_get_socket(link->connection, &fd) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return link_fail(link, "cannot tell who answers");
	if (!is_at_its_place(link->route) && peer.uid != 0 && peer.uid != geteuid())
		return link_fail(link, "the peer belongs to uid %u, neither root nor us", peer.uid);
	link->is_foreign = peer.pid == 0;
	if (link->is_foreign && !link->route->any_pid_namespace)
		return link_fail(link, "the peer is outside our pid namespace");
	return ANSWERED;
}

/* Returns once the peer has read all that was sent to it. There is no event to wait for. */
static void wait_until_read(int fd)
{
	struct timespec pause = { .tv_nsec = FIRST_PAUSE_NS };
	int unread;

	while (ioctl(fd, SIOCOUTQ, &unread) == 0 && unread > 0) {
		(void)nanosleep(&pause, NULL);
		if (pause.tv_nsec < LAST_PAUSE_NS)
			pause.tv_nsec *= 2;
	}
}

/*
 * systemd (seen with 252) leaves a call unanswered that it reads in one go with the last line of
 * the authentication: it then waits for more input. So the first call must not catch up with it.
 */
static enum verdict authenticate(struct link *link)
{
	int fd;

	while (!dbus_connection_get_is_authenticated(link->connection))
		if (!dbus_connection_read_write(link->connection, -1))
			return link_fail(link, "the peer closed the connection");
	if (dbus_connection_get_socket(link->connection, &fd))
		wait_until_read(fd);
	return ANSWERED;
}

static enum verdict connect_to(struct link *link, const char *address)
{
	cleanup_dbus_error DBusError error = DBUS_ERROR_INIT;

	if (!is_local(address))
		return link_fail(link, "%s is not the address of a unix socket", address);
	link->connection = dbus_connection_open_private(address, &error);
	if (link->connection == NULL)
		return link_fail(link, "%s", error.message);
	dbus_connection_set_exit_on_disconnect(link->connection, FALSE);
	dbus_connection_set_max_message_size(link->connection, MAX_MESSAGE);
	dbus_connection_set_max_received_size(link->connection, MAX_UNREAD);
	dbus_connection_set_max_message_unix_fds(link->connection, 0);
	return check_peer(link);
}

enum verdict link_open(struct link *link, const struct route *route)
{
	cleanup_free char *address = route->new_address();
	enum verdict verdict;

	link->route = route;
	if (address == NULL)
		return CANNOT_ASK;
	verdict = connect_to(link, address);
	if (verdict == ANSWERED)
		verdict = route->bus_name == NULL ? authenticate(link) : say_hello(link);
	if (verdict != ANSWERED)
		link_close(link);
	return verdict;
}

void link_close(struct link *link)
{
	if (link->connection == NULL)
		return;
	dbus_connection_close(link->connection);
	dbus_connection_unref(link->connection);
	link->connection = NULL;
}
