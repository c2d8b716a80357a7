/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See condition/holder.h. */
#include "condition/holder.h"

#include <fcntl.h>
#include <netinet/in.h>

#include "base/number_dir.h"
#include "base/util.h"
#include "condition/ownership.h"
#include "condition/proc_net.h"

struct wanted {
	const struct fd_info *info;
	struct in6_addr address;
	in_port_t port;
	unsigned long inode; /* 0: not found so far */
};

static bool is_any(const struct in6_addr *address)
{
	static const struct in6_addr any_v4 = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	return IN6_IS_ADDR_UNSPECIFIED(address) || memcmp(address, &any_v4, sizeof(any_v4)) == 0;
}

static bool see_tcp(void *context, const struct table_line *line)
{
	struct wanted *wanted = context;

	if (line->port != wanted->port ||
	    !(is_any(&line->address) || is_any(&wanted->address) ||
	      memcmp(&line->address, &wanted->address, sizeof(line->address)) == 0))
		return false;
	wanted->inode = line->inode;
	return true;
}

/* As the table prints it. */
static bool see_unix(void *context, const struct table_line *line)
{
	struct wanted *wanted = context;
	struct slice name = fd_unix_name(wanted->info);
	bool is_abstract = name.length > 0 && name.text[0] == '\0';

	if (!is_abstract)
		name.length = strnlen(name.text, name.length); /* without the NUL that ends a path */
	if (name.length == 0 || strlen(line->name) != name.length ||
	    line->name[0] != (is_abstract ? '@' : name.text[0]) ||
	    memcmp(line->name + 1, name.text + 1, name.length - 1) != 0)
		return false;
	wanted->inode = line->inode;
	return true;
}

/* IPv4 as ::ffff:a.b.c.d, as in the tables. */
static bool read_address(struct wanted *wanted)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&wanted->info->address;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&wanted->info->address;

	if (wanted->info->family == AF_INET6) {
		wanted->address = v6->sin6_addr;
		wanted->port = ntohs(v6->sin6_port);
		return true;
	}
	wanted->address = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
	memcpy(&wanted->address.s6_addr[12], &v4->sin_addr, sizeof(v4->sin_addr));
	wanted->port = ntohs(v4->sin_port);
	return wanted->info->family == AF_INET;
}

static pid_t find_process(unsigned long inode)
{
	cleanup_close int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct numbers numbers;
	int pid;

	if (fd < 0)
		return 0;
	numbers_begin(&numbers, fd);
	while (numbers_next(&numbers, &pid) > 0) {
		if (is_socket_seen_at(inode, pid))
			return pid;
	}
	return 0;
}

pid_t holder_find(const struct fd_info *info)
{
	struct wanted wanted = { .info = info };
	pid_t self = getpid();

	if (info->family == AF_UNIX)
		(void)proc_unix_listeners(self, see_unix, &wanted);
	else if (info->type == SOCK_STREAM && read_address(&wanted))
		(void)proc_tcp_listeners(self, see_tcp, &wanted);
	return wanted.inode != 0 ? find_process(wanted.inode) : 0;
}
