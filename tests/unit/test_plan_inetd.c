/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Decide: inetd, as what the daemon expects and as what runs us. */
#include "plan_rows.h"

/* ---- A daemon for inetd ---- */

#define REPLACE "shape: replace (the daemon takes our place, nothing of ours stays)\n"
#define UNIT_VARIABLES_REMOVED          \
 "variable SYSTEMD_EXEC_PID: removed\n" \
 "variable LISTEN_PID: removed\n"       \
 "variable LISTEN_FDS: removed\n"       \
 "variable LISTEN_FDNAMES: removed\n"
#define NOT_CARRIED "readiness: not carried\n"

static const struct row inetd_unit_rows[] = {
	{ .name = "listener",
	  .words = { "-tinetd" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB },
	  .plan = REPLACE "descriptor 0: stream listener 0.0.0.0:80, was 3\n"
			  "descriptor 1: the same as 0\n" UNIT_VARIABLES_REMOVED NOT_CARRIED },
	{ .name = "connection, whose peer stays known",
	  .words = { "-tinetd" },
	  .env = { SOCKET_ENV, "REMOTE_ADDR=::1", "REMOTE_PORT=4" },
	  .sockets = { CONNECTED },
	  .plan = REPLACE "descriptor 0: stream socket that does not listen /run/d, was 3\n"
			  "descriptor 1: the same as 0\n" UNIT_VARIABLES_REMOVED NOT_CARRIED },
	{ .name = "datagrams, all three",
	  .words = { "-tinetd", "--stderr=socket" },
	  .env = { SOCKET_ENV },
	  .sockets = { DATAGRAM },
	  .plan = REPLACE "descriptor 0: datagram socket 0.0.0.0:53, was 3\n"
			  "descriptor 1: the same as 0\n"
			  "descriptor 2: the same as 0\n" UNIT_VARIABLES_REMOVED NOT_CARRIED },
	{ .name = "complaints to nobody, watchdog in vain",
	  .words = { "-tinetd", "--stderr=null" },
	  .env = { SOCKET_ENV },
	  .sockets = { SEQPACKET },
	  .has_watchdog = true,
	  .plan = REPLACE "descriptor 0: seqpacket socket /run/d, was 3\n"
			  "descriptor 1: the same as 0\n"
			  "descriptor 2: /dev/null\n" UNIT_VARIABLES_REMOVED NOT_CARRIED,
	  .warning = "WatchdogSec= in the unit will end the daemon: one that speaks inetd's "
		     "protocol sends no WATCHDOG=1; take it out of the unit" },
	{ .name = "FIFO, forced",
	  .words = { "-tinetd", "--force-sockets", "--stderr=keep" },
	  .env = { SOCKET_ENV },
	  .sockets = { FIFO },
	  .plan = REPLACE "descriptor 0: FIFO, was 3\n"
			  "descriptor 1: the same as 0\n" UNIT_VARIABLES_REMOVED NOT_CARRIED },

	{ .name = "FIFO",
	  .words = { "-tinetd" },
	  .env = { SOCKET_ENV },
	  .sockets = { FIFO },
	  .refusal = "descriptor 3 (FIFO) is nothing that inetd would give to its daemons: change "
		     "the .socket unit, or pass it on with --force-sockets" },
	{ .name = "none",
	  .words = { "-tinetd", "--force-sockets" },
	  .env = { UNIT_ENV },
	  .refusal = "a daemon for inetd needs a socket, and none was handed over: let a .socket "
		     "unit, or 'start on socket', start it, or open one with --listen" },
	{ .name = "two",
	  .words = { "-tinetd", "--force-sockets" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB, PATH },
	  .refusal = "a daemon for inetd takes one socket, and 2 were handed over: give it a unit "
		     "or job of its own for each" },
	{ .name = "behind a shell, which lost the socket",
	  .words = { "-tinetd" },
	  .env = { UNIT_ENV, "LISTEN_PID=815" },
	  .fds_are_parents = true,
	  .refusal = "the socket was meant for our parent, not for us: put 'exec' before "
		     "cross-init-bridge in the script or wrapper that runs it" },
	{ .name = "readiness",
	  .words = { "-tinetd", "-N" },
	  .env = { NOTIFY_ENV },
	  .sockets = { WEB },
	  .refusal = "-N: a daemon that speaks inetd's protocol does not say when it is ready: "
		     "leave out -N" },
};

static const struct row inetd_job_rows[] = {
	{ .name = "listener, among strangers",
	  .words = { "-tinetd" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .first_fd = 10,
	  .strangers = { 11 },
	  .plan = REPLACE "descriptor 0: stream listener 0.0.0.0:80, was 10\n"
			  "descriptor 11: closed, another job's listener\n"
			  "descriptor 1: the same as 0\n"
			  "variable UPSTART_JOB: removed\n"
			  "variable UPSTART_INSTANCE: removed\n"
			  "variable UPSTART_EVENTS: removed\n"
			  "variable UPSTART_FDS: removed\n"
			  "variable PROTO: removed\n"
			  "variable PORT: removed\n" NOT_CARRIED },
};

static void a_daemon_for_inetd_runs_under_systemd_and_upstart(void **state)
{
	(void)state;
	check_rows(&host_systemd, inetd_unit_rows, ARRAY_SIZE(inetd_unit_rows));
	check_rows(&host_upstart, inetd_job_rows, ARRAY_SIZE(inetd_job_rows));
}

/* ---- Under inetd ---- */

#define ALL_STDIO  \
 {                 \
  true, true, true \
 }
#define ALL_STDIO_NULL       \
 "descriptor 0: /dev/null\n" \
 "descriptor 1: /dev/null\n" \
 "descriptor 2: /dev/null\n"

static const struct row service_rows[] = {
	{ .name = "wait, for systemd",
	  .words = { "-tsystemd" },
	  .env = { "PATH=/bin", "LISTEN_FDS=3" },
	  .sockets = { WEB },
	  .is_stdio = ALL_STDIO,
	  .plan = REPLACE "descriptor 3: stream listener 0.0.0.0:80, was 0\n" ALL_STDIO_NULL
			  "variable LISTEN_PID: the daemon's pid\n"
			  "variable LISTEN_FDS=1\n"
			  "variable LISTEN_FDNAMES=unknown.socket\n" NOT_CARRIED },
	{ .name = "nowait of xinetd, for systemd",
	  .words = { "-tsystemd" },
	  .env = { "PATH=/bin", "REMOTE_HOST=192.0.2.1" },
	  .sockets = { CONNECTED },
	  .is_stdio = ALL_STDIO,
	  .peer = { "192.0.2.1", "4711" },
	  .plan = REPLACE
	  "descriptor 3: stream socket that does not listen /run/d, was 0\n" ALL_STDIO_NULL
	  "variable REMOTE_HOST: removed\n"
	  "variable LISTEN_PID: the daemon's pid\n"
	  "variable LISTEN_FDS=1\n"
	  "variable LISTEN_FDNAMES=connection\n"
	  "variable REMOTE_ADDR=192.0.2.1\n"
	  "variable REMOTE_PORT=4711\n" NOT_CARRIED },
	{ .name = "standard error has been put elsewhere",
	  .words = { "-tsystemd" },
	  .env = { "PATH=/bin" },
	  .sockets = { DATAGRAM },
	  .is_stdio = { true, true, false },
	  .plan = REPLACE "descriptor 3: datagram socket 0.0.0.0:53, was 0\n"
			  "descriptor 0: /dev/null\n"
			  "descriptor 1: /dev/null\n"
			  "variable LISTEN_PID: the daemon's pid\n"
			  "variable LISTEN_FDS=1\n"
			  "variable LISTEN_FDNAMES=unknown.socket\n" NOT_CARRIED },
	{ .name = "standard error is kept, whatever it is",
	  .words = { "-tsystemd", "--stderr=keep" },
	  .env = { "PATH=/bin" },
	  .sockets = { WEB },
	  .is_stdio = ALL_STDIO,
	  .plan = REPLACE "descriptor 3: stream listener 0.0.0.0:80, was 0\n"
			  "descriptor 0: /dev/null\n"
			  "descriptor 1: /dev/null\n"
			  "variable LISTEN_PID: the daemon's pid\n"
			  "variable LISTEN_FDS=1\n"
			  "variable LISTEN_FDNAMES=unknown.socket\n" NOT_CARRIED },
	{ .name = "wait, for upstart",
	  .words = { "-tupstart", "--job=foo" },
	  .env = { "PATH=/bin" },
	  .sockets = { WEB },
	  .is_stdio = ALL_STDIO,
	  .plan = REPLACE "descriptor 3: stream listener 0.0.0.0:80, was 0\n" ALL_STDIO_NULL
			  "variable UPSTART_FDS=3\n"
			  "variable UPSTART_EVENTS=socket\n"
			  "variable PROTO=inet\n"
			  "variable PORT=80\n"
			  "variable ADDR=0.0.0.0\n"
			  "variable UPSTART_JOB=foo\n"
			  "variable UPSTART_INSTANCE=\n" NOT_CARRIED },
	{ .name = "wait, for upstart, which has no name",
	  .words = { "-tupstart" },
	  .env = { "PATH=/bin" },
	  .sockets = { PATH },
	  .is_stdio = ALL_STDIO,
	  .plan = REPLACE "descriptor 3: stream listener /run/d, was 0\n" ALL_STDIO_NULL
			  "variable UPSTART_FDS=3\n"
			  "variable UPSTART_EVENTS=socket\n"
			  "variable PROTO=unix\n"
			  "variable SOCKET_PATH=/run/d\n"
			  "variable UPSTART_JOB=d\n"
			  "variable UPSTART_INSTANCE=\n" NOT_CARRIED,
	  .warning = "cannot find out the name of the unit or job: UPSTART_JOB=d is only the "
		     "command's, --job=NAME sets it" },
	{ .name = "inetd is a unit, for upstart",
	  .words = { "-tupstart", "--job=foo" },
	  .env = { "WATCHDOG_USEC=5000000", "NOTIFY_SOCKET=/run/n", "LISTEN_FDS=1",
		   "SYSTEMD_EXEC_PID=9", "MANAGERPID=8", "INVOCATION_ID=7", "PORT=1", "UPSTART_X=2" },
	  .sockets = { PATH },
	  .is_stdio = ALL_STDIO,
	  .plan = REPLACE "descriptor 3: stream listener /run/d, was 0\n" ALL_STDIO_NULL
			  "variable WATCHDOG_USEC: removed\n"
			  "variable NOTIFY_SOCKET: removed\n"
			  "variable LISTEN_FDS: removed\n"
			  "variable SYSTEMD_EXEC_PID: removed\n"
			  "variable MANAGERPID: removed\n"
			  "variable PORT: removed\n"
			  "variable UPSTART_FDS=3\n"
			  "variable UPSTART_EVENTS=socket\n"
			  "variable PROTO=unix\n"
			  "variable SOCKET_PATH=/run/d\n"
			  "variable UPSTART_JOB=foo\n"
			  "variable UPSTART_INSTANCE=\n" NOT_CARRIED },
	{ .name = "inetd is a unit, for systemd",
	  .words = { "-tsystemd" },
	  .env = { "NOTIFY_SOCKET=/run/n", "LISTEN_PIDFDID=1", "SYSTEMD_EXEC_PID=9", "MANAGERPID=8",
		   "PROTO=x", "PORT=1" },
	  .sockets = { WEB },
	  .is_stdio = ALL_STDIO,
	  .plan = REPLACE "descriptor 3: stream listener 0.0.0.0:80, was 0\n" ALL_STDIO_NULL
			  "variable NOTIFY_SOCKET: removed\n"
			  "variable LISTEN_PIDFDID: removed\n"
			  "variable LISTEN_PID: the daemon's pid\n"
			  "variable LISTEN_FDS=1\n"
			  "variable LISTEN_FDNAMES=unknown.socket\n" NOT_CARRIED },
	{ .name = "inetd is a job, for systemd",
	  .words = { "-tsystemd" },
	  .env = { "UPSTART_JOB=inetd", "UPSTART_EVENTS=runlevel", "PORT=1" }, /* its own */
	  .sockets = { WEB },
	  .is_stdio = ALL_STDIO,
	  .plan = REPLACE "descriptor 3: stream listener 0.0.0.0:80, was 0\n" ALL_STDIO_NULL
			  "variable UPSTART_JOB: removed\n"
			  "variable UPSTART_EVENTS: removed\n"
			  "variable LISTEN_PID: the daemon's pid\n"
			  "variable LISTEN_FDS=1\n"
			  "variable LISTEN_FDNAMES=unknown.socket\n" NOT_CARRIED },

	{ .name = "nowait, for upstart",
	  .words = { "-tupstart", "--force-sockets" },
	  .env = { "PATH=/bin" },
	  .sockets = { CONNECTED },
	  .is_stdio = ALL_STDIO,
	  .refusal = "descriptor 0 (stream socket that does not listen /run/d) is a single "
		     "connection, but a daemon for upstart expects the listener: set Accept=no in "
		     "the .socket unit, or 'wait' in inetd.conf" },
	{ .name = "readiness",
	  .words = { "-tsystemd", "-N" },
	  .env = { "PATH=/bin" },
	  .sockets = { WEB },
	  .is_stdio = ALL_STDIO,
	  .refusal = "-N on host inetd: nobody waits until the daemon is ready: add "
		     "--ready-file=PATH, or leave out -N" },
};

static void a_daemon_for_another_runs_under_inetd(void **state)
{
	(void)state;
	check_rows(&host_inetd, service_rows, ARRAY_SIZE(service_rows));
}

static void a_socket_for_standard_error_there_must_be(void **state)
{
	static const struct row row = {
		.name = "no socket",
		.words = { "-tupstart", "--stderr=socket" },
		.env = { UNIT_ENV },
		.refusal = "--stderr=socket, but no socket was handed over: let one start it, or leave "
			   "out --stderr",
	};

	(void)state;
	check_row(&host_systemd, &row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_daemon_for_inetd_runs_under_systemd_and_upstart),
		cmocka_unit_test(a_daemon_for_another_runs_under_inetd),
		cmocka_unit_test(a_socket_for_standard_error_there_must_be),
	};

	return cmocka_run_group_tests_name("plan_inetd", tests, NULL, NULL);
}
