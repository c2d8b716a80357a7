/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See hosts/host_fd.h. */
#include "hosts/host_fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/env.h"
#include "base/text.h"
#include "base/util.h"
#include "fd/info.h"
#include "hosts/way.h"

#define MAX_FD 1048576
#define MISSING_SIZE 200

/* One end of a socketpair(2), which finit(8) makes where others make a pipe. */
static bool is_connected(int fd)
{
	struct sockaddr peer = { .sa_family = AF_UNSPEC };
	socklen_t length = sizeof(peer);

	return getpeername(fd, &peer, &length) == 0 && peer.sa_family == AF_UNIX;
}

static bool is_writable_pipe(int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(fd, &st) == 0 &&
	       (S_ISFIFO(st.st_mode) || (S_ISSOCK(st.st_mode) && is_connected(fd)));
}

/* Without memory for it, less is said. */
static const char *format_missing(struct facts *facts, unsigned long fd, const char *source)
{
	char *buffer = facts->arena != NULL ? arena_get(facts->arena, MISSING_SIZE, 1) : NULL;

	if (buffer == NULL)
		return "the descriptor that was named is not a pipe that the service manager reads from";
	(void)snprintf(buffer, MISSING_SIZE,
		       "descriptor %lu (%s) is not what the service manager reads from: it has to be a "
		       "pipe, and another than 0, 1 and 2",
		       fd, source);
	return buffer;
}

void host_fd_take(struct facts *facts, unsigned long fd, const char *source)
{
	facts->way = &way_newline;
	if (fd >= N_STDIO && is_writable_pipe((int)fd) && !fd_is_stdio((int)fd)) {
		facts->handover.notify_fd = (int)fd;
		facts->handover.notify_source = source;
		return;
	}
	facts->way = &way_nothing;
	facts->handover.notify_missing = format_missing(facts, fd, source);
}

int host_fd_from_option(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	const char *text = options->host_fd, *value;
	unsigned long fd;

	if (text == NULL)
		return 0;
	if (parse_number(text, MAX_FD, &fd) == 0) {
		host_fd_take(facts, fd, "--host-fd");
		return 1;
	}
	value = env_get(&facts->env, text);
	if (value == NULL || parse_number(value, MAX_FD, &fd) < 0)
		return refuse(refusal, EINVAL,
			      "--host-fd=%s is neither the number of a descriptor nor the name of a "
			      "variable that holds one",
			      text);
	host_fd_take(facts, fd, "--host-fd");
	return 1;
}
