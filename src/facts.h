/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Stage 1, observe: everything that is known about the world when the plan is made, and nothing
 * that is decided. It is data; observe/ fills it in. Stage 2 (decide/, and the pure functions of hosts/
 * and targets/) reads it and asks the world no more.
 */
#ifndef CIB_FACTS_H
#define CIB_FACTS_H

#include "base/arena.h"
#include "base/env.h"
#include "fd/in_way.h"
#include "protocol.h"

/* How sure a piece of evidence makes us, strongest first; also the order in which it is sought. */
enum strength {
	STRENGTH_OWN_PID, /* the environment names our own pid */
	STRENGTH_PEER,    /* the manager's socket is held by our parent */
	STRENGTH_PARENT,  /* what our parent looks like, and what lies around */
	STRENGTH_BUS,     /* a manager says so over D-Bus; costs a process and time */
	N_STRENGTHS,
	STRENGTH_OPTION = N_STRENGTHS, /* none was found: what an option says is enough to know */
};

/* Whether the host itself started us, or something in between did (a shell without exec). */
enum parentage {
	PARENT_UNKNOWN,
	PARENT_IS_HOST,
	PARENT_IS_OTHER,
};

struct host;
struct target;
struct way;

struct evidence {
	const struct host *host;
	enum strength strength;
	enum parentage parentage;
	const char *what; /* a constant, for --detect and --explain */
};

/* A question to a manager over D-Bus, and bus_ask()'s answer to it. */
struct question {
	const struct host *host;
	int result;
};

#define MAX_QUESTIONS 4

/* "none of" the kinds of evidence, and --init without any. */
#define MAX_EVIDENCE 16

/* Time that all questions over D-Bus together may take before the daemon is started. */
#define BUS_BUDGET_MS 1000

/* Time for one whose answer decides whether the service runs at all, as long as for readiness. */
#define BUS_PATIENCE_MS 10000

struct facts {
	struct env env;      /* the one that we were given */
	struct arena *arena; /* borrowed; holds what is found, and the plan made of it */
	pid_t pid, parent;
	uid_t uid; /* effective */
	int bus_budget_ms;
	bool lacks_pidfds; /* the kernel; looked for only when it is to be told of */

	size_t n_evidence, n_questions;
	const struct host *init;     /* --init; NULL: it is to be detected */
	const struct host *host;     /* the verdict; NULL if nothing pointed anywhere */
	const struct target *target; /* NULL only for --detect */
	enum speaks speaks;          /* how a daemon of that target says that it is ready */
	enum parentage parentage;
	const struct way *way; /* how that host learns that the daemon is ready; of it, or found out */

	/* What hangs on this process, and would be lost with it, where another one is to be the main one. */
	int parent_death_signal; /* prctl(2), PR_SET_PDEATHSIG: somebody in front of us has asked for it; or 0 */
	bool has_child;        /* nobody's but the host's: "(sd-pam)", which closes the session */
	const int *locked_fds; /* on which this process has a record lock, fd/locks.h; the arena's */
	size_t n_locked;
	bool parent_is_another; /* --init says who the host is, but our parent is called otherwise */

	struct handover handover;
	const struct in_way *in_way; /* what is open where the daemon's sockets go; the arena's */
	size_t n_in_way;
	void *of_host; /* what only that host's module knows; the arena's; or NULL */
	char parent_comm[17], grandparent_comm[17]; /* see host_of_parent(); empty: not read */

	/* From here on only what is in use is initialised. */
	struct evidence evidence[MAX_EVIDENCE];   /* in the order it was found */
	struct question questions[MAX_QUESTIONS]; /* those that were asked for evidence */
	char job[256], instance[256]; /* storage behind handover.job and .instance; or empty */
};

#endif
