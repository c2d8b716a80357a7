/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The condition that a daemon for s6 brings about itself: a newline on the descriptor that it was given,
 * in one write or in several. What follows the newline is nobody's.
 */
#include "base/util.h"
#include "condition/watch.h"

static int open_newline(struct watch *watch)
{
	watch->fd = watch->awaited->fd;
	watch->check_ms = -1;
	return 0;
}

static const char *check_newline(struct watch *watch)
{
	char text[512];
	ssize_t n;

	if (watch->fd < 0)
		return "the daemon has closed the descriptor without saying that it is ready";
	while ((n = read(watch->fd, text, sizeof(text))) > 0) {
		if (memchr(text, '\n', (size_t)n) != NULL)
			return NULL;
	}
	/* Nothing comes any more: not to be polled again. */
	if (n == 0)
		watch->fd = NO_FD;
	return n == 0 ? "the daemon has closed the descriptor without saying that it is ready"
		      : "no newline has been written";
}

/* The daemon holds a reading end itself: what it writes later goes nowhere, and raises nothing. */
static void close_newline(struct watch *watch)
{
	watch->fd = NO_FD;
}

const struct watch_kind watch_newline = {
	.open = open_newline,
	.check = check_newline,
	.close = close_newline,
};
