/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pure part of the babysitter; see babysitter.h. */
#include "babysitter.h"

#include "util.h"

static struct babysitter_step act(unsigned actions)
{
	return (struct babysitter_step){ .actions = actions };
}

static struct babysitter_step go_on_telling(struct babysitter *sitter,
					    const struct telling_event *event)
{
	struct babysitter_step step = {
		.telling = sitter->host->tell_ready(&sitter->telling, event),
	};

	if ((step.telling.actions & TELL_DONE) != 0) {
		sitter->is_telling = false;
		sitter->is_settled = true;
		step.actions = SIT_SETTLED | (sitter->end_after_ready ? SIT_LEAVE : 0);
	}
	return step;
}

static struct babysitter_step take_ready(struct babysitter *sitter,
					 const struct babysitter_event *event)
{
	struct telling_event begin = { .kind = TELL_BEGIN, .now_ms = event->telling.now_ms };

	/* Later ones end a reload, which Upstart knows nothing of. */
	if (sitter->is_telling || sitter->is_settled)
		return act(0);
	sitter->is_telling = true;
	return go_on_telling(sitter, &begin);
}

static struct babysitter_step take_message(struct babysitter *sitter,
					   const struct babysitter_event *event)
{
	if ((event->changes & STATE_READY) == 0)
		return act(0);
	if (event->is_allowed)
		return take_ready(sitter, event);
	if (sitter->has_refused)
		return act(0);
	sitter->has_refused = true;
	return act(SIT_WARN_REFUSED);
}

struct babysitter_step babysitter_step(struct babysitter *sitter, const struct babysitter_event *event)
{
	switch (event->kind) {
	case EVENT_MESSAGE:
		return take_message(sitter, event);
	case EVENT_DAEMON_ENDED:
		return act(SIT_LEAVE |
			   (sitter->is_telling || sitter->is_settled ? 0 : SIT_WARN_ENDED_EARLY));
	case EVENT_TELLING:
		if (sitter->is_telling)
			return go_on_telling(sitter, &event->telling);
		break;
	}
	return act(0);
}
