/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Waiting for events, for the loops of processes that live as long as the daemon. poll(2) can fail for good:
 * behind a seccomp list, or for more entries than RLIMIT_NOFILE allows. A loop that goes on at once
 * then takes all of a processor; one that only goes on never sees the end that it waits for.
 */
#ifndef CIB_BASE_EVENTS_H
#define CIB_BASE_EVENTS_H

#include <poll.h>

/*
 * poll(2); interrupted by a signal it has seen nothing. Returns what that returns; or -errno, a moment
 * later, with every entry as if something had happened: each has to be looked at then, and
 * without blocking.
 */
int events_wait(struct pollfd *fds, nfds_t n, int timeout_ms);

/* Waits for @ms, or less if a signal comes; also where poll(2) does not wait. */
void events_pause(int ms);

#endif
