/* SPDX-License-Identifier: GPL-3.0-or-later */
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

	if ((step.telling.actions & TELL_DONE) != 0) {
		sitter->is_telling = false;
		sitter->is_settled = true;
		step.actions = SIT_SETTLED |
			       (sitter->end_after_ready || sitter->is_leaving ? SIT_LEAVE : 0);
	}
	return step;
}

static bool has_been_ready(const struct babysitter *sitter)
{
	return sitter->is_telling || sitter->is_settled;
}

static struct babysitter_step begin_telling(struct babysitter *sitter,
					    const struct babysitter_event *event)
{
	struct telling_event begin = { .kind = HEARD_READY, .now_ms = event->telling.now_ms };

	struct babysitter_step step;

	sitter->is_telling = true;
	sitter->deadline_ms = 0;
	step = go_on_telling(sitter, &begin);
	step.actions |= SIT_READY;
	return step;
}

static struct babysitter_step take_ready(struct babysitter *sitter,
					 const struct babysitter_event *event)
{
	/* Later ones end a reload, which Upstart knows nothing of; and there is a too late. */
	if (has_been_ready(sitter) || sitter->is_late)
		return act(0);
	return begin_telling(sitter, event);
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
	if ((changes & STATE_READY) != 0 && (!is_final || !has_been_ready(sitter)))
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
			   has_been_ready(sitter);
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

	if (sitter->deadline_ms != 0 && !sitter->is_late && deadline_ms > sitter->deadline_ms)
		sitter->deadline_ms = deadline_ms;
}

/* Never more than was granted; what is no access takes the change back. */
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
	if ((event->said->changes & STATE_READY) != 0 && !has_been_ready(sitter))
		return act(once(sitter, SIT_WARN_REFUSED));
	return act(SIT_DEBUG_REFUSED);
}

static unsigned take_main_pid(struct babysitter *sitter, const struct statement *said)
{
	if (!sitter->has_parent)
		return once(sitter, SIT_WARN_MAIN_PID);
	/* What is being ended is ended: with another main process it would begin anew. */
	return (said->changes & STATE_MAIN_PID) != 0 && !sitter->is_leaving && !sitter->is_late
		       ? SIT_FOLLOW
		       : 0;
}

/* In systemd's order: main process, phase, status, access, time. */
static struct babysitter_step take_message(struct babysitter *sitter,
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
	if (sitter->host->relays && sitter->is_settled)
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

/* The host waits for readiness without a limit; the end of the daemon is what it understands. */
static struct babysitter_step take_deadline(struct babysitter *sitter, long long now_ms)
{
	if (!sitter->is_late) {
		sitter->is_late = true;
		sitter->deadline_ms = now_ms + TERMINATE_MS;
		return act(SIT_WARN_LATE | SIT_TERMINATE);
	}
	sitter->deadline_ms = 0;
	return act(SIT_KILL);
}

/*
 * A parent outlives the daemon until we have left. So what the daemon said last is carried on, and
 * the order that a respawning Upstart job needs can be kept: stopped first, ended afterwards.
 */
static struct babysitter_step take_end(struct babysitter *sitter, const struct babysitter_event *event)
{
	bool is_early = !has_been_ready(sitter);
	struct babysitter_step step = act(0);

	if (sitter->is_leaving)
		return step;
	sitter->is_leaving = true;
	sitter->deadline_ms = 0;
	if (is_early && sitter->has_parent && sitter->job_respawns)
		step = begin_telling(sitter, event);
	else if (!sitter->is_telling || !sitter->has_parent)
		step.actions = SIT_LEAVE;
	if (is_early && !sitter->is_late)
		step.actions |= SIT_WARN_ENDED_EARLY;
	if (is_early && sitter->host->failure[0] != '\0')
		step.actions |= SIT_TELL_FAILURE;
	step.actions |= SIT_NOT_READY;
	return step;
}

/* Killed: had the daemon been in its place, it would not run any more. */
static struct babysitter_step lose_parent(const struct babysitter *sitter)
{
	return act(SIT_LEAVE | SIT_NOT_READY | (sitter->is_leaving ? 0 : SIT_KILL_ORPHAN));
}

struct babysitter_step babysitter_step(struct babysitter *sitter, const struct babysitter_event *event)
{
	switch (event->kind) {
	case EVENT_MESSAGE:
		return take_message(sitter, event);
	case EVENT_CONDITION:
		return take_ready(sitter, event);
	case EVENT_MAIN_ENDED:
		return take_end(sitter, event);
	case EVENT_PARENT_ENDED:
		return lose_parent(sitter);
	case EVENT_DEADLINE:
		if (sitter->deadline_ms != 0)
			return take_deadline(sitter, event->telling.now_ms);
		break;
	case EVENT_TELLING:
		if (sitter->is_telling)
			return go_on_telling(sitter, &event->telling);
		break;
	}
	return act(0);
}
