/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A daemon written for systemd: it finds its sockets by sd_listen_fds(3), at 3 and up, and says
 * that it is ready by sd_notify(3).
 */
#include "targets/target.h"

#include "base/text.h"
#include "base/util.h"
#include "fd/fds.h"
#include "fd/names.h"
#include "plan.h"

static const char *const variables[] = { "LISTEN_PID",     "LISTEN_FDS",
					 "LISTEN_FDNAMES", "LISTEN_PIDFDID",
					 "NOTIFY_SOCKET",  "WATCHDOG_PID",
					 "WATCHDOG_USEC",  NULL };
static const char *const socket_variables[] = { "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
						"LISTEN_PIDFDID", NULL };

/* They look for /run/systemd/system, or for what it has set, themselves. */
static const char *const shy[] = { "syslog-ng",  "keepalived", "dotnet",
				   "otbr-agent", "lvmpolld",   NULL };

static bool needs_job(const struct options *options, size_t n_sockets)
{
	(void)options;
	return n_sockets > 0;
}

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

static int translate(const struct options *options, const struct handover *handover,
		     struct plan *plan, struct refusal *refusal)
{
	int r = 0;

	if (options->fd_names != NULL && handover->n_fds > 0)
		r = check_names(options->fd_names, handover->n_fds, refusal);
	if (r < 0)
		return r;
	if (handover->n_fds > 0)
		r = add_sockets(options, handover, plan);
	if (r == 0 && plan->speaks == SPEAKS_DATAGRAM && plan->shape != SHAPE_REPLACE)
		r = env_edits_set_later(&plan->env, "NOTIFY_SOCKET", ENV_NOTIFY_ADDRESS);
	return r < 0 ? refuse(refusal, -r, "out of memory") : 0;
}

const struct target target_systemd = {
	.name = "systemd",
	.speaks = SPEAKS_DATAGRAM,
	.says = "READY=1",
	.shy = shy,
	.takes = SOCKETS_FROM_3,
	.variables = variables,
	.socket_variables = socket_variables,
	.names_sockets = true,
	.needs_job = needs_job,
	.translate = translate,
};
