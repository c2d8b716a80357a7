/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Which sockets listen, by the tables in /proc/PID/net: for where the kernel itself cannot be asked
 * (condition/sock_diag.h), or would answer for another network namespace.
 */
#ifndef CIB_CONDITION_PROC_NET_H
#define CIB_CONDITION_PROC_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

/* A line of a table; what it does not tell is NULL, zero, or NO_UID. */
struct table_line {
	const char *name; /* of unix, as it is printed: an abstract one with '@' in front */
	struct in6_addr address;
	in_port_t port;
	unsigned long inode;
	uid_t uid;
};

/*
 * Calls @see, with @context, for each socket that listens in the network namespace of @pid until it
 * returns true. Returns whether it did.
 */
bool proc_unix_listeners(pid_t pid, bool (*see)(void *context, const struct table_line *line),
			 void *context);
bool proc_tcp_listeners(pid_t pid, bool (*see)(void *context, const struct table_line *line),
			void *context);

#endif
