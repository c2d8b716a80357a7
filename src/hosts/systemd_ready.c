/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* How systemd learns of readiness: READY=1 with MAINPID= to its notification socket, sd_notify(3). */
#include "hosts/systemd.h"

#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/ends.h"
#include "base/util.h"
#include "notify/socket.h"

#define BARRIER_TIMEOUT_MS 5000 /* as systemd-notify(1) */
#define SEND_TIMEOUT_MS 10000
#define FEWEST_FDS 9 /* with which a daemon has been handed over */

/*
 * sd_notify_barrier(3): systemd closes the descriptor, the writing end of a pipe, when it has read
 * all that came before. Returns 0, or 1 if that is still to be seen, or, with *@read_fd closed,
 * never will be.
 */
static int wait_barrier(int socket_fd, const char *address, int *read_fd, int *write_fd)
{
	struct pollfd pollfd = { .fd = *read_fd };

	if (notify_send(socket_fd, address, "BARRIER=1", *write_fd, SEND_TIMEOUT_MS) < 0) {
		close_fdp(read_fd);
		return 1;
	}
	close_fdp(write_fd);
	return poll(&pollfd, 1, BARRIER_TIMEOUT_MS) > 0 ? 0 : 1;
}

/*
 * MAINPID= and READY=1 in one datagram: systemd checks the sender against the main process it
 * knew before. With WatchdogSec=, nobody would send WATCHDOG=1 from now on: 0 switches it off.
 */
static void format_ready(const struct facts *facts, pid_t daemon_pid, char *text, size_t size)
{
	int used = 0;

	if (daemon_pid != 0)
		used = snprintf(text, size, "MAINPID=%d\n", (int)daemon_pid);
	(void)snprintf(text + used, size - (size_t)used, "READY=1%s",
		       facts->handover.has_watchdog ? "\nWATCHDOG_USEC=0" : "");
}

/* What can fail for want of descriptors fails before systemd has heard of READY=1. */
static int announce(const struct facts *facts, int host_fd, pid_t daemon_pid, int *ret_confirmed_fd)
{
	const char *address = facts->handover.notify_address;
	cleanup_close int fd = notify_client_open(), read_fd = NO_FD, write_fd = NO_FD;
	char text[96];
	int r;

	(void)host_fd;
	if (fd < 0)
		return fd;
	r = open_pipe(&read_fd, &write_fd);
	if (r < 0)
		return r;
	format_ready(facts, daemon_pid, text, sizeof(text));
	r = notify_send(fd, address, text, NO_FD, SEND_TIMEOUT_MS);
	if (r < 0 || daemon_pid == 0)
		return r;
	r = wait_barrier(fd, address, &read_fd, &write_fd);
	if (r > 0)
		*ret_confirmed_fd = take_fd(&read_fd);
	return r;
}

static int refuse_unreachable(const char *address, int error, struct refusal *refusal)
{
	if (error == EAFNOSUPPORT)
		return refuse(refusal, error,
			      "cannot tell systemd of readiness at NOTIFY_SOCKET=%s: unix sockets are not "
			      "allowed: add AF_UNIX to RestrictAddressFamilies= in the unit",
			      address);
	if (error == EMFILE)
		return refuse(refusal, error,
			      "cannot tell systemd of readiness at NOTIFY_SOCKET=%s: %s: set LimitNOFILE=%d "
			      "or more in the unit",
			      address, strerror(error), FEWEST_FDS);
	/* Not what a file's mode answers with, but a seccomp filter. */
	if (error == EPERM || error == ENOSYS)
		return refuse(refusal, error,
			      "cannot tell systemd of readiness at NOTIFY_SOCKET=%s: %s: allow "
			      "@network-io in SystemCallFilter= in the unit",
			      address, strerror(error));
	return refuse(refusal, error,
		      "cannot tell systemd of readiness at NOTIFY_SOCKET=%s: %s: if the unit hides it "
		      "(RootDirectory= with MountAPIVFS=no, "
		      "TemporaryFileSystem=, InaccessiblePaths=), add BindPaths=%s",
		      address, strerror(error), address);
}

/* What announce() needs, beside what the launcher has open by then: standard input to the daemon's pidfd. */
static int check_limit(struct refusal *refusal)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FEWEST_FDS)
		return 0;
	return refuse(refusal, EMFILE,
		      "%llu open files are too few to tell systemd of readiness: set LimitNOFILE=%d or more "
		      "in the unit",
		      (unsigned long long)limit.rlim_cur, FEWEST_FDS);
}

/* All of this would come out when the daemon is ready, and it would have to be ended. */
static int rehearse(const struct facts *facts, bool we_announce, struct refusal *refusal)
{
	const char *address = facts->handover.notify_address;
	int r = notify_client_try(address);

	if (r < 0)
		return refuse_unreachable(address, -r, refusal);
	if (!we_announce)
		return 0;
	return check_limit(refusal);
}

const struct way systemd_way = {
	.learns = LEARNS_BY_MAIN_PID,
	.rehearse = rehearse,
	.what = "READY=1 with MAINPID=",
	.announce = announce,
};
