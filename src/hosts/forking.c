/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Whoever takes the exit of the process that it started, with 0, for readiness, and a pid file for the
 * main process: init scripts, Type=forking (systemd.service(5)), a person's shell. That process stays until the daemon is
 * ready (act/background.c), and learns of it as others do: by a newline, on a pipe.
 */
#include "base/util.h"
#include "hosts/host.h"
#include "hosts/listen_fds.h"

static int announce(const struct facts *facts, int host_fd, pid_t daemon_pid, int *ret_confirmed_fd)
{
	return way_newline.announce(facts, host_fd, daemon_pid, ret_confirmed_fd);
}

static struct telling_step tell_ready(struct telling *telling, const struct telling_event *event)
{
	return way_newline.tell_ready(telling, event);
}

static const struct way way = {
	.learns = LEARNS_BY_EXIT,
	.what = "our exit, and a pid file",
	.tell_ready = tell_ready,
	.announce = announce,
};

static const env_name_t variables[] = { "NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS",
					"LISTEN_FDNAMES", "" };

static int check_readiness(const struct options *options, const struct facts *facts,
			   struct refusal *refusal)
{
	/* One that goes there by itself has a file of its own. */
	if (options->pid_file == NULL && facts->speaks != SPEAKS_EXIT)
		return refuse(refusal, EINVAL,
			      "--init=forking without --pidfile: add --pidfile=PATH, where the process ID of "
			      "the daemon is to be");
	return 0;
}

/* As of Type=forking with a .socket unit. */
static int observe(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	(void)options;
	return listen_fds_observe(facts, refusal);
}

const struct host host_forking = {
	.name = "forking",
	.way = &way,
	.observe = observe,
	.is_nested = true,
	.patience = PATIENCE_ENDLESS,
	.variables = variables,
	.ready_setting = "--pidfile",
	.configured_in = "the command line",
	.check_readiness = check_readiness,
};
