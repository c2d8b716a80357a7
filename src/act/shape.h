/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The shapes, and what they have in common. Which process is whose in each of them, protocol.h tells;
 * replace is nothing but launch_exec(). The others are begun with all signals blocked.
 */
#ifndef CIB_ACT_SHAPE_H
#define CIB_ACT_SHAPE_H

#include <signal.h>
#include <sys/time.h>

#include "base/sched.h"
#include "facts.h"
#include "fd/listen.h"
#include "plan.h"

struct babysitter_setup;
struct notify_socket;

/* A launch under way. */
struct launch {
	const struct plan *plan;
	const struct facts *facts;
	const char *path;                 /* of the command */
	struct listening listening;       /* what we made for --listen */
	const struct awaited *ready_when; /* the plan's, or one with the pipe that it is read from */
	int pid_fd;           /* of the pid file to be, see babysitter/pid_file.h; or NO_FD */
	int host_fd;          /* handover.notify_fd where it cannot be in the way; or 0 */
	int kept_stderr;      /* where we fail: what 2 was before /dev/null; or 0 */
	bool is_started;      /* hand over: there has been a daemon */
	bool is_blocked;      /* all signals are, and: */
	sigset_t signal_mask; /* the daemon's: ours as it was when we came */
	struct sigaction child_action; /* hand over, supervise: the same, for SIGCHLD */
	struct sched sched;            /* likewise */
	struct itimerval alarm;        /* that runs; likewise */
	int is_subreaper;              /* prctl(2), PR_SET_CHILD_SUBREAPER; likewise */
};

/* Returns a descriptor, the caller's, from which a process that stays reads all of its signals; or -errno. */
int launch_open_signal_fd(void);

/*
 * Becomes the daemon: in the process that calls it, @pid, the environment is built for it, the
 * signal mask restored last. Returns, with the exit status, only on failure, which it logs, and
 * after which nothing is left of what was made for --listen.
 */
int launch_exec(struct launch *launch, pid_t pid, const char *notify_address);

/*
 * With --stdio=null: from here on 0-2 are /dev/null. At last, as a rule, so that what is said until then, or if
 * the daemon cannot be executed, goes to standard error as it came.
 */
void launch_let_go_of_stdio(struct launch *launch);

/*
 * Where the daemon is a child of ours: makes this process its parent, for whom SIGCHLD has @flags; and, in the
 * child, the daemon again what we came as, and goes on as launch_exec(), whose status it returns.
 */
void launch_become_parent(struct launch *launch, int flags);
int launch_exec_child(struct launch *launch, pid_t pid, const char *notify_address);

/*
 * In the parent: closes what is the daemon's, all from 3 on, but for @keep and the files that locks of this
 * process's hang on. These are kept from programs that we start ourselves.
 */
void launch_close_daemons(const struct launch *launch, const int *keep, size_t n);

/* Gives this process, which is to be the daemon, its scheduling again; returns 0 or the exit status. */
int launch_return_sched(const struct launch *launch);

/*
 * The babysitter. _prepare() makes the private socket, opens the tracked process, which is us, and
 * fills in what follows from the plan; the caller adds the daemon. Returns 0, or the exit status of
 * the failure, which has been logged. _launch() returns its pid, or -1 with errno set. _cancel() is
 * for as long as there is no daemon that it could be left with.
 */
int launch_prepare_babysitter(const struct launch *launch, struct babysitter_setup *ret_setup);
pid_t launch_babysitter(const struct launch *launch, const struct babysitter_setup *setup);
void launch_cancel_babysitter(pid_t pid, const struct notify_socket *socket);

/*
 * One that only asks, late, whether the host waits for readiness that nobody carries, and says so. Returns
 * its pid; 0: none is needed, or possible.
 */
pid_t launch_asker(const struct launch *launch);

/* Logs why it comes to nothing; returns the exit status. */
int launch_fail(int error, const char *what);

/* Each in a file of its own; they return the exit status if the process does not become the daemon. */
int attend(struct launch *launch);
int background(struct launch *launch); /* around one of the others, by the plan */
int hand_over(struct launch *launch);
int supervise(struct launch *launch);

/*
 * Before supervise(), while signals still end us: waits for the daemon of a parent that the host has killed, where
 * the host did not have to (babysitter/claim.h).
 */
void supervise_wait_for_earlier(const struct facts *facts);

#endif
