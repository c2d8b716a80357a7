/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stage 2, decide: from facts and options to one immutable plan. No system call, no global, no
 * clock; whatever the launcher will do is in here, and plan_print() shows it, for --explain and
 * for the tests.
 *
 * The plan is put together from what the two sides say of themselves: the target adds what its
 * daemon expects, the host's variables are removed, and the shape is looked up in a table of what
 * the host can and what the target needs.
 */
#ifndef CIB_PLAN_H
#define CIB_PLAN_H

#include <stdio.h>

#include "base/env.h"
#include "base/refusal.h"
#include "facts.h"
#include "options.h"
#include "protocol.h"

struct host;
struct target;

struct plan {
	const struct host *host;
	const struct target *target;
	enum shape shape;
	bool is_untouched; /* target and host are the same: nothing is changed at all */

	const struct fd_info *fds; /* the daemon's sockets, in order; borrowed */
	size_t n_fds;
	/* The sockets are still to be opened, as these say; borrowed from the options; or NULL. */
	const struct listen_address *listen;
	bool fds_are_new; /* close-on-exec until they are in place */
	int first_fd; /* they are moved to this number and up; or -1: they stay where they are */
	enum stdio stdio[N_STDIO]; /* done when they have been moved */
	const int *close_fds;      /* strangers' listeners; borrowed */
	size_t n_close_fds;
	struct env_edits env;

	const struct awaited *wait_for; /* before anything is started; borrowed from the options */
	size_t n_wait_for;
	int wait_timeout_s;

	enum ready_by ready_by;           /* how the daemon's readiness shows, if it is carried */
	const struct awaited *ready_when; /* READY_BY_CONDITION; borrowed from the options */

	enum notify_access notify_access;
	enum notify_place notify_place;
	enum report_detail log; /* of what the daemon says */
	int start_timeout_s;    /* 0: none */
	bool end_after_ready;
	bool job_respawns; /* a daemon that ends before it is ready is to be called ready first */
	char *const *command; /* borrowed */
	char warning[512];    /* one line for the administrator, or empty */
};

/*
 * Makes the plan for a run with @options in the world of @facts, from which it borrows.
 * Returns 0, or -errno with the reason in @refusal.
 */
int plan_decide(const struct options *options, const struct facts *facts, struct plan *ret_plan,
		struct refusal *refusal);

/*
 * Whether it is the host's main process that tells it of readiness, so that we have to be that, and
 * not a babysitter beside it.
 */
bool plan_is_announced(const struct plan *plan);

/* Prints @plan for a person. */
void plan_print(FILE *stream, const struct plan *plan, const struct facts *facts);

/*
 * For target modules, while the plan is made. The daemon gets all sockets of @handover, moved to
 * @first and up, or with the numbers they have, unless these are 0-2.
 */
void plan_place_fds(struct plan *plan, const struct handover *handover, int first);
void plan_keep_fds(struct plan *plan, const struct handover *handover);

/* The number under which the daemon gets the socket @i of the plan. */
int plan_fd_number(const struct plan *plan, size_t i);

/* Notes what works but not as the administrator may think; the first one is kept. */
void plan_warn(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
