/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A host of the tests' own, which shows what one takes: this file and one row in tables.c. It reads a
 * newline from the descriptor whose number is in EXAMPLE_FD.
 */
#include "base/text.h"
#include "base/util.h"
#include "example/example.h"

static const env_name_t variables[] = { "EXAMPLE_*", "" };

static bool recognise(struct facts *facts, enum strength strength, struct evidence *ret_evidence)
{
	if (strength != STRENGTH_OWN_PID || env_get(&facts->env, "EXAMPLE_FD") == NULL)
		return false;
	ret_evidence->parentage = PARENT_IS_HOST;
	ret_evidence->what = "EXAMPLE_FD is set";
	return true;
}

static void observe_readiness(const struct options *options, struct facts *facts)
{
	const char *text = env_get(&facts->env, "EXAMPLE_FD");
	unsigned long fd;

	(void)options;
	if (text != NULL && parse_number(text, 1000, &fd) == 0)
		facts->handover.notify_fd = (int)fd;
}

static int check_readiness(const struct options *options, const struct facts *facts,
			   struct refusal *refusal)
{
	if (facts->handover.notify_fd > 0)
		return 0;
	return refuse(refusal, EINVAL, "%s, but EXAMPLE_FD names no descriptor",
		      options_readiness(options));
}

const struct host host_example = {
	.name = "example",
	.way = &way_newline,
	.gives = SOCKETS_NONE,
	.variables = variables,
	.ready_setting = "EXAMPLE_FD=",
	.recognise = recognise,
	.observe_readiness = observe_readiness,
	.check_readiness = check_readiness,
};
