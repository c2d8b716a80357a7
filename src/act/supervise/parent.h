/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The tracked process of the shape supervise, as a pure state machine: the bare parent that stays
 * for life, forwards signals, follows the main process and ends as that did. act/supervise/loop.c
 * turns what happens into events, act/supervise/household.c carries out the steps.
 *
 * Signals. The daemon has a session of its own, so nothing that is sent to our process group
 * reaches it: each signal is forwarded, once, to the main process; those that a host stops a job
 * with to the group of the main process, if the host sent them: so would the daemon's helpers have
 * been signaled in our place. A host can have another signal for that, which may as well mean a reload: then it
 * is asked, and what comes meanwhile waits, in order. If it does not answer, the main process gets it. The
 * SIGCONT by which a host takes note of readiness is ours alone.
 *
 * The end. The service is over when its main process is. But the babysitter reads notifications in the
 * order in which they were sent, and it may still have to tell the host that the daemon is ready,
 * or us of another main process, which the daemon named last. So we wait until it has left, which
 * it does when it knows that all is over; not for ever.
 *
 * Who ends whom, and when:
 *
 *   what has happened                      who acts    what is done
 *   the main process has ended             babysitter  tells the host what is left to tell, and leaves
 *   and the babysitter has left            parent      SIGTERM to the first process, if another was named
 *   and the first process has ended,       parent      ends as the main process did, with SIGKILL to
 *     or 5 s later                                     whichever of the other two is left
 *   the babysitter does not leave          parent      the same, 15 s after the main process's end
 *   the daemon is not ready in time        babysitter  SIGTERM to the main process's group, SIGKILL to
 *                                                      it 5 s later; the host sees the end by the parent
 *   the babysitter is killed before the    parent      SIGTERM to the main process, which nobody could
 *     daemon is ready                                  call ready any more, SIGKILL 5 s later
 *   the babysitter is killed after that    parent      says so once: what the daemon says is lost
 *   the parent is killed                   babysitter  SIGKILL to the main process's group and the first
 *                                                      one's, as if the daemon had been in its place
 *   a stop comes from the host             parent      passes it on; the end is the daemon's own affair
 *
 * A daemon that goes to the background. Its first process is not the main one: which is, the babysitter
 * finds out (babysitter/main_watch.h) once that has exited with 0, and until then whatever is to be
 * signaled are all that descend from us, who are the subreaper. Ends the first process otherwise, or is
 * none left after it, the service is over. When it is, and the babysitter has left:
 *
 *   what is left of the daemon's           parent      SIGTERM to those that --kill-stragglers= says
 *   and is still there 5 s later           parent      SIGKILL to them
 *   and none is, or 5 s later              parent      ends as the main process did
 */
#ifndef CIB_ACT_SUPERVISE_PARENT_H
#define CIB_ACT_SUPERVISE_PARENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "babysitter/claim.h"
#include "babysitter/parent_word.h"
#include "base/process.h"
#include "hosts/way.h"
#include "notify/socket.h"
#include "options.h"
#include "protocol.h"

struct main_watch_setup;

enum supervisor_event_kind {
	SUPERVISOR_SIGNALED,  /* signal was sent to us; is_from_host, main_has_ended */
	SUPERVISOR_ANSWERED,  /* what came of SUPERVISOR_ASK: answer */
	SUPERVISOR_NEXT,      /* as supervisor_has_next() wants it */
	SUPERVISOR_REAPED,    /* our child pid has ended with status */
	SUPERVISOR_TOLD,      /* word came from the babysitter */
	SUPERVISOR_ALONE,     /* the babysitter has left */
	SUPERVISOR_MAIN_LOST, /* the main process has ended, and was not our child */
	SUPERVISOR_NONE_LEFT, /* of the daemon's processes, those that we would end at last */
	SUPERVISOR_TIMER,
};

struct supervisor_event {
	enum supervisor_event_kind kind;
	int signal;
	bool is_from_host;
	bool main_has_ended; /* whether that has been told by SUPERVISOR_REAPED or not */
	int answer;          /* 1: it is a stop; 0: it is not one; or -errno */
	pid_t pid;
	int status; /* as of waitpid(2) */
	struct parent_word word;
};

enum supervisor_action {
	SUPERVISOR_FORWARD = 1 << 0,       /* step.signal to the main process */
	SUPERVISOR_FORWARD_GROUP = 1 << 1, /* to its process group */
	SUPERVISOR_FOLLOW = 1 << 2,        /* take hold of main_pid */
	SUPERVISOR_LET_GO = 1 << 3,        /* from now on stderr is the daemon's alone */
	SUPERVISOR_WARN_ALONE = 1 << 4,    /* the babysitter was killed */
	SUPERVISOR_WARN_LOST = 1 << 5,     /* nobody knows how the main process ended */
	SUPERVISOR_END_MAIN = 1 << 6,      /* SIGTERM to it: the host would wait for ever */
	SUPERVISOR_END_DAEMON = 1 << 7,    /* SIGTERM to the first process, which is still there */
	SUPERVISOR_END = 1 << 8,           /* as the main process did: step.status */
	SUPERVISOR_KILL_MAIN = 1 << 9,     /* SIGKILL: it has not ended by itself */
	SUPERVISOR_ASK = 1 << 10,          /* the host, whether it is stopping the daemon */
	SUPERVISOR_SAY_FORKED = 1 << 11, /* to the babysitter: the first, or one since, has ended */
	SUPERVISOR_SAY_OVER = 1 << 12,   /* to it: there will be no main process */
	SUPERVISOR_SIGNAL_ALL = 1 << 13, /* step.signal to all of the daemon's processes */
	SUPERVISOR_END_STRAGGLERS = 1 << 14, /* SIGTERM to those that the main process has left */
	SUPERVISOR_KILL_STRAGGLERS = 1 << 15,
	SUPERVISOR_WARN_NONE_LEFT = 1 << 16,
};

/* Actions, and milliseconds to the next SUPERVISOR_TIMER (0: as it was before). */
struct supervisor_step {
	unsigned actions;
	int timer_ms, status, signal;
};

#define SUPERVISOR_MEMORY 8
#define SUPERVISOR_QUEUE 32

struct sent {
	unsigned char signal;
	bool is_from_host;
};

/* Set daemon_pid and main_pid to the daemon's, can_ask and is_forking, the rest to zero. */
struct supervisor {
	bool can_ask; /* what a signal means */
	pid_t daemon_pid, main_pid;
	bool is_forking; /* the first process only starts the main one, and exits */
	bool daemon_ended, main_ended;
	bool is_lost; /* the main process was not ours to reap, so far */
	int status;   /* of the main process, once it has ended */
	bool is_telling, is_settled, is_alone;
	bool is_ending_main;             /* nobody could tell the host that it is ready */
	bool is_waiting, is_ending;      /* for the babysitter, for the daemon, to leave */
	bool is_killing;                 /* what the main process has left */
	int left_status;                 /* of the last to fail, while there is no main process */
	int stop_signal;                 /* that came meanwhile; or 0 */
	unsigned long long kept_signals; /* the others, 1 in the lowest bit */
	/* The last to be reaped: one may be announced as the main process after its end. */
	struct {
		pid_t pid;
		int status;
	} reaped[SUPERVISOR_MEMORY];
	unsigned n_reaped;
	/* The signal that is asked about, and those that have come since. */
	bool is_asking;
	struct sent asked, queue[SUPERVISOR_QUEUE];
	unsigned n_queued;
	unsigned n_unasked; /* so many of them are not asked about: there was no answer */
};

/* Whether a signal has waited for the answer that is there: SUPERVISOR_NEXT, until there is none. */
static inline bool supervisor_has_next(const struct supervisor *supervisor)
{
	return supervisor->n_queued > 0 && !supervisor->is_asking;
}

/* init(5): what a host ends a daemon with. */
bool supervisor_is_stop(int signal);

/* What to do about @event. Pure. */
struct supervisor_step supervisor_step(struct supervisor *supervisor,
				       const struct supervisor_event *event);

/* Everything the parent needs, made by the launcher, which becomes it. */
struct supervisor_setup {
	struct process daemon;
	const struct main_watch_setup *main_watch; /* the daemon goes to the background; or NULL */
	enum stragglers stragglers;
	int channel;   /* from the babysitter */
	int signal_fd; /* of all signals, which are blocked */
	pid_t host_pid, babysitter;
	const struct way *way;
	const char *job, *instance; /* for questions to the host, and messages; or NULL */
	char host_address[NOTIFY_ADDRESS_MAX]; /* where WORD_SAY goes; or empty */
	const char *pid_file; /* on the heap: to remove, see babysitter/pid_file.h; or NULL, with: */
	int pid_fd;
	struct notify_socket socket;
	bool is_locked[N_STDIO];    /* it is to stay open: a record lock hangs on it */
	char claim[CLAIM_PATH_MAX]; /* where the babysitter's lock is, if it has one; or empty */
};

/* Is the parent until the service is over, and ends as that did. */
void supervisor_run(const struct supervisor_setup *setup) __attribute__((noreturn));

#endif
