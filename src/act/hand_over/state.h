/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The launcher in the shape hand over, which act/hand_over/launcher.c tells of; private to its files:
 *
 *   act/hand_over/launcher.c          begins, and takes what the intermediate says
 *   act/hand_over/ready.c    the daemon is ready, or has ended: who stays, who leaves
 *   act/hand_over/signals.c  what is sent to us and meant for the daemon
 */
#ifndef CIB_ACT_HAND_OVER_STATE_H
#define CIB_ACT_HAND_OVER_STATE_H

#include "act/hand_over/canary.h"
#include "act/hand_over/channel.h"
#include "babysitter/pid_file.h"
#include "babysitter/ready_file.h"
#include "base/process.h"
#include "condition/ready_when.h"

struct hand_over {
	struct launch *launch;
	pid_t intermediate;
	struct process daemon;
	int channel, signal_fd;
	struct canary canary;
	int last_signal;             /* that may have been a stop; 0: none so far */
	char *ready_path, *pid_path; /* --ready-file, --pidfile, owned; or NULL */
	struct ready_file ready_file;
	struct ready_watch *ready; /* NULL: it is ready when it stops itself */
	long long begin_ms;        /* of a wait of which there was no word yet; 0: of none */
	long long start_ms;        /* when we began to wait; 0: that is over */
	long long kill_ms;         /* when it is killed, which is being ended; 0: it is not */
	char seen[400];            /* of the daemon, when the host was told */
	bool is_waiting_told;      /* to the host */
	bool has_held;             /* the condition; what stops the daemon now is us */
	bool was_ready;
	bool is_over;
	int status; /* what to exit with, once it is over */
};

/* It is over, and we exit with @status. */
void hand_over_end_with(struct hand_over *state, int status);

/* Whether there is a word to read, or will be none any more. */
bool hand_over_has_word(const struct hand_over *state);

/* Reads what the intermediate says; false: it says no more. */
bool hand_over_read_word(const struct hand_over *state, struct intermediate_word *ret_word);

/* It has ended, or is about to. */
void hand_over_reap_intermediate(const struct hand_over *state);

/* It has ended too early. Without its parent the daemon would be known to nobody: that is ended, too. */
void hand_over_lose_intermediate(struct hand_over *state);

/* The daemon has stopped. */
void hand_over_take_stop(struct hand_over *state);

/* The daemon has ended, with wait status @status; by a signal, we end here by the same. */
void hand_over_take_end(struct hand_over *state, int status);

/* False, with a message, if it is another user's: one that we cannot continue must not be called ready. */
bool hand_over_can_signal_daemon(struct hand_over *state);

/* The wait for readiness, which is not without a word; see act/hand_over/waiting.c. */
void hand_over_begin_waiting(struct hand_over *state);
void hand_over_end_waiting(struct hand_over *state);

/* It is to end, and is not ready: says what was waited for, and what is seen. */
void hand_over_warn_ending(const struct hand_over *state);

/* Says what is due. Returns the milliseconds until more is, or -1. */
int hand_over_take_wait(struct hand_over *state);

/*
 * Ends a daemon that is not ready in time, or of which nobody is left who would hear that. Returns the
 * milliseconds until something is due, or -1.
 */
int hand_over_take_limit(struct hand_over *state);

/* What shows by POLLERR that who waits in the foreground is no more; or NO_FD. */
int hand_over_waiting_fd(const struct hand_over *state);

/* Sends @signal to the daemon. */
void hand_over_forward(struct hand_over *state, int signal);

/* Whether @signal, sent to us, is meant for the daemon. */
bool hand_over_is_for_daemon(int signal);

/* Reads one signal that was sent to us, and was there at @since_ms, as what the canary said then. */
void hand_over_take_signal(struct hand_over *state, long long since_ms);

/* False if the host sleeps: then it has sent to all of the cgroup whatever it was about to. */
bool hand_over_host_is_awake(const struct hand_over *state);

/*
 * Forwards what is due, once there is a daemon. Returns the milliseconds until the next is, or -1:
 * nothing is, or is before the next word.
 */
int hand_over_take_forwards(struct hand_over *state);

/* Whether anything that may be a stop was sent to us so far. */
bool hand_over_was_signaled(struct hand_over *state);

#endif
