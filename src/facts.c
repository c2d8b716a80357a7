/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See facts.h. */
#include "facts.h"

#include "detect.h"
#include "host/host.h"
#include "target/target.h"
#include "util.h"

static bool is_job_needed(const struct options *options, const struct facts *facts)
{
	return options->target->needs_job != NULL && facts->host->identify != NULL &&
	       options->target->needs_job(options, facts->handover.n_fds);
}

static int observe_handover(const struct options *options, struct facts *facts,
			    struct refusal *refusal)
{
	int r = facts->host->observe(options, facts, refusal);

	if (r == 0 && is_job_needed(options, facts))
		facts->host->identify(facts);
	return r;
}

int facts_observe(const struct options *options, char *const *env, struct facts *ret_facts,
		  struct refusal *refusal)
{
	*ret_facts = (struct facts){
		.env = env,
		.pid = getpid(),
		.parent = getppid(),
		.uid = geteuid(),
		.bus_budget_ms = BUS_BUDGET_MS,
	};
	detect(ret_facts, options->init, options->action == ACTION_DETECT);
	/* Nothing more is needed to say what we found, or to run a daemon where it belongs. */
	if (options->action == ACTION_DETECT || ret_facts->host == NULL ||
	    is_equal(ret_facts->host->name, options->target->name))
		return 0;
	return observe_handover(options, ret_facts, refusal);
}

void facts_done(struct facts *facts)
{
	free(facts->handover.fds);
	free(facts->strangers);
	facts->handover.fds = NULL;
	facts->strangers = NULL;
}
