/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See hosts/listen_fds.h. */
#include "hosts/listen_fds.h"

#include "base/env.h"
#include "base/text.h"
#include "base/util.h"
#include "fd/fds.h"
#include "fd/info.h"
#include "fd/names.h"

#define MAX_LISTEN_FDS 65536

/* sd_listen_fds_with_names(3) fails, too, if there are more or fewer names than sockets. */
static int observe_names(struct facts *facts, struct refusal *refusal)
{
	const char *names = env_get(facts->env, "LISTEN_FDNAMES");
	size_t n = facts->handover.n_fds;

	if (names != NULL && fd_names_count(names) != n)
		return refuse(refusal, EINVAL,
			      "LISTEN_FDNAMES=%s does not name LISTEN_FDS=%zu sockets", names, n);
	facts->handover.fd_names = names;
	return 0;
}

/* sd_listen_fds(3): the variables are meant for the one process that LISTEN_PID names. */
int listen_fds_observe(struct facts *facts, struct refusal *refusal)
{
	const char *count = env_get(facts->env, "LISTEN_FDS");
	struct handover *handover = &facts->handover;
	struct fd_info *fds;
	unsigned long n;

	if (!env_names_pid(facts->env, "LISTEN_PID", facts->pid)) {
		handover->fds_are_parents = env_names_pid(facts->env, "LISTEN_PID", facts->parent);
		return 0;
	}
	if (count == NULL || parse_number(count, MAX_LISTEN_FDS, &n) < 0 || n == 0)
		return refuse(refusal, EINVAL, "LISTEN_FDS=%s is no number of sockets",
			      count != NULL ? count : "");
	fds = arena_get(facts->arena, n, sizeof(*fds));
	if (fds == NULL)
		return refuse(refusal, ENOMEM, "out of memory");
	handover->fds = fds;
	handover->n_fds = n;
	for (size_t i = 0; i < n; i++) {
		fd_describe(LISTEN_FDS_START + (int)i, &fds[i]);
		if (fds[i].kind == FD_KIND_CLOSED)
			return refuse(refusal, EBADF, "LISTEN_FDS=%s, but descriptor %zu is not open",
				      count, LISTEN_FDS_START + i);
	}
	return observe_names(facts, refusal);
}
