/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/supervise/parent.h. */
#include "act/supervise/parent.h"

#include <signal.h>
#include <string.h>

#include "base/exit_status.h"

/* The babysitter gives a host that does not react 10 s. */
#define WAIT_FOR_BABYSITTER_MS 15000
/* As Upstart does where the job does not say how long ("kill timeout"). */
#define WAIT_FOR_DAEMON_MS 5000

static struct supervisor_step act(unsigned actions)
{
	return (struct supervisor_step){ .actions = actions };
}

/* init(5): a stop goes to the process group, a reload to the main process only. */
bool supervisor_is_stop(int signal)
{
	return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
}

/* Nobody is there whom it could be passed on to: it is for the next main process, if there will be one. */
static void keep(struct supervisor *supervisor, int signal)
{
	if (supervisor_is_stop(signal))
		supervisor->stop_signal = signal;
	else
		supervisor->kept_signals |= 1ULL << (signal - 1);
}

static struct supervisor_step forward(unsigned action, int signal)
{
	return (struct supervisor_step){ .actions = action, .signal = signal };
}

/* Which a host may as well stop a job with: it is said in the job ("kill signal"), and nowhere else. */
static bool is_ambiguous(const struct supervisor *supervisor, struct sent sent)
{
	return supervisor->can_ask && sent.is_from_host && sent.signal != SIGCONT;
}

static struct supervisor_step pass_on(struct supervisor *supervisor, struct sent sent, bool may_ask)
{
	if (sent.is_from_host && supervisor_is_stop(sent.signal))
		return forward(SUPERVISOR_FORWARD_GROUP, sent.signal);
	if (!may_ask || !is_ambiguous(supervisor, sent))
		return forward(SUPERVISOR_FORWARD, sent.signal);
	supervisor->is_asking = true;
	supervisor->asked = sent;
	return act(SUPERVISOR_ASK);
}

/* Its main process is not known so far. */
static bool is_starting(const struct supervisor *supervisor)
{
	return supervisor->is_forking && supervisor->main_pid == supervisor->daemon_pid;
}

static struct supervisor_step forward_to_start(struct supervisor *supervisor, int signal)
{
	if (supervisor_is_stop(signal))
		keep(supervisor, signal); /* for one that is born meanwhile, too */
	if (supervisor_is_stop(signal) || supervisor->daemon_ended)
		return forward(SUPERVISOR_SIGNAL_ALL, signal);
	return forward(SUPERVISOR_FORWARD, signal);
}

static struct supervisor_step take_signal(struct supervisor *supervisor,
					  const struct supervisor_event *event)
{
	const struct sent sent = { (unsigned char)event->signal, event->is_from_host };

	if (event->signal == SIGCHLD || (event->signal == SIGCONT && supervisor->is_telling))
		return act(0);
	/* It is for the next one, should that have been named last; and no stop is what has ended this one. */
	if (supervisor->main_ended || event->main_has_ended) {
		keep(supervisor, event->signal);
		return act(0);
	}
	if (is_starting(supervisor))
		return forward_to_start(supervisor, event->signal);
	if (!supervisor->is_asking && supervisor->n_queued == 0)
		return pass_on(supervisor, sent, true);
	if (supervisor->n_queued == SUPERVISOR_QUEUE) /* nobody sends so many: better early than never */
		return pass_on(supervisor, sent, false);
	supervisor->queue[supervisor->n_queued++] = sent;
	return act(0);
}

static struct supervisor_step take_answer(struct supervisor *supervisor, int answer)
{
	supervisor->is_asking = false;
	if (answer < 0) /* nor would it about the others */
		supervisor->n_unasked = supervisor->n_queued;
	if (supervisor->main_ended)
		return act(0);
	return forward(answer > 0 ? SUPERVISOR_FORWARD_GROUP : SUPERVISOR_FORWARD,
		       supervisor->asked.signal);
}

static struct supervisor_step take_next(struct supervisor *supervisor)
{
	struct sent sent = supervisor->queue[0];
	bool may_ask = supervisor->n_unasked == 0;

	supervisor->n_queued--;
	memmove(supervisor->queue, supervisor->queue + 1, supervisor->n_queued * sizeof(sent));
	if (!may_ask)
		supervisor->n_unasked--;
	return supervisor->main_ended ? act(0) : pass_on(supervisor, sent, may_ask);
}

static struct supervisor_step wait_for_babysitter(struct supervisor *supervisor)
{
	if (supervisor->is_waiting)
		return act(0);
	supervisor->is_waiting = true;
	return (struct supervisor_step){ .timer_ms = WAIT_FOR_BABYSITTER_MS };
}

/* The first process may have named another one as the main process, and still be there. */
static struct supervisor_step end_daemon(struct supervisor *supervisor)
{
	if (supervisor->is_ending)
		return act(0);
	supervisor->is_ending = true;
	return (struct supervisor_step){ .actions = SUPERVISOR_END_DAEMON,
					 .timer_ms = WAIT_FOR_DAEMON_MS };
}

static struct supervisor_step end(const struct supervisor *supervisor)
{
	unsigned warning = supervisor->is_lost ? SUPERVISOR_WARN_LOST : 0;

	return (struct supervisor_step){ .actions = SUPERVISOR_END | warning,
					 .status = supervisor->status };
}

static struct supervisor_step end_stragglers(struct supervisor *supervisor)
{
	if (supervisor->is_ending)
		return act(0);
	supervisor->is_ending = true;
	return (struct supervisor_step){ .actions = SUPERVISOR_END_STRAGGLERS,
					 .timer_ms = WAIT_FOR_DAEMON_MS };
}

static struct supervisor_step check_end(struct supervisor *supervisor)
{
	if (!supervisor->main_ended)
		return act(0);
	if (!supervisor->is_alone)
		return wait_for_babysitter(supervisor);
	if (supervisor->is_forking)
		return end_stragglers(supervisor);
	return supervisor->daemon_ended ? end(supervisor) : end_daemon(supervisor);
}

static void remember(struct supervisor *supervisor, pid_t pid, int status)
{
	unsigned i = supervisor->n_reaped++ % SUPERVISOR_MEMORY;

	supervisor->reaped[i].pid = pid;
	supervisor->reaped[i].status = status;
}

/* A daemon's last process may be reaped before its first one, whose end it need not wait for. */
static struct supervisor_step take_reaped(struct supervisor *supervisor, pid_t pid, int status)
{
	if (is_starting(supervisor) && pid != supervisor->daemon_pid && status != 0)
		supervisor->left_status = status;
	if (pid == supervisor->daemon_pid)
		supervisor->daemon_ended = true;
	if (pid == supervisor->daemon_pid && is_starting(supervisor) && !supervisor->main_ended &&
	    status == 0)
		return act(SUPERVISOR_SAY_FORKED);
	if (pid == supervisor->main_pid && (!supervisor->main_ended || supervisor->is_lost)) {
		supervisor->main_ended = true;
		supervisor->is_lost = false;
		supervisor->status = status;
	} else {
		remember(supervisor, pid, status);
	}
	/* Who has started the main process may have been the last one beside it. */
	if (is_starting(supervisor) && supervisor->daemon_ended && !supervisor->main_ended)
		return act(SUPERVISOR_SAY_FORKED);
	return check_end(supervisor);
}

/* Without a main process, or after it. A last status that is a failure is the daemon's own. */
static struct supervisor_step take_none_left(struct supervisor *supervisor)
{
	struct supervisor_step step;
	unsigned warning = supervisor->left_status == 0 ? SUPERVISOR_WARN_NONE_LEFT : 0;

	if (supervisor->is_ending)
		return end(supervisor);
	if (!is_starting(supervisor) || !supervisor->daemon_ended || supervisor->main_ended)
		return act(0);
	supervisor->main_ended = true;
	supervisor->status = warning != 0 ? EXIT_OURS << 8 : supervisor->left_status;
	step = check_end(supervisor);
	step.actions |= SUPERVISOR_SAY_OVER | warning;
	return step;
}

static struct supervisor_step fail(struct supervisor *supervisor)
{
	supervisor->main_ended = true;
	supervisor->status = EXIT_OURS << 8;
	return check_end(supervisor);
}

static struct supervisor_step follow(struct supervisor *supervisor, pid_t pid)
{
	supervisor->main_pid = pid;
	supervisor->main_ended = supervisor->is_lost = supervisor->is_waiting = false;
	return act(SUPERVISOR_FOLLOW);
}

/* At last by our own end, should it be another user's: it is the only one that the host sees. */
static struct supervisor_step end_main(struct supervisor *supervisor)
{
	if (supervisor->main_ended)
		return check_end(supervisor);
	supervisor->is_ending_main = true;
	return (struct supervisor_step){ .actions = SUPERVISOR_END_MAIN,
					 .timer_ms = WAIT_FOR_DAEMON_MS };
}

static struct supervisor_step take_word(struct supervisor *supervisor, const struct parent_word *word)
{
	switch (word->kind) {
	case WORD_TELLING:
		supervisor->is_telling = true;
		break;
	case WORD_SETTLED:
		supervisor->is_telling = false;
		supervisor->is_settled = true;
		return act(SUPERVISOR_LET_GO);
	case WORD_GIVE_UP:
		return end_main(supervisor);
	case WORD_HELD:
	case WORD_SAY: /* the loop has done it */
		break;
	case WORD_MAIN:
		return follow(supervisor, word->pid);
	case WORD_SIGNAL:
		return forward(SUPERVISOR_SIGNAL_ALL, (int)word->pid);
	case WORD_FAILED:
		return fail(supervisor);
	}
	return act(0);
}

static struct supervisor_step take_alone(struct supervisor *supervisor)
{
	struct supervisor_step step;

	supervisor->is_alone = true;
	supervisor->is_telling = false;
	if (supervisor->main_ended)
		return check_end(supervisor);
	if (supervisor->is_settled)
		return act(SUPERVISOR_WARN_ALONE);
	step = end_main(supervisor);
	step.actions |= SUPERVISOR_WARN_ALONE;
	return step;
}

/* The last one counts: a number may have been several processes'. */
static bool recall(const struct supervisor *supervisor, pid_t pid, int *ret_status)
{
	for (unsigned i = 1; i <= SUPERVISOR_MEMORY && i <= supervisor->n_reaped; i++) {
		unsigned last = (supervisor->n_reaped - i) % SUPERVISOR_MEMORY;

		if (supervisor->reaped[last].pid == pid) {
			*ret_status = supervisor->reaped[last].status;
			return true;
		}
	}
	return false;
}

/*
 * It has been reaped before it was named; or it may come to us yet, if its own parent ends without
 * having reaped it.
 */
static struct supervisor_step lose_main(struct supervisor *supervisor)
{
	if (supervisor->main_ended)
		return act(0);
	supervisor->main_ended = true;
	supervisor->status = EXIT_UNKNOWN << 8;
	supervisor->is_lost = !recall(supervisor, supervisor->main_pid, &supervisor->status);
	return check_end(supervisor);
}

static struct supervisor_step take_timer(struct supervisor *supervisor)
{
	if (!supervisor->main_ended)
		return act(supervisor->is_ending_main ? SUPERVISOR_KILL_MAIN : 0);
	if (!supervisor->is_forking || supervisor->is_killing)
		return end(supervisor);
	if (!supervisor->is_ending)
		return end_stragglers(supervisor);
	supervisor->is_killing = true;
	return (struct supervisor_step){ .actions = SUPERVISOR_KILL_STRAGGLERS,
					 .timer_ms = WAIT_FOR_DAEMON_MS };
}

struct supervisor_step supervisor_step(struct supervisor *supervisor,
				       const struct supervisor_event *event)
{
	switch (event->kind) {
	case SUPERVISOR_SIGNALED:
		return take_signal(supervisor, event);
	case SUPERVISOR_ANSWERED:
		return take_answer(supervisor, event->answer);
	case SUPERVISOR_NEXT:
		return take_next(supervisor);
	case SUPERVISOR_REAPED:
		return take_reaped(supervisor, event->pid, event->status);
	case SUPERVISOR_TOLD:
		return take_word(supervisor, &event->word);
	case SUPERVISOR_ALONE:
		return take_alone(supervisor);
	case SUPERVISOR_MAIN_LOST:
		return lose_main(supervisor);
	case SUPERVISOR_NONE_LEFT:
		return take_none_left(supervisor);
	case SUPERVISOR_TIMER:
		return take_timer(supervisor);
	}
	return act(0);
}
