/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The terms of a job's "start on", as Upstart tells them over D-Bus: which sockets they name,
 * and which of these an event would have brought. Pure; a file of its own since two ask: whether
 * what was handed over is the job's (hosts/upstart/sockets.c), and what ought to have been
 * (hosts/upstart/adopt.c).
 *
 * Only a term by which upstart-socket-bridge(8) would have opened exactly that socket names
 * it. "PORT!=80", patterns, and values without a name match other jobs' events as well, and name
 * none.
 */
#ifndef CIB_HOSTS_UPSTART_START_ON_H
#define CIB_HOSTS_UPSTART_START_ON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hosts/upstart/own_facts.h"

/* What a socket event, or a term on one, says of a socket; NULL: nothing. */
struct description {
	const char *protocol, *port, *address, *path;
};

/* True if @info is exactly the socket that @description is of. */
bool upstart_describes(const struct description *description, const struct fd_info *info);

/* An operator of "start on", which is in reverse Polish notation. */
enum term_kind {
	TERM_OTHER, /* on another event */
	TERM_SOCKET,
	TERM_AND,
	TERM_OR,
};

struct term {
	enum term_kind kind;
	struct description description; /* of a socket; empty if the term names none */
};

/*
 * Reads the operator at *@text, and moves on to the next. Start at start_on->text; returns false
 * at the end. The texts belong to @start_on, which ends with a NUL, whatever it holds.
 */
bool upstart_read_term(const struct start_on *start_on, const char **text, struct term *ret_term);

/* So many terms on sockets can be chosen from. */
#define MAX_CHOICES 32

/* What speaks for a socket: of the two sides of an "or", the one with more is taken. */
enum worth {
	WORTH_NOTHING = 0,   /* there is no such listener */
	WORTH_NO_SOCKET = 1, /* a side that brings none */
	WORTH_LISTENER = 2,
	WORTH_OF_EVENT = 1 << 0,  /* added: it is the one of the event in our environment */
	WORTH_OF_CLIENT = 1 << 1, /* added: a client waits */
};

/* What the variables of an event in our environment, also if only some are set, say of a term. */
enum fit {
	FIT_UNTOLD, /* nothing that it says something of */
	FIT_CONFIRMED,
	FIT_CONTRADICTED,
};

enum fit upstart_fit(const struct description *event, const struct description *term);

struct choice {
	int worth;        /* of enum worth */
	enum fit fit;     /* CONTRADICTED: another event than one of these has started us */
	uint32_t sockets; /* bit N: that of the Nth term on a socket */
};

/*
 * Decides which sockets an event would have brought: those of both sides of "and", and of one side
 * of "or", which are not those that the variables contradict if there are others. @worth and @fits have
 * one entry for each term on a socket, in their order; those on other events count as met. Returns 0, or -EBADMSG (it is not an expression) or -E2BIG.
 */
int upstart_choose(const struct start_on *start_on, const int *worth, const enum fit *fits,
		   struct choice *ret_choice);

#endif
