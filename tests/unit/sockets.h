/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Descriptions of sockets made by hand, as fd_describe() would give them: for the tests of what is
 * decided by them, which need no real ones.
 */
#ifndef CIB_TEST_SOCKETS_H
#define CIB_TEST_SOCKETS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "protocol.h"

static inline struct fd_info listener_info(int family, socklen_t address_length)
{
	struct fd_info info = { .kind = FD_KIND_SOCKET,
				.family = family,
				.type = SOCK_STREAM,
				.is_listening = true,
				.address_length = address_length };

	info.address.ss_family = (sa_family_t)family;
	return info;
}

static inline struct fd_info inet_info(const char *address, int port)
{
	struct fd_info info = listener_info(AF_INET, sizeof(struct sockaddr_in));
	struct sockaddr_in *in = (struct sockaddr_in *)&info.address;

	in->sin_port = htons((uint16_t)port);
	assert_int_equal(inet_pton(AF_INET, address, &in->sin_addr), 1);
	return info;
}

static inline struct fd_info inet6_info(const char *address, int port)
{
	struct fd_info info = listener_info(AF_INET6, sizeof(struct sockaddr_in6));
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&info.address;

	in6->sin6_port = htons((uint16_t)port);
	assert_int_equal(inet_pton(AF_INET6, address, &in6->sin6_addr), 1);
	return info;
}

/* @path is the whole of sun_path, @length bytes with any NULs that belong to it. */
static inline struct fd_info unix_info(const char *path, size_t length)
{
	struct fd_info info =
		listener_info(AF_UNIX, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));

	memcpy(((struct sockaddr_un *)&info.address)->sun_path, path, length);
	return info;
}

/* The same as a socket of another type, which does not listen. */
static inline struct fd_info as_type(struct fd_info info, int type)
{
	info.type = type;
	info.is_listening = false;
	return info;
}

#endif
