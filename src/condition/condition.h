/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What can be awaited, the conditions "KIND:WHAT" of the command line: something outside of the
 * daemon that has to hold before it is started (--wait-for), or that shows that it is ready
 * (--ready-when).
 *
 *   dbus:NAME, session-dbus:NAME   NAME has an owner on the bus
 *   device:PATH                    PATH is a device that its driver, and udev, have finished with
 *   path:PATH                      PATH exists
 *   unix:PATH, unix:@NAME          a socket listens there
 *   tcp:HOST:PORT                  the same
 *   pidfile:PATH                   PATH holds the pid of a live process
 *
 * Here they are only words, checked for sense, so that a mistake is found before anything is done.
 * Whether one holds is seen in the files of condition/, through condition/watch.h.
 */
#ifndef CIB_CONDITION_CONDITION_H
#define CIB_CONDITION_CONDITION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum awaited_kind {
	AWAITED_DBUS,
	AWAITED_SESSION_DBUS,
	AWAITED_DEVICE,
	AWAITED_PATH,
	AWAITED_UNIX,
	AWAITED_TCP,
	AWAITED_PIDFILE,
	N_AWAITED_KINDS,                   /* of the command line; beside them: */
	AWAITED_NEWLINE = N_AWAITED_KINDS, /* on a descriptor that the daemon was given */
};

/* A row for each kind: the only place, beside the table of condition/watch.c, that knows it. */
extern const struct awaited_form {
	char form[24];    /* as it is written, what is before the colon first; others behind ", " */
	char meaning[50]; /* for --help: at most 49 characters */
	const char *(*check)(const char *what); /* returns NULL, or what is wrong with it */
} awaited_forms[N_AWAITED_KINDS];

struct awaited {
	enum awaited_kind kind;
	const char *text; /* as it was given, for people; borrowed */
	const char *what; /* the part behind the kind, a path where one is watched for; borrowed */
	int fd;           /* AWAITED_NEWLINE: where it is read, without waiting */
};

/* The descriptor that whoever watches @awaited, or NULL, has to keep; or -1. */
static inline int awaited_fd(const struct awaited *awaited)
{
	return awaited != NULL && awaited->kind == AWAITED_NEWLINE ? awaited->fd : -1;
}

/* As many as one run can wait for. */
#define MAX_AWAITED 16

/* Reads @text, which stays in use. Returns NULL, or what is wrong with it, for a person. */
const char *awaited_parse(const char *text, struct awaited *ret_awaited);

/*
 * Where tcp:HOST:PORT expects a listener. IPv4 addresses are written as IPv6 does (::ffff:a.b.c.d);
 * "localhost" is two addresses, "*" is none, which stands for all.
 */
struct tcp_place {
	struct in6_addr addresses[2];
	size_t n_addresses;
	in_port_t port; /* in host byte order */
};

/* Reads "HOST:PORT", where of the names only "localhost" is taken. Returns 0 or -EINVAL. */
int tcp_place_parse(const char *text, struct tcp_place *ret_place);

#endif
