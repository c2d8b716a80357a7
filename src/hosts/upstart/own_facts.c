/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See hosts/upstart/own_facts.h. */
#include "hosts/upstart/own_facts.h"

#include "base/util.h"

struct upstart_facts *upstart_obtain_facts(struct facts *facts)
{
	if (facts->of_host == NULL) {
		facts->of_host = arena_get(facts->arena, 1, sizeof(struct upstart_facts));
		if (facts->of_host != NULL)
			memset(facts->of_host, 0, sizeof(struct upstart_facts));
	}
	return facts->of_host;
}

const struct upstart_facts *upstart_facts(const struct facts *facts)
{
	static const struct upstart_facts none;

	return facts->of_host != NULL ? facts->of_host : &none;
}
