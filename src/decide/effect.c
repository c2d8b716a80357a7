/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See decide/effect.h. */
#include "decide/effect.h"

#include "hosts/host.h"
#include "plan.h"
#include "targets/target.h"

const char *effect_excluded(enum use use, const struct options *options, const struct plan *plan)
{
	switch (use) {
	case USE_LIMIT:
	case USE_NOTIFICATIONS:
	case USE_ATTEND:
		if (use == USE_LIMIT && plan->target->speaks == SPEAKS_EXIT)
			return NULL;
		if (!options_carry_readiness(options))
			return "-N is missing";
		/* A condition has a limit, too, but sends no notifications. */
		return use != USE_LIMIT && !options->notify
			       ? "--ready-when is instead of notifications"
			       : NULL;
	case USE_WAIT:
		return options->n_wait_for == 0 ? "--wait-for is missing" : NULL;
	case USE_FORKING:
		return plan->target->speaks != SPEAKS_EXIT ? "only with -t forking" : NULL;
	case USE_HOST_FD:
		return plan->way == plan->host->way && plan->way->learns != LEARNS_BY_NEWLINE
			       ? "this service manager reads no newline"
			       : NULL;
	case USE_DAEMON_FD:
		return plan->target->speaks != SPEAKS_NEWLINE ? "this target has no word for it"
							      : NULL;
	case USE_JOB:
		return !plan->target->names_job ? "this target has no word for it" : NULL;
	case USE_NAMES:
		return !plan->target->names_sockets ? "this target has no word for it" : NULL;
	case USE_ALWAYS:
	case USE_STDERR:
	case USE_READINESS:
	case USE_SUPERVISE:
	case USE_RESPAWNS:
	case USE_LISTEN:
	case USE_ADOPT:
	case USE_SOCKETS:
		break;
	}
	return NULL;
}

static const char *unless(bool has_effect, const char *why)
{
	return has_effect ? NULL : why;
}

static const char *miss_readiness(const struct plan *plan)
{
	if (plan->target->speaks == SPEAKS_EXIT)
		return unless(plan->shape != SHAPE_REPLACE,
			      "the service manager follows such a daemon itself");
	return unless(plan->shape != SHAPE_REPLACE,
		      plan->target->speaks == SPEAKS_NOTHING
			      ? "the daemon does not say when it is ready"
			      : "the daemon speaks to the service manager itself");
}

static const char *miss_messages(const struct plan *plan)
{
	const char *why = miss_readiness(plan);

	if (why != NULL)
		return why;
	return unless(plan->speaks == SPEAKS_DATAGRAM, "the daemon sends no notifications");
}

static const char *miss_sockets(const struct plan *plan)
{
	if (plan->is_untouched)
		return "host and target are the same";
	return unless(plan->n_fds > 0, "there are no sockets");
}

const char *effect_missing(enum use use, const struct options *options, const struct plan *plan)
{
	const char *why = effect_excluded(use, options, plan);

	if (why != NULL)
		return why;
	switch (use) {
	case USE_FORKING:
	case USE_READINESS:
	case USE_SUPERVISE: /* which is refused without readiness that is carried */
		return miss_readiness(plan);
	case USE_LIMIT:
		why = miss_readiness(plan);
		return why != NULL ? why
				   : unless(!plan->is_announced ||
						    plan->host->patience != PATIENCE_LIMITED,
					    "the service manager has a limit");
	case USE_NOTIFICATIONS:
		return miss_messages(plan);
	case USE_ATTEND:
		why = miss_messages(plan);
		return why != NULL ? why
				   : unless(plan->shape == SHAPE_ATTEND, "we stay as its parent");
	case USE_RESPAWNS:
		return unless(plan->shape == SHAPE_SUPERVISE && !plan->is_announced,
			      "the service manager needs no help with that");
	case USE_LISTEN:
		return unless(plan->listen != NULL, "there are sockets of the service manager's");
	case USE_ADOPT:
		return unless(plan->host->forgets_sockets, "this service manager forgets none");
	case USE_NAMES:
	case USE_SOCKETS:
		return miss_sockets(plan);
	case USE_JOB:
	case USE_STDERR:
		return unless(!plan->is_untouched, "host and target are the same");
	case USE_ALWAYS:
	case USE_WAIT:
	case USE_HOST_FD:
	case USE_DAEMON_FD:
		break;
	}
	return NULL;
}
