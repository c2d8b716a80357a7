/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Notifications that nobody waits for any more, dropped by the kernel: a socket filter runs in the
 * sender's own send(2), which succeeds, and whatever was passed along is closed. So they cost the
 * babysitter nothing and can never fill its queue, and a barrier among them ends at once.
 *
 * A filter costs 6 KiB of the kernel's memory, so it is for a daemon that does send such notifications.
 */
#ifndef CIB_NOTIFY_FILTER_H
#define CIB_NOTIFY_FILTER_H

enum notify_filter {
	NOTIFY_FILTER_NOISE, /* signs of life that no watchdog waits for, and what is too long */
	NOTIFY_FILTER_ALL,
};

/*
 * From now on no such notification is queued at @fd; what is there already can still be received.
 * Returns 0 or -errno.
 */
int notify_filter_attach(int fd, enum notify_filter filter);

#endif
