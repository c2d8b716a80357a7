/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Sockets of the kernel's, for the tests of what looks at descriptors or moves them. */
#ifndef CIB_TEST_REAL_SOCKETS_H
#define CIB_TEST_REAL_SOCKETS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/util.h"

/* A kernel may not have it, or not for loopback: a container without it, RestrictAddressFamilies=. */
static inline bool has_ipv6(void)
{
	struct sockaddr_in6 loopback = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return false;
	r = bind(fd, (struct sockaddr *)&loopback, sizeof(loopback));
	(void)close(fd);
	return r == 0;
}

static inline int make_socket(int family, int type, bool listens)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	struct sockaddr_storage address = { .ss_family = (sa_family_t)family };
	socklen_t length = family == AF_UNIX   ? sizeof(sa_family_t) /* a name from the kernel */
			   : family == AF_INET ? sizeof(struct sockaddr_in)
					       : sizeof(struct sockaddr_in6);

	if (fd < 0 && family == AF_INET6)
		return NO_FD;
	assert_true(fd >= 0);
	if (listens) {
		assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
		assert_int_equal(listen(fd, 1), 0);
	}
	return fd;
}

static inline int make_unix_listener(void)
{
	return make_socket(AF_UNIX, SOCK_STREAM, true);
}

static inline int make_unbound(void)
{
	return make_socket(AF_UNIX, SOCK_STREAM, false);
}

static inline int make_connected(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	(void)close(ends[1]);
	return ends[0];
}

#endif
