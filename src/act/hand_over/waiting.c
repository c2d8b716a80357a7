/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daemon is not ready yet: the host is told what is waited for, and, if that takes long, the
 * administrator, with what is seen; see act/hand_over/state.h.
 */
#include <stdio.h>

#include "act/hand_over/state.h"
#include "babysitter/seen.h"
#include "babysitter/step.h"
#include "base/log.h"
#include "base/util.h"
#include "hosts/host.h"
#include "targets/target.h"

#define STATUS_MS 1000 /* most daemons are ready by then, and it costs them nothing */

static void tell(const struct hand_over *state, const char *what)
{
	const struct plan *plan = state->launch->plan;

	if (plan->host->tell_waiting != NULL)
		plan->host->tell_waiting(state->launch->facts, what, NO_TIME_LIMIT);
}

void hand_over_begin_waiting(struct hand_over *state)
{
	state->begin_ms = state->start_ms = now_ms();
	if (state->ready == NULL)
		return;
	tell(state, state->launch->ready_when->text);
	state->is_waiting_told = true;
}

void hand_over_end_waiting(struct hand_over *state)
{
	long long ms = now_ms() - state->start_ms;

	if (state->start_ms == 0)
		return; /* a condition has held, and this is the stop that follows */
	state->start_ms = 0;
	if (state->ready != NULL)
		log_debug("ready after %lld.%03lld s: %s holds", ms / 1000, ms % 1000,
			  state->launch->ready_when->text);
	else
		log_debug("ready after %lld.%03lld s, said by process %d, which has stopped itself",
			  ms / 1000, ms % 1000, (int)state->daemon.pid);
	if (state->is_waiting_told)
		tell(state, NULL);
	state->is_waiting_told = false;
	state->begin_ms = 0;
}

static void tell_stop(struct hand_over *state)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "process %d to stop itself", (int)state->daemon.pid);
	tell(state, what);
	state->is_waiting_told = true;
}

static void warn_waiting(const struct hand_over *state)
{
	const struct plan *plan = state->launch->plan;
	char what[700], patience[80];
	struct text text = text_begin(patience, sizeof(patience));

	seen_add_patience(plan->host, &text);
	if (state->ready != NULL) {
		log_warning("%s has not held for %d s (--ready-when): %s; %s",
			    state->launch->ready_when->text, WORD_MS / 1000,
			    state->ready->reason != NULL ? state->ready->reason
							 : "it was not looked at yet",
			    patience);
		return;
	}
	text = text_begin(what, sizeof(what));
	seen_add_reasons(state->daemon.pid, plan->target, plan->n_fds > 0, &text);
	text_make_line(what);
	log_warning("the daemon, process %d, has not stopped itself within %d s, as one for %s does "
		    "when it is ready%s; %s",
		    (int)state->daemon.pid, WORD_MS / 1000, plan->target->name, what, patience);
}

/* Most likely the host does not want to wait any longer. */
void hand_over_warn_ending(const struct hand_over *state)
{
	const struct ready_watch *ready = state->ready;
	const struct plan *plan = state->launch->plan;
	char what[700];
	struct text text = text_begin(what, sizeof(what));

	if (ready != NULL) {
		log_warning("told to end before %s held (%s): %s", plan->ready_when->text,
			    plan_readiness(plan),
			    ready->reason != NULL ? ready->reason : "it was not looked at yet");
		return;
	}
	seen_add_reasons(state->daemon.pid, plan->target, plan->n_fds > 0, &text);
	text_make_line(what);
	log_warning("told to end before the daemon, process %d, had stopped itself, as one for %s does "
		    "when it is ready%s",
		    (int)state->daemon.pid, plan->target->name, what);
}

int hand_over_take_wait(struct hand_over *state)
{
	long long waited_ms = now_ms() - state->begin_ms;

	if (state->begin_ms == 0 || state->daemon.pid <= 0)
		return -1;
	if (!state->is_waiting_told && waited_ms >= STATUS_MS)
		tell_stop(state);
	if (waited_ms >= WORD_MS) {
		warn_waiting(state);
		state->begin_ms = 0; /* once */
		return -1;
	}
	return (int)((state->is_waiting_told ? WORD_MS : STATUS_MS) - waited_ms);
}
