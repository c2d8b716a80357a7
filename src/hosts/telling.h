/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * How the babysitter tells a host that the daemon is ready, as a pure state machine that each host
 * provides (struct host, tell_ready): events in, actions out. The babysitter turns what it sees
 * into events and carries out the actions; it does not know what they mean to the host.
 *
 * Where each way comes from: hosts/way.h.
 *
 * The machine begins with HEARD_READY and is given events until it answers with TELL_DONE.
 */
#ifndef CIB_HOSTS_TELLING_H
#define CIB_HOSTS_TELLING_H

#include <stdbool.h>
#include <sys/types.h>

enum telling_event_kind {
	HEARD_READY,    /* the daemon has said that it is ready */
	HEARD_TIMER,    /* the time asked for is over */
	HEARD_LOOKED,   /* what came of TELL_LOOK */
	HEARD_ANSWERED, /* what came of TELL_ASK */
	HEARD_SAID,     /* what came of TELL_SAY */
	HEARD_ENDED, /* the daemon has ended; a parent of ours, whose end waits for us, is told of instead */
};

/* What has become of the probe that TELL_PROBE has sent. */
enum host_probe {
	HOST_PROBE_NONE,  /* none was sent since the last stop, or it could not be */
	HOST_PROBE_WAITS, /* the host has not come to it */
	HOST_PROBE_TAKEN, /* it has, and to all that happened to the daemon before */
};

/* What the host says of itself. */
enum host_answer {
	HOST_ANSWER_NONE,    /* it cannot be asked, or does not answer */
	HOST_ANSWER_WAITING, /* it waits for readiness */
	HOST_ANSWER_PAST,    /* it does not, or not any more */
};

struct telling_event {
	enum telling_event_kind kind;
	long long now_ms;       /* CLOCK_MONOTONIC */
	bool daemon_is_stopped; /* it was not seen to run */
	bool is_unknown;        /* nor to be stopped: nothing tells */
	bool stop_is_pending;   /* it has not come to take it yet: a starved process */
	bool stop_is_complete;  /* every thread has stopped, so the host has a report of it */
	enum host_probe probe;  /* looked at before the daemon was */
	enum host_answer answer;
	int result; /* HEARD_SAID: 0 or -errno */
};

enum telling_action {
	TELL_STOP = 1 << 0,     /* SIGSTOP to the tracked process */
	TELL_CONTINUE = 1 << 1, /* SIGCONT to it */
	TELL_LOOK = 1 << 2,     /* look at the probe, and at the tracked process in /proc */
	TELL_PROBE = 1 << 3,    /* send a probe */
	TELL_ASK = 1 << 4,      /* ask the host over D-Bus */
	TELL_DONE = 1 << 5,
	TELL_WARN_NOT_WAITING = 1 << 6, /* the host does not wait for readiness: say which stanza */
	TELL_WARN_NO_REACTION = 1 << 7, /* the host did nothing for too long */
	TELL_SAY = 1 << 8,              /* say.text, to where the host listens */
};

/* What TELL_SAY says: written to @fd, which is closed then, or sent to @address in one datagram. */
struct say {
	const char *text;    /* a constant */
	int fd;              /* 0: none */
	const char *address; /* as in NOTIFY_SOCKET; or NULL */
};

struct telling_step {
	unsigned actions;
	int timer_ms; /* HEARD_TIMER after this long; 0: no timer */
	struct say say;
};

/*
 * The machine's memory; zero before HEARD_READY, but for where the host listens. What the other fields
 * mean is the host module's.
 */
struct telling {
	int host_fd;              /* 0: it reads from none */
	const char *host_address; /* or NULL */
	int stage, rounds;
	bool was_slow, has_probed, is_asking;
	bool has_ended; /* the daemon has: set before HEARD_ENDED, or HEARD_READY */
	long long deadline_ms;
	int delay_ms;
	pid_t probe; /* 0: none was sent */
};

#endif
