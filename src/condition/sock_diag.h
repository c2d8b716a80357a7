/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Which sockets listen in our network namespace, by the kernel's own answer, sock_diag(7). The tables in
 * /proc/net tell less: not whether a listener is for IPv6 only, nor whose a unix socket is; and the
 * latter are lines of text, in which a name may be anything, also another line.
 */
#ifndef CIB_CONDITION_SOCK_DIAG_H
#define CIB_CONDITION_SOCK_DIAG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct diag_unix {
	struct slice name; /* as bound, unix(7): an abstract one with its NUL in front, a path without one */
	unsigned long inode;
	uid_t uid;     /* of who made it; NO_UID: not told, before Linux 5.3 */
	bool has_file; /* what it is bound to, as the kernel numbers it: */
	uint32_t file_inode, file_device;
};

struct diag_tcp {
	struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d */
	bool is_v6_only;
	unsigned long inode;
	uid_t uid;
};

/*
 * Each calls @see, with @context, for each socket that listens until it returns true. Returns 1 if it
 * did, 0 if not, or -errno: the kernel does not tell (-ENOENT: it was built without; -EAFNOSUPPORT,
 * -EPERM: we may not ask).
 */
int diag_unix_listeners(bool (*see)(void *context, const struct diag_unix *socket), void *context);

/* The same for those of TCP at @port, in host byte order. */
int diag_tcp_listeners(in_port_t port, bool (*see)(void *context, const struct diag_tcp *socket),
		       void *context);

#endif
