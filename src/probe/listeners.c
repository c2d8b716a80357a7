/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See probe/listeners.h. */
#include "probe/listeners.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/text.h"
#include "base/util.h"

#define STATE_LISTEN 0x0a
#define STATE_UDP 0x07
#define FLAG_ACCEPTS 0x10000 /* __SO_ACCEPTCON, in /proc/net/unix */

struct look {
	const struct processes *processes;
	struct seen *seen;
	int ms;
	unsigned long ours;
};

static void add(const struct look *look, const char *address, bool is_condition, unsigned long inode)
{
	struct seen *seen = look->seen;
	struct listener *listener;

	if (inode == look->ours)
		return;
	for (size_t i = 0; i < seen->n_listeners; i++) {
		if (is_equal(seen->listeners[i].address, address))
			return;
	}
	if (seen->n_listeners == MAX_LISTENERS || !processes_have_socket(look->processes, inode))
		return;
	listener = &seen->listeners[seen->n_listeners++];
	*listener = (struct listener){ .is_condition = is_condition, .ms = look->ms };
	(void)snprintf(listener->address, sizeof(listener->address), "%s", address);
}

/* "0100007F" as "127.0.0.1"; of IPv6 four such words. What stands for any address is "*". */
static void format_address(const char *hex, char *buffer, size_t size)
{
	unsigned int words[4] = { 0 };
	size_t n = strlen(hex) / 8;
	char text[INET6_ADDRSTRLEN];
	bool is_any = true;

	for (size_t i = 0; i < n && i < ARRAY_SIZE(words); i++) {
		/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it */
		(void)sscanf(hex + 8 * i, "%8x", &words[i]);
		is_any = is_any && words[i] == 0;
	}
	if (is_any || inet_ntop(n == 4 ? AF_INET6 : AF_INET, words, text, sizeof(text)) == NULL)
		(void)snprintf(buffer, size, "*");
	else
		(void)snprintf(buffer, size, n == 4 ? "[%s]" : "%s", text);
}

static void read_inet(const struct look *look, const char *path, const char *kind, unsigned int wanted)
{
	FILE *stream = fopen(path, "re");
	char line[512];

	if (stream == NULL)
		return;
	while (fgets(line, sizeof(line), stream) != NULL) {
		char hex[40], host[INET6_ADDRSTRLEN + 4], address[120];
		unsigned int port, state;
		unsigned long inode;

		/* NOLINTNEXTLINE(cert-err34-c): likewise */
		if (sscanf(line, "%*d: %39[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*d %*d %lu", hex,
			   &port, &state, &inode) != 4 ||
		    state != wanted)
			continue;
		format_address(hex, host, sizeof(host));
		(void)snprintf(address, sizeof(address), "%s:%s:%u", kind, host, port);
		add(look, address, wanted == STATE_LISTEN, inode);
	}
	(void)fclose(stream);
}

static void read_unix(const struct look *look)
{
	FILE *stream = fopen("/proc/net/unix", "re");
	char line[512];

	if (stream == NULL)
		return;
	while (fgets(line, sizeof(line), stream) != NULL) {
		char path[112], address[120];
		unsigned int flags;
		unsigned long inode;

		/* NOLINTNEXTLINE(cert-err34-c): likewise */
		if (sscanf(line, "%*s %*s %*s %x %*s %*s %lu %111[^\n]", &flags, &inode, path) != 3 ||
		    (flags & FLAG_ACCEPTS) == 0)
			continue;
		(void)snprintf(address, sizeof(address), "unix:%s", path);
		text_make_line(address);
		add(look, address, path[0] == '/' || path[0] == '@', inode);
	}
	(void)fclose(stream);
}

void listeners_find(const struct processes *processes, int ms, unsigned long ours, struct seen *seen)
{
	struct look look = { .processes = processes, .seen = seen, .ms = ms, .ours = ours };

	read_inet(&look, "/proc/net/tcp", "tcp", STATE_LISTEN);
	read_inet(&look, "/proc/net/tcp6", "tcp", STATE_LISTEN);
	read_unix(&look);
	read_inet(&look, "/proc/net/udp", "udp", STATE_UDP);
	read_inet(&look, "/proc/net/udp6", "udp", STATE_UDP);
	seen->has_ours = look.ours != 0 && processes_have_socket(processes, look.ours);
}

void listeners_settle(struct seen *seen)
{
	for (size_t i = 0; i < seen->n_listeners; i++) {
		const char *path = after_prefix(seen->listeners[i].address, "unix:/");

		if (path != NULL && access(path - 1, F_OK) < 0)
			seen->listeners[i].is_condition = false;
	}
}
