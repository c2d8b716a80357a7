/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A D-Bus peer in a process of its own, that answers from a table: a service manager as bus-query
 * sees it, behaving or not. It either listens itself, as Upstart and systemd do on their private
 * sockets, or owns a name on a bus. It knows nothing of what the answers mean.
 */
#ifndef CIB_BUS_PEER_H
#define CIB_BUS_PEER_H

#include <stdbool.h>
#include <sys/types.h>

enum answer_kind {
	ANSWER_PATH,      /* o: values[0] */
	ANSWER_PATHS,     /* ao */
	ANSWER_TEXT,      /* v of s: values[0] */
	ANSWER_PROCESSES, /* v of a(si): decimal pids */
	ANSWER_OPERATORS, /* v of aas: words, with "|" at the end of each operator */
	ANSWER_ERROR,     /* values: name, text */
	/* what no manager should answer */
	ANSWER_NUMBER,      /* v of u */
	ANSWER_LONG_NUMBER, /* v of t, values[0] */
	ANSWER_BARE_TEXT,   /* s */
	ANSWER_PATH_TWICE,  /* oo */
	ANSWER_EMPTY,
	ANSWER_HUGE,    /* v of s, too long for anybody */
	ANSWER_CLOSE,   /* closes the connection instead */
	ANSWER_SILENCE, /* never; peer_wait_asked() returns */
};

#define MAX_VALUES 16

/* A row is for calls of @member; where they are not NULL, of the object @path, and with the string
 * @argument as the last argument. The first that fits is taken. */
struct peer_answer {
	const char *path;
	const char *member;
	const char *argument;
	enum answer_kind kind;
	const char *values[MAX_VALUES];
};

struct peer {
	const char *address;              /* where it listens, or the bus */
	const char *bus_name;             /* NULL: it listens */
	const struct peer_answer *quirks; /* looked up first; may be NULL. Both end with no member. */
	const struct peer_answer *answers;
	int n_signals; /* sent before each answer */
	uid_t uid;     /* it becomes this one, unless 0 */

	pid_t pid;
	int events; /* a byte when it can be reached, and one when it is silent */
};

/* Returns when the peer can be reached. False: it could not start. */
bool peer_start(struct peer *peer);

/* Returns when it has got a call that it does not answer. */
bool peer_wait_asked(struct peer *peer);

/* Kills and reaps it. */
void peer_stop(struct peer *peer);

#endif
