/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stage 1, observe: everything that is known about the world when the plan is made, and nothing
 * that is decided. Stage 2 (decide/decide.c, and the pure functions of host/ and target/) reads it and asks
 * the world no more.
 */
#ifndef CIB_FACTS_H
#define CIB_FACTS_H

#include "base/arena.h"
#include "base/refusal.h"
#include "options.h"
#include "protocol.h"

/* How sure a piece of evidence makes us, strongest first; also the order in which it is sought. */
enum strength {
	STRENGTH_OWN_PID, /* the environment names our own pid */
	STRENGTH_PEER,    /* the manager's socket is held by our parent */
	STRENGTH_PARENT,  /* what our parent looks like, and what lies around */
	STRENGTH_BUS,     /* a manager says so over D-Bus; costs a process and time */
	N_STRENGTHS,
};

/* Whether the host itself started us, or something in between did (a shell without exec). */
enum parentage {
	PARENT_UNKNOWN,
	PARENT_IS_HOST,
	PARENT_IS_OTHER,
};

struct evidence {
	const struct host *host;
	enum strength strength;
	enum parentage parentage;
	const char *what; /* a constant, for --detect and --explain */
};

/* "none of" the kinds of evidence, and --init without any. */
#define MAX_EVIDENCE 16

/* Time that all questions over D-Bus together may take before the daemon is started. */
#define BUS_BUDGET_MS 1000

/* What the host's other listeners look like: start_on of an Upstart job, as bus-query prints it. */
struct conditions {
	bool is_known;
	int error;        /* why not: a negative errno */
	const char *text; /* the arena's; ended by a NUL */
	size_t length;
};

/* The attempt to get sockets that were not handed over: Upstart's, see hosts/upstart/adopt.h. */
enum adoption_result {
	ADOPTION_NOT_TRIED,
	ADOPTION_DONE,          /* all that follow: there are none */
	ADOPTION_NOT_ASKED_FOR, /* the job's conditions name no socket */
	ADOPTION_UNKNOWN,       /* nobody tells its conditions */
	ADOPTION_FAILED,
};

struct adoption {
	enum adoption_result result;
	struct refusal refusal; /* why there are none */
};

struct facts {
	char *const *env;    /* borrowed: the environment we were given */
	struct arena *arena; /* borrowed; holds what is found, and the plan made of it */
	pid_t pid, parent;
	uid_t uid; /* effective */
	int bus_budget_ms;

	struct evidence evidence[MAX_EVIDENCE]; /* in the order it was found */
	size_t n_evidence;
	const struct host *host; /* the verdict; NULL if nothing pointed anywhere */
	enum parentage parentage;

	struct handover handover;
	struct conditions conditions; /* why the host started us, where a check needs it */
	bool sockets_are_right;       /* those handed over have been found to be the job's own */
	struct adoption adoption;
	pid_t tracer;         /* our tracer, or 0 */
	const int *strangers; /* listening sockets that nobody handed to us; the arena's */
	size_t n_strangers;
	char job[256], instance[256]; /* storage behind handover.job and .instance */
};

/*
 * True if @host runs a daemon that is its own, with the sockets that it is given there: nothing is
 * to be observed, and nothing changed. Pure.
 */
bool facts_is_at_home(const struct options *options, const struct host *host);

/*
 * Observes what a run with @options needs, cheapest first; asks D-Bus only for what nothing else
 * tells. Returns 0, or -errno with the reason in @refusal. @arena is borrowed by @ret_facts.
 */
int facts_observe(const struct options *options, char *const *env, struct arena *arena,
		  struct facts *ret_facts, struct refusal *refusal);

#endif
