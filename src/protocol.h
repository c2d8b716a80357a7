/* SPDX-License-Identifier: GPL-3.0-or-later */
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
#include "notify/message.h"

/* How one side says "ready". */
enum ready_by {
	READY_BY_NOTHING,   /* neither said nor waited for */
	READY_BY_DATAGRAM,  /* READY=1 to a socket, sd_notify(3) */
	READY_BY_STOP,      /* the main process stops itself, init(5) "expect stop" */
	READY_BY_CONDITION, /* it says nothing: somebody else sees it, --ready-when */
};

/*
 * Which process is the daemon, which is ours, and for how long.
 *
 *   replace     the daemon takes our place (execve); nothing of ours stays
 *   attend      the same, and a babysitter stays that carries state changes to the host
 *   hand over   the daemon is started beside us; at readiness the host is told to follow it, and
 *               we leave
 *   supervise   we stay, for life, as the process the host watches
 */
enum shape {
	SHAPE_REPLACE,
	SHAPE_ATTEND,
	SHAPE_HAND_OVER,
	SHAPE_SUPERVISE,
};

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
	bool has_watchdog;          /* the host expects signs of life */
	bool is_on_stdio[N_STDIO]; /* the first of @fds is this one of 0-2, too: not the daemon's */
	struct peer peer;
	pid_t fds_holder;        /* they were not handed over but taken from this process; or 0 */
	const char *fds_missing; /* why there are none although there ought to be; or NULL */
	bool fds_are_parents;    /* sockets there are, but for our parent: a shell without exec */
	bool fds_are_ours; /* handed over was none: these are still to be opened, for --listen */
};

#endif
