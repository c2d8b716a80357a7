/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See condition/ready_when.h. */
#include "condition/ready_when.h"

#include <fcntl.h>
#include <poll.h>

#include "base/util.h"
#include "condition/looker.h"

static bool is_watching(const struct ready_watch *ready)
{
	return ready->watch.kind != NULL;
}

int ready_watch_fd(const struct ready_watch *ready)
{
	return is_watching(ready) ? ready->watch.fd : ready->exec_fd;
}

int ready_watch_timeout_ms(const struct ready_watch *ready)
{
	if (ready->awaited == NULL || ready->daemon == 0 || ready->exec_fd >= 0)
		return -1;
	return is_watching(ready) ? ready->watch.sleep_ms : WATCH_SLOW_MS;
}

static bool has_been_executed(struct ready_watch *ready)
{
	struct pollfd pollfd = { .fd = ready->exec_fd, .events = POLLIN };

	if (ready->exec_fd >= 0 && poll(&pollfd, 1, 0) == 0)
		return false;
	ready->exec_fd = close_fd(ready->exec_fd);
	return true;
}

bool ready_watch_check(struct ready_watch *ready)
{
	if (ready->awaited == NULL || ready->daemon == 0 || !has_been_executed(ready))
		return false;
	if (!is_watching(ready) && looker_open(ready->awaited, ready->daemon, &ready->watch) < 0) {
		watch_close(&ready->watch); /* for want of memory or processes: once more, later */
		ready->reason = "it cannot be watched";
		return false;
	}
	ready->reason = watch_check(&ready->watch);
	if (ready->reason != NULL)
		return false;
	ready_watch_close(ready);
	return true;
}

void ready_watch_close(struct ready_watch *ready)
{
	watch_close(&ready->watch);
	ready->exec_fd = close_fd(ready->exec_fd);
	ready->awaited = NULL;
}
