/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See observe/detect.h. */
#include "observe/detect.h"

#include "base/util.h"
#include "hosts/host.h"

/*
 * What runs below a unit or a job inherits its variables, so the evidence for the manager further
 * up may be the stronger one, and yet another started us: inetd, itself a service.
 */
static bool may_be_nearer(const struct facts *facts, const struct host *host)
{
	return host->is_nested && facts->parentage == PARENT_IS_OTHER;
}

static bool is_verdict(const struct facts *facts, const struct evidence *evidence)
{
	return facts->host == NULL ||
	       (may_be_nearer(facts, evidence->host) && evidence->parentage == PARENT_IS_HOST);
}

static void take_verdict(struct facts *facts, const struct evidence *evidence)
{
	facts->host = evidence->host;
	facts->parentage = evidence->parentage;
}

/*
 * Looks for evidence of one strength for one host; with --init only that host's is the verdict.
 * Returns true if there is some.
 */
static bool look(struct facts *facts, const struct host *host, enum strength strength)
{
	struct evidence evidence = { .host = host, .strength = strength };

	if (!host_recognise(facts, strength, &evidence))
		return false;
	if (facts->n_evidence < MAX_EVIDENCE)
		facts->evidence[facts->n_evidence++] = evidence;
	if ((facts->init == NULL || facts->init == host) && is_verdict(facts, &evidence))
		take_verdict(facts, &evidence);
	return true;
}

/* --init is right about the host; what is left to find out is whether it is our parent. */
static void detect_parentage(struct facts *facts)
{
	for (int strength = 0; strength < STRENGTH_BUS; strength++) {
		if (look(facts, facts->init, (enum strength)strength))
			break;
	}
	facts->host = facts->init;
}

static bool is_worth_a_look(const struct facts *facts, const struct host *host, int strength)
{
	return facts->host == NULL || (strength < STRENGTH_BUS && may_be_nearer(facts, host));
}

/* Nothing that is still to be found would change the verdict. */
static bool is_settled(const struct facts *facts)
{
	return facts->host != NULL && facts->parentage != PARENT_IS_OTHER;
}

static void look_for_strength(struct facts *facts, enum strength strength, bool all)
{
	for (size_t i = 0; hosts[i] != NULL; i++) {
		if (!all && is_settled(facts))
			return;
		if (host_has_evidence(hosts[i], strength) &&
		    (all || is_worth_a_look(facts, hosts[i], (int)strength)))
			(void)look(facts, hosts[i], strength);
	}
}

void detect(struct facts *facts, bool all)
{
	if (facts->init != NULL && !all) {
		detect_parentage(facts);
		return;
	}
	for (int strength = 0; strength < N_STRENGTHS && (all || !is_settled(facts)); strength++) {
		look_for_strength(facts, (enum strength)strength, all);
		/* Where the first kind of evidence tells, and the daemon is at home, little else is asked. */
		if (!is_settled(facts) && facts->arena != NULL)
			(void)env_index(&facts->env, facts->arena);
	}
	if (facts->init != NULL)
		facts->host = facts->init;
}
