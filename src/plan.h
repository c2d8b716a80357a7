/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Stage 2, decide: one immutable plan, made of facts and options by decide/. Whatever the launcher
 * will do is in here.
 */
#ifndef CIB_PLAN_H
#define CIB_PLAN_H

#include "base/env.h"
#include "condition/condition.h"
#include "options.h"
#include "protocol.h"

struct host;
struct target;
struct way;

/* How far it was decided, where it came to a refusal: --explain prints as much. */
enum decided {
	DECIDED_NOTHING,
	DECIDED_SHAPE,
	DECIDED_ALL,
};

struct plan {
	enum decided decided;
	const struct host *host;
	const struct target *target;
	const struct way *way; /* how the host learns that the daemon is ready */
	enum shape shape;
	bool is_untouched; /* target and host are the same: nothing is changed at all */
	bool may_be_awaited; /* the host may wait for readiness, which is not carried: it is to be asked */
	bool fds_are_new; /* its sockets are close-on-exec until they are in place */

	const struct fd_info *fds; /* the daemon's sockets, in order; borrowed */
	size_t n_fds;
	/* The sockets are still to be opened, as these say; borrowed from the options; or NULL. */
	const struct listen_address *listen;
	int first_fd; /* they are moved to this number and up; or -1: they stay where they are */
	enum stdio stdio[N_STDIO]; /* done when they have been moved */
	const int *close_fds;      /* strangers' listeners; borrowed */
	size_t n_close_fds;
	/* Closed by the process that stays as the daemon's parent only with its end: locks hang on them. */
	const int *locked_fds;
	size_t n_locked;
	struct env_edits env;

	const struct awaited *wait_for; /* before anything is started; borrowed from the options */
	size_t n_wait_for;
	int wait_timeout_s;

	enum speaks speaks; /* how the daemon's readiness shows, if it is carried */
	/* SPEAKS_CONDITION: borrowed from the options; SPEAKS_NEWLINE: @newline, whose fd is to be made. */
	const struct awaited *ready_when;
	struct awaited newline;
	char newline_text[24];
	int daemon_fd;      /* where it writes that: a pipe of ours, or; 0: nowhere */
	int daemon_fd_from; /* what the host reads, moved there; 0: no such thing */
	/* The host hears of it from its main process: we have to be that, not a babysitter beside it. */
	bool is_announced;
	bool end_after_ready;
	bool job_respawns; /* a daemon that ends before it is ready is to be called ready first */
	const char *stays_for; /* why we stay as its parent, although nobody has said --supervise; or NULL */

	enum notify_access notify_access;
	enum notify_place notify_place;
	enum report_detail log; /* of what the daemon says */
	int start_timeout_s;    /* 0: none */
	/* The daemon is started in the background, and its pid is here; borrowed; or NULL. */
	const char *pid_file;
	bool stdio_is_null;     /* for the daemon 0-2 are /dev/null */
	const char *ready_file; /* there as long as the daemon is ready; borrowed; or NULL */
	/* SPEAKS_EXIT: where the daemon names its main process; borrowed; NULL: nowhere. */
	const char *daemon_pid_file;
	enum stragglers stragglers;
	char *const *command; /* borrowed */
	char warnings[1024]; /* for the administrator, each line of them ended by a '\n'; or empty; the last member */
};

/*
 * For target modules, while the plan is made. The daemon gets all sockets of @handover, moved to
 * @first and up, or with the numbers they have, unless these are 0-2.
 */
void plan_place_fds(struct plan *plan, const struct handover *handover, int first);
void plan_keep_fds(struct plan *plan, const struct handover *handover);

/* The option by which readiness is carried, for messages. */
static inline const char *plan_readiness(const struct plan *plan)
{
	if (plan->speaks == SPEAKS_EXIT)
		return "-t forking";
	return plan->speaks == SPEAKS_CONDITION ? "--ready-when" : "-N";
}

/* Whether the descriptor that the daemon says on that it is ready becomes another than it was. */
bool plan_fills_daemon_fd(const struct plan *plan);

/* Whether @fd is one that the daemon is going to have, and no longer what it was. */
bool plan_replaces_fd(const struct plan *plan, int fd);

/* Returns the number under which the daemon gets the socket @i of the plan. */
int plan_fd_number(const struct plan *plan, size_t i);

/* True if the sockets of @handover did not come by execve(2). */
bool plan_are_fds_new(const struct handover *handover);

/* Notes what works but not as the administrator may think; as many as there is space for. */
void plan_warn(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
