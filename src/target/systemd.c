/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A daemon written for systemd: it finds its sockets by sd_listen_fds(3), at 3 and up, and says
 * that it is ready by sd_notify(3).
 */
#include "target.h"

#include <stdio.h>

#include "../fds.h"
#include "../plan.h"
#include "../util.h"

static const char *const variables[] = { "LISTEN_*", "NOTIFY_SOCKET", "WATCHDOG_*", NULL };

#define MAX_NAME 255 /* systemd's limit for a descriptor's name */

static bool needs_job(const struct options *options, size_t n_sockets)
{
	(void)options;
	return n_sockets > 0;
}

/* systemd.socket(5): a socket unit's descriptors are called after it; ':' separates names. */
static void default_name(const char *job, char *name, size_t size)
{
	(void)snprintf(name, size, "%.*s.socket", MAX_NAME - (int)strlen(".socket"),
		       job != NULL ? job : "unknown");
	for (char *c = name; *c != '\0'; c++) {
		if (*c == ':' || *c < ' ' || *c > '~')
			*c = '_';
	}
}

/* The same name for each of @n descriptors, as systemd does it; owned by the caller, or NULL. */
static char *repeat_name(const char *name, size_t n)
{
	size_t length = strlen(name);
	char *names = malloc(n * (length + 1)), *end = names;

	if (names == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		memcpy(end, name, length);
		end += length;
		*end++ = i + 1 < n ? ':' : '\0';
	}
	return names;
}

static int add_sockets(const struct handover *handover, struct plan *plan)
{
	char count[16], name[MAX_NAME + 1];
	cleanup_free char *names = NULL;
	int r = plan_place_fds(plan, handover, LISTEN_FDS_START);

	if (r < 0)
		return r;
	(void)snprintf(count, sizeof(count), "%zu", handover->n_fds);
	default_name(handover->job, name, sizeof(name));
	names = handover->fd_names != NULL ? strdup(handover->fd_names)
					   : repeat_name(name, handover->n_fds);
	if (names == NULL)
		return -ENOMEM;
	/* Not LISTEN_PIDFDID, which may be absent but not wrong: sd_listen_fds(3). */
	r = env_edits_set_later(&plan->env, "LISTEN_PID", ENV_DAEMON_PID);
	if (r == 0)
		r = env_edits_set(&plan->env, "LISTEN_FDS", count);
	if (r == 0)
		r = env_edits_set(&plan->env, "LISTEN_FDNAMES", names);
	return r;
}

static int translate(const struct options *options, const struct handover *handover,
		     struct plan *plan, struct refusal *refusal)
{
	int r = 0;

	if (handover->n_fds > 0)
		r = add_sockets(handover, plan);
	if (r == 0 && options->notify)
		r = env_edits_set_later(&plan->env, "NOTIFY_SOCKET", ENV_NOTIFY_ADDRESS);
	return r < 0 ? refuse(refusal, -r, "out of memory") : 0;
}

const struct target target_systemd = {
	.name = "systemd",
	.speaks = READY_BY_DATAGRAM,
	.variables = variables,
	.needs_job = needs_job,
	.translate = translate,
};
