/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A daemon written for inetd: it finds its one socket on its standard input and output, a listener
 * ("wait") or a connection ("nowait"), and knows no more of who runs it.
 *
 * inetd(8) puts the socket on standard error, too. Where there is a better place for complaints
 * that is a nuisance: it stays the host's, unless --stderr=socket.
 */
#include "targets/target.h"

#include "base/util.h"
#include "fd/info.h"
#include "plan.h"

static const env_name_t variables[] = { "" };

static int check_count(const struct handover *handover, struct refusal *refusal)
{
	if (handover->n_fds == 0 && handover->fds_are_parents)
		return refuse(refusal, EINVAL,
			      "the socket was meant for our parent, not for us: put 'exec' before "
			      "cross-init-bridge in the script or wrapper that runs it");
	if (handover->n_fds == 0 && handover->fds_not_ours != NULL)
		return refuse(refusal, EINVAL, "a daemon for inetd needs a socket: %s",
			      handover->fds_not_ours);
	if (handover->n_fds == 0)
		return refuse(refusal, EINVAL,
			      "a daemon for inetd needs a socket, and none was handed over: let a .socket "
			      "unit, or 'start on socket', start it, or open one with --listen");
	if (handover->n_fds > 1)
		return refuse(refusal, EINVAL,
			      "a daemon for inetd takes one socket, and %zu were handed over: give it a "
			      "unit or job of its own for each",
			      handover->n_fds);
	return 0;
}

static int check_kind(const struct handover *handover, bool force, struct refusal *refusal)
{
	const struct fd_info *info = &handover->fds[0];
	char what[200];

	if (force || info->kind == FD_KIND_SOCKET)
		return 0;
	return refuse(refusal, EINVAL,
		      "descriptor %d (%s) is nothing that inetd would give to its daemons: change the "
		      "%s, or pass it on with --force-sockets",
		      info->fd, fd_format(info, what, sizeof(what)),
		      handover->fds_are_ours ? "--listen option" : ".socket unit");
}

static int translate(const struct options *options, const struct handover *handover,
		     struct plan *plan, struct refusal *refusal)
{
	int r = check_count(handover, refusal);

	if (r == 0)
		r = check_kind(handover, options->force_sockets, refusal);
	if (r < 0)
		return r;
	plan_place_fds(plan, handover, STDIN_FILENO);
	plan->stdio[STDOUT_FILENO] = STDIO_SOCKET;
	return 0;
}

const struct target target_inetd = {
	.name = "inetd",
	.speaks = SPEAKS_NOTHING,
	.takes = SOCKETS_ON_STDIO,
	.variables = variables,
	.socket_variables = variables,
	.needs_job = NULL,
	.translate = translate,
};
