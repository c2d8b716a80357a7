/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/events.h. */
#include "base/events.h"

#include <errno.h>
#include <time.h>

#define PAUSE_MS 100

void events_pause(int ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	(void)nanosleep(&pause, NULL);
}

/* What could not be waited for is asked for a few times a second. */
static void pause_a_moment(int max_ms)
{
	events_pause(max_ms >= 0 && max_ms < PAUSE_MS ? max_ms : PAUSE_MS);
}

int events_wait(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	int r = poll(fds, n, timeout_ms), error = errno;

	if (r >= 0)
		return r;
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = (short)(error != EINTR && fds[i].fd >= 0 ? fds[i].events : 0);
	if (error == EINTR)
		return 0;
	pause_a_moment(timeout_ms);
	return -error;
}
