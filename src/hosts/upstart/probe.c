/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See hosts/upstart/probe.h. */
#include "hosts/upstart/probe.h"

#include <sched.h>
#include <signal.h>

#include "base/process.h"
#include "base/util.h"

int probe_send(struct probe *probe, pid_t host_pid)
{
	pid_t pid;

	if (host_pid <= 0 || getppid() != host_pid)
		return -ESRCH;
	pid = process_clone(CLONE_PARENT | SIGCHLD);
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	probe->pid = pid;
	return 0;
}

/*
 * A zombie takes signals, one that was reaped does not. Should the pid have been given to another
 * process meanwhile, it seems to wait for longer: late, but not wrong.
 */
enum host_probe probe_look(const struct probe *probe)
{
	if (probe->pid == 0)
		return HOST_PROBE_NONE;
	return kill(probe->pid, 0) == 0 ? HOST_PROBE_WAITS : HOST_PROBE_TAKEN;
}
