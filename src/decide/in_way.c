/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See decide/in_way.h. */
#include "decide/in_way.h"

#include "base/text.h"
#include "base/util.h"
#include "hosts/host.h"

static bool is_closed_anyway(const struct plan *plan, int fd)
{
	for (size_t i = 0; i < plan->n_close_fds; i++) {
		if (plan->close_fds[i] == fd)
			return true;
	}
	return false;
}

/* "descriptors 3 to 5" */
static const char *format_places(const struct plan *plan, char *buffer, size_t size)
{
	struct text text = text_begin(buffer, size);

	text_add(&text, plan->n_fds == 1 ? "descriptor " : "descriptors ");
	text_add_number(&text, (unsigned long)plan->first_fd);
	if (plan->n_fds > 1) {
		text_add(&text, " to ");
		text_add_number(&text, (unsigned long)plan_fd_number(plan, plan->n_fds - 1));
	}
	return buffer;
}

/* Where it is carried, the babysitter takes it out of the way. */
static int refuse_in_way(const struct plan *plan, int fd, struct refusal *refusal)
{
	const char *where = plan->host->configured_in[0] != '\0' ? plan->host->configured_in
								 : "the service manager";
	char places[64];

	return refuse(refusal, EBUSY,
		      "the daemon expects its sockets at %s, but %s reads from descriptor %d that the "
		      "daemon is ready: give that another number in %s, or add -N or --ready-when",
		      format_places(plan, places, sizeof(places)), plan->host->name, fd, where);
}

int decide_in_way(const struct facts *facts, struct plan *plan, struct refusal *refusal)
{
	char list[256], places[64];
	struct text text;
	int host_fd = facts->handover.notify_fd;
	size_t n = 0;

	if (facts->n_in_way == 0)
		return 0;
	text = text_begin(list, sizeof(list));
	for (size_t i = 0; i < facts->n_in_way; i++) {
		const struct in_way *in_way = &facts->in_way[i];

		if (in_way->fd == host_fd && plan->shape == SHAPE_REPLACE)
			return refuse_in_way(plan, host_fd, refusal);
		if (in_way->fd == host_fd || is_closed_anyway(plan, in_way->fd))
			continue;
		text_add(&text, n++ > 0 ? ", " : "");
		text_add_number(&text, (unsigned long)in_way->fd);
		text_add(&text, " (");
		text_add(&text, in_way->what);
		text_add(&text, ")");
	}
	if (n > 0)
		plan_warn(plan,
			  "the daemon expects its sockets at %s, and what is open there is closed: %s; give "
			  "it another number, if somebody needs it",
			  format_places(plan, places, sizeof(places)), list);
	return 0;
}
