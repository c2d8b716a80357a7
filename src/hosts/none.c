/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * No service manager as the host: a terminal, a script, a container's first process. It hands over
 * nothing, learns nothing and leaves no variables. It is never recognised, only meant (--init=none)
 * or assumed: observe/observe.c.
 */
#include "hosts/host.h"

static const char *const variables[] = { NULL };

static bool recognise(struct facts *facts, enum strength strength, struct evidence *ret_evidence)
{
	(void)facts;
	(void)strength;
	(void)ret_evidence;
	return false;
}

static int observe(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	(void)options;
	(void)facts;
	(void)refusal;
	return 0;
}

const struct host host_none = {
	.name = "none",
	.way = &way_nothing,
	.gives = SOCKETS_NONE,
	.variables = variables,
	.recognise = recognise,
	.observe = observe,
};
