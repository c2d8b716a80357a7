/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A daemon that goes to the background by itself, as for an init script or systemd's Type=forking, daemon(7): its
 * first process exits with 0 when it is ready, and its pid file names the process that goes on. Sockets
 * it finds, if at all, as a service of that type does.
 */
#include "base/util.h"
#include "plan.h"
#include "targets/from_3.h"
#include "targets/target.h"

static const env_name_t variables[] = { "LISTEN_PID",     "LISTEN_FDS",
					"LISTEN_FDNAMES", "LISTEN_PIDFDID",
					"NOTIFY_SOCKET",  "WATCHDOG_PID",
					"WATCHDOG_USEC",  "" };

static bool needs_job(const struct options *options, size_t n_sockets)
{
	(void)options;
	return n_sockets > 0;
}

static int translate(const struct options *options, const struct handover *handover,
		     struct plan *plan, struct refusal *refusal)
{
	return handover->n_fds > 0 ? from_3_add_sockets(options, handover, plan, refusal) : 0;
}

const struct target target_forking = {
	.name = "forking",
	.speaks = SPEAKS_EXIT,
	.takes = SOCKETS_FROM_3,
	.variables = variables,
	.socket_variables = variables,
	.names_sockets = true,
	.needs_job = needs_job,
	.translate = translate,
};
