/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Decide: a daemon for Upstart under systemd. */
#include "plan_rows.h"

static const struct row unit_rows[] = {
	{ .name = "nothing asked for",
	  .words = { "-tupstart" },
	  .env = { UNIT_ENV },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "readiness: not carried\n" },
	{ .name = "an option given twice",
	  .words = { "-tsystemd", "-tupstart", "--job=a", "--job=b" },
	  .env = { UNIT_ENV },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable UPSTART_JOB=b\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n",
	  .warning = "--target is given more than once: only the last one counts\n"
		     "warning: --job is given more than once: only the last one counts" },
	{ .name = "all of systemd's variables, and what only looks like them",
	  .words = { "-tupstart" },
	  .env = { "LISTEN_PIDFDID=7", "WATCHDOG_PID=1", "WATCHDOG_USEC=2", "NOTIFY_SOCKET=/n",
		   "MANAGERPID=1", "MANAGERPIDFDID=8", "INVOCATION_ID=x", "JOURNAL_STREAM=8:1",
		   "LISTENER=y", "LISTEN_ADDRESS=0.0.0.0", "LISTEN_PORT=80", "LISTEN_HOST=h",
		   "LISTEN_=1", "WATCHDOG_INTERVAL=5", "WATCHDOG_DEVICE=/dev/watchdog",
		   "MANAGERPIDS=1", "NOTIFY_SOCKETS=1", "SYSTEMD_EXEC_PIDS=1", "UPSTART_JOBS=1" },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable LISTEN_PIDFDID: removed\n"
		  "variable WATCHDOG_PID: removed\n"
		  "variable WATCHDOG_USEC: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable MANAGERPID: removed\n"
		  "variable MANAGERPIDFDID: removed\n"
		  "readiness: not carried\n",
	  .warning = "NOTIFY_SOCKET is set, but not -N: if the unit has Type=notify, systemd waits in "
		     "vain until the daemon is ready: add -N, or change that" },
	{ .name = "two conditions",
	  .words = { "-tupstart", "--wait-for=device:/dev/x", "--wait-for=tcp:*:1",
		     "--wait-timeout=5" },
	  .env = { UNIT_ENV },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "readiness: not carried\n"
		  "waits for: device:/dev/x, at most 5 s\n"
		  "waits for: tcp:*:1, at most 5 s\n" },
	{ .name = "a job's name from the command line",
	  .words = { "-tupstart", "--job=bar/1" },
	  .env = { UNIT_ENV },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable UPSTART_JOB=bar\n"
		  "variable UPSTART_INSTANCE=1\n"
		  "readiness: not carried\n" },

	{ .name = "inet",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB },
	  .job = "foo",
	  .instance = "bar",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable LISTEN_FDNAMES: removed\n"
		  "variable UPSTART_FDS=3\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=inet\n"
		  "variable PORT=80\n"
		  "variable ADDR=0.0.0.0\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=bar\n"
		  "readiness: not carried\n" },
	{ .name = "inet6",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB6 },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener [::1]:443\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable LISTEN_FDNAMES: removed\n"
		  "variable UPSTART_FDS=3\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=inet6\n"
		  "variable PORT=443\n"
		  "variable ADDR=::1\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n" },
	{ .name = "path",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { PATH },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener /run/d\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable LISTEN_FDNAMES: removed\n"
		  "variable UPSTART_FDS=3\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=unix\n"
		  "variable SOCKET_PATH=/run/d\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n" },
	{ .name = "path, and words on another socket",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV, "PORT=80", "ADDR=::", "SOCKET_PATH=/run/other" },
	  .sockets = { PATH },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener /run/d\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable LISTEN_FDNAMES: removed\n"
		  "variable PORT: removed\n"
		  "variable ADDR: removed\n"
		  "variable UPSTART_FDS=3\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=unix\n"
		  "variable SOCKET_PATH=/run/d\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n" },
	{ .name = "the same words, and no socket",
	  .words = { "-tupstart" },
	  .env = { "SYSTEMD_EXEC_PID=4711", "PORT=80", "ADDR=::", "SOCKET_PATH=/run/other" },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "readiness: not carried\n" },
	{ .name = "abstract",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { ABSTRACT },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener @d\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable LISTEN_FDNAMES: removed\n"
		  "variable UPSTART_FDS=3\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=unix\n"
		  "variable SOCKET_PATH=\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n" },
	{ .name = "several: the last is described",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB, PATH, WEB6 },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "descriptor 4: stream listener /run/d\n"
		  "descriptor 5: stream listener [::1]:443\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable LISTEN_FDNAMES: removed\n"
		  "variable UPSTART_FDS=3 4 5\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=inet6\n"
		  "variable PORT=443\n"
		  "variable ADDR=::1\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n" },
	{ .name = "socket, and a name from the command line",
	  .words = { "-tupstart", "--job=bar" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable LISTEN_FDNAMES: removed\n"
		  "variable UPSTART_FDS=3\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=inet\n"
		  "variable PORT=80\n"
		  "variable ADDR=0.0.0.0\n"
		  "variable UPSTART_JOB=bar\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n" },
	{ .name = "socket, unit not known",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable LISTEN_FDNAMES: removed\n"
		  "variable UPSTART_FDS=3\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=inet\n"
		  "variable PORT=80\n"
		  "variable ADDR=0.0.0.0\n"
		  "variable UPSTART_JOB=d\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n",
	  .warning = "cannot find out the name of the unit or job: "
		     "UPSTART_JOB=d is only the command's, --job=NAME sets it" },

	{ .name = "datagrams",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB, DATAGRAM },
	  .refusal = "descriptor 4 (datagram socket 0.0.0.0:53) cannot be expressed in Upstart's "
		     "protocol, which knows only listening stream sockets: change the .socket unit, "
		     "or pass it on with --force-sockets" },
	{ .name = "seqpacket",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { SEQPACKET },
	  .refusal = "descriptor 3 (seqpacket socket /run/d) cannot be expressed in Upstart's protocol, "
		     "which knows only listening stream sockets: change the .socket unit, or pass "
		     "it on with --force-sockets" },
	{ .name = "connected",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { CONNECTED },
	  .refusal = "descriptor 3 (stream socket that does not listen /run/d) is a single "
		     "connection, but a daemon for upstart expects the listener: set Accept=no in "
		     "the .socket unit, or 'wait' in inetd.conf" },
	{ .name = "connected, in spite of force",
	  .words = { "-tupstart", "--force-sockets" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB, CONNECTED },
	  .refusal = "descriptor 4 (stream socket that does not listen /run/d) is a single "
		     "connection, but a daemon for upstart expects the listener: set Accept=no in "
		     "the .socket unit, or 'wait' in inetd.conf" },
	{ .name = "FIFO",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { FIFO },
	  .refusal = "descriptor 3 (FIFO) cannot be expressed in Upstart's protocol, which knows only "
		     "listening stream sockets: change the .socket unit, or pass it on with "
		     "--force-sockets" },
	{ .name = "netlink",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { NETLINK },
	  .refusal = "descriptor 3 (netlink socket) cannot be expressed in Upstart's protocol, which "
		     "knows only listening stream sockets: change the .socket unit, or pass it on "
		     "with --force-sockets" },
	{ .name = "something else",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { QUEUE },
	  .refusal = "descriptor 3 (no socket) cannot be expressed in Upstart's protocol, which knows "
		     "only listening stream sockets: change the .socket unit, or pass it on with "
		     "--force-sockets" },
	{ .name = "datagrams, forced",
	  .words = { "-tupstart", "--force-sockets" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB, DATAGRAM },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "descriptor 4: datagram socket 0.0.0.0:53\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable LISTEN_FDNAMES: removed\n"
		  "variable UPSTART_FDS=3 4\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n" },
	{ .name = "FIFO, forced, before a listener",
	  .words = { "-tupstart", "--force-sockets" },
	  .env = { SOCKET_ENV },
	  .sockets = { FIFO, PATH },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: FIFO\n"
		  "descriptor 4: stream listener /run/d\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable LISTEN_FDNAMES: removed\n"
		  "variable UPSTART_FDS=3 4\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=unix\n"
		  "variable SOCKET_PATH=/run/d\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n" },

	{ .name = "behind a shell, which lost the sockets",
	  .words = { "-tupstart" },
	  .env = { UNIT_ENV, "LISTEN_PID=815" },
	  .is_parent_other = true,
	  .fds_are_parents = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "readiness: not carried\n",
	  .warning = "the sockets from systemd were meant for our parent, process 815, and are not "
		     "passed on: put 'exec' before cross-init-bridge in the script or wrapper that "
		     "runs it (su, sudo and tini stay "
		     "in between: use setpriv(1), or leave them out)" },
	{ .name = "two reasons to warn",
	  .words = { "-tupstart" },
	  .env = { UNIT_ENV },
	  .fds_are_parents = true,
	  .has_watchdog = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "readiness: not carried\n",
	  .warning = "the sockets from systemd were meant for our parent, process 815, and are "
		     "not passed on: put 'exec' before cross-init-bridge in the script or "
		     "wrapper that runs it (su, sudo and tini stay "
		     "in between: use setpriv(1), or leave them out)\n"
		     "warning: WatchdogSec= in the unit will end the daemon: one that speaks "
		     "upstart's protocol sends no WATCHDOG=1; take it out of the unit" },
	{ .name = "watchdog",
	  .words = { "-tupstart" },
	  .env = { UNIT_ENV, "WATCHDOG_USEC=2" },
	  .has_watchdog = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable WATCHDOG_USEC: removed\n"
		  "readiness: not carried\n",
	  .warning = "WatchdogSec= in the unit will end the daemon: one that speaks upstart's "
		     "protocol sends no WATCHDOG=1; take it out of the unit" },
};

static void a_daemon_for_upstart_runs_under_systemd(void **state)
{
	(void)state;
	check_rows(&host_systemd, unit_rows, ARRAY_SIZE(unit_rows));
}

static const struct row notify_unit_rows[] = {
	{ .name = "ready",
	  .words = { "-tupstart", "-N" },
	  .env = { NOTIFY_ENV },
	  .job = "foo",
	  .instance = "",
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the "
		  "host's)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify) its pid, "
		  "continue it and leave\n" },
	{ .name = "instance",
	  .words = { "-tupstart", "-N" },
	  .env = { NOTIFY_ENV },
	  .job = "foo",
	  .instance = "bar",
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the "
		  "host's)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=bar\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify) its pid, "
		  "continue it and leave\n" },
	{ .name = "name from the command line",
	  .words = { "-tupstart", "-N", "--job=collectd" },
	  .env = { NOTIFY_ENV },
	  .job = "foo",
	  .instance = "bar",
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the "
		  "host's)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_JOB=collectd\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify) its pid, "
		  "continue it and leave\n" },
	{ .name = "unit not known",
	  .words = { "-tupstart", "-N" },
	  .env = { NOTIFY_ENV },
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the "
		  "host's)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_JOB=d\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify) its pid, "
		  "continue it and leave\n",
	  .warning = "cannot find out the name of the unit or job: "
		     "UPSTART_JOB=d is only the command's, --job=NAME sets it" },
	{ .name = "with sockets",
	  .words = { "-tupstart", "-N" },
	  .env = { NOTIFY_ENV, "LISTEN_PID=4711", "LISTEN_FDS=1" },
	  .sockets = { WEB },
	  .job = "foo",
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the "
		  "host's)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable LISTEN_PID: removed\n"
		  "variable LISTEN_FDS: removed\n"
		  "variable UPSTART_FDS=3\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=inet\n"
		  "variable PORT=80\n"
		  "variable ADDR=0.0.0.0\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify) its pid, "
		  "continue it and leave\n" },
	{ .name = "options about a babysitter change nothing",
	  .words = { "-tupstart", "-N", "--end-after-ready", "--notify-access=all" },
	  .env = { NOTIFY_ENV },
	  .job = "foo",
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the "
		  "host's)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify) its pid, "
		  "continue it and leave\n",
	  .idle = "without effect: --notify-access (the daemon sends no notifications)\n"
		  "without effect: --end-after-ready (the daemon sends no notifications)\n" },
	{ .name = "watchdog",
	  .words = { "-tupstart", "-N" },
	  .env = { NOTIFY_ENV, "WATCHDOG_USEC=2", "WATCHDOG_PID=4711" },
	  .job = "foo",
	  .has_watchdog = true,
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the "
		  "host's)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable WATCHDOG_USEC: removed\n"
		  "variable WATCHDOG_PID: removed\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify) its pid, "
		  "continue it and leave\n",
	  .warning = "WatchdogSec= in the unit is switched off: a daemon that speaks upstart's "
		     "protocol sends no WATCHDOG=1" },
	{ .name = "told by --init",
	  .words = { "-tupstart", "-N", "-isystemd" },
	  .env = { NOTIFY_ENV },
	  .job = "foo",
	  .is_told_over_init = true,
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the host's)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify) its pid, "
		  "continue it and leave\n" },

	{ .name = "behind another bridge",
	  .words = { "-tupstart", "-N" },
	  .env = { UNIT_ENV, "NOTIFY_SOCKET=/run/cross-init-bridge.7/0123456789abcdef" },
	  .job = "foo",
	  .refusal = "-N: NOTIFY_SOCKET=/run/cross-init-bridge.7/0123456789abcdef is not systemd's but "
		     "the private socket of another cross-init-bridge: run only one of the two with "
		     "-N" },
	{ .name = "behind another bridge with an abstract name",
	  .words = { "-tupstart", "-N" },
	  .env = { UNIT_ENV, "NOTIFY_SOCKET=@cross-init-bridge.0123456789abcdef" },
	  .job = "foo",
	  .refusal = "-N: NOTIFY_SOCKET=@cross-init-bridge.0123456789abcdef is not systemd's but the "
		     "private socket of another cross-init-bridge: run only one of the two with -N" },
	{ .name = "no Type=notify",
	  .words = { "-tupstart", "-N" },
	  .env = { UNIT_ENV },
	  .job = "foo",
	  .refusal = "-N, but systemd gave no NOTIFY_SOCKET: set Type=notify in the unit, or leave "
		     "out -N" },
	{ .name = "behind a shell",
	  .words = { "-tupstart", "-N" },
	  .env = { NOTIFY_ENV },
	  .is_parent_other = true,
	  .refusal = "-N: our parent, process 815, is not systemd itself (evidence): put 'exec' "
		     "before cross-init-bridge in the script or wrapper that runs it (su, sudo and tini stay "
		     "in between: use setpriv(1), or leave them out)" },
	{ .name = "datagrams",
	  .words = { "-tupstart", "-N" },
	  .env = { NOTIFY_ENV },
	  .sockets = { DATAGRAM },
	  .refusal = "descriptor 3 (datagram socket 0.0.0.0:53) cannot be expressed in Upstart's "
		     "protocol, which knows only listening stream sockets: change the .socket unit, "
		     "or pass it on with --force-sockets" },
	{ .name = "PrivatePIDs=",
	  .words = { "-tupstart", "-N" },
	  .env = { NOTIFY_ENV },
	  .is_pid_1 = true,
	  .job = "foo",
	  .plan = "shape: supervise (we stay as the daemon's parent)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify), continue it\n" },
	{ .name = "--supervise",
	  .words = { "-tupstart", "-N", "--supervise" },
	  .env = { NOTIFY_ENV },
	  .has_watchdog = true,
	  .job = "foo",
	  .plan = "shape: supervise (we stay as the daemon's parent)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify), continue it\n",
	  .warning = "WatchdogSec= in the unit is switched off: a daemon that speaks upstart's "
		     "protocol sends no WATCHDOG=1" },
	{ .name = "--ready-file",
	  .words = { "-tupstart", "-N", "--ready-file=/run/d.ready" },
	  .env = { NOTIFY_ENV },
	  .job = "foo",
	  .plan = "shape: supervise (we stay as the daemon's parent)\n"
		  "as with --supervise: somebody has to remove the file of --ready-file\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify), continue it\n"
		  "ready file: /run/d.ready\n" },
	{ .name = "--ready-file for a daemon that is at home",
	  .words = { "-tsystemd", "-N", "--ready-file=/run/d.ready" },
	  .env = { NOTIFY_ENV },
	  .refusal = "--ready-file on host systemd for systemd: nobody of ours stays who could make and "
		     "remove the file: leave it out" },
	{ .name = "--supervise without -N",
	  .words = { "-tupstart", "--supervise" },
	  .env = { NOTIFY_ENV },
	  .refusal = "--supervise without -N or --ready-when: add one, or leave out --supervise" },
	{ .name = "PrivatePIDs= without -N",
	  .words = { "-tupstart" },
	  .env = { UNIT_ENV },
	  .is_pid_1 = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "readiness: not carried\n" },
	{ .name = "behind a shell without -N",
	  .words = { "-tupstart" },
	  .env = { UNIT_ENV },
	  .is_parent_other = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "readiness: not carried\n" },
};

static void readiness_of_a_daemon_for_upstart_is_handed_to_systemd(void **state)
{
	(void)state;
	check_rows(&host_systemd, notify_unit_rows, ARRAY_SIZE(notify_unit_rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_daemon_for_upstart_runs_under_systemd),
		cmocka_unit_test(readiness_of_a_daemon_for_upstart_is_handed_to_systemd),
	};

	return cmocka_run_group_tests_name("plan_systemd", tests, NULL, NULL);
}
