/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fds.c: what descriptors are, and moving, finding and closing them. Whatever changes descriptors
 * runs in a child, whose own these tests use from FIRST on.
 */
#include "unit.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "fds.h"
#include "sockets.h"
#include "util.h"

#define FIRST 30

/* ---- Describing ---- */

static int make_socket(int family, int type, bool listens)
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

static int make_unix_listener(void)
{
	return make_socket(AF_UNIX, SOCK_STREAM, true);
}

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

static int make_unbound(void)
{
	return make_socket(AF_UNIX, SOCK_STREAM, false);
}

static int make_udp(void)
{
	return make_socket(AF_INET, SOCK_DGRAM, false);
}

static int make_connected(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	(void)close(ends[1]);
	return ends[0];
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
			(void)fprintf(stderr, "# not tried: %s\n", cases[i].name);
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
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].family == AF_INET || fd >= 0)
			check_in_child(cases[i].name, ask_for_peer, &cases[i]);
	}
	(void)close_fd(fd);
	fd = make_connected();
	fd_describe_peer(fd, &peer);
	(void)close_fd(fd);
	assert_string_equal(peer.address, "");
	assert_string_equal(peer.port, "");
}

/* ---- 0 to 2 ---- */

static void a_socket_under_two_numbers_is_the_same(void **state)
{
	int fd = make_connected(), copy = fcntl(fd, F_DUPFD_CLOEXEC, FIRST), other = make_connected();

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

static void check_null(int fd)
{
	struct stat st, null;

	child_check(stat("/dev/null", &null) == 0 && fstat(fd, &st) == 0);
	child_check(st.st_rdev == null.st_rdev);
	child_check((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
	child_check(fcntl(fd, F_GETFD) == 0);
}

static void make_null(const void *arg)
{
	int fd = make_connected();

	(void)arg;
	child_check(fd_make_null(fd) == 0);
	check_null(fd);
	(void)close_fd(fd);
	child_check(fd_make_null(fd) == 0); /* the number that open(2) gives */
	check_null(fd);
	child_check(fd_make_null(FIRST) == 0);
	check_null(FIRST);
	child_check(fcntl(fd + 1, F_GETFD) < 0); /* nothing else is left open */
}

static void a_descriptor_becomes_dev_null_for_the_daemon(void **state)
{
	(void)state;
	check_in_child("fd_make_null", make_null, NULL);
}

/* ---- Moving ---- */

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static ino_t identity(int fd)
{
	struct stat st;

	child_check(fstat(fd, &st) == 0);
	return st.st_ino;
}

static bool is_one_of(int fd, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fds[i] == fd)
			return true;
	}
	return false;
}

/* Something new, and different from all else that is open, at number @fd. */
static ino_t put_at(int fd)
{
	int made = (int)syscall(SYS_memfd_create, "test", 1U /* MFD_CLOEXEC */);

	child_check(made >= 0 && dup3(made, fd, O_CLOEXEC) == fd);
	child_check(close(made) == 0);
	return identity(fd);
}

#define N_NUMBERS 7
#define N_MOVED 3

static void move_once(const int *from, int first)
{
	ino_t identities[N_MOVED];
	int used_up[N_MOVED];

	memcpy(used_up, from, sizeof(used_up));
	for (int i = 0; i < N_MOVED; i++)
		identities[i] = put_at(from[i]);
	child_check(fds_move(used_up, N_MOVED, first) == 0);
	for (int i = 0; i < N_MOVED; i++) {
		child_check(identity(first + i) == identities[i]);
		child_check(fcntl(first + i, F_GETFD) == 0); /* stays open over execve(2) */
	}
	for (int fd = FIRST; fd < FIRST + 4 * N_NUMBERS; fd++) {
		bool is_target = fd >= first && fd < first + N_MOVED;

		child_check(is_open(fd) == is_target); /* no copy stays behind */
		if (is_target)
			child_check(close(fd) == 0);
	}
}

/* Every ordered choice of three numbers, to every place among them. */
static void move_all_ways(const void *arg)
{
	(void)arg;
	for (int i = 0; i < N_NUMBERS * N_NUMBERS * N_NUMBERS; i++) {
		int from[N_MOVED] = { FIRST + i % N_NUMBERS, FIRST + i / N_NUMBERS % N_NUMBERS,
				      FIRST + i / N_NUMBERS / N_NUMBERS };

		if (from[0] == from[1] || from[0] == from[2] || from[1] == from[2])
			continue;
		for (int first = FIRST; first <= FIRST + N_NUMBERS - N_MOVED; first++)
			move_once(from, first);
	}
}

static void sockets_get_their_numbers_whatever_overlaps(void **state)
{
	(void)state;
	check_in_child("all", move_all_ways, NULL);
}

static void move_oddly(const void *arg)
{
	int none[1] = { FIRST }, closed[2] = { FIRST + 5, FIRST + 6 };
	ino_t other, bystander;

	(void)arg;
	child_check(fds_move(none, 0, FIRST) == 0);
	/* What stood at the number before gives way, a neighbour does not. */
	other = put_at(FIRST + 1);
	(void)put_at(FIRST);
	bystander = put_at(FIRST + 2);
	child_check(fds_move(&(int){ FIRST + 1 }, 1, FIRST) == 0);
	child_check(identity(FIRST) == other && identity(FIRST + 2) == bystander);
	child_check(!is_open(FIRST + 1));
	child_check(fcntl(FIRST + 2, F_GETFD) == FD_CLOEXEC);
	child_check(fds_move(closed, 2, FIRST) == -EBADF);
}

static void odd_moves_do_no_harm(void **state)
{
	(void)state;
	check_in_child("odd", move_oddly, NULL);
}

static void toggle_cloexec(const void *arg)
{
	(void)arg;
	(void)put_at(FIRST);
	child_check(fd_set_cloexec(FIRST, false) == 0 && fcntl(FIRST, F_GETFD) == 0);
	child_check(fd_set_cloexec(FIRST, true) == 0 && fcntl(FIRST, F_GETFD) == FD_CLOEXEC);
	child_check(fd_set_cloexec(FIRST + 1, true) == -EBADF);
}

static void cloexec_is_set_and_cleared(void **state)
{
	(void)state;
	check_in_child("cloexec", toggle_cloexec, NULL);
}

/* ---- Finding ---- */

static void listen_at(int fd)
{
	int made = make_unix_listener();

	child_check(dup3(made, fd, O_CLOEXEC) == fd && close(made) == 0);
}

static void find_listeners(const void *arg)
{
	const struct fd_info known[] = { { .fd = FIRST + 2 }, { .fd = FIRST + 3 } };
	int connected = make_connected();
	struct arena arena = { 0 };
	const int *found = NULL;
	size_t n = 4711;

	(void)arg;
	fds_close_all(3, NULL, 0);
	child_check(fds_find_listeners(NULL, 0, &arena, &found, &n) == 0 && n == 0 && found == NULL);
	(void)connected;
	for (int i = 0; i < 4; i++)
		listen_at(FIRST + i);
	child_check(dup3(FIRST, STDIN_FILENO, O_CLOEXEC) == 0); /* nobody's business below 3 */
	(void)put_at(FIRST + 10);
	child_check(dup2(make_unbound(), FIRST + 11) >= 0);
	child_check(fds_find_listeners(known, ARRAY_SIZE(known), &arena, &found, &n) == 0);
	child_check(n == 2 && is_one_of(FIRST, found, n) && is_one_of(FIRST + 1, found, n));
	child_check(fds_find_listeners(NULL, 0, &arena, &found, &n) == 0 && n == 4);
	arena_done(&arena);
}

/* More than one read of the directory brings. */
static void find_many_listeners(const void *arg)
{
	const int *found = NULL;
	struct arena arena = { 0 };
	size_t n = 0;

	(void)arg;
	for (int i = 0; i < 200; i++)
		listen_at(FIRST + i);
	child_check(fds_find_listeners(NULL, 0, &arena, &found, &n) == 0 && n == 200);
	for (int i = 0; i < 200; i++)
		child_check(is_one_of(FIRST + i, found, n));
	arena_done(&arena);
}

static void deny_open(void)
{
	deny_system_call(SYS_openat, ENOENT);
#ifdef SYS_open
	deny_system_call(SYS_open, ENOENT);
#endif
}

static void find_listeners_without_proc(const void *arg)
{
	deny_open();
	find_listeners(arg);
}

static void find_many_listeners_without_proc(const void *arg)
{
	deny_open();
	find_many_listeners(arg);
}

static void find_listeners_with_a_low_limit(const void *arg)
{
	struct rlimit limit;

	(void)arg;
	child_check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = FIRST + 20;
	child_check(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	find_listeners_without_proc(NULL);
}

static void strangers_listeners_are_found(void **state)
{
	(void)state;
	check_in_child("with /proc", find_listeners, NULL);
	check_in_child("many", find_many_listeners, NULL);
	check_in_child("without /proc", find_listeners_without_proc, NULL);
	check_in_child("many without /proc", find_many_listeners_without_proc, NULL);
	check_in_child("low limit without /proc", find_listeners_with_a_low_limit, NULL);
}

/* ---- Closing ---- */

static const struct closing {
	const char *name;
	int first, keep[4];
	size_t n_keep;
} closings[] = {
	{ "all", FIRST, { 0 }, 0 },
	{ "from the middle", FIRST + 7, { 0 }, 0 },
	{ "the first stays", FIRST, { FIRST }, 1 },
	{ "the last stays", FIRST, { FIRST + 19 }, 1 },
	{ "beyond the last", FIRST, { FIRST + 40 }, 1 },
	{ "neighbours stay", FIRST, { FIRST + 3, FIRST + 4, FIRST + 5 }, 3 },
	{ "apart", FIRST, { FIRST, FIRST + 2, FIRST + 10, FIRST + 19 }, 4 },
	{ "both ends", FIRST + 1, { FIRST + 1, FIRST + 19 }, 2 },
	{ "in any order", FIRST, { FIRST + 10, FIRST + 19, FIRST, FIRST + 2 }, 4 },
	{ "twice, none, and below", FIRST + 3, { FIRST + 5, NO_FD, FIRST + 5, FIRST }, 4 },
};

static void close_most(const void *arg)
{
	const struct closing *closing = arg;

	for (int fd = FIRST; fd < FIRST + 20; fd++)
		(void)put_at(fd);
	fds_close_all(closing->first, closing->keep, closing->n_keep);
	for (int fd = FIRST; fd < FIRST + 20; fd++)
		child_check(is_open(fd) ==
			    (fd < closing->first || is_one_of(fd, closing->keep, closing->n_keep)));
	child_check(is_open(STDIN_FILENO) && is_open(STDERR_FILENO));
}

static void close_most_on_an_old_kernel(const void *arg)
{
#ifdef SYS_close_range
	deny_system_call(SYS_close_range, ENOSYS);
#endif
	close_most(arg);
}

static void close_most_where_it_is_forbidden(const void *arg)
{
#ifdef SYS_close_range
	deny_system_call(SYS_close_range, EPERM);
#endif
	close_most(arg);
}

/* Some numbers are above the limit, and at first there is none left to list them with. */
static void close_most_with_a_low_limit(const void *arg)
{
	const int keep[] = { FIRST + 15, FIRST + 2 };
	struct rlimit limit;

	(void)arg;
	child_check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	for (int fd = FIRST; fd < FIRST + 20; fd++)
		(void)put_at(fd);
	limit.rlim_cur = FIRST + 10;
	child_check(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	while (fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) >= 0)
		;
	deny_system_call(SYS_close_range, ENOSYS);
	fds_close_all(FIRST, keep, ARRAY_SIZE(keep));
	for (int fd = FIRST; fd < FIRST + 20; fd++)
		child_check(is_open(fd) == is_one_of(fd, keep, ARRAY_SIZE(keep)));
}

static void everything_is_closed_but_what_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(closings); i++) {
		check_in_child(closings[i].name, close_most, &closings[i]);
		check_in_child(closings[i].name, close_most_on_an_old_kernel, &closings[i]);
		check_in_child(closings[i].name, close_most_where_it_is_forbidden, &closings[i]);
	}
	check_in_child("above the limit", close_most_with_a_low_limit, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_descriptor_is_known),
		cmocka_unit_test(unix_addresses_are_written_for_people),
		cmocka_unit_test(other_addresses_are_written_for_people),
		cmocka_unit_test(the_other_end_is_an_address_as_systemd_writes_it),
		cmocka_unit_test(a_socket_under_two_numbers_is_the_same),
		cmocka_unit_test(a_descriptor_becomes_dev_null_for_the_daemon),
		cmocka_unit_test(sockets_get_their_numbers_whatever_overlaps),
		cmocka_unit_test(odd_moves_do_no_harm),
		cmocka_unit_test(cloexec_is_set_and_cleared),
		cmocka_unit_test(strangers_listeners_are_found),
		cmocka_unit_test(everything_is_closed_but_what_is_kept),
	};

	return cmocka_run_group_tests_name("fds", tests, NULL, NULL);
}
