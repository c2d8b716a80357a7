/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See decide/in_way.h. */
#include "decide/in_way.h"

#include "base/text.h"
#include "base/util.h"
#include "hosts/host.h"

/* "sockets at descriptors 3 to 5", or what it writes to. */
static const char *format_places(const struct plan *plan, char *buffer, size_t size)
{
	struct text text = text_begin(buffer, size);
	bool is_newline = plan_fills_daemon_fd(plan);
	int first = is_newline ? plan->daemon_fd : plan->first_fd;

	text_add(&text, is_newline ? "to say that it is ready on " : "its sockets at ");
	text_add(&text, is_newline || plan->n_fds == 1 ? "descriptor " : "descriptors ");
	text_add_number(&text, (unsigned long)first);
	if (!is_newline && plan->n_fds > 1) {
		text_add(&text, " to ");
		text_add_number(&text, (unsigned long)plan_fd_number(plan, plan->n_fds - 1));
	}
	return buffer;
}

/* Where it is carried, the babysitter takes it out of the way. */
static int refuse_in_way(const struct plan *plan, const struct handover *handover, int fd,
			 struct refusal *refusal)
{
	const char *where = plan->host->configured_in[0] != '\0' ? plan->host->configured_in
								 : "the service manager";
	char places[80];

	return refuse(refusal, EBUSY,
		      "the daemon expects %s, but the service manager reads from descriptor %d (%s) that "
		      "the daemon is ready: give that another number in %s, or add -N or --ready-when",
		      format_places(plan, places, sizeof(places)), fd,
		      handover->notify_source != NULL ? handover->notify_source : "?", where);
}

int decide_in_way(const struct facts *facts, struct plan *plan, struct refusal *refusal)
{
	const struct claims claims = {
		.wanted = facts->handover.notify_fd,
		.can_move = plan->shape != SHAPE_REPLACE || plan->daemon_fd_from > 0,
		.closed = plan->close_fds,
		.n_closed = plan->n_close_fds,
	};
	char list[256], places[80];
	struct text lost = text_begin(list, sizeof(list));
	int fd;

	if (plan->n_fds == 0 && !plan_fills_daemon_fd(plan))
		return 0;
	fd = in_way_judge(facts->in_way, facts->n_in_way, &claims, &lost);
	if (fd > 0)
		return refuse_in_way(plan, &facts->handover, fd, refusal);
	if (list[0] != '\0')
		plan_warn(plan,
			  "the daemon expects %s, and what is open there is closed: %s; give it another "
			  "number, if somebody needs it",
			  format_places(plan, places, sizeof(places)), list);
	return 0;
}
