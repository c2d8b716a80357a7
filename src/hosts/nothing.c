/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The way of those who wait for nobody: there is nothing to tell, and so it is done at once. */
#include "hosts/way.h"

static struct telling_step tell_ready(struct telling *telling, const struct telling_event *event)
{
	(void)telling;
	(void)event;
	return (struct telling_step){ .actions = TELL_DONE };
}

static int announce(const struct facts *facts, int host_fd, pid_t daemon_pid, int *ret_confirmed_fd)
{
	(void)facts;
	(void)host_fd;
	(void)daemon_pid;
	(void)ret_confirmed_fd;
	return 0;
}

const struct way way_nothing = {
	.learns = LEARNS_NOTHING,
	.what = "nothing",
	.tell_ready = tell_ready,
	.announce = announce,
};
