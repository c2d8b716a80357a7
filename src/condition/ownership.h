/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Whose a process or a socket is that was found somewhere: the daemon's, or of another. */
#ifndef CIB_CONDITION_OWNERSHIP_H
#define CIB_CONDITION_OWNERSHIP_H

#include <stdbool.h>
#include <sys/types.h>

/* True if @pid is the daemon, descends from it, or is in its session. */
bool is_process_of(pid_t pid, pid_t daemon);

/* True if @pid runs as @uid, as far as that is one user's alone. */
bool is_user_of(uid_t uid, pid_t pid);

/* True if @daemon itself is seen to have socket @inode open. */
bool is_socket_seen_at(unsigned long inode, pid_t daemon);

/* From no to yes. */
enum holding {
	HOLDS_NOT,
	HOLDS_UNKNOWN, /* we must not look at all processes, and whose the socket is is not known */
	HOLDS_PERHAPS, /* we must not look at one whose user has made it */
	HOLDS,
};

/*
 * Whether a process of the daemon's holds the socket with that @inode, made by @uid, or NO_UID. Where
 * we may not look at a process, which is not dumpable, its user decides.
 */
enum holding find_holding(unsigned long inode, uid_t uid, pid_t daemon);

#endif
