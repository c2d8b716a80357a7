/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See hosts/upstart/probe.h. */
#include "hosts/upstart/probe.h"

#include <sched.h>
#include <signal.h>

#include "base/process.h"
#include "base/util.h"

void upstart_send_probe(struct telling *telling, pid_t host_pid)
{
	pid_t pid;

	if (host_pid <= 0 || getppid() != host_pid)
		return;
	pid = process_clone(CLONE_PARENT | SIGCHLD);
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		telling->probe = pid;
}

/*
 * A zombie takes signals, one that was reaped does not. Should the pid have been given to another
 * process meanwhile, it seems to wait for longer: late, but not wrong.
 */
enum host_probe upstart_look_at_probe(const struct telling *telling)
{
	if (telling->probe == 0)
		return HOST_PROBE_NONE;
	return kill(telling->probe, 0) == 0 ? HOST_PROBE_WAITS : HOST_PROBE_TAKEN;
}
