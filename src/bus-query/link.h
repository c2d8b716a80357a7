/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * How bus-query reaches a service manager: the routes that lead to one, in the order in which they
 * are tried (its private socket, then a bus), who may be at the other end, and one call.
 */
#ifndef CIB_BUS_QUERY_LINK_H
#define CIB_BUS_QUERY_LINK_H

#include <dbus/dbus.h>
#include <stdbool.h>

/* The exit status of the program, too. */
enum verdict {
	ANSWERED = 0,
	NO_SUCH_THING = 1, /* so says the manager */
	CANNOT_ASK = 2,
	UNKNOWN_QUESTION = 3, /* to this version */
	TOO_LONG = 4,         /* the answer is, for whoever asks */
};

/* A manager is the list of its routes; the one without a label ends it. */
struct route {
	const char *label;
	char *(*new_address)(void); /* returns NULL where there is no such route */
	const char *bus_name;       /* NULL: a private socket, the manager is the peer itself */
	const char *variable; /* without it the address is one that only root can listen at; or NULL */
	bool any_pid_namespace; /* what is asked needs no pids of ours */
};

extern const struct route systemd_user_routes[];
extern const struct route systemd_routes[];
extern const struct route upstart_routes[];
extern const struct route system_bus_routes[];
extern const struct route session_bus_routes[];

struct link {
	DBusConnection *connection;
	const struct route *route;
	bool is_foreign;   /* the peer is in another pid namespace: it knows other pids */
	char reasons[512]; /* why it cannot ask, one per route that failed */
};

/* @absent: the errors that mean "there is no such thing" rather than "something is wrong". */
struct method {
	const char *interface;
	const char *name;
	const char *absent[3];
};

/* Both start from and leave a link without a connection. */
enum verdict link_open(struct link *link, const struct route *route);
void link_close(struct link *link);

/*
 * Calls @method of the manager's object at @path, with arguments as dbus_message_append_args()
 * takes them. On ANSWERED the caller owns *@ret_reply.
 */
enum verdict link_call(struct link *link, const char *path, const struct method *method,
		       DBusMessage **ret_reply, int first_type, ...);

/* Notes one more reason, of the route under way, and returns CANNOT_ASK. */
enum verdict link_fail(struct link *link, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
