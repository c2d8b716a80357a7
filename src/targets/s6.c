/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A daemon written for s6-supervise(8): it says that it is ready by a newline on a descriptor whose number
 * it is told, by its arguments or in a variable. It is handed no sockets.
 */
#include "base/text.h"
#include "base/util.h"
#include "plan.h"
#include "targets/target.h"

static const env_name_t variables[] = { "" };

static int add_number(const struct options *options, struct plan *plan)
{
	char digits[24];
	struct text text = text_begin(digits, sizeof(digits));

	if (options->daemon_fd_name == NULL)
		return 0;
	text_add_number(&text, (unsigned long)options->daemon_fd);
	return env_edits_set(&plan->env, options->daemon_fd_name, digits);
}

static int translate(const struct options *options, const struct handover *handover,
		     struct plan *plan, struct refusal *refusal)
{
	if (handover->n_fds > 0)
		return refuse(refusal, EINVAL,
			      "a daemon for s6 is handed no sockets, and %zu were: let it open its own, or "
			      "choose the target whose sockets it takes",
			      handover->n_fds);
	return add_number(options, plan) < 0 ? refuse(refusal, ENOMEM, "out of memory") : 0;
}

const struct target target_s6 = {
	.name = "s6",
	.speaks = SPEAKS_NEWLINE,
	.says = "a newline",
	.takes = SOCKETS_NONE,
	.variables = variables,
	.socket_variables = variables,
	.translate = translate,
};
