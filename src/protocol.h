/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The neutral vocabulary, the only thing that hosts and targets share.
 *
 * A host (the service manager that started us) gives a hand-over; a target (the protocol the
 * daemon speaks) is given one. The daemon makes state changes; the host is told of them. A host
 * module turns what its manager gives into a hand-over, a target module turns a hand-over into
 * what its daemon expects; neither includes the other's header. What both must agree on beyond
 * that is named here: how readiness is said, and which process is whose (the shape).
 */
#ifndef CIB_PROTOCOL_H
#define CIB_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "fd/info.h"
#include "notify/statement.h"

/* How a daemon says that it is ready. */
enum speaks {
	SPEAKS_NOTHING,
	SPEAKS_DATAGRAM, /* READY=1 to a socket, sd_notify(3) */
	SPEAKS_NEWLINE,  /* on a descriptor that it is told, s6-supervise(8) */
	SPEAKS_STOP,     /* its main process stops itself, init(5) "expect stop" */
	SPEAKS_EXIT, /* its first process exits with 0, and another one goes on, in the background */
	SPEAKS_CONDITION, /* it says nothing: somebody else sees it, --ready-when */
};

/* How a host learns that the daemon is ready. */
enum learns {
	LEARNS_NOTHING,     /* it waits for nobody */
	LEARNS_BY_NEWLINE,  /* on a descriptor */
	LEARNS_BY_DATAGRAM, /* READY=1 to a socket, from whomever it believes */
	LEARNS_BY_MAIN_PID, /* the same, and MAINPID= tells it of another main process to follow */
	LEARNS_BY_EXIT, /* the process it started exits with 0, and a pid file names the main one */
	LEARNS_BY_STOP, /* the tracked process stops, and the host continues it */
	LEARNS_BY_FORK, /* it follows the forks of the process it started, init(5) "expect daemon" */
};

/* How a host hands over sockets, and where a daemon looks for them. */
enum socket_protocol {
	SOCKETS_NONE,
	SOCKETS_FROM_3,   /* from descriptor 3 on, as many as LISTEN_FDS says: sd_listen_fds(3) */
	SOCKETS_LISTED,   /* under any numbers, which UPSTART_FDS lists: socket-event(7) */
	SOCKETS_ON_STDIO, /* one, on 0 and 1: inetd(8) */
};

/*
 * Which process is the daemon, which is ours, and for how long.
 *
 *   replace     the daemon takes our place (execve); nothing of ours stays
 *   attend      the same, and a babysitter stays that carries state changes to the host
 *   hand over   the daemon is started beside us; at readiness the host is told to follow it, and
 *               we leave
 *   supervise   we stay, for life, as the process the host watches; what goes to the background
 *               stays below us
 *
 * attend and supervise may both be in the background: in a child of ours, and we leave when the
 * daemon is ready.
 */
enum shape {
	SHAPE_REPLACE,
	SHAPE_ATTEND,
	SHAPE_HAND_OVER,
	SHAPE_SUPERVISE,
};

/*
 * The shape that carries readiness from a daemon that speaks like this to a host that learns like
 * that. Returns false, for a pair of which no way is known. Pure.
 */
bool protocol_find_shape(enum speaks speaks, enum learns learns, enum shape *ret_shape);

/* What becomes of one of 0-2. */
enum stdio {
	STDIO_KEPT, /* stays what the host gave */
	STDIO_NULL, /* becomes /dev/null */
	STDIO_SOCKET, /* becomes another number of the daemon's socket, the first if there are several */
};

#define N_STDIO 3

/* What the host gave us. Strings are borrowed from the environment or from struct facts. */
struct handover {
	struct fd_info *fds; /* the sockets handed to us, in the host's order; the arena's */
	size_t n_fds;
	const char *fd_names;       /* "a:b:c" as in LISTEN_FDNAMES, or NULL: the host names none */
	const char *job;            /* name of the job or unit, or NULL */
	const char *instance;       /* its instance, or NULL */
	const char *notify_address; /* where the host takes datagrams, or NULL */
	int notify_fd;              /* where it reads a newline, or 0: nowhere */
	const char *notify_source;  /* what says so, a constant, for messages; or NULL */
	const char *notify_missing; /* what it takes to be told, where it is not; or NULL */
	bool has_watchdog;          /* the host expects signs of life */
	const char *watchdog_usec; /* within how many microseconds, where it is passed them on; or NULL */
	bool is_on_stdio[N_STDIO]; /* the first of @fds is this one of 0-2, too: not the daemon's */
	int free_fd;               /* then, if the target lists numbers: one that nobody has */
	struct peer peer;
	pid_t fds_holder;          /* they were not handed over but taken from this process; or 0 */
	const char *fds_missing;   /* why there are none although there ought to be; or NULL */
	const char *fds_not_taken; /* why none were taken from who holds them; or NULL */
	const char *fds_unknown;   /* why nobody knows whether there ought to be some; or NULL */
	const char *fds_not_ours; /* why sockets that are there were not handed over to us; or NULL */
	bool fds_are_parents;     /* sockets there are, but for our parent: a shell without exec */
	bool fds_are_ours; /* none was handed over: these are still to be opened, for --listen */
};

#endif
