/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See facts.h. */
#include "facts.h"

#include <sys/auxv.h>

#include "base/sys.h"
#include "base/util.h"
#include "hosts/host.h"
#include "observe/detect.h"
#include "targets/target.h"

static bool is_job_needed(const struct options *options, const struct facts *facts)
{
	return options->target->needs_job != NULL && facts->host->identify != NULL &&
	       options->target->needs_job(options, facts->handover.n_fds);
}

/* The sockets of --listen, as if they had been handed over. */
static int observe_own_sockets(const struct options *options, struct facts *facts,
			       struct refusal *refusal)
{
	struct handover *handover = &facts->handover;

	handover->fds = arena_get(facts->arena, options->n_listen, sizeof(*handover->fds));
	if (handover->fds == NULL)
		return refuse(refusal, ENOMEM, "out of memory");
	listen_describe(options->listen, options->n_listen, handover->fds);
	handover->n_fds = options->n_listen;
	handover->fds_are_ours = true;
	return 0;
}

static void observe_readiness(const struct options *options, struct facts *facts)
{
	if (facts->host->observe_readiness != NULL)
		facts->host->observe_readiness(options, facts);
}

static int observe_handover(const struct options *options, struct facts *facts,
			    struct refusal *refusal)
{
	int r = facts->host->observe(options, facts, refusal);

	if (r == 0)
		observe_readiness(options, facts);
	if (r == 0 && options->n_listen > 0 && facts->handover.n_fds == 0)
		r = observe_own_sockets(options, facts, refusal);
	if (r == 0 && is_job_needed(options, facts))
		facts->host->identify(facts);
	return r;
}

static void assume_no_host(struct facts *facts)
{
	facts->host = &host_none;
	facts->evidence[facts->n_evidence++] =
		(struct evidence){ .host = facts->host,
				   .what = "no service manager shows itself, and none is needed" };
}

bool facts_is_at_home(const struct options *options, const struct host *host)
{
	bool wants_sockets = options->n_listen > 0 ||
			     (options->adopt == ADOPT_REQUIRE && host->forgets_sockets);

	return is_equal(host->name, options->target->name) && !wants_sockets;
}

int facts_observe(const struct options *options, char *const *env, struct arena *arena,
		  struct facts *ret_facts, struct refusal *refusal)
{
	*ret_facts = (struct facts){
		.env = env,
		.arena = arena,
		.pid = sys_getpid(),
		.parent = sys_getppid(),
		.uid = (uid_t)getauxval(AT_EUID),
		.bus_budget_ms = BUS_BUDGET_MS,
	};
	detect(ret_facts, options->init, options->action == ACTION_DETECT);
	if (options->action == ACTION_DETECT)
		return 0;
	/* Sockets of our own are all that is wanted: nobody is needed who hands over some. */
	if (ret_facts->host == NULL && options->n_listen > 0 && !options_carry_readiness(options))
		assume_no_host(ret_facts);
	if (ret_facts->host == NULL)
		return 0;
	/* Little more is needed to run a daemon where it belongs, with what it is given there. */
	if (facts_is_at_home(options, ret_facts->host)) {
		if (options->ready_when != NULL)
			observe_readiness(options, ret_facts);
		return 0;
	}
	return observe_handover(options, ret_facts, refusal);
}
