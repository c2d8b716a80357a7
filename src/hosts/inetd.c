/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * inetd(8) as the host, and its likes: the socket is on 0, 1 and 2, and that is all they say. It is
 * the listener, or a datagram socket, of a service that is marked "wait", the accepted connection
 * of one marked "nowait".
 */
#include "hosts/host.h"

#include <signal.h>

#include "base/procfs.h"
#include "base/util.h"
#include "fd/info.h"
#include "hosts/stdin_socket.h"

/* xinetd's word on the client, "<no address>" where there is none; REMOTE_ADDR is systemd's. */
static const env_name_t variables[] = { "REMOTE_HOST", "" };

/* By what they are called in Debian; inetutils-inetd has just the length of a comm. */
static const char *const names[] = { "inetd", "xinetd", "inetutils-inetd", "rlinetd" };

static bool is_named_inetd(pid_t pid)
{
	char comm[17];

	if (process_read_comm(pid, comm) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (is_equal(comm, names[i]))
			return true;
	}
	return false;
}

/*
 * A manager further up is known not to have started us, and yet it is our parent, or there is none:
 * whoever did has ended. inetd does so as soon as it is told to, also between its fork and this.
 */
static bool has_lost_parent(const struct facts *facts)
{
	return facts->parentage == PARENT_IS_OTHER &&
	       (facts->parent == 1 || (kill(facts->parent, 0) < 0 && errno == ESRCH));
}

/* The socket first: it is what nearly nobody else gives, and the cheaper question. */
static bool recognise(struct facts *facts, enum strength strength, struct evidence *ret_evidence)
{
	struct fd_info info;

	if (strength != STRENGTH_PARENT)
		return false;
	fd_describe(STDIN_FILENO, &info);
	if (info.kind != FD_KIND_SOCKET)
		return false;
	if (is_named_inetd(facts->parent))
		ret_evidence->what = "our parent is called inetd, and standard input is a socket";
	else if (fd_has_address(&info) && has_lost_parent(facts))
		ret_evidence->what = "our parent has ended, and standard input is a socket";
	else
		return false;
	ret_evidence->parentage = PARENT_IS_HOST;
	return true;
}

static void show(const struct facts *facts, host_take_t take, void *arg)
{
	char what[200] = "no socket";
	struct fd_info info;

	fd_describe(STDIN_FILENO, &info);
	if (info.kind == FD_KIND_SOCKET)
		(void)fd_format(&info, what, sizeof(what));
	take(arg, "standard input", what);
	take(arg, "a parent called inetd", is_named_inetd(facts->parent) ? "our parent" : "no");
}

static int observe(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	(void)options;
	return stdin_socket_observe(facts, refusal);
}

const struct host host_inetd = {
	.name = "inetd",
	.way = &way_nothing,
	.gives = SOCKETS_ON_STDIO,
	.is_nested = true,
	.variables = variables,
	.recognise = recognise,
	.show = show,
	.observe = observe,
	.identify = NULL, /* inetd gives its services no names */
};
