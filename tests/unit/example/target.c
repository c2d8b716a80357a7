/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* A target of the tests' own: a daemon that knows NOTIFY_SOCKET, and takes no sockets. */
#include "base/util.h"
#include "example/example.h"
#include "plan.h"

static const env_name_t variables[] = { "NOTIFY_SOCKET", "" };
static const env_name_t socket_variables[] = { "" };

static int translate(const struct options *options, const struct handover *handover,
		     struct plan *plan, struct refusal *refusal)
{
	(void)options;
	if (handover->n_fds > 0)
		return refuse(refusal, EINVAL, "a daemon for example takes no sockets");
	if (plan->shape == SHAPE_REPLACE || plan->speaks != SPEAKS_DATAGRAM)
		return 0;
	return env_edits_set_later(&plan->env, "NOTIFY_SOCKET", ENV_NOTIFY_ADDRESS);
}

const struct target target_example = {
	.name = "example",
	.speaks = SPEAKS_DATAGRAM,
	.says = "READY=1",
	.takes = SOCKETS_NONE,
	.variables = variables,
	.socket_variables = socket_variables,
	.translate = translate,
};
