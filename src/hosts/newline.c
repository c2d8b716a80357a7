/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The way of those who read a newline from a descriptor: s6-supervise(8) and its likes. One byte, which
 * is right for all of them, once; then it is closed. It is never closed unwritten while the daemon
 * lives: dinit would end the daemon, and OpenRC would take the start for failed.
 */
#include "base/util.h"
#include "hosts/way.h"

static struct telling_step tell_ready(struct telling *telling, const struct telling_event *event)
{
	if (event->kind == HEARD_READY)
		return (struct telling_step){ .actions = TELL_SAY,
					      .say = { .text = "\n", .fd = telling->host_fd } };
	return (struct telling_step){ .actions = TELL_DONE };
}

static int announce(const struct facts *facts, int host_fd, pid_t daemon_pid, int *ret_confirmed_fd)
{
	ssize_t n = host_fd > 0 ? write(host_fd, "\n", 1) : 1;
	int r = n == 1 ? 0 : -errno;

	(void)facts;
	(void)daemon_pid;
	(void)ret_confirmed_fd;
	(void)close_fd(host_fd > 0 ? host_fd : NO_FD);
	return r;
}

const struct way way_newline = {
	.learns = LEARNS_BY_NEWLINE,
	.what = "a newline on descriptor",
	.tell_ready = tell_ready,
	.announce = announce,
};
