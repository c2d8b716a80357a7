/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The babysitter: the process of ours that stays beside the daemon, owns the private notify socket
 * and carries state changes to the host.
 *
 * It is pure inside. babysitter_step() takes one event and says what is to be done; the loop in
 * babysitter_loop.c turns descriptors into events and does it. In one wake-up the order is:
 * notifications first, so that what the daemon said last is known when its end is seen; then the
 * daemon's end; then the host's answers; then timers. A bounded number of notifications is taken
 * in one wake-up, so that a flood of them delays the rest but never starves it.
 *
 * After the daemon has been executed nothing here gives up: a bad message, a missing peer and a
 * host that does not answer are all only noted.
 */
#ifndef CIB_BABYSITTER_H
#define CIB_BABYSITTER_H

#include <stdbool.h>

#include "host/host.h"
#include "notify_socket.h"
#include "process.h"
#include "protocol.h"

enum babysitter_event_kind {
	EVENT_MESSAGE, /* a datagram has arrived */
	EVENT_DAEMON_ENDED,
	EVENT_TELLING, /* for the host's own state machine */
};

struct babysitter_event {
	enum babysitter_event_kind kind;
	unsigned changes; /* EVENT_MESSAGE: bits of enum state_change */
	bool is_allowed;  /* EVENT_MESSAGE: the sender may speak for the daemon */
	struct telling_event telling;
};

enum babysitter_action {
	SIT_WARN_REFUSED = 1 << 0,     /* a READY=1 came from somebody who may not send it */
	SIT_WARN_ENDED_EARLY = 1 << 1, /* the daemon ended and was never ready */
	SIT_SETTLED = 1 << 2,          /* the host knows: let go of stderr */
	SIT_LEAVE = 1 << 3,            /* remove the socket and end */
};

struct babysitter_step {
	unsigned actions; /* of enum babysitter_action */
	struct telling_step telling;
};

/* The memory of babysitter_step(). Set the first two fields, the others zero. */
struct babysitter {
	const struct host *host;
	bool end_after_ready;
	bool is_telling, is_settled, has_refused;
	struct telling telling;
};

/* What to do about @event. Pure. */
struct babysitter_step babysitter_step(struct babysitter *sitter,
				       const struct babysitter_event *event);

/* Everything the process needs, made by the launcher before there is a babysitter. */
struct babysitter_setup {
	struct babysitter state;
	struct notify_socket socket;
	enum notify_access access;
	struct process daemon;
	pid_t host_pid;
	const char *job, *instance; /* for questions to the host, and messages; or NULL */
};

/*
 * Is the babysitter until the daemon has ended. Expects to be a process of its own with all
 * signals blocked, and never returns.
 */
void babysitter_run(const struct babysitter_setup *setup) __attribute__((noreturn));

#endif
