/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A room for a daemon that may do whatever it likes: PID, mount, network (loopback only), IPC and UTS
 * namespaces of its own; what it writes below the directories where daemons write goes into memory, and
 * everything else is read-only. All of it is gone with the first process in it.
 */
#ifndef CIB_PROBE_ROOM_H
#define CIB_PROBE_ROOM_H

#include <stdbool.h>

/*
 * In a process of its own that has no other children: its next child is process 1 of the room, and has to
 * call room_furnish(). Returns 0, or -errno.
 */
int room_open(void);

/*
 * Lays out the file systems, with an empty directory @place as where to put what is written. Returns 0, or
 * -errno with in @ret_what a static text that says of what.
 */
int room_furnish(const char *place, bool has_systemd, const char **ret_what);

#endif
