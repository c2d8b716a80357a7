/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Decide: a daemon that goes to the background, with a word to the host and without. */
#include "plan_rows.h"

#define WHEN "readiness: when the daemon's first process has exited with 0 and "
#define GROUP \
 "ends with the main process: those of its session and process group of the daemon's processes\n"
#define SUPERVISE "shape: supervise (we stay as the daemon's parent)\n"
#define REPLACE "shape: replace (the daemon takes our place, nothing of ours stays)\n"
#define HOME "host and target are the same: nothing is changed\n"

static const struct row job_rows[] = {
	{ .name = "expect stop",
	  .words = { "-tforking", "-N", "--daemon-pidfile=/run/d.pid" },
	  .env = { "PATH=/bin" },
	  .plan = SUPERVISE WHEN
	  "/run/d.pid names one of its processes, the babysitter tells upstart (expect stop)\n" GROUP
	  "start timeout: 90 s, then the daemon is ended\n" },
	{ .name = "no expect",
	  .words = { "-tforking", "--kill-stragglers=all" },
	  .env = { "PATH=/bin" },
	  .plan = SUPERVISE WHEN "one of its processes is left; nobody is told\n"
				 "ends with the main process: all of the daemon's processes\n" },
	{ .name = "a limit without -N",
	  .words = { "-tforking", "--start-timeout=7", "--kill-stragglers=no" },
	  .env = { "PATH=/bin" },
	  .plan = SUPERVISE WHEN "one of its processes is left; nobody is told\n"
				 "ends with the main process: none of the daemon's processes\n"
				 "start timeout: 7 s, then the daemon is ended\n" },
	{ .name = "a job that respawns",
	  .words = { "-tforking", "-N", "--job-respawns", "--start-timeout=0" },
	  .env = { "PATH=/bin" },
	  .plan = SUPERVISE WHEN
	  "one of its processes is left, the babysitter tells upstart (expect stop)\n" GROUP
	  "end before readiness: upstart is told of readiness first\n" },
	{ .name = "expect daemon, -N",
	  .words = { "-tforking", "-N" },
	  .env = { "PATH=/bin" },
	  .is_traced_by_parent = true,
	  .refusal = "-N cannot work in a job with 'expect fork' or 'expect daemon', where the fork itself "
		     "means ready: change it to 'expect stop', or leave out -N" },
	{ .name = "a condition",
	  .words = { "-tforking", "--ready-when=tcp:*:1" },
	  .env = { "PATH=/bin" },
	  .refusal = "--ready-when with --target=forking: the daemon is ready when its first process "
		     "exits: leave out --ready-when" },
	{ .name = "a relative path",
	  .words = { "-tforking", "--daemon-pidfile=d.pid" },
	  .env = { "PATH=/bin" },
	  .refusal = "--daemon-pidfile: 'd.pid' is not an absolute path" },
	{ .name = "another target",
	  .words = { "-tsystemd", "--daemon-pidfile=/run/d.pid" },
	  .env = { "PATH=/bin" },
	  .plan = REPLACE "readiness: not carried\n",
	  .idle = "without effect: --daemon-pidfile (only with -t forking)\n",
	  .warning = "--daemon-pidfile has no effect: only with -t forking" },
};

static const struct row unit_rows[] = {
	{ .name = "-N",
	  .words = { "-tforking", "-N", "--daemon-pidfile=/run/d.pid" },
	  .env = { UNIT_ENV },
	  .refusal = "-N: systemd itself waits for a daemon that goes to the background: put 'Type=forking' "
		     "and 'PIDFile=/run/d.pid' into the unit, and leave out -N" },
	{ .name = "-N without a pid file",
	  .words = { "-tforking", "-N" },
	  .env = { UNIT_ENV },
	  .refusal = "-N: systemd itself waits for a daemon that goes to the background: put 'Type=forking' "
		     "and 'PIDFile=PATH' into the unit, and leave out -N" },
	{ .name = "Type=forking",
	  .words = { "-tforking", "--daemon-pidfile=/run/d.pid" },
	  .env = { SOCKET_ENV },
	  .sockets = { WEB },
	  .plan = REPLACE HOME,
	  .idle = "without effect: --daemon-pidfile (the service manager follows such a daemon itself)\n" },
};

static const struct row none_rows[] = {
	{ .name = "nobody is told",
	  .words = { "-tforking", "--daemon-pidfile=/run/d.pid" },
	  .env = { "NOTIFY_SOCKET=/n" },
	  .plan = SUPERVISE "variable NOTIFY_SOCKET: removed\n" WHEN
			    "/run/d.pid names one of its processes; nobody is told\n" GROUP },
	{ .name = "a ready file",
	  .words = { "-tforking", "-N", "--ready-file=/run/ready" },
	  .env = { "PATH=/bin" },
	  .plan = SUPERVISE WHEN
	  "one of its processes is left, the babysitter makes the ready file\n" GROUP
	  "ready file: /run/ready\n" },
	{ .name = "a ready file is heard of without a descriptor, too",
	  .words = { "-tforking", "-N", "--ready-file=/run/ready" },
	  .env = { "PATH=/bin" },
	  .notify_missing = "set notify=fd:N",
	  .plan = SUPERVISE WHEN
	  "one of its processes is left, the babysitter makes the ready file\n" GROUP
	  "ready file: /run/ready\n" },
	{ .name = "sockets of ours",
	  .words = { "-tforking", "--listen=80" },
	  .env = { "PATH=/bin" },
	  .plan = SUPERVISE "descriptor 3: stream listener [::]:80, opened by us (--listen=80)\n"
			    "variable LISTEN_PID: the daemon's pid\n"
			    "variable LISTEN_FDS=1\n"
			    "variable LISTEN_FDNAMES=unknown.socket\n" WHEN
			    "one of its processes is left; nobody is told\n" GROUP },
	{ .name = "one file for both",
	  .words = { "-tforking", "-N", "--ready-file=/run/d", "--daemon-pidfile=/run/d" },
	  .env = { "PATH=/bin" },
	  .refusal =
		  "--ready-file and --daemon-pidfile are the same file, /run/d: each needs one of its own" },
	{ .name = "nobody could hear",
	  .words = { "-tforking", "-N" },
	  .env = { "PATH=/bin" },
	  .refusal = "-N on host none: nobody waits until the daemon is ready: add --ready-file=PATH, or "
		     "leave out -N" },
};

static const struct row forking_rows[] = {
	{ .name = "both",
	  .words = { "-tforking" },
	  .env = { "PATH=/bin" },
	  .plan = REPLACE "readiness: not carried\n" },
	{ .name = "both, -N",
	  .words = { "-tforking", "-N", "--daemon-pidfile=/run/d.pid" },
	  .env = { "PATH=/bin" },
	  .plan = REPLACE "readiness: not carried\n",
	  .idle = "without effect: --notify (the service manager follows such a daemon itself)\n"
		  "without effect: --daemon-pidfile (the service manager follows such a daemon itself)\n" },
};

static void a_daemon_that_goes_to_the_background_has_a_parent(void **state)
{
	(void)state;
	check_rows(&host_upstart, job_rows, ARRAY_SIZE(job_rows));
	check_rows(&host_none, none_rows, ARRAY_SIZE(none_rows));
}

static void a_host_that_follows_it_needs_none(void **state)
{
	(void)state;
	check_rows(&host_systemd, unit_rows, ARRAY_SIZE(unit_rows));
	check_rows(&host_forking, forking_rows, ARRAY_SIZE(forking_rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_daemon_that_goes_to_the_background_has_a_parent),
		cmocka_unit_test(a_host_that_follows_it_needs_none),
	};

	return cmocka_run_group_tests_name("plan_forking", tests, NULL, NULL);
}
