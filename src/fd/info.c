/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See fd/info.h. */
#include "fd/info.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/apart.h"
#include "base/same_file.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"

static int socket_option(int fd, int option)
{
	int value = -1;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

bool fd_is_listener(int fd)
{
	return socket_option(fd, SO_ACCEPTCONN) == 1;
}

/* Whether this kernel says that a unix socket listens: one of our own is asked. */
static bool does_kernel_tell(void)
{
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	/* A name in full: that the kernel chooses one is Linux's own, too. */
	(void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "cross-init-bridge/%d",
		       (int)sys_getpid());
	return fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	       listen(fd, 0) < 0 || fd_is_listener(fd);
}

static bool has_no_peer(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	return getpeername(fd, (struct sockaddr *)&address, &length) < 0 && errno == ENOTCONN;
}

/* tcp(7): the first byte of TCP_INFO is the state, which every kernel tells. */
static bool is_tcp_listener(int fd)
{
	unsigned char state = 0;
	socklen_t length = sizeof(state);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &length) == 0 && state == TCP_LISTEN;
}

/*
 * gVisor says of no unix socket that it listens. One that has a name and no peer is nothing else: a
 * connection has a peer, also when that is gone.
 */
static bool is_untold_listener(int fd, const struct fd_info *info)
{
	if (info->family == AF_INET || info->family == AF_INET6)
		return info->type == SOCK_STREAM && is_tcp_listener(fd);
	return info->family == AF_UNIX &&
	       (info->type == SOCK_STREAM || info->type == SOCK_SEQPACKET) &&
	       fd_unix_name(info).length > 0 && has_no_peer(fd) && !does_kernel_tell();
}

static void describe_socket(int fd, int type, struct fd_info *info)
{
	info->kind = FD_KIND_SOCKET;
	info->type = type;
	info->address_length = sizeof(info->address);
	if (getsockname(fd, (struct sockaddr *)&info->address, &info->address_length) < 0)
		info->address_length = 0;
	info->family = info->address_length >= sizeof(sa_family_t) ? info->address.ss_family
								   : AF_UNSPEC;
	info->is_listening = fd_is_listener(fd) || is_untold_listener(fd, info);
	if (info->family == AF_NETLINK)
		info->kind = FD_KIND_NETLINK;
}

/* Before Linux 2.6.35 only its type tells a pipe; nobody asks a file that may not answer. */
static bool is_fifo(int fd)
{
	struct stat st;

	if (fcntl(fd, F_GETPIPE_SZ) >= 0)
		return true;
	return errno == EINVAL && !fd_may_hang(fd) && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* By what only a socket has, and not by fstat(2): a file can be on a file system that does not answer. */
void fd_describe(int fd, struct fd_info *ret_info)
{
	socklen_t length = sizeof(int);
	int type;

	*ret_info = (struct fd_info){ .fd = fd, .kind = FD_KIND_CLOSED };
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0)
		describe_socket(fd, type, ret_info);
	else if (errno != EBADF || fcntl(fd, F_GETFD) >= 0) /* open(2): O_PATH */
		ret_info->kind = is_fifo(fd) ? FD_KIND_FIFO : FD_KIND_OTHER;
}

/* unix(7): of how many bytes only the length of the address tells. */
struct slice fd_unix_name(const struct fd_info *info)
{
	size_t offset = offsetof(struct sockaddr_un, sun_path);
	size_t length = info->address_length > offset ? info->address_length - offset : 0;

	return (struct slice){ ((const struct sockaddr_un *)&info->address)->sun_path, length };
}

/* An abstract name with its NUL bytes as '@', as ss(8) and systemd write it. */
static void format_unix(const struct fd_info *info, char *buffer, size_t size)
{
	struct slice name = fd_unix_name(info);
	bool is_abstract = name.length > 0 && name.text[0] == '\0';

	if (is_abstract)
		(void)snprintf(buffer, size, "@%.*s", (int)name.length - 1, name.text + 1);
	else
		(void)snprintf(buffer, size, "%.*s", (int)name.length, name.text);
}

static void format_address(const struct fd_info *info, char *buffer, size_t size)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&info->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&info->address;
	char text[INET6_ADDRSTRLEN] = "?";

	switch (info->family) {
	case AF_UNIX:
		format_unix(info, buffer, size);
		break;
	case AF_INET:
		(void)inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		(void)snprintf(buffer, size, "%s:%d", text, ntohs(in->sin_port));
		break;
	case AF_INET6:
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		(void)snprintf(buffer, size, "[%s]:%d", text, ntohs(in6->sin6_port));
		break;
	default:
		(void)snprintf(buffer, size, "of address family %d", info->family);
	}
}

static const char *type_name(const struct fd_info *info)
{
	switch (info->type) {
	case SOCK_STREAM:
		return info->is_listening ? "stream listener" : "stream socket that does not listen";
	case SOCK_DGRAM:
		return "datagram socket";
	case SOCK_SEQPACKET:
		return "seqpacket socket";
	default:
		return "socket";
	}
}

const char *fd_format(const struct fd_info *info, char *buffer, size_t size)
{
	static const char *const names[] = {
		[FD_KIND_CLOSED] = "closed",
		[FD_KIND_FIFO] = "FIFO",
		[FD_KIND_NETLINK] = "netlink socket",
		[FD_KIND_OTHER] = "no socket",
	};
	char address[160];

	if (info->kind != FD_KIND_SOCKET) {
		(void)snprintf(buffer, size, "%s", names[info->kind]);
		return buffer;
	}
	format_address(info, address, sizeof(address));
	text_make_line(address); /* a path may hold anything */
	(void)snprintf(buffer, size, "%s%s%s", type_name(info), address[0] != '\0' ? " " : "",
		       address);
	return buffer;
}

bool fd_is_stream_listener(const struct fd_info *info)
{
	return info->kind == FD_KIND_SOCKET && info->type == SOCK_STREAM && info->is_listening &&
	       (info->family == AF_UNIX || info->family == AF_INET || info->family == AF_INET6);
}

bool fd_is_connection(const struct fd_info *info)
{
	return info->kind == FD_KIND_SOCKET && !info->is_listening &&
	       (info->type == SOCK_STREAM || info->type == SOCK_SEQPACKET);
}

bool fd_is_pair(const struct fd_info *info)
{
	return info->kind == FD_KIND_SOCKET && info->family == AF_UNIX &&
	       fd_unix_name(info).length == 0 && !has_no_peer(info->fd);
}

bool fd_has_address(const struct fd_info *info)
{
	if (info->kind != FD_KIND_SOCKET)
		return false;
	if (info->family == AF_UNIX)
		return fd_unix_name(info).length > 0;
	/* The port is in the same place for both. */
	return (info->family != AF_INET && info->family != AF_INET6) ||
	       ((const struct sockaddr_in *)&info->address)->sin_port != 0;
}

/* An address within a link is nothing without its interface. */
static void append_scope(int fd, const struct sockaddr_in6 *in6, char *text, size_t size)
{
	struct ifreq request = { .ifr_ifindex = (int)in6->sin6_scope_id };
	size_t used = strlen(text);

	if (in6->sin6_scope_id == 0)
		return;
	if (ioctl(fd, SIOCGIFNAME, &request) == 0)
		(void)snprintf(text + used, size - used, "%%%s", request.ifr_name);
	else
		(void)snprintf(text + used, size - used, "%%%u", in6->sin6_scope_id);
}

/* An IPv4 client of an IPv6 listener is one of IPv4, as systemd has it. */
static void format_ipv6_peer(int fd, const struct sockaddr_in6 *in6, char *text, size_t size)
{
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		(void)inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], text, (socklen_t)size);
		return;
	}
	(void)inet_ntop(AF_INET6, &in6->sin6_addr, text, (socklen_t)size);
	append_scope(fd, in6, text, size);
}

void fd_describe_peer(int fd, struct peer *ret_peer)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	const struct sockaddr_in *in = (const struct sockaddr_in *)&address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address;
	socklen_t length = sizeof(address);
	in_port_t port = 0;

	*ret_peer = (struct peer){ "", "" };
	if (getpeername(fd, (struct sockaddr *)&address, &length) < 0)
		return;
	if (address.ss_family == AF_INET) {
		(void)inet_ntop(AF_INET, &in->sin_addr, ret_peer->address, sizeof(ret_peer->address));
		port = in->sin_port;
	} else if (address.ss_family == AF_INET6) {
		format_ipv6_peer(fd, in6, ret_peer->address, sizeof(ret_peer->address));
		port = in6->sin6_port;
	} else {
		return;
	}
	(void)snprintf(ret_peer->port, sizeof(ret_peer->port), "%d", ntohs(port));
}

bool fd_is_among(int fd, const struct fd_info *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fds[i].fd == fd)
			return true;
	}
	return false;
}

bool fd_is_same(int a, int b)
{
	struct stat st_a, st_b;

	return !fd_may_hang(a) && !fd_may_hang(b) && fstat(a, &st_a) == 0 && fstat(b, &st_b) == 0 &&
	       is_same_file(&st_a, &st_b);
}

bool fd_is_stdio(int fd)
{
	struct stat own, st;

	if (fd_may_hang(fd) || fstat(fd, &own) < 0)
		return false;
	for (int i = 0; i <= STDERR_FILENO; i++) {
		if (!fd_may_hang(i) && fstat(i, &st) == 0 && is_same_file(&own, &st))
			return true;
	}
	return false;
}
