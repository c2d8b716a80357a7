/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stage 3, act: carries out a plan. Up to the execve(2) of the daemon every failure is final: one
 * line, exit status 125 (126 and 127 for the command itself), nothing started, nothing left.
 */
#ifndef CIB_LAUNCH_H
#define CIB_LAUNCH_H

#include <signal.h>

#include "facts.h"
#include "listen.h"
#include "plan.h"

/* env(1): our own failure, a command that cannot be executed, one that is not found. */
enum exit_status {
	EXIT_OURS = 125,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

/* Becomes the daemon, or returns the exit status of the failure, which has been logged. */
int launch(const struct plan *plan, const struct facts *facts);

/*
 * What is common to the shapes; used by launch.c, hand_over.c and supervise.c. All but replace are
 * begun with all signals blocked.
 */

/* A launch under way. */
struct launch {
	const struct plan *plan;
	const struct facts *facts;
	const char *path;              /* of the command */
	struct listening listening;    /* what we made for --listen */
	bool is_started;               /* hand over: there has been a daemon */
	bool is_blocked;               /* all signals are, and: */
	sigset_t signal_mask;          /* the daemon's: ours as it was when we came */
	struct sigaction child_action; /* hand over, supervise: the same, for SIGCHLD */
};

/* A descriptor from which a process that stays reads all of its signals; or -errno. */
int launch_open_signal_fd(void);

/*
 * Becomes the daemon: in the process that calls it, @pid, the environment is built for it, the
 * signal mask restored last. Returns, with the exit status, only on failure, which it logs, and
 * after which nothing is left of what was made for --listen.
 */
int launch_exec(struct launch *launch, pid_t pid, const char *notify_address);

/*
 * The babysitter. _prepare() makes the private socket, opens the tracked process, which is us, and
 * fills in what follows from the plan; the caller adds the daemon. Returns 0, or the exit status of
 * the failure, which has been logged. _launch() returns its pid, or -1 with errno set. _cancel() is
 * for as long as there is no daemon that it could be left with.
 */
struct babysitter_setup;
struct notify_socket;
int launch_prepare_babysitter(const struct launch *launch, struct babysitter_setup *ret_setup);
pid_t launch_babysitter(const struct launch *launch, const struct babysitter_setup *setup);
void launch_cancel_babysitter(pid_t pid, const struct notify_socket *socket);

/* The shape supervise with a babysitter, in its own room: supervise.c. Returns the exit status. */
int supervise(struct launch *launch);

/* The shape hand over, in its own room: hand_over.c. Returns the exit status. */
int hand_over(struct launch *launch);

#endif
