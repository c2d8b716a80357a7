/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* --listen: what the addresses mean, and what will come of them on this machine. */
#include "unit.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "base/util.h"
#include "fd/info.h"
#include "fd/listen.h"
#include "sockets.h"

#define PATH_107                                           \
 "/012345678901234567890123456789012345678901234567890123" \
 "4567890123456789012345678901234567890123456789012345"

#define PATH_106                                          \
 "012345678901234567890123456789012345678901234567890123" \
 "4567890123456789012345678901234567890123456789012345"

#define no_attributes_here                                       \
 {                                                               \
  NO_MODE, NULL, NULL, NO_ACCOUNT, NO_ACCOUNT, false, NO_BACKLOG \
 }

static const char *text_or_none(const char *text)
{
	return text != NULL ? text : "(none)";
}

static bool is_same_attributes(const struct attributes *a, const struct attributes *b)
{
	return a->mode == b->mode && a->owner == b->owner && a->group == b->group &&
	       is_equal(text_or_none(a->owner_name), text_or_none(b->owner_name)) &&
	       is_equal(text_or_none(a->group_name), text_or_none(b->group_name)) &&
	       a->is_ipv6_only == b->is_ipv6_only && a->backlog == b->backlog;
}

static void every_kind_of_address_is_understood(void **state)
{
	static const struct {
		const char *text, *expected, *path;
		bool is_any;
	} cases[] = {
		{ "80", "stream listener [::]:80", NULL, true },
		{ "65535", "stream listener [::]:65535", NULL, true },
		{ "127.0.0.1:80", "stream listener 127.0.0.1:80", NULL, false },
		{ "0.0.0.0:1", "stream listener 0.0.0.0:1", NULL, false },
		{ "[::1]:80", "stream listener [::1]:80", NULL, false },
		{ "[::]:80", "stream listener [::]:80", NULL, false },
		{ "[::ffff:1.2.3.4]:80", "stream listener [::ffff:1.2.3.4]:80", NULL, false },
		{ "/run/x", "stream listener /run/x", "/run/x", false },
		{ "/run/a:b", "stream listener /run/a:b", "/run/a:b", false },
		{ PATH_107, "stream listener " PATH_107, PATH_107, false },
		{ "@x", "stream listener @x", NULL, false },
		{ "@/a:1", "stream listener @/a:1", NULL, false },
		{ "udp:53", "datagram socket [::]:53", NULL, true },
		{ "udp:127.0.0.1:53", "datagram socket 127.0.0.1:53", NULL, false },
		{ "udp:[::1]:53", "datagram socket [::1]:53", NULL, false },
		{ "dgram:53", "datagram socket [::]:53", NULL, true },
		{ "dgram:/run/x", "datagram socket /run/x", "/run/x", false },
		{ "dgram:@x", "datagram socket @x", NULL, false },
		{ "seqpacket:/run/x", "seqpacket socket /run/x", "/run/x", false },
		{ "seqpacket:@x", "seqpacket socket @x", NULL, false },
		{ "fifo:/run/x", "FIFO", "/run/x", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct listen_address address;
		struct refusal refusal;
		char what[300];

		check_int(cases[i].text, listen_parse(cases[i].text, &address, &refusal), 0);
		check_text(cases[i].text, fd_format(&address.info, what, sizeof(what)),
			   cases[i].expected);
		check_text(cases[i].text, address.text, cases[i].text);
		check_text(cases[i].text, address.path != NULL ? address.path : "",
			   cases[i].path != NULL ? cases[i].path : "");
		check_int(cases[i].text, address.is_any, cases[i].is_any);
		check_int(cases[i].text, address.info.is_listening,
			  address.info.type == SOCK_STREAM || address.info.type == SOCK_SEQPACKET);
		check(cases[i].text, is_same_attributes(&address.attributes, &no_attributes));
		listen_done(&address);
	}
}

#define NONE NO_ACCOUNT
static const struct {
	const char *text, *expected, *path;
	struct attributes attributes;
} attributes_behind[] = {
	{ "/run/x,mode=0660",
	  "stream listener /run/x",
	  "/run/x",
	  { 0660, NULL, NULL, NONE, NONE, false, NO_BACKLOG } },
	{ "/run/x,mode=600",
	  "stream listener /run/x",
	  "/run/x",
	  { 0600, NULL, NULL, NONE, NONE, false, NO_BACKLOG } },
	{ "/run/x,mode=0",
	  "stream listener /run/x",
	  "/run/x",
	  { 0, NULL, NULL, NONE, NONE, false, NO_BACKLOG } },
	{ "/run/x,mode=0777",
	  "stream listener /run/x",
	  "/run/x",
	  { 0777, NULL, NULL, NONE, NONE, false, NO_BACKLOG } },
	{ "/run/x,mode=0660,owner=u,group=g,backlog=5",
	  "stream listener /run/x",
	  "/run/x",
	  { 0660, "u", "g", NONE, NONE, false, 5 } },
	{ "/run/x,backlog=0,group=g",
	  "stream listener /run/x",
	  "/run/x",
	  { NO_MODE, NULL, "g", NONE, NONE, false, 0 } },
	{ "dgram:/run/x,owner=0",
	  "datagram socket /run/x",
	  "/run/x",
	  { NO_MODE, "0", NULL, NONE, NONE, false, NO_BACKLOG } },
	{ "seqpacket:/run/x,owner=u,backlog=2147483647",
	  "seqpacket socket /run/x",
	  "/run/x",
	  { NO_MODE, "u", NULL, NONE, NONE, false, 2147483647 } },
	{ "fifo:/run/x,mode=0640", "FIFO", "/run/x", { 0640, NULL, NULL, NONE, NONE, false, NO_BACKLOG } },
	{ "[::]:111,ipv6only",
	  "stream listener [::]:111",
	  NULL,
	  { NO_MODE, NULL, NULL, NONE, NONE, true, NO_BACKLOG } },
	{ "udp:111,ipv6only",
	  "datagram socket [::]:111",
	  NULL,
	  { NO_MODE, NULL, NULL, NONE, NONE, true, NO_BACKLOG } },
	{ "80,backlog=1,ipv6only",
	  "stream listener [::]:80",
	  NULL,
	  { NO_MODE, NULL, NULL, NONE, NONE, true, 1 } },
	{ "127.0.0.1:80,backlog=1",
	  "stream listener 127.0.0.1:80",
	  NULL,
	  { NO_MODE, NULL, NULL, NONE, NONE, false, 1 } },
	{ "@x,backlog=1", "stream listener @x", NULL, { NO_MODE, NULL, NULL, NONE, NONE, false, 1 } },
	/* A comma can be a part of a path. */
	{ "/run/a,b", "stream listener /run/a,b", "/run/a,b", no_attributes_here },
	{ "/run/a,", "stream listener /run/a,", "/run/a,", no_attributes_here },
	{ "/run/a,,b", "stream listener /run/a,,b", "/run/a,,b", no_attributes_here },
	{ "/run/a,b/c=d", "stream listener /run/a,b/c=d", "/run/a,b/c=d", no_attributes_here },
	{ "@a,b", "stream listener @a,b", NULL, no_attributes_here },
	{ "/run/a,ipv6only0", "stream listener /run/a,ipv6only0", "/run/a,ipv6only0",
	  no_attributes_here },
	{ "/run/a\\,mode=1", "stream listener /run/a,mode=1", "/run/a,mode=1", no_attributes_here },
	{ "fifo:/run/a\\,b=\\c", "FIFO", "/run/a,b=\\c", no_attributes_here },
	{ "/run/a\\,b=c,mode=1",
	  "stream listener /run/a,b=c",
	  "/run/a,b=c",
	  { 1, NULL, NULL, NONE, NONE, false, NO_BACKLOG } },
	{ "/run/a,b,mode=1",
	  "stream listener /run/a,b",
	  "/run/a,b",
	  { 1, NULL, NULL, NONE, NONE, false, NO_BACKLOG } },
	{ "/" PATH_106 ",mode=1",
	  "stream listener /" PATH_106,
	  "/" PATH_106,
	  { 1, NULL, NULL, NONE, NONE, false, NO_BACKLOG } },
};

/* What a .socket unit says with directives of their own. The backlog is 0 where -1 would be default. */
static void attributes_stand_behind_the_address(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(attributes_behind); i++) {
		struct listen_address address;
		struct refusal refusal;
		char what[300];

		if (listen_parse(attributes_behind[i].text, &address, &refusal) < 0)
			fail_msg("%s", refusal.text);
		check_text(attributes_behind[i].text, fd_format(&address.info, what, sizeof(what)),
			   attributes_behind[i].expected);
		check_text(attributes_behind[i].text, address.text, attributes_behind[i].text);
		check_text(attributes_behind[i].text, address.path != NULL ? address.path : "",
			   attributes_behind[i].path != NULL ? attributes_behind[i].path : "");
		check(attributes_behind[i].text,
		      is_same_attributes(&address.attributes, &attributes_behind[i].attributes));
		listen_done(&address);
	}
}

static const struct {
	const char *text;
	unsigned owner, group;
	const char *refused; /* or NULL */
} accounts[] = {
	{ "/x", NONE, NONE, NULL },
	{ "/x,owner=root", 0, NONE, NULL },
	{ "/x,group=root", NONE, 0, NULL },
	{ "/x,owner=0,group=4294967294", 0, 4294967294U, NULL },
	{ "/x,owner=4294967295", NONE, NONE,
	  "--listen=/x,owner=4294967295: the number of a user is at most 4294967294" },
	{ "/x,owner=0,group=cib-none", 0, NONE,
	  "--listen=/x,owner=0,group=cib-none: there is no group 'cib-none' in /etc/group, and other "
	  "sources of names are not asked: give the number" },
};

/* Looked up in /etc/passwd and /etc/group, by us. */
static void names_and_numbers_of_accounts_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(accounts); i++) {
		struct listen_address address;
		struct refusal refusal = { "" };
		int r;

		check_int(accounts[i].text, listen_parse(accounts[i].text, &address, &refusal), 0);
		r = attributes_find_accounts(&address.attributes, address.text, &refusal);
		check_int(accounts[i].text, r, accounts[i].refused != NULL ? -ENOENT : 0);
		check_text(accounts[i].text, refusal.text,
			   accounts[i].refused != NULL ? accounts[i].refused : "");
		check_int(accounts[i].text, address.attributes.owner, accounts[i].owner);
		check_int(accounts[i].text, address.attributes.group, accounts[i].group);
		listen_done(&address);
	}
}

/* As the kernel gives it back: a daemon compares it, sd_is_socket_unix(3). */
static void an_address_of_a_path_has_its_nul_and_a_name_none(void **state)
{
	struct listen_address address;
	struct refusal refusal;
	size_t offset = offsetof(struct sockaddr_un, sun_path);

	(void)state;
	assert_int_equal(listen_parse("/ab", &address, &refusal), 0);
	assert_int_equal(address.info.address_length, offset + 4);
	assert_int_equal(listen_parse("@ab", &address, &refusal), 0);
	assert_int_equal(address.info.address_length, offset + 3);
	assert_memory_equal(((struct sockaddr_un *)&address.info.address)->sun_path, "\0ab", 3);
}

#define NO_PORT "a port is a number from 1 to 65535"
#define NO_IPV4 "the address before the port is one like 127.0.0.1 or [::1], and no name"
#define NO_IPV6 "an IPv6 address with its port is written [ADDRESS]:PORT, without a zone"
#define NOTHING                                                                                         \
 "this is not a PORT, ADDRESS:PORT, [V6]:PORT, /path or @name, with udp:, dgram:, seqpacket: or fifo: " \
 "before it"
#define TOO_LONG "a path or name of a socket has at most 107 bytes"
#define NO_MODE_TEXT "mode= is an octal number up to 0777"
#define NO_ATTRIBUTE(text)                                                                          \
 "there is no '," text                                                                              \
 "', only mode=, owner=, group=, ipv6only and backlog=; a comma that belongs to a path is written " \
 "'\\,'"
#define FOR_A_PATH "mode=, owner= and group= are for a path"
#define FOR_IPV6 "ipv6only is for PORT or [V6]:PORT"
#define FOR_LISTENERS "backlog= is for a socket that listens"
#define DIRECTORY "a path names a socket or FIFO, not a directory"
static const struct {
	const char *text, *why;
} refused[] = {
	{ "", NOTHING },
	{ "x", NOTHING },
	{ "http", NOTHING },
	{ "udp", NOTHING },
	{ "run/x80", NOTHING },
	{ "./80", NOTHING },
	{ " ", NOTHING },
	{ "0", NO_PORT },
	{ "65536", NO_PORT },
	{ "80x", NO_PORT },
	{ "-80", NO_PORT },
	{ "+80", NO_PORT },
	{ " 80", NO_PORT },
	{ "80 ", NO_PORT },
	{ "99999999999999999999", NO_PORT },
	{ "127.0.0.1:", NO_PORT },
	{ "127.0.0.1:0", NO_PORT },
	{ "127.0.0.1:http", NO_PORT },
	{ "[::1]:", NO_PORT },
	{ "[::1]:70000", NO_PORT },
	{ "127.0.0.1", NO_PORT },
	{ ":80", NO_IPV4 },
	{ "localhost:80", NO_IPV4 },
	{ "127.1:80", NO_IPV4 },
	{ "::1:80", NO_IPV4 },
	{ "1.2.3.4.5:80", NO_IPV4 },
	{ "tcp:80", NO_IPV4 },
	{ "UDP:80", NO_IPV4 },
	{ "[::1]80", NO_IPV6 },
	{ "[::1", NO_IPV6 },
	{ "[]:80", NO_IPV6 },
	{ "[127.0.0.1]:80", NO_IPV6 },
	{ "[fe80::1%eth0]:80", NO_IPV6 },
	{ "[1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111]:80", NO_IPV6 },
	{ "/", DIRECTORY },
	{ "/run/", DIRECTORY },
	{ "fifo:/run/", DIRECTORY },
	{ PATH_107 "x", TOO_LONG },
	{ "@" PATH_107, TOO_LONG },
	{ "dgram:" PATH_107 "x", TOO_LONG },
	{ "@", "there is no name after the '@'" },
	{ "udp:", "udp: stands before PORT, ADDRESS:PORT or [V6]:PORT" },
	{ "udp:/run/x", "udp: stands before PORT, ADDRESS:PORT or [V6]:PORT" },
	{ "udp:@x", "udp: stands before PORT, ADDRESS:PORT or [V6]:PORT" },
	{ "udp:udp:", "udp: stands before PORT, ADDRESS:PORT or [V6]:PORT" },
	{ "udp:0", NO_PORT },
	{ "udp:udp:1", NO_IPV4 },
	{ "dgram:", "dgram: stands before /path, @name, PORT, ADDRESS:PORT or [V6]:PORT" },
	{ "seqpacket:80", "seqpacket: stands before /path or @name" },
	{ "fifo:80", "fifo: stands before /path" },
	{ "fifo:@x", "fifo: stands before /path" },
	{ "fifo:run", "fifo: stands before /path" },
	{ "/x,mode=0800", NO_MODE_TEXT },
	{ "/x,mode=", NO_MODE_TEXT },
	{ "/x,mode=u+rw", NO_MODE_TEXT },
	{ "/x,mode=01000", NO_MODE_TEXT },
	{ "/x,mode=0000000000000000000000000001000", NO_MODE_TEXT },
	{ "/x,mode=0660 ", NO_MODE_TEXT },
	{ "/x,owner=", "owner= is a name or a number" },
	{ "/x,mode=1,group=", "group= is a name or a number" },
	{ "/x,backlog=", "backlog= is a number of connections" },
	{ "/x,backlog=-1", "backlog= is a number of connections" },
	{ "/x,backlog=2147483648", "backlog= is a number of connections" },
	{ "/x,mode=1,mode=1", "mode= is there twice" },
	{ "80,ipv6only,ipv6only", "ipv6only is there twice" },
	{ "/x,mode", NO_ATTRIBUTE("mode") },
	{ "/x,backlog,ipv6only", NO_ATTRIBUTE("backlog") },
	{ "@x,owner,mode=0600", NO_ATTRIBUTE("owner") },
	{ "/x,mod=0660", NO_ATTRIBUTE("mod=0660") },
	{ "/x,Mode=0660", NO_ATTRIBUTE("Mode=0660") },
	{ "/x,mode=0660,", NO_ATTRIBUTE("") },
	{ "/x,mode=0660,user=u", NO_ATTRIBUTE("user=u") },
	{ "/x,user=u", NO_ATTRIBUTE("user=u") },
	{ "/x,mode=0660,x", NO_ATTRIBUTE("x") },
	{ "80,ipv6onyl", NO_ATTRIBUTE("ipv6onyl") },
	{ "80,ipv6only=yes", NO_ATTRIBUTE("ipv6only=yes") },
	{ "80,", NO_ATTRIBUTE("") },
	{ "80,mode=0660", FOR_A_PATH },
	{ "@x,group=g", FOR_A_PATH },
	{ "127.0.0.1:80,owner=u", FOR_A_PATH },
	{ "/x,ipv6only", FOR_IPV6 },
	{ "127.0.0.1:80,ipv6only", FOR_IPV6 },
	{ "fifo:/x,backlog=1", FOR_LISTENERS },
	{ "udp:80,backlog=1", FOR_LISTENERS },
	{ "dgram:/x,backlog=1", FOR_LISTENERS },
	{ "70000,ipv6only", NO_PORT },
	{ ",mode=1", NOTHING },
};

static void what_is_no_address_is_refused_with_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct listen_address address = { 0 };
		struct refusal refusal;
		char expected[400];

		check_int(refused[i].text, listen_parse(refused[i].text, &address, &refusal),
			  -EINVAL);
		(void)snprintf(expected, sizeof(expected), "--listen: '%s': %s", refused[i].text,
			       refused[i].why);
		check_text(refused[i].text, refusal.text, expected);
		check(refused[i].text, address.text == NULL);
	}
}

static void describe(const char *const *texts, size_t n, struct fd_info *ret_fds)
{
	struct listen_address addresses[4];
	struct refusal refusal;

	for (size_t i = 0; i < n; i++)
		assert_int_equal(listen_parse(texts[i], &addresses[i], &refusal), 0);
	listen_describe(addresses, n, ret_fds);
	for (size_t i = 0; i < n; i++)
		listen_done(&addresses[i]);
}

/* In the order of the options, and nothing that is open is hit. */
static void numbers_are_the_free_ones_from_3_on(void **state)
{
	static const char *const texts[] = { "80", "@x", "fifo:/f" };
	struct fd_info fds[3];
	int free_fd = fcntl(0, F_DUPFD_CLOEXEC, 3), taken, last;

	(void)state;
	assert_true(free_fd >= 3);
	taken = fcntl(0, F_DUPFD_CLOEXEC, free_fd + 1);
	(void)close(free_fd);
	last = fcntl(0, F_DUPFD_CLOEXEC, taken + 2);
	describe(texts, 3, fds);
	assert_int_equal(fds[0].fd, free_fd);
	assert_int_equal(fds[1].fd, taken + 1);
	assert_true(fds[2].fd > taken + 1 && fds[2].fd != last);
	(void)close(taken);
	(void)close(last);
}

/* socket(2) of one address family, as RestrictAddressFamilies= does it. */
static void deny_family(unsigned family)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, family, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	child_check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	child_check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void describe_without_ipv6(const void *arg)
{
	static const char *const texts[] = { "80", "udp:53", "[::]:80", "80,ipv6only" };
	static const char *const expected[] = { "stream listener 0.0.0.0:80",
						"datagram socket 0.0.0.0:53",
						"stream listener [::]:80",
						"stream listener [::]:80" };
	struct fd_info fds[4];
	char what[200];

	(void)arg;
	deny_family(AF_INET6);
	describe(texts, 4, fds);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		child_check(is_equal(fd_format(&fds[i], what, sizeof(what)), expected[i]));
	child_check(fds[0].address_length == sizeof(struct sockaddr_in));
}

static void a_port_alone_is_ipv4_where_there_is_no_ipv6(void **state)
{
	(void)state;
	check_in_child("without IPv6", describe_without_ipv6, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_address_is_understood),
		cmocka_unit_test(attributes_stand_behind_the_address),
		cmocka_unit_test(names_and_numbers_of_accounts_are_found),
		cmocka_unit_test(an_address_of_a_path_has_its_nul_and_a_name_none),
		cmocka_unit_test(what_is_no_address_is_refused_with_its_reason),
		cmocka_unit_test(numbers_are_the_free_ones_from_3_on),
		cmocka_unit_test(a_port_alone_is_ipv4_where_there_is_no_ipv6),
	};

	return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
