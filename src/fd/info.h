/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What a descriptor is, as the kernel tells it and as a person reads it. Knows no manager.
 */
#ifndef CIB_FD_INFO_H
#define CIB_FD_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/text.h"

enum fd_kind {
	FD_KIND_CLOSED,
	FD_KIND_SOCKET,
	FD_KIND_FIFO,
	FD_KIND_NETLINK,
	FD_KIND_OTHER, /* message queue, device, file */
};

/* One inherited descriptor, as fd_describe() found it. */
struct fd_info {
	int fd;
	enum fd_kind kind;
	int family; /* AF_*; sockets only, as all that follows */
	int type;   /* SOCK_* */
	bool is_listening;
	socklen_t address_length;
	struct sockaddr_storage address; /* getsockname(2) */
};

/* The other end of a connection, as text; both empty unless it has an IP address. */
struct peer {
	char address[64];
	char port[8];
};

/* Finds out what @fd is. Never fails: a descriptor that is not open is FD_KIND_CLOSED. */
void fd_describe(int fd, struct fd_info *ret_info);

/* The least of it: true if @fd is a socket that listens, whatever else it is. */
bool fd_is_listener(int fd);

/* The path of a unix socket, or its abstract name, which begins with a NUL; empty: it has none. */
struct slice fd_unix_name(const struct fd_info *info);

/* Writes what @info is for a person ("unix stream listener /run/x"); returns @buffer. */
const char *fd_format(const struct fd_info *info, char *buffer, size_t size);

/* True for a stream socket that accept(2) works on, of a family that both protocols know. */
bool fd_is_stream_listener(const struct fd_info *info);

/* True for the connected end of a stream or seqpacket socket, or what nobody has connected yet. */
bool fd_is_connection(const struct fd_info *info);

/* True for an end of a pair, socketpair(2), or the calling end of a connection: nobody could connect to it. */
bool fd_is_pair(const struct fd_info *info);

/*
 * True if somebody has given it one, or bind(2), listen(2) or accept(2) has: what an inetd hands on has. Not so an
 * end of a pair, which is anybody's (ksh's pipes are some), nor what is neither bound nor connected.
 */
bool fd_has_address(const struct fd_info *info);

/* Who is at the other end of @fd; stays empty if that is not an IP address. */
void fd_describe_peer(int fd, struct peer *ret_peer);

/* True if @fd is one of the @n in @fds, by its number. */
bool fd_is_among(int fd, const struct fd_info *fds, size_t n);

/* True if both are open and the same file or socket. */
bool fd_is_same(int a, int b);

/* True if @fd is the same file or socket as one of 0, 1 and 2. */
bool fd_is_stdio(int fd);

#endif
