/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The hosts that are known by where they listen: their NOTIFY_SOCKET tells whose it is, and whether it
 * is meant for us. Each takes READY=1 in a datagram, and follows no other main process.
 */
#include <limits.h>
#include <stdio.h>

#include "base/env.h"
#include "base/text.h"
#include "base/util.h"
#include "hosts/host.h"
#include "hosts/host_fd.h"
#include "hosts/listen_fds.h"
#include "notify/socket.h"

static const env_name_t variables[] = { "NOTIFY_SOCKET", "" };
static const env_name_t container_variables[] = { "NOTIFY_SOCKET",
						  "WATCHDOG_USEC",
						  "WATCHDOG_PID",
						  "LISTEN_PID",
						  "LISTEN_FDS",
						  "LISTEN_FDNAMES",
						  "" };

static const char *address_of(const struct facts *facts)
{
	return env_get(&facts->env, "NOTIFY_SOCKET");
}

static bool take(struct evidence *ret_evidence, const char *what)
{
	ret_evidence->parentage = PARENT_IS_HOST;
	ret_evidence->what = what;
	return true;
}

/* Before 4.13 finit has the number of a descriptor in NOTIFY_SOCKET, as nobody else. */
static bool is_finit_parent(struct facts *facts, struct evidence *ret_evidence)
{
	const char *address = address_of(facts);
	unsigned long fd;

	if (facts->parent != 1)
		return false;
	if (address != NULL && parse_number(address, 0x7fffffff, &fd) == 0)
		return take(ret_evidence, "NOTIFY_SOCKET is a number, and process 1 our parent");
	(void)host_of_parent(facts); /* reads the name */
	return is_equal(facts->parent_comm, "finit") && take(ret_evidence, "our parent is called so");
}

/* finit(8), from 4.13 on: "@run/finit/notify/PID", with the pid of the process that it started. */
static bool recognise_finit(struct facts *facts, enum strength strength, struct evidence *ret_evidence)
{
	const char *address = address_of(facts);
	const char *number = address != NULL ? after_prefix(address, "@run/finit/notify/") : NULL;
	unsigned long pid;

	if (strength == STRENGTH_PARENT)
		return is_finit_parent(facts, ret_evidence);
	if (strength != STRENGTH_OWN_PID || number == NULL ||
	    parse_number(number, 0x7fffffff, &pid) < 0 || pid != (unsigned long)facts->pid)
		return false;
	return take(ret_evidence, "NOTIFY_SOCKET is finit's, and names this process");
}

/*
 * A parent that is known for a host itself is nearer than whose socket we have; but for the process that
 * start-stop-daemon(8) forks us from, which is about to end, and called as OpenRC's program of that name.
 */
static bool has_nearer_parent(struct facts *facts)
{
	return host_of_parent(facts) != NULL && !is_equal(facts->parent_comm, "start-stop-daem");
}

/*
 * start-stop-daemon(8) of dpkg, with --notify-await: a directory made by mkdtemp(3). It has left us, or is
 * about to, so that process 1 is our parent, and its manager could be taken for the host.
 */
static bool recognise_dpkg(struct facts *facts, enum strength strength, struct evidence *ret_evidence)
{
	static const char directory[] = "/.s-s-d-notify.", rest[] = "XXXXXX/notify";
	const char *address = strength == STRENGTH_PEER ? address_of(facts) : NULL;
	const char *at = address != NULL ? strstr(address, directory) : NULL;

	if (at == NULL || has_nearer_parent(facts) || strlen(at) != strlen(directory) + strlen(rest) ||
	    !has_suffix(at, "/notify") || access(address, F_OK) < 0)
		return false;
	return take(ret_evidence, "NOTIFY_SOCKET is that of start-stop-daemon --notify-await");
}

/*
 * The first process of a container, with a listener outside of it. With PrivatePIDs= systemd makes one
 * of a service, but names it in SYSTEMD_EXEC_PID.
 */
static bool recognise_container(struct facts *facts, enum strength strength,
				struct evidence *ret_evidence)
{
	if (strength != STRENGTH_OWN_PID || facts->pid != 1 ||
	    env_get(&facts->env, "SYSTEMD_EXEC_PID") != NULL)
		return false;
	if (address_of(facts) != NULL)
		return take(ret_evidence, "we are process 1, and NOTIFY_SOCKET is set");
	if (env_names_pid(&facts->env, "LISTEN_PID", facts->pid))
		return take(ret_evidence, "we are process 1, and LISTEN_PID names us");
	return false;
}

void host_tell_failure(const struct facts *facts)
{
	cleanup_close int fd = NO_FD;

	if (facts->host == NULL || facts->host->failure[0] == '\0' ||
	    facts->handover.notify_address == NULL)
		return;
	fd = notify_client_open();
	if (fd >= 0)
		(void)notify_send(fd, facts->handover.notify_address, facts->host->failure, NO_FD, 0);
}

static int find_address(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	const char *address = address_of(facts);
	int r = host_fd_from_option(options, facts, refusal);

	if (r != 0)
		return r < 0 ? r : 0;
	facts->way = &way_datagram;
	facts->handover.notify_address = address;
	if (address != NULL && (address[0] == '/' || address[0] == '@'))
		return 0;
	facts->way = &way_nothing;
	facts->handover.notify_missing =
		address == NULL
			? "there is no NOTIFY_SOCKET, so nobody waits for it"
			: "NOTIFY_SOCKET is neither a path nor an abstract name; if this is finit before "
			  "4.13, use notify:s6 and --host-fd=%n";
	return 0;
}

/* As sd_watchdog_enabled(3): what counts for us counts for what the daemon says through us. */
static int find_container(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	const char *usec = env_get(&facts->env, "WATCHDOG_USEC");
	unsigned long number;

	if (usec != NULL && parse_number(usec, ULONG_MAX, &number) == 0 && number > 0 &&
	    (env_get(&facts->env, "WATCHDOG_PID") == NULL ||
	     env_names_pid(&facts->env, "WATCHDOG_PID", facts->pid)))
		facts->handover.watchdog_usec = usec;
	return find_address(options, facts, refusal);
}

static int observe_listen_fds(const struct options *options, struct facts *facts,
			      struct refusal *refusal)
{
	(void)options;
	return listen_fds_observe(facts, refusal);
}

const struct host host_finit = {
	.name = "finit",
	.way = &way_datagram,
	.is_nested = true,
	.variables = variables,
	.ready_variables = variables,
	.ready_setting = "notify:",
	.configured_in = "the service line",
	.looks_at = "NOTIFY_SOCKET",
	.recognise = recognise_finit,
	.find_way = find_address,
};

const struct host host_dpkg = {
	.name = "dpkg",
	.way = &way_datagram,
	.is_nested = true,
	.patience = PATIENCE_LIMITED,
	.variables = variables,
	.ready_variables = variables,
	.ready_setting = "--notify-await",
	.configured_in = "start-stop-daemon's options",
	.failure = "ERRNO=10", /* ECHILD; it does not notice by itself */
	.looks_at = "NOTIFY_SOCKET",
	.recognise = recognise_dpkg,
	.find_way = find_address,
};

const struct host host_container = {
	.name = "container",
	.way = &way_datagram,
	.gives = SOCKETS_FROM_3,
	.relays = true,
	.has_no_syslog = true,
	.variables = container_variables,
	.ready_variables = variables,
	.ready_setting = "NOTIFY_SOCKET",
	.configured_in = "the container's settings",
	.looks_at = "NOTIFY_SOCKET SYSTEMD_EXEC_PID LISTEN_PID",
	.recognise = recognise_container,
	.find_way = find_container,
	.observe = observe_listen_fds,
};

/* The two ways by their own names, for managers that are not known here. */
static int find_host_fd(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	int r = host_fd_from_option(options, facts, refusal);

	if (r == 0)
		return refuse(refusal, EINVAL,
			      "--init=newline without --host-fd: add --host-fd=N, the descriptor that the "
			      "service manager reads from");
	return r < 0 ? r : 0;
}

const struct host host_newline = {
	.name = "newline",
	.way = &way_newline,
	.is_nested = true,
	.variables = variables,
	.ready_setting = "--host-fd",
	.configured_in = "the command line",
	.find_way = find_host_fd,
};

const struct host host_datagram = {
	.name = "datagram",
	.way = &way_datagram,
	.is_nested = true,
	.variables = variables,
	.ready_variables = variables,
	.ready_setting = "NOTIFY_SOCKET",
	.configured_in = "the service",
	.find_way = find_address,
};
