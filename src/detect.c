/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See detect.h. */
#include "detect.h"

#include "host/host.h"
#include "util.h"

static const char *const strength_texts[] = {
	[STRENGTH_OWN_PID] = "environment",
	[STRENGTH_PEER] = "socket",
	[STRENGTH_PARENT] = "parent",
	[STRENGTH_BUS] = "D-Bus",
};

static const char *const parentage_texts[] = {
	[PARENT_UNKNOWN] = "whether it started us itself is not known",
	[PARENT_IS_HOST] = "it started us itself",
	[PARENT_IS_OTHER] = "something between it and us started us",
};

static void take_verdict(struct facts *facts, const struct evidence *evidence)
{
	facts->host = evidence->host;
	facts->parentage = evidence->parentage;
}

/*
 * Looks for evidence of one strength for one host; with --init only that host's is the verdict.
 * Returns true if there is some.
 */
static bool look(struct facts *facts, const struct host *host, enum strength strength,
		 const struct host *init)
{
	struct evidence evidence = { .host = host, .strength = strength };

	if (!host->recognise(facts, strength, &evidence))
		return false;
	if (facts->n_evidence < MAX_EVIDENCE)
		facts->evidence[facts->n_evidence++] = evidence;
	if (facts->host == NULL && (init == NULL || init == host))
		take_verdict(facts, &evidence);
	return true;
}

/* --init is right about the host; what is left to find out is whether it is our parent. */
static void detect_parentage(struct facts *facts, const struct host *init)
{
	for (int strength = 0; strength < STRENGTH_BUS; strength++) {
		if (look(facts, init, (enum strength)strength, init))
			break;
	}
	facts->host = init;
}

void detect(struct facts *facts, const struct host *init, bool all)
{
	if (init != NULL && !all) {
		detect_parentage(facts, init);
		return;
	}
	for (int strength = 0; strength < N_STRENGTHS; strength++) {
		for (size_t i = 0; hosts[i] != NULL && (all || facts->host == NULL); i++)
			(void)look(facts, hosts[i], (enum strength)strength, init);
	}
	if (init != NULL)
		facts->host = init;
}

void detect_print(FILE *stream, const struct facts *facts, const struct host *init)
{
	(void)fprintf(stream, "process: %d, parent %d\n", (int)facts->pid, (int)facts->parent);
	if (init != NULL)
		(void)fprintf(stream, "evidence (option): --init=%s\n", init->name);
	for (size_t i = 0; i < facts->n_evidence; i++) {
		const struct evidence *evidence = &facts->evidence[i];

		(void)fprintf(stream, "evidence (%s): %s: %s\n", strength_texts[evidence->strength],
			      evidence->host->name, evidence->what);
	}
	if (facts->host == NULL)
		(void)fprintf(stream, "verdict: no service manager shows itself\n");
	else
		(void)fprintf(stream, "verdict: %s; %s\n", facts->host->name,
			      parentage_texts[facts->parentage]);
}
