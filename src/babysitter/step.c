/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The pure part of the babysitter; see babysitter/step.h. */
#include "babysitter/step.h"

#include "base/util.h"

static struct babysitter_step act(unsigned actions)
{
	return (struct babysitter_step){ .actions = actions };
}

/* @action, if this is the first time. */
static unsigned once(struct babysitter *sitter, unsigned action)
{
	unsigned fresh = action & ~sitter->done_once;

	sitter->done_once |= action;
	return fresh;
}

static struct babysitter_step go_on_telling(struct babysitter *sitter,
					    const struct telling_event *event)
{
	struct babysitter_step step = {
		.telling = sitter->way->tell_ready(&sitter->telling, event),
	};

	if ((step.telling.actions & TELL_DONE) == 0)
		return step;
	step.actions = SIT_SETTLED;
	if (sitter->end_after_ready || sitter->stage == STAGE_LAST_TELLING) {
		step.actions |= SIT_LEAVE;
		sitter->stage = STAGE_OVER;
	} else {
		sitter->stage = STAGE_SETTLED;
	}
	return step;
}

static bool is_telling(const struct babysitter *sitter)
{
	return sitter->stage == STAGE_TELLING || sitter->stage == STAGE_LAST_TELLING;
}

/* It has not been ready, or not in time. */
static bool is_early(const struct babysitter *sitter)
{
	return sitter->stage == STAGE_WAITING || sitter->stage == STAGE_LATE;
}

static void drop_deadlines(struct babysitter *sitter)
{
	for (size_t i = 0; i < N_DEADLINES; i++)
		sitter->due_ms[i] = 0;
}

static struct babysitter_step begin_telling(struct babysitter *sitter, enum stage stage,
					    const struct babysitter_event *event)
{
	struct telling_event begin = { .kind = HEARD_READY, .now_ms = event->telling.now_ms };
	struct babysitter_step step;

	sitter->stage = stage;
	drop_deadlines(sitter);
	step = go_on_telling(sitter, &begin);
	step.actions |= SIT_READY;
	return step;
}

static struct babysitter_step take_ready(struct babysitter *sitter,
					 const struct babysitter_event *event)
{
	/* Later ones end a reload, which Upstart knows nothing of; and there is a too late. */
	if (sitter->stage != STAGE_WAITING)
		return act(0);
	return begin_telling(sitter, STAGE_TELLING, event);
}

/*
 * STOPPING=1 is the last word, as in systemd from 259 on. But as long as the host waits for it a
 * READY=1 that follows counts, as it did before that: else the host would wait for ever.
 */
static enum daemon_phase next_phase(const struct babysitter *sitter, unsigned changes)
{
	bool is_final = sitter->phase == PHASE_STOPPING;

	if ((changes & STATE_STOPPING) != 0)
		return PHASE_STOPPING;
	if ((changes & STATE_READY) != 0 && (!is_final || is_early(sitter)))
		return PHASE_READY;
	if ((changes & STATE_RELOADING) != 0 && !is_final)
		return PHASE_RELOADING;
	return sitter->phase;
}

static struct babysitter_step take_phase(struct babysitter *sitter,
					 const struct babysitter_event *event)
{
	static const char *const words[] = { NULL, "ready", "reloading", "stopping" };
	enum daemon_phase phase = next_phase(sitter, event->said->changes);
	bool is_reloaded = sitter->phase == PHASE_RELOADING && phase == PHASE_READY &&
			   !is_early(sitter);
	struct babysitter_step step = act(0);

	if (phase == PHASE_READY && (event->said->changes & STATE_READY) != 0)
		step = take_ready(sitter, event);
	if (phase != sitter->phase)
		step.phase = is_reloaded ? "reloaded" : words[phase];
	sitter->phase = phase;
	return step;
}

/* Never shorter, sd_notify(3). */
static void extend_deadline(struct babysitter *sitter, const struct babysitter_event *event)
{
	long long deadline_ms = event->telling.now_ms + (long long)(event->said->extend_us / 1000);

	for (size_t i = DEADLINE_WORD; i <= DEADLINE_START; i++) {
		if (sitter->due_ms[i] != 0 && deadline_ms > sitter->due_ms[i])
			sitter->due_ms[i] = deadline_ms;
	}
}

/* Never more than was granted; a value that is not one takes the change back. */
static void change_access(struct babysitter *sitter, const struct statement *said)
{
	if ((said->invalid & STATE_NOTIFY_ACCESS) != 0)
		sitter->access = sitter->granted;
	else if ((said->changes & STATE_NOTIFY_ACCESS) != 0)
		sitter->access = said->access < sitter->granted ? said->access : sitter->granted;
}

/* After its end the main process is believed what does no harm if it was another's. */
static bool may_say(const struct babysitter_event *event)
{
	const unsigned harmful = STATE_READY | STATE_MAIN_PID | STATE_MAIN_PIDFD;

	return event->sender != SENDER_UNKNOWN || (event->said->changes & harmful) == 0;
}

static bool may_speak(const struct babysitter *sitter, const struct babysitter_event *event)
{
	enum sender sender = event->sender;

	switch (sitter->access) {
	case NOTIFY_ACCESS_NONE:
		return false;
	case NOTIFY_ACCESS_MAIN:
		return (sender == SENDER_MAIN || sender == SENDER_UNKNOWN) && may_say(event);
	case NOTIFY_ACCESS_ALL:
		return sender != SENDER_STRANGER && may_say(event);
	}
	return false;
}

static struct babysitter_step refuse_message(struct babysitter *sitter,
					     const struct babysitter_event *event)
{
	if ((event->said->changes & STATE_READY) != 0 && is_early(sitter))
		return act(once(sitter, SIT_WARN_REFUSED));
	return act(SIT_DEBUG_REFUSED);
}

static unsigned take_main_pid(struct babysitter *sitter, const struct statement *said)
{
	if (!sitter->has_parent)
		return once(sitter, SIT_WARN_MAIN_PID);
	/* What is being ended is ended: with another main process it would begin anew. */
	return (said->changes & STATE_MAIN_PID) != 0 && sitter->stage != STAGE_LATE &&
			       !babysitter_is_leaving(sitter)
		       ? SIT_FOLLOW
		       : 0;
}

/* ERRNO=0 is none, and what is no number is not an error that the host has a name for. */
static bool says_error(const struct statement *said)
{
	bool is_zero = true;

	if ((said->changes & STATE_ERROR) == 0 || said->error.length > 9)
		return false;
	for (size_t i = 0; i < said->error.length; i++) {
		char c = said->error.text[i];

		if (c < '0' || c > '9')
			return false;
		is_zero = is_zero && c == '0';
	}
	return !is_zero;
}

/* In systemd's order: main process, phase, status, access, time. */
static struct babysitter_step take_notification(struct babysitter *sitter,
						const struct babysitter_event *event)
{
	const struct statement *said = event->said;
	struct babysitter_step step;

	if (!may_speak(sitter, event))
		return refuse_message(sitter, event);
	step = take_phase(sitter, event);
	step.actions |= SIT_REPORT;
	if ((said->changes & STATE_STOPPING) != 0)
		step.actions |= SIT_NOT_READY;
	if (sitter->host->failure[0] != '\0' && is_early(sitter) && says_error(said))
		step.actions |= SIT_TELL_FAILURE;
	if (sitter->host->relays && sitter->stage == STAGE_SETTLED)
		step.actions |= SIT_RELAY;
	if (event->names_another)
		step.actions |= take_main_pid(sitter, said);
	if ((said->changes & STATE_FD_STORE) != 0)
		step.actions |= once(sitter, SIT_WARN_FD_STORE);
	change_access(sitter, said);
	if ((said->changes & STATE_EXTEND_TIMEOUT) != 0)
		extend_deadline(sitter, event);
	return step;
}

/* Whom the host tracks may have stopped itself, which the host takes for readiness: it can be asked. */
static struct babysitter_step begin_word(const struct babysitter *sitter)
{
	if (sitter->has_parent || sitter->way->question == NULL)
		return act(SIT_WARN_WAITING);
	return (struct babysitter_step){ .telling = { .actions = TELL_ASK } };
}

static struct babysitter_step end_word(const struct telling_event *event)
{
	if (event->kind != HEARD_ANSWERED)
		return act(0);
	return act(event->answer == HOST_ANSWER_PAST ? SIT_WARN_UNAWAITED : SIT_WARN_WAITING);
}

static struct babysitter_step end_start(struct babysitter *sitter, unsigned warning, long long now_ms)
{
	sitter->stage = STAGE_LATE;
	drop_deadlines(sitter);
	sitter->due_ms[DEADLINE_KILL] = now_ms + TERMINATE_MS;
	return act(warning | SIT_TERMINATE);
}

/* Killed before it could say that the start has succeeded: for whoever waits for it it has failed. */
static struct babysitter_step lose_host(struct babysitter *sitter, long long now_ms)
{
	if (sitter->stage == STAGE_LATE || babysitter_is_leaving(sitter))
		return act(0);
	return end_start(sitter, SIT_WARN_HOST_GONE, now_ms);
}

static struct babysitter_step take_deadline(struct babysitter *sitter, enum deadline deadline,
					    long long now_ms)
{
	if (sitter->due_ms[deadline] == 0)
		return act(0);
	sitter->due_ms[deadline] = 0;
	switch (deadline) {
	case DEADLINE_WORD:
		return begin_word(sitter);
	case DEADLINE_START:
		/* Upstart has no start timeout: ending the daemon is the only way to report the failure. */
		return end_start(sitter, SIT_WARN_LATE, now_ms);
	case DEADLINE_KILL:
		return act(SIT_KILL);
	case N_DEADLINES:
		break;
	}
	return act(0);
}

/*
 * A parent outlives the daemon until we have left. So what the daemon said last is carried on, and
 * the order that a respawning Upstart job needs can be kept: stopped first, ended afterwards.
 */
static struct babysitter_step take_end(struct babysitter *sitter, const struct babysitter_event *event)
{
	const struct telling_event ended = { .kind = HEARD_ENDED, .now_ms = event->telling.now_ms };
	bool was_early = is_early(sitter), was_late = sitter->stage == STAGE_LATE;
	struct babysitter_step step = act(0);

	if (babysitter_is_leaving(sitter))
		return step;
	drop_deadlines(sitter);
	sitter->telling.has_ended = true;
	if (was_early && sitter->has_parent && sitter->job_respawns) {
		step = begin_telling(sitter, STAGE_LAST_TELLING, event);
	} else if (is_telling(sitter) && sitter->has_parent) {
		sitter->stage = STAGE_LAST_TELLING;
		step = go_on_telling(sitter, &ended);
	} else {
		sitter->stage = STAGE_OVER;
		step.actions = SIT_LEAVE;
	}
	if (was_early && !was_late)
		step.actions |= SIT_WARN_ENDED_EARLY;
	if (was_early && sitter->host->failure[0] != '\0')
		step.actions |= SIT_TELL_FAILURE;
	step.actions |= SIT_NOT_READY;
	return step;
}

/* Killed: had the daemon been in its place, it would not run any more. */
static struct babysitter_step lose_parent(struct babysitter *sitter)
{
	bool was_leaving = babysitter_is_leaving(sitter);

	sitter->stage = STAGE_OVER;
	return act(SIT_LEAVE | SIT_NOT_READY | (was_leaving ? 0 : SIT_KILL_ORPHAN));
}

/* Late, when it would be ready: a host that is about to go on is not to be disturbed at a boot. */
static struct babysitter_step ask_once(struct babysitter *sitter, const struct babysitter_event *event)
{
	bool has_answer = event->kind == EVENT_TELLING && event->telling.kind == HEARD_ANSWERED;

	if (event->kind == EVENT_DEADLINE) {
		drop_deadlines(sitter);
		return (struct babysitter_step){ .telling = { .actions = TELL_ASK } };
	}
	if (!has_answer && event->kind != EVENT_MAIN_ENDED)
		return act(0);
	sitter->stage = STAGE_OVER;
	return act(SIT_LEAVE |
		   (has_answer && event->telling.answer == HOST_ANSWER_WAITING ? SIT_WARN_FORGOTTEN
									       : 0));
}

struct babysitter_step babysitter_step(struct babysitter *sitter, const struct babysitter_event *event)
{
	if (sitter->only_asks)
		return ask_once(sitter, event);
	switch (event->kind) {
	case EVENT_HOST_GONE:
		return lose_host(sitter, event->telling.now_ms);
	case EVENT_NOTIFICATION:
		return take_notification(sitter, event);
	case EVENT_CONDITION:
		return take_ready(sitter, event);
	case EVENT_MAIN_ENDED:
		return take_end(sitter, event);
	case EVENT_PARENT_ENDED:
		return lose_parent(sitter);
	case EVENT_DEADLINE:
		return take_deadline(sitter, event->deadline, event->telling.now_ms);
	case EVENT_TELLING:
		if (is_telling(sitter))
			return go_on_telling(sitter, &event->telling);
		if (sitter->stage == STAGE_WAITING)
			return end_word(&event->telling);
		break;
	}
	return act(0);
}
