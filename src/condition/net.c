/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The conditions unix: and tcp:, see condition/condition.h: whether a socket listens, and whose it is.
 * The kernel tells (condition/sock_diag.h), or else its tables (condition/proc_net.h). A connection
 * would tell as well, but the daemon would have to accept it.
 */
#include "condition/net.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>

#include "base/procfs.h"
#include "base/sys.h"
#include "base/threads.h"
#include "base/util.h"
#include "condition/ownership.h"
#include "condition/proc_net.h"
#include "condition/sock_diag.h"
#include "condition/watch.h"
#include "notify/sender.h"

static const char nothing[] = "nothing listens there";
static const char another[] = "a process that is not the daemon's listens there";

struct search {
	const struct watch *watch;
	bool is_in_our_network;
	struct tcp_place place; /* tcp */
	const char *reason;     /* why none of those seen so far is the one; NULL: one is */
};

/* Several sockets can share one address: one that is another's only says so much. */
static bool conclude(struct search *search, bool is_right)
{
	if (is_right)
		search->reason = NULL;
	else if (search->watch->daemon != 0)
		search->reason = another;
	return is_right;
}

/* ---- whose network ---- */

static int read_table_inode(pid_t pid, struct stat *ret_stat)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/net/unix", (int)pid);
	return stat(path, ret_stat) < 0 ? -errno : 0;
}

/*
 * The kernel is asked about our own network namespace only. Which one a process is in that we may not
 * trace, the file of its tables tells, of which each has its own.
 */
static bool is_in_our_network(pid_t daemon)
{
	pid_t pid = process_live_thread(daemon);
	struct stat ours = { 0 }, its = { 0 };
	int r = daemon == 0 ? 1 : process_shares_namespace(pid, sys_getpid(), "net");

	if (r >= 0)
		return r == 1;
	return read_table_inode(sys_getpid(), &ours) == 0 && read_table_inode(pid, &its) == 0 &&
	       ours.st_ino == its.st_ino;
}

static struct search begin(const struct watch *watch)
{
	return (struct search){ .watch = watch,
				.is_in_our_network = is_in_our_network(watch->daemon),
				.reason = nothing };
}

/* Who has the tables in /proc that are searched. */
static pid_t find_witness(const struct watch *watch)
{
	return watch->daemon != 0 ? process_live_thread(watch->daemon) : sys_getpid();
}

/* ---- unix ---- */

/*
 * One directory has two names everywhere. Others could be told only by asking the file system for
 * paths that anybody has chosen, who could have it hang.
 */
static const char *skip_var(const char *path)
{
	return has_prefix(path, "/var/run/") ? path + strlen("/var") : path;
}

/* An abstract name of that length and no other; a path by either of its names. */
static bool is_bound_to(struct slice bound, const char *name)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1] = "";

	if (name[0] == '@')
		return bound.length == strlen(name) && bound.text[0] == '\0' &&
		       memcmp(bound.text + 1, name + 1, bound.length - 1) == 0;
	if (bound.length >= sizeof(path))
		return false;
	memcpy(path, bound.text, bound.length);
	return is_equal(skip_var(path), skip_var(name));
}

/* File systems whose files have the numbers for the kernel that stat(2) shows. */
static bool has_plain_numbers(const char *path)
{
	static const unsigned magics[] = { 0x01021994 /* tmpfs */, 0x858458f6 /* ramfs */,
					   0xef53 /* ext2 to 4 */, 0x58465342 /* xfs */ };
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if ((unsigned)fs.f_type == magics[i])
			return true;
	}
	return false;
}

/*
 * In a mount namespace of his own anybody can bind a socket to any path. It counts only if that path is
 * a socket for us, too, and, where that can be told, this one.
 */
static bool is_at_path(const char *path, const struct diag_unix *socket)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	if (!socket->has_file || !has_plain_numbers(path))
		return true;
	return (uint32_t)st.st_ino == socket->file_inode &&
	       major(st.st_dev) == socket->file_device >> 20 &&
	       minor(st.st_dev) == (socket->file_device & 0xfffff);
}

static int connect_to(const char *name, int type)
{
	size_t offset = offsetof(struct sockaddr_un, sun_path), length = strlen(name);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_close int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || length >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	if (connect(fd, (const struct sockaddr *)&address,
		    (socklen_t)(offset + length + (name[0] == '@' ? 0 : 1))) < 0)
		return -1;
	return take_fd(&fd);
}

/* The last resort, before Linux 5.3: who listens is told to whoever connects. */
static bool is_peer_of(const char *name, pid_t daemon)
{
	cleanup_close int fd = connect_to(name, SOCK_STREAM);
	struct ucred peer = { 0 };
	socklen_t length = sizeof(peer);

	if (fd < 0 && errno == EPROTOTYPE)
		fd = connect_to(name, SOCK_SEQPACKET);
	return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
	       (is_process_of(peer.pid, daemon) || is_user_of(peer.uid, daemon));
}

static bool is_right_unix(const struct search *search, const struct diag_unix *socket)
{
	const char *name = search->watch->awaited->what;
	pid_t daemon = search->watch->daemon;
	bool can_connect = name[0] == '/' || search->is_in_our_network;
	enum holding holding = daemon != 0 ? find_holding(socket->inode, socket->uid, daemon)
					   : HOLDS_PERHAPS;

	if (holding == HOLDS_UNKNOWN && can_connect && is_peer_of(name, daemon))
		holding = HOLDS_PERHAPS;
	return holding == HOLDS ||
	       (holding == HOLDS_PERHAPS && (name[0] == '@' || is_at_path(name, socket)));
}

static bool see_unix(void *context, const struct diag_unix *socket)
{
	struct search *search = context;

	return is_bound_to(socket->name, search->watch->awaited->what) &&
	       conclude(search, is_right_unix(search, socket));
}

static bool see_unix_line(void *context, const struct table_line *line)
{
	const struct diag_unix socket = { .inode = line->inode, .uid = line->uid };
	struct search *search = context;

	return is_equal(skip_var(line->name), skip_var(search->watch->awaited->what)) &&
	       conclude(search, is_right_unix(search, &socket));
}

static const char *check_unix(struct watch *watch)
{
	struct search search = begin(watch);

	if (!search.is_in_our_network || diag_unix_listeners(see_unix, &search) < 0)
		(void)proc_unix_listeners(find_witness(watch), see_unix_line, &search);
	return search.reason;
}

/* ---- tcp ---- */

/* A listener at "::" takes IPv4 clients, too, unless it was told not to. */
static bool serves(const struct diag_tcp *socket, const struct in6_addr *wanted)
{
	static const struct in6_addr any4 = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
	bool is_v4 = IN6_IS_ADDR_V4MAPPED(wanted);

	if (IN6_IS_ADDR_UNSPECIFIED(&socket->address))
		return !is_v4 || !socket->is_v6_only;
	return memcmp(&socket->address, wanted, sizeof(*wanted)) == 0 ||
	       (is_v4 && memcmp(&socket->address, &any4, sizeof(any4)) == 0);
}

static bool is_served(const struct diag_tcp *socket, const struct tcp_place *place)
{
	for (size_t i = 0; i < place->n_addresses; i++) {
		if (serves(socket, &place->addresses[i]))
			return true;
	}
	return place->n_addresses == 0;
}

static bool see_tcp(void *context, const struct diag_tcp *socket)
{
	struct search *search = context;
	pid_t daemon = search->watch->daemon;

	return is_served(socket, &search->place) &&
	       conclude(search, daemon == 0 || find_holding(socket->inode, socket->uid, daemon) >=
						       HOLDS_PERHAPS);
}

/* Whether it is for IPv6 alone the tables do not tell. */
static bool see_tcp_line(void *context, const struct table_line *line)
{
	const struct diag_tcp socket = { .address = line->address,
					 .inode = line->inode,
					 .uid = line->uid };
	const struct search *search = context;

	return line->port == search->place.port && see_tcp(context, &socket);
}

static const char *check_tcp(struct watch *watch)
{
	struct search search = begin(watch);

	if (tcp_place_parse(watch->awaited->what, &search.place) < 0)
		return nothing; /* never: it was parsed before */
	if (!search.is_in_our_network || diag_tcp_listeners(search.place.port, see_tcp, &search) < 0)
		(void)proc_tcp_listeners(find_witness(watch), see_tcp_line, &search);
	return search.reason;
}

/* ---- both: listen(2) makes no event ---- */

static int open_watch(struct watch *watch)
{
	watch->check_ms = WATCH_QUICK_MS;
	return 0;
}

static void close_watch(struct watch *watch)
{
	(void)watch;
}

const struct watch_kind watch_unix = { open_watch, check_unix, close_watch };
const struct watch_kind watch_tcp = { open_watch, check_tcp, close_watch };

/* ---- what is there ---- */

#define MAX_NAMED 3      /* in a message */
#define MAX_LOOKED_AT 64 /* of each kind: for each of them all descriptors are looked at */

struct names {
	pid_t daemon;
	struct text *text;
	int n, n_looked_at;
};

/* "*:80", "127.0.0.1:80", "[::1]:80" */
static void format_tcp(const struct in6_addr *address, unsigned long port, struct text *text)
{
	bool is_v4 = IN6_IS_ADDR_V4MAPPED(address);
	char host[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(is_v4 ? AF_INET : AF_INET6, &address->s6_addr[is_v4 ? 12 : 0], host,
			sizeof(host));
	if (is_equal(host, "0.0.0.0") || is_equal(host, "::")) {
		text_add(text, "*:");
	} else {
		text_add(text, is_v4 ? "" : "[");
		text_add(text, host);
		text_add(text, is_v4 ? ":" : "]:");
	}
	text_add_number(text, port);
}

/* Adds @what, the condition that @line fulfils. Returns true if that is enough. */
static bool add_name(struct names *names, const struct table_line *line, const struct text *what,
		     const char *words)
{
	if (!what->is_cut && is_socket_seen_at(line->inode, names->daemon)) {
		text_add(names->text, names->n++ == 0 ? "" : ", ");
		text_add(names->text, words);
	}
	return names->n == MAX_NAMED || ++names->n_looked_at == MAX_LOOKED_AT;
}

static bool name_tcp(void *context, const struct table_line *line)
{
	char words[128];
	struct text what = text_begin(words, sizeof(words));

	text_add(&what, "tcp:");
	format_tcp(&line->address, line->port, &what);
	return add_name(context, line, &what, words);
}

static bool name_unix(void *context, const struct table_line *line)
{
	char words[128];
	struct text what = text_begin(words, sizeof(words));

	if (line->name[0] != '/' && line->name[0] != '@')
		return false;
	text_add(&what, "unix:");
	text_add(&what, line->name);
	return add_name(context, line, &what, words);
}

int net_add_listeners(pid_t daemon, struct text *text)
{
	struct names names = { .daemon = daemon, .text = text };
	pid_t witness = process_live_thread(daemon);

	(void)proc_tcp_listeners(witness, name_tcp, &names);
	names.n_looked_at = 0;
	if (names.n < MAX_NAMED)
		(void)proc_unix_listeners(witness, name_unix, &names);
	return names.n;
}
