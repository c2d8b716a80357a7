/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A daemon written for systemd: it finds its sockets by sd_listen_fds(3), at 3 and up, and says
 * that it is ready by sd_notify(3).
 */
#include "targets/target.h"

#include "base/util.h"
#include "plan.h"
#include "targets/from_3.h"

static const env_name_t variables[] = { "LISTEN_PID",     "LISTEN_FDS",
					"LISTEN_FDNAMES", "LISTEN_PIDFDID",
					"NOTIFY_SOCKET",  "WATCHDOG_PID",
					"WATCHDOG_USEC",  "" };
static const env_name_t socket_variables[] = { "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
					       "LISTEN_PIDFDID", "" };

/* They look for /run/systemd/system, or for what it has set, themselves. */
static const char *const shy[] = { "syslog-ng",  "keepalived", "dotnet",
				   "otbr-agent", "lvmpolld",   NULL };

static bool needs_job(const struct options *options, size_t n_sockets)
{
	(void)options;
	return n_sockets > 0;
}

/* For a host that hears of its signs of life. */
static int add_watchdog(const struct handover *handover, struct plan *plan)
{
	int r;

	if (handover->watchdog_usec == NULL)
		return 0;
	r = env_edits_set(&plan->env, "WATCHDOG_USEC", handover->watchdog_usec);
	return r < 0 ? r : env_edits_set_later(&plan->env, "WATCHDOG_PID", ENV_DAEMON_PID);
}

static int translate(const struct options *options, const struct handover *handover,
		     struct plan *plan, struct refusal *refusal)
{
	int r = 0;

	if (handover->n_fds > 0)
		r = from_3_add_sockets(options, handover, plan, refusal);
	if (r < 0)
		return r;
	if (plan->speaks == SPEAKS_DATAGRAM && plan->shape != SHAPE_REPLACE)
		r = add_watchdog(handover, plan);
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
