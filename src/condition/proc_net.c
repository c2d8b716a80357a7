/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See condition/proc_net.h. */
#include "condition/proc_net.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#include "base/kernel.h"
#include "base/util.h"
#include "notify/sender.h"

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

enum reading {
	READING_OTHER, /* it does not listen, or is not a line of the table */
	READING_LISTENS,
	READING_END, /* and none of the lines that follow does */
};

static bool search(pid_t pid, const char *table,
		   enum reading (*read_line)(const char *text, struct table_line *ret_line),
		   bool (*see)(void *context, const struct table_line *line), void *context)
{
	cleanup_close int fd = NO_FD;
	struct lines lines = { .end = 0 };
	enum reading reading = READING_OTHER;
	struct table_line line;
	const char *text;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)pid, table);
	fd = lines.fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || next_line(&lines) == NULL) /* the headline */
		return false;
	while (reading != READING_END && (text = next_line(&lines)) != NULL) {
		reading = read_line(text, &line);
		if (reading == READING_LISTENS && see(context, &line))
			return true;
	}
	return false;
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

/* "0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/x" */
static enum reading read_unix(const char *text, struct table_line *ret_line)
{
	unsigned long flags;

	if (!read_hex(find_field(text, 3), 8, &flags) || (flags & KERNEL_SO_ACCEPTCON) == 0)
		return READING_OTHER;
	*ret_line = (struct table_line){ .name = find_field(text, 7),
					 .inode = strtoul(find_field(text, 6), NULL, 10),
					 .uid = NO_UID };
	return READING_LISTENS;
}

bool proc_unix_listeners(pid_t pid, bool (*see)(void *context, const struct table_line *line),
			 void *context)
{
	return search(pid, "unix", read_unix, see, context);
}

/* ---- tcp ---- */

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

/*
 * "   0: 0100007F:1F90 00000000:0000 0A ...". The listeners come first, before Linux 4.4 each with
 * the connections that it has not accepted; there may be very many others behind them.
 */
static enum reading read_tcp(const char *text, struct table_line *ret_line)
{
	const char *local = find_field(text, 1), *colon = strchr(local, ':');
	struct table_line line = { .name = NULL };
	unsigned long port, state;

	if (colon == NULL || !read_hex(colon + 1, 4, &port) ||
	    !read_hex(find_field(text, 3), 2, &state))
		return READING_OTHER;
	if (state != KERNEL_TCP_LISTEN && state != KERNEL_TCP_SYN_RECV)
		return READING_END;
	if (state != KERNEL_TCP_LISTEN || !read_address(local, &line.address))
		return READING_OTHER;
	line.port = (in_port_t)port;
	line.uid = (uid_t)strtoul(find_field(text, 7), NULL, 10);
	line.inode = strtoul(find_field(text, 9), NULL, 10);
	*ret_line = line;
	return READING_LISTENS;
}

bool proc_tcp_listeners(pid_t pid, bool (*see)(void *context, const struct table_line *line),
			void *context)
{
	return search(pid, "tcp", read_tcp, see, context) ||
	       search(pid, "tcp6", read_tcp, see, context);
}
