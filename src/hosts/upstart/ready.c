/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Telling Upstart that a job is ready: its main process is stopped, and Upstart, if the job has
 * "expect stop", continues it and goes on to "running" (init(5)).
 *
 * A job without "expect stop" would stay stopped for ever, and nothing tells beforehand which kind
 * it is. So only Upstart continues the process until it is shown not to wait for the stop:
 *
 *   (a) over D-Bus the instance is neither "spawning" nor "spawned", or
 *   (b) it has taken a probe that was sent after the stop (see hosts/upstart/probe.h), and the process is still
 *       stopped: it has had the report and did not care, or
 *   (c) 10 s without either.
 *
 * (b) costs less and needs nobody's leave, so (a) is for where no probe can be sent. Upstart sends
 * SIGCONT before it leaves "spawned", so an answer (a) about a process that is stopped *afterwards*
 * is proof. How Upstart's process looks in /proc is not, whatever is read there: one that sleeps
 * may have been preempted on its way to the report.
 *
 * A slow Upstart is most likely a busy one, at boot, and then a thousand of us have the same
 * question: so we look and ask late, ever more rarely, and not at all where a probe tells.
 *
 * Stopping again after Upstart has consumed the first stop would freeze the daemon; so that is done
 * only while D-Bus says "spawned" twice.
 */
#include "hosts/upstart/ready.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

enum stage {
	STAGE_IDLE,
	STAGE_STOPPED, /* we have stopped the process; who continues it? */
	STAGE_PAST,    /* (a) holds; a last look tells whether Upstart has continued it */
	STAGE_CONFIRM, /* continued late: is Upstart awake, then? */
	STAGE_AGAIN,   /* it says that it waits: ask a second time */
	STAGE_RECOVER, /* (c) continued it, or nobody answered; Upstart may still wake up and wait */
	STAGE_DONE,
};

#define FIRST_LOOK_MS 50 /* Upstart reacts in less than one, unless it is busy or does not wait */
#define LOOK_AGAIN_MS 10 /* first delay after that; doubles */
#define LOOK_AGAIN_MAX_MS 1000
#define CONFIRM_MS 2000  /* so long from a SIGCONT to the probe Upstart may be busy */
#define ASK_AGAIN_MS 50  /* between the two answers "spawned" */
#define GIVE_UP_MS 10000 /* (c) */
#define RECOVER_MS 2000  /* first delay after (c); doubles */
#define MAX_ROUNDS 4     /* stops sent again, and questions after (c) */

static struct telling_step act(unsigned actions, int timer_ms)
{
	return (struct telling_step){ .actions = actions, .timer_ms = timer_ms };
}

static struct telling_step done(struct telling *telling, unsigned actions)
{
	telling->stage = STAGE_DONE;
	return act(actions | TELL_DONE, 0);
}

static struct telling_step stop(struct telling *telling, const struct telling_event *event)
{
	telling->stage = STAGE_STOPPED;
	telling->deadline_ms = event->now_ms + GIVE_UP_MS;
	telling->delay_ms = LOOK_AGAIN_MS;
	telling->has_probed = false;
	telling->probe = 0; /* it told of the stop before */
	return act(TELL_STOP, FIRST_LOOK_MS);
}

static struct telling_step stop_again(struct telling *telling, const struct telling_event *event)
{
	if (telling->rounds++ >= MAX_ROUNDS)
		return done(telling, TELL_WARN_NO_REACTION);
	return stop(telling, event);
}

static int next_delay(struct telling *telling, int max_ms)
{
	int delay_ms = telling->delay_ms;

	telling->delay_ms = delay_ms * 2 < max_ms ? delay_ms * 2 : max_ms;
	return delay_ms;
}

static struct telling_step recover(struct telling *telling, unsigned actions)
{
	telling->stage = STAGE_RECOVER;
	telling->delay_ms = RECOVER_MS;
	return act(actions, next_delay(telling, GIVE_UP_MS));
}

/*
 * Of a daemon that has ended nobody will ask again: what Upstart says now counts, and if that is nothing its
 * parent has been stopped and continued as well as it could be.
 */
static struct telling_step recover_or_end(struct telling *telling, unsigned actions)
{
	struct telling_step step = recover(telling, actions);

	return telling->has_ended ? act(step.actions | TELL_ASK, 0) : step;
}

/* Upstart has continued it if it goes on to take the probe; one that is stalled has not. */
static struct telling_step looked_when_continued(struct telling *telling,
						 const struct telling_event *event)
{
	if (event->probe == HOST_PROBE_TAKEN)
		return done(telling, 0);
	if (event->probe == HOST_PROBE_NONE || event->now_ms >= telling->deadline_ms)
		return recover_or_end(telling, 0);
	return act(0, next_delay(telling, LOOK_AGAIN_MAX_MS));
}

/* The process is not stopped any more. Before the first look nobody but Upstart had a reason. */
static struct telling_step continued(struct telling *telling, const struct telling_event *event)
{
	if (!telling->was_slow)
		return done(telling, 0);
	telling->stage = STAGE_CONFIRM;
	telling->deadline_ms = event->now_ms + CONFIRM_MS;
	telling->delay_ms = LOOK_AGAIN_MS;
	return looked_when_continued(telling, event);
}

/* Probe and question in turn, as long as no probe can be sent. */
static struct telling_step inquire(struct telling *telling)
{
	telling->has_probed = !telling->has_probed;
	if (!telling->has_probed)
		return act(TELL_ASK, 0);
	return act(TELL_PROBE, next_delay(telling, LOOK_AGAIN_MAX_MS));
}

static struct telling_step looked_while_stopped(struct telling *telling,
						const struct telling_event *event)
{
	bool is_too_late = event->now_ms >= telling->deadline_ms;

	if (!event->daemon_is_stopped && !event->stop_is_pending)
		return continued(telling, event);
	/* SIGCONT takes back a stop that is still pending, too. */
	if (is_too_late)
		return recover_or_end(telling,
				      TELL_CONTINUE |
					      (event->is_unknown ? 0U : TELL_WARN_NO_REACTION));
	/* Upstart has most likely continued it: who else but Upstart could tell? */
	if (event->is_unknown)
		return act(TELL_ASK, 0);
	telling->was_slow = telling->was_slow || event->daemon_is_stopped;
	if (event->stop_is_complete && event->probe == HOST_PROBE_TAKEN)
		return done(telling, TELL_CONTINUE | TELL_WARN_NOT_WAITING);
	if (event->stop_is_complete && event->probe == HOST_PROBE_NONE)
		return inquire(telling);
	return act(0, next_delay(telling, LOOK_AGAIN_MAX_MS));
}

static struct telling_step looked_when_past(struct telling *telling, const struct telling_event *event)
{
	if (!event->daemon_is_stopped)
		return done(telling, 0);
	return done(telling, TELL_CONTINUE | (event->is_unknown ? 0U : TELL_WARN_NOT_WAITING));
}

static struct telling_step answered_while_stopped(struct telling *telling,
						  const struct telling_event *event)
{
	if (event->answer != HOST_ANSWER_PAST)
		return act(0, next_delay(telling, LOOK_AGAIN_MAX_MS));
	telling->stage = STAGE_PAST;
	return act(TELL_LOOK, 0);
}

static struct telling_step answered_again(struct telling *telling, const struct telling_event *event)
{
	switch (event->answer) {
	case HOST_ANSWER_PAST:
		return done(telling, 0);
	case HOST_ANSWER_NONE:
		return recover_or_end(telling, 0);
	case HOST_ANSWER_WAITING:
		break;
	}
	return stop_again(telling, event);
}

static struct telling_step answered_recovering(struct telling *telling,
					       const struct telling_event *event)
{
	if (event->answer == HOST_ANSWER_WAITING) {
		telling->stage = STAGE_AGAIN;
		return act(0, ASK_AGAIN_MS);
	}
	if (event->answer == HOST_ANSWER_PAST || telling->has_ended || telling->rounds++ >= MAX_ROUNDS)
		return done(telling, 0);
	return act(0, next_delay(telling, GIVE_UP_MS));
}

static struct telling_step answered(struct telling *telling, const struct telling_event *event)
{
	switch ((enum stage)telling->stage) {
	case STAGE_STOPPED:
		return answered_while_stopped(telling, event);
	case STAGE_AGAIN:
		return answered_again(telling, event);
	case STAGE_RECOVER:
		return answered_recovering(telling, event);
	case STAGE_IDLE:
	case STAGE_PAST:
	case STAGE_CONFIRM:
	case STAGE_DONE:
		break;
	}
	return act(0, 0);
}

static struct telling_step looked(struct telling *telling, const struct telling_event *event)
{
	if (telling->stage == STAGE_STOPPED)
		return looked_while_stopped(telling, event);
	if (telling->stage == STAGE_PAST)
		return looked_when_past(telling, event);
	if (telling->stage == STAGE_CONFIRM)
		return looked_when_continued(telling, event);
	return act(0, 0);
}

static struct telling_step timer(struct telling *telling)
{
	if (telling->stage == STAGE_STOPPED || telling->stage == STAGE_CONFIRM)
		return act(TELL_LOOK, 0);
	if (telling->stage == STAGE_AGAIN || telling->stage == STAGE_RECOVER)
		return act(TELL_ASK, 0);
	return act(0, 0);
}

static struct telling_step ended(struct telling *telling)
{
	return act(telling->stage == STAGE_RECOVER ? TELL_ASK : 0, 0);
}

static struct telling_step hear(struct telling *telling, const struct telling_event *event)
{
	switch (event->kind) {
	case HEARD_READY:
		return telling->stage == STAGE_IDLE ? stop(telling, event) : act(0, 0);
	case HEARD_TIMER:
		return timer(telling);
	case HEARD_LOOKED:
		return looked(telling, event);
	case HEARD_ANSWERED:
		telling->is_asking = false;
		return answered(telling, event);
	case HEARD_ENDED:
		return ended(telling);
	case HEARD_SAID: /* nothing is said, Upstart sees what we do */
		break;
	}
	return act(0, 0);
}

/* One question at a time: a timer and the daemon's end may both want to know. */
struct telling_step upstart_tell_ready(struct telling *telling, const struct telling_event *event)
{
	bool was_asking = telling->is_asking && event->kind != HEARD_ANSWERED;
	struct telling_step step = hear(telling, event);

	if (was_asking)
		step.actions &= ~(unsigned)TELL_ASK;
	telling->is_asking = telling->is_asking || (step.actions & TELL_ASK) != 0;
	return step;
}

bool upstart_question(const char *job, const char *instance, const char *ret_words[static 4])
{
	if (job == NULL)
		return false;
	ret_words[0] = "job-state";
	ret_words[1] = job;
	ret_words[2] = instance != NULL ? instance : "";
	ret_words[3] = NULL;
	return true;
}

/* The goal and the state, a line each. In these two states Upstart waits for the stop. */
static enum host_answer read_state(const char *answer)
{
	const char *state = strchr(answer, '\n');

	if (state == NULL)
		return HOST_ANSWER_NONE;
	return has_prefix(state, "\nspawned\n") || has_prefix(state, "\nspawning\n")
		       ? HOST_ANSWER_WAITING
		       : HOST_ANSWER_PAST;
}

enum host_answer upstart_read_answer(int result, const char *answer)
{
	if (result == -ENXIO) /* "no such instance" is an answer, too: it does not wait */
		return HOST_ANSWER_PAST;
	return result < 0 ? HOST_ANSWER_NONE : read_state(answer);
}

/* Not "pre-start", where it has yet to start the process that it may wait for. */
bool upstart_has_gone_on(const char *answer)
{
	const char *state = strchr(answer, '\n');

	return state != NULL &&
	       (has_prefix(state, "\nrunning\n") || has_prefix(state, "\npost-start\n"));
}

/*
 * "kill signal" is a stop's, "reload signal" is not, and they may be the same one. A restart has the goal to
 * start again when it stops.
 */
int upstart_read_stop(int result, const char *answer)
{
	const char *state = result < 0 ? NULL : strchr(answer, '\n');

	if (state == NULL)
		return -ENODATA;
	return has_prefix(answer, "stop\n") || has_prefix(state, "\nkilled\n");
}
