/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See hosts/stdin_socket.h. */
#include "hosts/stdin_socket.h"

#include <sys/socket.h>

#include "base/util.h"
#include "fd/info.h"

int stdin_socket_observe(struct facts *facts, struct refusal *refusal)
{
	struct handover *handover = &facts->handover;
	struct fd_info *info = arena_get(facts->arena, 1, sizeof(*info));

	if (info == NULL)
		return refuse(refusal, ENOMEM, "out of memory");
	handover->fds = info;
	handover->n_fds = 1;
	fd_describe(STDIN_FILENO, info);
	if (info->kind != FD_KIND_SOCKET)
		return refuse(refusal, ENOTSOCK,
			      "standard input is not a socket, but inetd gives one: run it from inetd.conf, or "
			      "leave out --init=inetd");
	for (int fd = 0; fd < N_STDIO; fd++)
		handover->is_on_stdio[fd] = fd_is_same(fd, STDIN_FILENO);
	if (fd_is_connection(info)) {
		handover->fd_names = "connection"; /* as Accept=yes calls it, systemd.socket(5) */
		fd_describe_peer(STDIN_FILENO, &handover->peer);
	}
	return 0;
}

bool stdin_socket_is_listener(void)
{
	int listens = 0;
	socklen_t length = sizeof(listens);

	return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 &&
	       listens != 0;
}
