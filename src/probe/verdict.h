/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What follows from the runs: which protocol the daemon speaks. Pure. */
#ifndef CIB_PROBE_VERDICT_H
#define CIB_PROBE_VERDICT_H

#include <stdio.h>

#include "probe/seen.h"

/* How it can be told that the daemon is ready, the best first; from SAYS_NOTHING on it cannot. */
enum says {
	SAYS_DATAGRAM,
	SAYS_STOP,
	SAYS_NEWLINE,
	SAYS_BACKGROUND, /* by its first process' end */
	SAYS_NAME,       /* on the bus */
	SAYS_LISTENS,
	SAYS_NOTHING,
	SAYS_FAILED, /* it did not run at all */
};

struct verdict {
	enum says says;
	bool is_by_child;      /* SAYS_DATAGRAM: not by its main process */
	int newline_fd;        /* SAYS_NEWLINE */
	const char *pid_file;  /* SAYS_BACKGROUND; empty: none was found */
	char condition[140];   /* for --ready-when, where it says nothing: what it does; or empty */
	const char *name;      /* on the bus; or empty */
	bool is_in_background; /* when nothing is asked of it */
	bool takes_listen_fds, takes_upstart_fds;
	const struct listener *socket; /* its first one; or NULL */
};

struct verdict verdict_of(const struct seen *seen);

/* Whether the roles with sockets are worth a run, and the listener to be like; NULL: a TCP port. */
bool verdict_tries_sockets(const struct seen *seen, const struct listener **ret_like);

/* What was seen in one run, as a line. */
void print_seen(FILE *stream, enum role role, const struct seen *seen);

/* All that follows from it, as lines. */
void print_verdict(FILE *stream, const struct verdict *verdict, const struct seen *seen);

#endif
