/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The stand-in for upstart-socket-bridge, a program of its own as the original is: who looks for the
 * bridge goes by the file that it runs. See socket_bridge.h. It has the original's faults: it reads
 * the path of a unix socket from PATH= but announces it as SOCKET_PATH=, it binds with the whole
 * sockaddr, which pads abstract names with NULs, and it neither unlinks stale sockets nor tries again
 * when an address is in use.
 */
#include "socket_bridge.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd_message.h"
#include "strv.h"

struct listener {
	struct listener *next;
	char *job;
	int fd;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} address;
	socklen_t len;
};

static struct listener *listeners;
static int init_fd, epoll_fd;

static void tell(char kind, const char *text, size_t len, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov[] = { { .iov_base = &kind, .iov_len = 1 },
			       { .iov_base = (void *)(uintptr_t)text, .iov_len = len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	if (fd >= 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = &control;
		msg.msg_controllen = sizeof control;
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(cmsg), &fd, sizeof fd);
	}
	(void)sendmsg(init_fd, &msg, MSG_NOSIGNAL);
}

static void tell_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void tell_log(const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	tell(BRIDGE_LOG, text, strlen(text), -1);
}

/* -- from a job's `start on socket ...` to an address */

static bool set_proto(struct listener *l, const char *value)
{
	static const struct {
		const char *name;
		sa_family_t family;
		socklen_t len;
	} protos[] = {
		{ "inet", AF_INET, sizeof(struct sockaddr_in) },
		{ "inet6", AF_INET6, sizeof(struct sockaddr_in6) },
		{ "unix", AF_UNIX, sizeof(struct sockaddr_un) },
	};

	for (size_t i = 0; i < sizeof protos / sizeof protos[0]; i++)
		if (!strcmp(value, protos[i].name)) {
			l->address.any.sa_family = protos[i].family;
			l->len = protos[i].len;
			return true;
		}
	tell_log("Ignored socket event with unknown PROTO=%s in %s", value, l->job);
	return false;
}

static bool set_port(struct listener *l, const char *value)
{
	in_port_t port = htons((uint16_t)strtoul(value, NULL, 10));

	if (l->address.any.sa_family == AF_INET)
		l->address.in.sin_port = port;
	else
		l->address.in6.sin6_port = port;
	return true;
}

static bool set_addr(struct listener *l, const char *value)
{
	int r;

	if (l->address.any.sa_family == AF_INET)
		r = inet_aton(value, &l->address.in.sin_addr);
	else
		r = inet_pton(AF_INET6, value, &l->address.in6.sin6_addr);
	if (r != 1)
		tell_log("Ignored socket event with invalid ADDR=%s in %s", value, l->job);
	return r == 1;
}

static bool set_path(struct listener *l, const char *value)
{
	(void)snprintf(l->address.un.sun_path, sizeof l->address.un.sun_path, "%s", value);
	if (value[0] == '@')
		l->address.un.sun_path[0] = '\0';
	return true;
}

/* One NAME=VALUE of the stanza. PROTO comes first, since the others depend on it. */
static bool set_variable(struct listener *l, const char *variable)
{
	static const struct {
		const char *prefix;
		bool is_unix;
		bool (*set)(struct listener *l, const char *value);
	} variables[] = {
		{ "PORT=", false, set_port },
		{ "ADDR=", false, set_addr },
		{ "PATH=", true, set_path },
	};
	bool is_unix = l->address.any.sa_family == AF_UNIX;

	if (!strncmp(variable, "PROTO=", 6))
		return set_proto(l, variable + 6);
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
		if (variables[i].is_unix == is_unix &&
		    !strncmp(variable, variables[i].prefix, strlen(variables[i].prefix)))
			return variables[i].set(l, variable + strlen(variables[i].prefix));
	tell_log("Ignored socket event with unknown variable %.*s in %s",
		 (int)strcspn(variable, "="), variable, l->job);
	return false;
}

static bool open_listener(struct listener *l)
{
	const int on = 1;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.ptr = l };

	l->fd = socket(l->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    (l->address.any.sa_family == AF_INET6 &&
	     setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0))
		tell_log("Failed to create socket in %s: %m", l->job);
	else if (bind(l->fd, &l->address.any, l->len) < 0)
		tell_log("Failed to bind socket in %s: %m", l->job);
	else if (listen(l->fd, SOMAXCONN) < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, l->fd, &event) < 0)
		tell_log("Failed to listen on socket in %s: %m", l->job);
	else
		return true;
	return false;
}

static void free_listener(struct listener *l)
{
	if (l->fd >= 0) { /* others have the socket, so that closing alone would leave it watched */
		(void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, l->fd, NULL);
		(void)close(l->fd);
	}
	free(l->job);
	free(l);
}

static void add_listener(const char *message, size_t len)
{
	struct listener *l = xcalloc(1, sizeof *l);
	const char *end = message + len, *p = message;
	bool is_ok = true;

	l->fd = -1;
	l->job = xstrdup(p);
	for (p += strlen(p) + 1; is_ok && p < end; p += strlen(p) + 1)
		is_ok = set_variable(l, p);
	if (!is_ok || !open_listener(l)) {
		free_listener(l);
		return;
	}
	l->next = listeners;
	listeners = l;
}

static void forget_listeners(const char *job)
{
	for (struct listener **p = &listeners; *p;) {
		struct listener *l = *p;

		if (strcmp(l->job, job) != 0) {
			p = &l->next;
			continue;
		}
		*p = l->next;
		free_listener(l);
	}
}

/* -- serving */

/* A client is waiting: describes the listener and passes it on. */
static void announce(const struct listener *l)
{
	char host[INET6_ADDRSTRLEN] = "", text[256];
	int len;

	if (l->address.any.sa_family == AF_UNIX) {
		len = snprintf(text, sizeof text, "PROTO=unix%cSOCKET_PATH=%s", '\0',
			       l->address.un.sun_path);
	} else if (l->address.any.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &l->address.in.sin_addr, host, sizeof host);
		len = snprintf(text, sizeof text, "PROTO=inet%cPORT=%d%cADDR=%s", '\0',
			       ntohs(l->address.in.sin_port), '\0', host);
	} else {
		(void)inet_ntop(AF_INET6, &l->address.in6.sin6_addr, host, sizeof host);
		len = snprintf(text, sizeof text, "PROTO=inet6%cPORT=%d%cADDR=%s", '\0',
			       ntohs(l->address.in6.sin6_port), '\0', host);
	}
	tell(BRIDGE_EVENT, text, (size_t)len + 1, l->fd);
}

/* Returns false when PID 1 has closed its side. */
static bool obey(void)
{
	char message[BRIDGE_MESSAGE_MAX + 1] = { 0 };
	int fd = -1;
	ssize_t len = receive_message(init_fd, message, BRIDGE_MESSAGE_MAX, &fd);

	if (len <= 0)
		return false;
	if (message[0] == BRIDGE_LISTEN)
		add_listener(message + 1, (size_t)len - 1);
	else
		forget_listeners(message + 1);
	tell(BRIDGE_DONE, "", 0, -1);
	return true;
}

int main(int argc, char **argv)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (argc != 2)
		return 2;
	init_fd = (int)strtol(argv[1], NULL, 10);
	/* edge-triggered: one event per connection, not one per moment that a client waits */
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, init_fd, &event) < 0)
		return 1;
	for (;;) {
		if (epoll_wait(epoll_fd, &event, 1, -1) < 0 && errno != EINTR)
			return 1;
		if (event.data.ptr)
			announce(event.data.ptr);
		else if (!obey())
			return 0;
	}
}
