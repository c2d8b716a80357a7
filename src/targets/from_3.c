/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See targets/from_3.h. */
#include "targets/from_3.h"

#include "base/text.h"
#include "base/util.h"
#include "fd/fds.h"
#include "fd/names.h"
#include "plan.h"

/* As systemd-socket-activate(1) does: one name is for all, else there is one for each. */
static int check_names(const char *names, size_t n_sockets, struct refusal *refusal)
{
	size_t n = fd_names_count(names);

	if (n == 1 || n == n_sockets)
		return 0;
	return refuse(refusal, EINVAL,
		      "--fdname=%s has %zu names for %zu socket(s): give one name for each, in their "
		      "order, or one for all",
		      names, n, n_sockets);
}

/* The value of LISTEN_FDNAMES, or NULL: out of memory. */
static const char *make_names(const struct options *options, const struct handover *handover,
			      struct arena *arena)
{
	const char *names = options->fd_names != NULL ? options->fd_names : handover->fd_names;

	if (names == NULL)
		return fd_names_of_job(arena, handover->job, handover->n_fds);
	if (fd_names_count(names) == 1)
		return fd_names_repeat(arena, names, handover->n_fds);
	return names;
}

/* systemd.exec(5), for Accept=yes. */
static int add_peer(const struct peer *peer, struct plan *plan)
{
	int r = env_edits_set(&plan->env, "REMOTE_ADDR", peer->address);

	return r < 0 ? r : env_edits_set(&plan->env, "REMOTE_PORT", peer->port);
}

static int add_sockets(const struct options *options, const struct handover *handover,
		       struct plan *plan)
{
	const char *names = make_names(options, handover, plan->env.arena);
	char digits[24];
	struct text count = text_begin(digits, sizeof(digits));
	int r;

	if (names == NULL)
		return -ENOMEM;
	plan_place_fds(plan, handover, LISTEN_FDS_START);
	text_add_number(&count, handover->n_fds);
	/* Not LISTEN_PIDFDID, which may be absent but not wrong: sd_listen_fds(3). */
	r = env_edits_set_later(&plan->env, "LISTEN_PID", ENV_DAEMON_PID);
	if (r == 0)
		r = env_edits_set(&plan->env, "LISTEN_FDS", digits);
	if (r == 0)
		r = env_edits_set(&plan->env, "LISTEN_FDNAMES", names);
	if (r == 0 && handover->peer.address[0] != '\0')
		r = add_peer(&handover->peer, plan);
	return r;
}

int from_3_add_sockets(const struct options *options, const struct handover *handover,
		       struct plan *plan, struct refusal *refusal)
{
	int r = 0;

	if (options->fd_names != NULL)
		r = check_names(options->fd_names, handover->n_fds, refusal);
	if (r < 0)
		return r;
	r = add_sockets(options, handover, plan);
	return r < 0 ? refuse(refusal, -r, "out of memory") : 0;
}
