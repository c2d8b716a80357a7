/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The daemon is not ready yet: the host is told what is waited for, and, if that takes long, the
 * administrator, with what is seen; see act/hand_over/state.h.
 */
#include <poll.h>
#include <signal.h>
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

/* Why the daemon is not ready, as far as it is seen. */
static void describe(const struct hand_over *state, char *line, size_t size)
{
	const struct plan *plan = state->launch->plan;
	bool has_sockets = plan->n_fds > 0;
	struct text text = text_begin(line, size);

	if (state->ready != NULL)
		text_add(&text, state->ready->reason != NULL ? state->ready->reason
							     : "it was not looked at yet");
	if (state->ready != NULL && plan->ready_when->kind != AWAITED_NEWLINE)
		seen_add_listeners(state->daemon.pid, has_sockets, &text);
	else
		seen_add_reasons(state->daemon.pid, plan->target, has_sockets, &text);
	text_make_line(line);
}

static void tell_stop(struct hand_over *state)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "process %d to stop itself", (int)state->daemon.pid);
	tell(state, what);
	state->is_waiting_told = true;
	describe(state, state->seen, sizeof(state->seen));
}

static void warn_waiting(const struct hand_over *state)
{
	const struct plan *plan = state->launch->plan;
	char what[700], patience[80];
	struct text text = text_begin(patience, sizeof(patience));

	seen_add_patience(plan->host, &text);
	describe(state, what, sizeof(what));
	if (state->ready != NULL) {
		log_warning("%s has not held for %d s (%s): %s; %s", state->launch->ready_when->text,
			    WORD_MS / 1000, plan_readiness(plan), what, patience);
		return;
	}
	log_warning("the daemon, process %d, has not stopped itself within %d s, as one for %s does "
		    "when it is ready%s; %s",
		    (int)state->daemon.pid, WORD_MS / 1000, plan->target->name, what, patience);
}

/*
 * Most likely the host does not want to wait any longer. It sends the same signal to all of the unit's
 * processes, and SIGCONT, so that what there was to see may be gone.
 */
void hand_over_warn_ending(const struct hand_over *state)
{
	const struct plan *plan = state->launch->plan;
	char what[700];

	describe(state, what, sizeof(what));
	if (state->ready == NULL && strlen(what) < strlen(state->seen))
		memcpy(what, state->seen, sizeof(state->seen));
	if (state->ready != NULL) {
		log_warning("told to end before %s held (%s): %s", plan->ready_when->text,
			    plan_readiness(plan), what);
		return;
	}
	log_warning("told to end before the daemon, process %d, had stopped itself, as one for %s does "
		    "when it is ready%s",
		    (int)state->daemon.pid, plan->target->name, what);
}

int hand_over_waiting_fd(const struct hand_over *state)
{
	bool is_awaited = state->pid_path != NULL && state->kill_ms == 0;

	return is_awaited && state->launch->host_fd > 0 ? state->launch->host_fd : NO_FD;
}

static bool is_host_gone(const struct hand_over *state)
{
	struct pollfd pollfd = { .fd = hand_over_waiting_fd(state) };

	return pollfd.fd >= 0 && poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLERR) != 0;
}

/* A host with a limit of its own ends the daemon itself. */
static long long find_limit_ms(const struct hand_over *state)
{
	const struct plan *plan = state->launch->plan;

	return plan->host->patience != PATIENCE_LIMITED ? plan->start_timeout_s * 1000LL : 0;
}

static void warn_late(const struct hand_over *state)
{
	const struct plan *plan = state->launch->plan;
	char what[700];

	describe(state, what, sizeof(what));
	if (state->ready != NULL)
		log_warning("%s did not hold within %d s (%s, --start-timeout): %s; ending the daemon (process "
			    "%d)",
			    plan->ready_when->text, plan->start_timeout_s, plan_readiness(plan),
			    what, (int)state->daemon.pid);
	else
		log_warning("the daemon, process %d, has not stopped itself within %d s (--start-timeout), as one "
			    "for %s does when it is ready%s; ending it",
			    (int)state->daemon.pid, plan->start_timeout_s, plan->target->name, what);
}

static int end_start(struct hand_over *state)
{
	static const char given_up[] = { FOREGROUND_GIVEN_UP };

	if (state->pid_path != NULL && state->launch->host_fd > 0)
		(void)!write(state->launch->host_fd, given_up, sizeof(given_up));
	hand_over_forward(state, SIGTERM);
	hand_over_forward(state, SIGCONT);
	state->kill_ms = now_ms() + TERMINATE_MS;
	state->begin_ms = 0;
	return TERMINATE_MS;
}

static int take_kill(struct hand_over *state)
{
	long long left_ms = state->kill_ms - now_ms();

	if (left_ms > 0)
		return (int)left_ms;
	hand_over_forward(state, SIGKILL);
	return TERMINATE_MS;
}

int hand_over_take_limit(struct hand_over *state)
{
	long long limit_ms = find_limit_ms(state), left_ms = state->start_ms + limit_ms - now_ms();

	if (state->kill_ms != 0)
		return take_kill(state);
	if (state->start_ms == 0 || state->daemon.pid <= 0)
		return -1;
	if (is_host_gone(state)) {
		log_error("who waited for the daemon in the foreground has been killed: nobody will hear that "
			  "the daemon, process %d, is ready; ending it",
			  (int)state->daemon.pid);
		return end_start(state);
	}
	if (limit_ms == 0)
		return -1;
	if (left_ms > 0)
		return (int)left_ms;
	warn_late(state);
	return end_start(state);
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
