/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The conditions unix: and tcp:, see condition/condition.h: whether a socket listens, by the kernel's tables
 * in /proc/net, or, as for unix: they can be forged, by its own answer (condition/unix_diag.h). A connection would
 * tell as well, but the daemon would have to accept it.
 */
#include "condition/net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/un.h>

#include "base/procfs.h"
#include "base/sys.h"
#include "base/util.h"
#include "condition/ownership.h"
#include "condition/unix_diag.h"
#include "condition/watch.h"

/* ---- a file of lines, of any length, in little memory ---- */

struct lines {
	int fd;
	char buffer[1024]; /* longer than any line of these tables */
	size_t start, end;
};

/* The next line without its newline, which stays valid until the next call; NULL at the end. */
static char *next_line(struct lines *lines)
{
	for (;;) {
		char *line = lines->buffer + lines->start;
		char *newline = memchr(line, '\n', lines->end - lines->start);
		ssize_t n;

		if (newline != NULL) {
			*newline = '\0';
			lines->start = (size_t)(newline + 1 - lines->buffer);
			return line;
		}
		memmove(lines->buffer, line, lines->end - lines->start);
		lines->end -= lines->start;
		lines->start = 0;
		n = read(lines->fd, lines->buffer + lines->end, sizeof(lines->buffer) - lines->end);
		if (n <= 0) /* also when one line fills the buffer, which none does */
			return NULL;
		lines->end += (size_t)n;
	}
}

enum match {
	MATCH_OTHER,
	MATCH_FOUND,
	MATCH_END, /* and none of the lines that follow */
};

/* What is looked for; a match fills in which socket it is. */
struct listener {
	const char *name;       /* unix */
	struct tcp_place place; /* tcp */
	unsigned long inode;
};

static const char nothing[] = "nothing listens there";
static const char another[] = "a process that is not the daemon's listens there";

/*
 * Looks for @listener in @table of /proc/net, of the network namespace that the daemon is in, if it
 * has to be the daemon's. Several can share one address. Returns NULL, or why it is not there.
 */
static const char *find_listener(const struct watch *watch, const char *table,
				 enum match (*match)(const char *line, struct listener *listener),
				 struct listener *listener)
{
	cleanup_close int fd = NO_FD;
	const char *line, *reason = nothing;
	struct lines lines = { .end = 0 };
	enum match is = MATCH_OTHER;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/net/%s",
		       (int)(watch->daemon != 0 ? watch->daemon : sys_getpid()), table);
	fd = lines.fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || next_line(&lines) == NULL) /* the headline */
		return nothing;
	while (is != MATCH_END && (line = next_line(&lines)) != NULL) {
		is = match(line, listener);
		if (is != MATCH_FOUND)
			continue;
		if (watch->daemon == 0 || is_socket_of(listener->inode, watch->daemon))
			return NULL;
		reason = another;
	}
	return reason;
}

/* ---- the fields of a line ---- */

/* What begins with the @n-th field of @line, counted from 0; empty if there are not as many. */
static const char *find_field(const char *line, int n)
{
	line += strspn(line, " ");
	for (; n > 0; n--) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	return line;
}

/* A hexadecimal number of up to @digits digits; false if there is none. */
static bool read_hex(const char *text, size_t digits, unsigned long *ret_number)
{
	char copy[16] = "", *end;

	memcpy(copy, text, strnlen(text, digits));
	*ret_number = strtoul(copy, &end, 16);
	return end != copy;
}

/* ---- unix ---- */

#define ACCEPTS_CONNECTIONS 0x10000 /* __SO_ACCEPTCON, <linux/net.h> */

/*
 * One directory has two names everywhere. Others could be told only by asking the file system for
 * paths that anybody has chosen, who could have it hang.
 */
static const char *skip_var(const char *path)
{
	return has_prefix(path, "/var/run/") ? path + strlen("/var") : path;
}

/* "0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/x" */
static enum match match_unix(const char *line, struct listener *listener)
{
	const char *path = find_field(line, 7);
	unsigned long flags;

	if (!read_hex(find_field(line, 3), 8, &flags) || (flags & ACCEPTS_CONNECTIONS) == 0 ||
	    !is_equal(skip_var(path), skip_var(listener->name)))
		return MATCH_OTHER;
	listener->inode = strtoul(find_field(line, 6), NULL, 10);
	return MATCH_FOUND;
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

struct unix_search {
	const struct watch *watch;
	const char *reason; /* NULL: it is there */
};

static bool see_unix(void *context, struct slice bound, unsigned long inode)
{
	struct unix_search *search = context;
	const struct watch *watch = search->watch;

	if (!is_bound_to(bound, watch->awaited->what))
		return false;
	search->reason = watch->daemon == 0 || is_socket_of(inode, watch->daemon) ? NULL : another;
	return search->reason == NULL;
}

/* The kernel is asked about our own network namespace only. */
static bool is_in_our_network(const struct watch *watch)
{
	return watch->daemon == 0 ||
	       process_shares_namespace(watch->daemon, sys_getpid(), "net") == 1;
}

static const char *check_unix(struct watch *watch)
{
	struct unix_search search = { watch, nothing };
	struct listener listener = { .name = watch->awaited->what };

	if (is_in_our_network(watch) && unix_diag_listeners(see_unix, &search) >= 0)
		return search.reason;
	return find_listener(watch, "unix", match_unix, &listener);
}

/* ---- tcp ---- */

#define LISTENING 0x0a /* TCP_LISTEN */
#define HALF_OPEN 0x03 /* TCP_SYN_RECV */

/* The tables print each 32 bits of an address as a number of this machine. */
static bool read_address(const char *text, struct in6_addr *ret_address)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t n_words = strcspn(text, ":") / 8, first = 4 - n_words;
	unsigned long number;

	if (n_words != 1 && n_words != 4)
		return false;
	memcpy(ret_address->s6_addr, mapped, sizeof(mapped));
	for (size_t i = 0; i < n_words; i++) {
		uint32_t word;

		if (!read_hex(text + i * 8, 8, &number))
			return false;
		word = (uint32_t)number;
		memcpy(ret_address->s6_addr + (first + i) * 4, &word, sizeof(word));
	}
	return true;
}

/* A listener at "::" takes IPv4 clients, too, unless it was told not to, which nobody can see. */
static bool serves(const struct in6_addr *listener, const struct in6_addr *wanted)
{
	static const struct in6_addr any4 = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	return memcmp(listener, wanted, sizeof(*wanted)) == 0 || IN6_IS_ADDR_UNSPECIFIED(listener) ||
	       (IN6_IS_ADDR_V4MAPPED(wanted) && memcmp(listener, &any4, sizeof(any4)) == 0);
}

static bool is_served(const struct in6_addr *listener, const struct tcp_place *place)
{
	for (size_t i = 0; i < place->n_addresses; i++) {
		if (serves(listener, &place->addresses[i]))
			return true;
	}
	return place->n_addresses == 0;
}

/*
 * "   0: 0100007F:1F90 00000000:0000 0A ...". The listeners come first, before Linux 4.4 each with
 * the connections that it has not accepted; there may be very many others behind them.
 */
static enum match match_tcp(const char *line, struct listener *listener)
{
	const char *local = find_field(line, 1), *colon = strchr(local, ':');
	struct in6_addr address;
	unsigned long port, state;

	if (colon == NULL || !read_hex(colon + 1, 4, &port) ||
	    !read_hex(find_field(line, 3), 2, &state))
		return MATCH_OTHER;
	if (state != LISTENING && state != HALF_OPEN)
		return MATCH_END;
	if (state != LISTENING || port != listener->place.port || !read_address(local, &address) ||
	    !is_served(&address, &listener->place))
		return MATCH_OTHER;
	listener->inode = strtoul(find_field(line, 9), NULL, 10);
	return MATCH_FOUND;
}

static const char *check_tcp(struct watch *watch)
{
	struct listener listener = { .inode = 0 };
	const char *reason, *reason6;

	if (tcp_place_parse(watch->awaited->what, &listener.place) < 0)
		return nothing; /* never: it was parsed before */
	reason = find_listener(watch, "tcp", match_tcp, &listener);
	if (reason == NULL)
		return NULL;
	reason6 = find_listener(watch, "tcp6", match_tcp, &listener);
	return reason6 == nothing ? reason : reason6;
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
#define MAX_LOOKED_AT 64 /* in each table: for each of them all descriptors are looked at */

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

/* Writes the condition that the listener of @line fulfils to @text. */
static enum match name_tcp(const char *line, struct text *text, unsigned long *ret_inode)
{
	const char *local = find_field(line, 1), *colon = strchr(local, ':');
	struct in6_addr address;
	unsigned long port, state;

	if (colon == NULL || !read_hex(colon + 1, 4, &port) ||
	    !read_hex(find_field(line, 3), 2, &state))
		return MATCH_OTHER;
	if (state != LISTENING && state != HALF_OPEN)
		return MATCH_END;
	if (state != LISTENING || !read_address(local, &address))
		return MATCH_OTHER;
	text_add(text, "tcp:");
	format_tcp(&address, port, text);
	*ret_inode = strtoul(find_field(line, 9), NULL, 10);
	return MATCH_FOUND;
}

static enum match name_unix(const char *line, struct text *text, unsigned long *ret_inode)
{
	const char *path = find_field(line, 7);
	unsigned long flags;

	if (!read_hex(find_field(line, 3), 8, &flags) || (flags & ACCEPTS_CONNECTIONS) == 0 ||
	    (path[0] != '/' && path[0] != '@'))
		return MATCH_OTHER;
	text_add(text, "unix:");
	text_add(text, path);
	*ret_inode = strtoul(find_field(line, 6), NULL, 10);
	return MATCH_FOUND;
}

/* Returns how many have been named now, with the @n of before. */
static int add_listeners(pid_t daemon, const char *table,
			 enum match (*name)(const char *line, struct text *text,
					    unsigned long *ret_inode),
			 int n, struct text *text)
{
	cleanup_close int fd = NO_FD;
	struct lines lines = { .end = 0 };
	enum match is = MATCH_OTHER;
	int n_looked_at = 0;
	const char *line;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)daemon, table);
	fd = lines.fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || next_line(&lines) == NULL) /* the headline */
		return n;
	while (n < MAX_NAMED && n_looked_at < MAX_LOOKED_AT && is != MATCH_END &&
	       (line = next_line(&lines)) != NULL) {
		char what[128];
		struct text found = text_begin(what, sizeof(what));
		unsigned long inode;

		is = name(line, &found, &inode);
		n_looked_at += is == MATCH_FOUND;
		if (is != MATCH_FOUND || found.is_cut || !is_socket_seen_at(inode, daemon))
			continue;
		text_add(text, n++ == 0 ? "" : ", ");
		text_add(text, what);
	}
	return n;
}

int net_add_listeners(pid_t daemon, struct text *text)
{
	int n = add_listeners(daemon, "tcp", name_tcp, 0, text);

	n = add_listeners(daemon, "tcp6", name_tcp, n, text);
	return add_listeners(daemon, "unix", name_unix, n, text);
}
