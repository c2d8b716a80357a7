/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See hosts/listen_fds.h. */
#include "hosts/listen_fds.h"

#include "base/env.h"
#include "base/text.h"
#include "base/util.h"
#include "fd/fds.h"
#include "fd/info.h"
#include "fd/names.h"
#include "hosts/host.h"

#define MAX_LISTEN_FDS 65536
#define REASON_SIZE 300

/* Whether one of the @n is a socket, and not one that was handed over in another way. */
static bool is_socket_left(const struct handover *handover, unsigned long n)
{
	struct fd_info info;

	for (unsigned long i = 0; i < n; i++) {
		int fd = LISTEN_FDS_START + (int)i;

		if (fd_is_among(fd, handover->fds, handover->n_fds))
			continue;
		fd_describe(fd, &info);
		if (info.kind == FD_KIND_SOCKET)
			return true;
	}
	return false;
}

/* podman sets LISTEN_PID=1 for what becomes process 2; some set none at all. */
static void explain(const struct facts *facts, char *buffer)
{
	const char *pid = env_get(&facts->env, "LISTEN_PID");
	struct text text = text_begin(buffer, REASON_SIZE);

	text_add(&text, "LISTEN_FDS=");
	text_add(&text, env_get(&facts->env, "LISTEN_FDS"));
	text_add(&text, " is about sockets that are open here, ");
	if (pid != NULL && env_names_pid(&facts->env, "LISTEN_PID", facts->pid)) {
		text_add(&text, "but they do not come from ");
		text_add(&text, facts->host->name);
		text_add(&text, ", which is said to run us: leave out --init");
		return;
	}
	if (pid != NULL && *pid != '\0') {
		text_add(&text, "but LISTEN_PID=");
		text_add_part(&text, pid, 20);
		text_add(&text, " is another process, and we are ");
		text_add_number(&text, (unsigned long)facts->pid);
	} else {
		text_add(&text, "but there is no LISTEN_PID");
	}
	text_add(&text, ": let what starts us set it, as in sh -c 'LISTEN_PID=$$ exec "
			"cross-init-bridge ...'");
}

int listen_fds_find_others(struct facts *facts)
{
	const char *count = env_get(&facts->env, "LISTEN_FDS");
	bool is_host_s = facts->host->gives == SOCKETS_FROM_3;
	unsigned long n;
	char *reason;

	/* The host's own are observed elsewhere, or left to the daemon as they are. */
	if (count == NULL || facts->handover.fds_are_parents ||
	    (is_host_s && env_names_pid(&facts->env, "LISTEN_PID", facts->pid)) ||
	    parse_number(count, MAX_LISTEN_FDS, &n) < 0 || !is_socket_left(&facts->handover, n))
		return 0;
	facts->handover.fds_are_parents = is_host_s &&
					  env_names_pid(&facts->env, "LISTEN_PID", facts->parent);
	if (facts->handover.fds_are_parents)
		return 0;
	reason = arena_get(facts->arena, REASON_SIZE, 1);
	if (reason == NULL)
		return -ENOMEM;
	explain(facts, reason);
	facts->handover.fds_not_ours = reason;
	return 0;
}

/* sd_listen_fds_with_names(3) fails, too, if there are more or fewer names than sockets. */
static int observe_names(struct facts *facts, struct refusal *refusal)
{
	const char *names = env_get(&facts->env, "LISTEN_FDNAMES");
	size_t n = facts->handover.n_fds;

	if (names != NULL && fd_names_count(names) != n)
		return refuse(refusal, EINVAL,
			      "LISTEN_FDNAMES=%s does not name LISTEN_FDS=%zu sockets: something between "
			      "%s and us has changed it: let it pass both on, or unset this one",
			      names, n, facts->host->name);
	facts->handover.fd_names = names;
	return 0;
}

/* sd_listen_fds(3): the variables are meant for the one process that LISTEN_PID names. */
int listen_fds_observe(struct facts *facts, struct refusal *refusal)
{
	const char *count = env_get(&facts->env, "LISTEN_FDS");
	struct handover *handover = &facts->handover;
	struct fd_info *fds;
	unsigned long n;

	if (!env_names_pid(&facts->env, "LISTEN_PID", facts->pid)) {
		handover->fds_are_parents = env_names_pid(&facts->env, "LISTEN_PID", facts->parent);
		return 0;
	}
	if (count == NULL || parse_number(count, MAX_LISTEN_FDS, &n) < 0 || n == 0)
		return refuse(refusal, EINVAL,
			      "LISTEN_FDS=%s is not a number of sockets: something between %s and us has "
			      "changed it: let it pass the LISTEN_ variables on, or unset all of them",
			      count != NULL ? count : "", facts->host->name);
	fds = arena_get(facts->arena, n, sizeof(*fds));
	if (fds == NULL)
		return refuse(refusal, ENOMEM, "out of memory");
	handover->fds = fds;
	handover->n_fds = n;
	for (size_t i = 0; i < n; i++) {
		fd_describe(LISTEN_FDS_START + (int)i, &fds[i]);
		if (fds[i].kind == FD_KIND_CLOSED)
			return refuse(refusal, EBADF,
				      "LISTEN_FDS=%s, but descriptor %zu is not open: something between %s "
				      "and us has closed it: let it keep open what it is given",
				      count, LISTEN_FDS_START + i, facts->host->name);
	}
	return observe_names(facts, refusal);
}
