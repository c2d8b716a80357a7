/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is the daemon's: which processes, and which sockets. By /proc as it is at that moment, so it
 * tells who made a condition come true, and is no boundary against a process that wants to seem to
 * be the daemon's.
 */
#ifndef CIB_CONDITION_OWNERSHIP_H
#define CIB_CONDITION_OWNERSHIP_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * True if @pid is @daemon, descends from it, or is in the session that it leads: a process whose
 * parent has ended has others in its place.
 */
bool is_process_of(pid_t pid, pid_t daemon);

/* True if @daemon itself is seen to have socket @inode open. */
bool is_socket_seen_at(unsigned long inode, pid_t daemon);

/* True if a process of @daemon has socket @inode open, or may have: where we must not look. */
bool is_socket_of(unsigned long inode, pid_t daemon);

#endif
