/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* fd/info.c: what descriptors are, with real ones, and how a person reads it. */
#include "unit.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/eventfd.h>

#include "base/util.h"
#include "fd/info.h"
#include "real_sockets.h"
#include "sockets.h"

/* ---- Describing ---- */

static int make_inet_listener(void)
{
	return make_socket(AF_INET, SOCK_STREAM, true);
}

static int make_inet6_listener(void)
{
	return make_socket(AF_INET6, SOCK_STREAM, true);
}

static int make_seqpacket_listener(void)
{
	return make_socket(AF_UNIX, SOCK_SEQPACKET, true);
}

static int make_udp(void)
{
	return make_socket(AF_INET, SOCK_DGRAM, false);
}

static int make_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
}

static int make_pipe(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	(void)close(ends[1]);
	return ends[0];
}

static int make_device(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int make_directory(void)
{
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int make_eventfd(void)
{
	return eventfd(0, EFD_CLOEXEC);
}

static int make_closed(void)
{
	int fd = make_device();

	(void)close(fd);
	return fd;
}

static void every_kind_of_descriptor_is_known(void **state)
{
	static const struct {
		const char *name;
		int (*make)(void);
		enum fd_kind kind;
		int family, type;
		bool is_listening, is_stream_listener;
	} cases[] = {
		{ "unix listener", make_unix_listener, FD_KIND_SOCKET, AF_UNIX, SOCK_STREAM, true,
		  true },
		{ "inet listener", make_inet_listener, FD_KIND_SOCKET, AF_INET, SOCK_STREAM, true,
		  true },
		{ "inet6 listener", make_inet6_listener, FD_KIND_SOCKET, AF_INET6, SOCK_STREAM,
		  true, true },
		{ "seqpacket listener", make_seqpacket_listener, FD_KIND_SOCKET, AF_UNIX,
		  SOCK_SEQPACKET, true, false },
		{ "not bound", make_unbound, FD_KIND_SOCKET, AF_UNIX, SOCK_STREAM, false, false },
		{ "datagrams", make_udp, FD_KIND_SOCKET, AF_INET, SOCK_DGRAM, false, false },
		{ "connected", make_connected, FD_KIND_SOCKET, AF_UNIX, SOCK_STREAM, false, false },
		{ "netlink", make_netlink, FD_KIND_NETLINK, AF_NETLINK, SOCK_RAW, false, false },
		{ "pipe", make_pipe, FD_KIND_FIFO, 0, 0, false, false },
		{ "device", make_device, FD_KIND_OTHER, 0, 0, false, false },
		{ "directory", make_directory, FD_KIND_OTHER, 0, 0, false, false },
		{ "eventfd", make_eventfd, FD_KIND_OTHER, 0, 0, false, false },
		{ "closed", make_closed, FD_KIND_CLOSED, 0, 0, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = cases[i].make();
		struct fd_info info;

		if (fd < 0) { /* a kernel without IPv6 */
			not_tried(cases[i].name, "the kernel does not have it");
			continue;
		}
		fd_describe(fd, &info);
		if (cases[i].kind != FD_KIND_CLOSED)
			(void)close_fd(fd);
		check_int(cases[i].name, info.fd, fd);
		check_int(cases[i].name, info.kind, cases[i].kind);
		check_int(cases[i].name, info.family, cases[i].family);
		check_int(cases[i].name, info.type, cases[i].type);
		check_int(cases[i].name, info.is_listening, cases[i].is_listening);
		check_int(cases[i].name, fd_is_stream_listener(&info), cases[i].is_stream_listener);
		check_int(cases[i].name, fd_is_connection(&info),
			  cases[i].make == make_connected || cases[i].make == make_unbound);
	}
	fd_describe(-1, &(struct fd_info){ 0 });
}

static void unix_addresses_are_written_for_people(void **state)
{
	static const char padded[108] = "\0name";
	static const char longest[] = "/23456789/123456789/123456789/123456789/123456789/123456789"
				      "/123456789/123456789/123456789/123456789/1234567";
	static const struct {
		const char *name, *path;
		size_t length;
		int type;
		bool is_listening;
		const char *expected;
	} cases[] = {
		{ "path", "/run/x", 7, SOCK_STREAM, true, "stream listener /run/x" },
		{ "path without its end", "/run/x", 6, SOCK_STREAM, true, "stream listener /run/x" },
		{ "abstract", "\0name", 5, SOCK_STREAM, true, "stream listener @name" },
		{ "abstract, padded", padded, sizeof(padded), SOCK_STREAM, true,
		  "stream listener @name" },
		{ "unnamed", "", 0, SOCK_STREAM, false, "stream socket that does not listen" },
		{ "datagrams", "/run/x", 7, SOCK_DGRAM, false, "datagram socket /run/x" },
		{ "seqpacket", "/run/x", 7, SOCK_SEQPACKET, true, "seqpacket socket /run/x" },
		{ "raw", "", 0, SOCK_RAW, false, "socket" },
	};
	char buffer[200];
	struct fd_info info;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		info = unix_info(cases[i].path, cases[i].length);
		info.type = cases[i].type;
		info.is_listening = cases[i].is_listening;
		check_text(cases[i].name, fd_format(&info, buffer, sizeof(buffer)),
			   cases[i].expected);
	}
	/* sun_path may be full, without a NUL. */
	assert_int_equal(sizeof(longest) - 1, sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
	info = unix_info(longest, sizeof(longest) - 1);
	assert_string_equal(fd_format(&info, buffer, sizeof(buffer)) + strlen("stream listener "),
			    longest);
}

static void other_addresses_are_written_for_people(void **state)
{
	static const struct {
		const char *name;
		struct fd_info info;
		const char *expected;
	} cases[] = {
		{ "closed", { .kind = FD_KIND_CLOSED }, "closed" },
		{ "FIFO", { .kind = FD_KIND_FIFO }, "FIFO" },
		{ "netlink", { .kind = FD_KIND_NETLINK }, "netlink socket" },
		{ "other", { .kind = FD_KIND_OTHER }, "no socket" },
		{ "another family",
		  { .kind = FD_KIND_SOCKET, .family = 40, .type = SOCK_STREAM, .is_listening = true },
		  "stream listener of address family 40" },
	};
	struct fd_info inet = inet_info("0.0.0.0", 80), inet6 = inet6_info("::1", 65535);
	char buffer[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_text(cases[i].name, fd_format(&cases[i].info, buffer, sizeof(buffer)),
			   cases[i].expected);
	assert_string_equal(fd_format(&inet, buffer, sizeof(buffer)), "stream listener 0.0.0.0:80");
	assert_string_equal(fd_format(&inet, buffer, 10), "stream li");
	assert_string_equal(fd_format(&inet6, buffer, sizeof(buffer)), "stream listener [::1]:65535");
}

/* ---- The other end ---- */

struct ends {
	const char *name;
	int family;
	const char *listen, *from; /* IP addresses; the client binds to @from */
	const char *expected;
};

static socklen_t make_address(int family, const char *text, struct sockaddr_storage *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;

	*address = (struct sockaddr_storage){ .ss_family = (sa_family_t)family };
	child_check(inet_pton(family, text,
			      family == AF_INET ? (void *)&in->sin_addr : &in6->sin6_addr) == 1);
	return family == AF_INET ? sizeof(*in) : sizeof(*in6);
}

/* A socket bound to @text; @address is what it has got. */
static int bind_to(int family, const char *text, struct sockaddr_storage *address)
{
	socklen_t length = make_address(family, text, address);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	child_check(fd >= 0 && bind(fd, (struct sockaddr *)address, length) == 0);
	child_check(getsockname(fd, (struct sockaddr *)address, &length) == 0);
	return fd;
}

static void ask_for_peer(const void *arg)
{
	const struct ends *ends = arg;
	struct sockaddr_storage address, mine;
	int listener = bind_to(ends->family, ends->listen, &address);
	int client_family = strchr(ends->from, ':') != NULL ? AF_INET6 : AF_INET;
	int client = bind_to(client_family, ends->from, &mine), fd;
	in_port_t port = ((struct sockaddr_in *)&address)->sin_port; /* at the same place in both */
	struct peer peer;
	char expected[8];

	child_check(listen(listener, 1) == 0);
	if (client_family != ends->family) {
		(void)make_address(client_family, "127.0.0.1", &address);
		((struct sockaddr_in *)&address)->sin_port = port;
	}
	child_check(connect(client, (struct sockaddr *)&address,
			    client_family == AF_INET ? sizeof(struct sockaddr_in)
						     : sizeof(struct sockaddr_in6)) == 0);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	fd_describe_peer(fd, &peer);
	(void)snprintf(expected, sizeof(expected), "%d",
		       ntohs(((struct sockaddr_in *)&mine)->sin_port));
	child_check(is_equal(peer.address, ends->expected));
	child_check(is_equal(peer.port, expected));
	fd_describe_peer(listener, &peer);
	child_check(peer.address[0] == '\0' && peer.port[0] == '\0');
}

static void the_other_end_is_an_address_as_systemd_writes_it(void **state)
{
	static const struct ends cases[] = {
		{ "IPv4", AF_INET, "127.0.0.1", "127.0.0.2", "127.0.0.2" },
		{ "IPv6", AF_INET6, "::1", "::1", "::1" },
		{ "IPv4 on an IPv6 listener", AF_INET6, "::", "127.0.0.3", "127.0.0.3" },
	};
	bool is_ipv6 = has_ipv6();
	struct peer peer;
	int fd;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].family == AF_INET || is_ipv6)
			check_in_child(cases[i].name, ask_for_peer, &cases[i]);
		else
			not_tried(cases[i].name, "there is no IPv6");
	}
	fd = make_connected();
	fd_describe_peer(fd, &peer);
	(void)close_fd(fd);
	assert_string_equal(peer.address, "");
	assert_string_equal(peer.port, "");
}

/* ---- A kernel that says of no unix socket that it listens: gVisor ---- */

static int make_bound(void)
{
	int fd = make_unbound();
	sa_family_t address = AF_UNIX;

	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* The end that an accept(2) gave, which has the name of its listener. */
static int make_accepted(bool peer_has_gone)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	int listener = make_unix_listener(), fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    accepted;

	child_check(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
	child_check(connect(fd, (const struct sockaddr *)&address, length) == 0);
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	(void)close(listener);
	if (peer_has_gone)
		(void)close(fd);
	return accepted;
}

/* What becomes of a TCP socket as it goes on; it has a name from the first step on. */
enum step {
	BOUND,
	LISTENING,
	CONNECTED,
	RESET,
};

static int make_tcp(int family, enum step step)
{
	struct sockaddr_storage address = { .ss_family = (sa_family_t)family };
	socklen_t length = sizeof(struct sockaddr_in6);
	const struct linger linger = { .l_onoff = 1 };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), client, accepted;
	char byte;

	child_check(bind(fd, (struct sockaddr *)&address, length) == 0);
	if (step == BOUND)
		return fd;
	child_check(listen(fd, 1) == 0);
	if (step == LISTENING)
		return fd;
	length = sizeof(address);
	child_check(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	child_check(connect(client, (struct sockaddr *)&address, length) == 0);
	accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	(void)close(fd);
	if (step == RESET) {
		child_check(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
		(void)close(client);
		child_check(read(accepted, &byte, 1) < 0);
	}
	return accepted;
}

static bool is_described_as_listener(int fd)
{
	struct fd_info info;

	fd_describe(fd, &info);
	(void)close(fd);
	return info.is_listening;
}

/* As if the answer were 0: this one is not written at all. */
static void play_gvisor(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsockopt, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SO_ACCEPTCONN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install_filter(filter, ARRAY_SIZE(filter));
}

static void describe_on_gvisor(const void *arg)
{
	(void)arg;
	play_gvisor();
	child_check(!fd_is_listener(make_unix_listener()));
	child_check(is_described_as_listener(make_unix_listener()));
	child_check(is_described_as_listener(make_seqpacket_listener()));
	child_check(!is_described_as_listener(make_connected()));
	child_check(!is_described_as_listener(make_unbound()));
	child_check(!is_described_as_listener(make_accepted(false)));
	child_check(!is_described_as_listener(make_accepted(true)));
	for (enum step step = BOUND; step <= RESET; step++) {
		child_check(is_described_as_listener(make_tcp(AF_INET, step)) == (step == LISTENING));
		child_check(!has_ipv6() || is_described_as_listener(make_tcp(AF_INET6, step)) ==
						   (step == LISTENING));
	}
}

static void a_listener_is_known_where_the_kernel_does_not_tell(void **state)
{
	(void)state;
	check_in_child("gVisor", describe_on_gvisor, NULL);
	assert_false(is_described_as_listener(make_bound()));
}

/* ---- Two ---- */

static void a_socket_under_two_numbers_is_the_same(void **state)
{
	int fd = make_connected(), copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), other = make_connected();

	(void)state;
	assert_true(fd_is_same(fd, copy));
	assert_true(fd_is_same(fd, fd));
	assert_false(fd_is_same(fd, other));
	(void)close_fd(copy);
	assert_false(fd_is_same(fd, copy));
	assert_false(fd_is_same(copy, copy));
	(void)close_fd(fd);
	(void)close_fd(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_descriptor_is_known),
		cmocka_unit_test(unix_addresses_are_written_for_people),
		cmocka_unit_test(other_addresses_are_written_for_people),
		cmocka_unit_test(the_other_end_is_an_address_as_systemd_writes_it),
		cmocka_unit_test(a_listener_is_known_where_the_kernel_does_not_tell),
		cmocka_unit_test(a_socket_under_two_numbers_is_the_same),
	};

	return cmocka_run_group_tests_name("fd_info", tests, NULL, NULL);
}
