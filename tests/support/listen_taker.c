/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A daemon that takes its sockets by libsystemd, as daemons do: `listen-taker REPORT` writes a line
 * for each to the file REPORT, once that is whole, and waits to be ended.
 *
 *     NUMBER NAME KIND [nonblock] [cloexec]
 *
 * It is separate from fake-daemon, which uses nothing but libc, because what counts here is the
 * word of the library that the daemons use: sd_listen_fds_with_names(3) and sd_is_socket(3). Where
 * LISTEN_FDS is not set it looks where other protocols put sockets, and names them "-": the list in
 * UPSTART_FDS, or else standard input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define MAX_FDS 64

struct taken {
	int fd;
	const char *name;
};

static void fail(const char *what, int error)
{
	(void)fprintf(stderr, "listen-taker: %s: %s\n", what, strerror(error));
	exit(1);
}

static size_t take_listed(const char *list, struct taken *taken)
{
	size_t n = 0;
	char *end = NULL;

	for (; list != NULL && *list != '\0' && n < MAX_FDS; list = end)
		taken[n++] = (struct taken){ (int)strtol(list, &end, 10), "-" };
	return n;
}

static size_t take_named(struct taken *taken)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(0, &names);

	if (n < 0 || n > MAX_FDS)
		fail("sd_listen_fds_with_names", n < 0 ? -n : E2BIG);
	for (int i = 0; i < n; i++)
		taken[i] = (struct taken){ SD_LISTEN_FDS_START + i, names[i] };
	return (size_t)n;
}

static size_t take(struct taken *taken)
{
	if (getenv("LISTEN_FDS") != NULL)
		return take_named(taken);
	if (getenv("UPSTART_FDS") != NULL)
		return take_listed(getenv("UPSTART_FDS"), taken);
	taken[0] = (struct taken){ STDIN_FILENO, "-" };
	return 1;
}

/* "inet stream listening 127.0.0.1:80", as far as sd_is_socket_inet(3) confirms it. */
static int describe_inet(FILE *report, int fd, int type, int is_listening)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address = { 0 };
	socklen_t length = sizeof(address);
	int family;
	char text[INET6_ADDRSTRLEN] = "?";
	uint16_t port;

	if (getsockname(fd, &address.any, &length) < 0)
		return 0;
	family = address.any.sa_family;
	port = ntohs(family == AF_INET ? address.in.sin_port : address.in6.sin6_port);
	if (sd_is_socket_inet(fd, family, type, is_listening, port) <= 0)
		return 0;
	(void)inet_ntop(family,
			family == AF_INET ? (const void *)&address.in.sin_addr
					  : &address.in6.sin6_addr,
			text, sizeof(text));
	(void)fprintf(report, family == AF_INET ? " %s:%u" : " [%s]:%u", text, port);
	return 1;
}

/* "/run/x" or "@x", as far as sd_is_socket_unix(3) confirms it. */
static int describe_unix(FILE *report, int fd, int type, int is_listening)
{
	struct sockaddr_un address = { 0 };
	socklen_t length = sizeof(address);
	size_t size;

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return 0;
	size = length - offsetof(struct sockaddr_un, sun_path);
	if (address.sun_path[0] != '\0')
		size = strlen(address.sun_path);
	if (sd_is_socket_unix(fd, type, is_listening, address.sun_path, size) <= 0)
		return 0;
	if (address.sun_path[0] == '\0')
		(void)fprintf(report, " @%.*s", (int)size - 1, address.sun_path + 1);
	else
		(void)fprintf(report, " %s", address.sun_path);
	return 1;
}

static void describe_socket(FILE *report, int fd)
{
	static const struct {
		int type;
		const char *name;
	} types[] = { { SOCK_STREAM, "stream" },
		      { SOCK_DGRAM, "dgram" },
		      { SOCK_SEQPACKET, "seqpacket" },
		      { SOCK_RAW, "raw" } };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int type = types[i].type, is_listening = sd_is_socket(fd, AF_UNSPEC, type, 1) > 0;

		if (sd_is_socket(fd, AF_UNSPEC, type, is_listening) <= 0)
			continue;
		(void)fprintf(report, " %s%s", types[i].name, is_listening ? " listening" : "");
		if (sd_is_socket(fd, AF_NETLINK, type, -1) > 0)
			(void)fprintf(report, " netlink");
		else if (!describe_inet(report, fd, type, is_listening) &&
			 !describe_unix(report, fd, type, is_listening))
			(void)fprintf(report, " ?");
		return;
	}
	(void)fprintf(report, " socket ?");
}

static void describe(FILE *report, const struct taken *taken, int descriptor_flags)
{
	int fd = taken->fd;

	(void)fprintf(report, "%d %s", fd, taken->name);
	if (sd_is_fifo(fd, NULL) > 0)
		(void)fprintf(report, " fifo");
	else if (sd_is_mq(fd, NULL) > 0)
		(void)fprintf(report, " mq");
	else if (sd_is_socket(fd, AF_UNSPEC, 0, -1) > 0)
		describe_socket(report, fd);
	else if (sd_is_special(fd, NULL) > 0)
		(void)fprintf(report, " special");
	else
		(void)fprintf(report, " ?");
	(void)fprintf(report, "%s%s\n", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 ? " nonblock" : "",
		      (descriptor_flags & FD_CLOEXEC) != 0 ? " cloexec" : "");
}

int main(int argc, char **argv)
{
	struct taken taken[MAX_FDS];
	int flags[MAX_FDS];
	char part[4096];
	FILE *report;
	size_t n;

	if (argc != 2)
		fail("one argument", EINVAL);
	/* Before the library sets the flag itself. */
	for (int i = 0; i < MAX_FDS; i++)
		flags[i] = fcntl(i, F_GETFD);
	n = take(taken);
	(void)snprintf(part, sizeof(part), "%s.part", argv[1]);
	report = fopen(part, "we");
	if (report == NULL)
		fail(part, errno);
	for (size_t i = 0; i < n; i++)
		describe(report, &taken[i], taken[i].fd < MAX_FDS ? flags[taken[i].fd] : 0);
	if (fclose(report) != 0 || rename(part, argv[1]) < 0)
		fail(argv[1], errno);
	for (;;)
		(void)pause();
}
