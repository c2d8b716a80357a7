/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Decide: a daemon for systemd under Upstart. */
#include "plan_rows.h"

static const struct row job_rows[] = {
	{ .name = "nothing asked for",
	  .words = { "-tsystemd" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n" },
	{ .name = "all of Upstart's variables, and what only looks like them",
	  .words = { "-tsystemd" },
	  .env = { JOB_ENV, "UPSTART_EVENTS=started", "UPSTART_STOP_EVENTS=x", "UPSTART_SESSION=x",
		   "UPSTART_NO_SESSIONS=1", "PROTO=unix", "SOCKET_PATH=/s", "ADDR=::", "PORTS=1",
		   "UPSTART=x", "UPSTART_FDS_=1", "UPSTART_URL=x", "ADDRESS=1" },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable UPSTART_EVENTS: removed\n"
		  "variable UPSTART_STOP_EVENTS: removed\n"
		  "variable UPSTART_SESSION: removed\n"
		  "variable UPSTART_NO_SESSIONS: removed\n"
		  "variable PROTO: removed\n"
		  "variable SOCKET_PATH: removed\n"
		  "variable ADDR: removed\n"
		  "readiness: not carried\n" },
	/* env PORT=80, initctl start JOB PORT=80: a socket's event has a PROTO, too. */
	{ .name = "what would be a socket's, without one",
	  .words = { "-tsystemd" },
	  .env = { JOB_ENV, "PORT=80", "ADDR=::", "SOCKET_PATH=/s" },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n" },
	{ .name = "a protocol that is not a socket's",
	  .words = { "-tsystemd" },
	  .env = { JOB_ENV, "PROTO=https", "PORT=80" },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n" },
	{ .name = "a job's name is Upstart's matter",
	  .words = { "-tsystemd", "--job=bar" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n",
	  .idle = "without effect: --job (this target has no word for it)\n",
	  .warning = "--job has no effect: this target has no word for it" },
	{ .name = "one socket",
	  .words = { "-tsystemd" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .first_fd = 10,
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80, was 10\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable UPSTART_EVENTS: removed\n"
		  "variable UPSTART_FDS: removed\n"
		  "variable PROTO: removed\n"
		  "variable PORT: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=1\n"
		  "variable LISTEN_FDNAMES=foo.socket\n"
		  "readiness: not carried\n" },
	{ .name = "one socket, in place",
	  .words = { "-tsystemd" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable UPSTART_EVENTS: removed\n"
		  "variable UPSTART_FDS: removed\n"
		  "variable PROTO: removed\n"
		  "variable PORT: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=1\n"
		  "variable LISTEN_FDNAMES=foo.socket\n"
		  "readiness: not carried\n" },
	{ .name = "two sockets",
	  .words = { "-tsystemd" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB, ABSTRACT },
	  .first_fd = 13,
	  .fd_step = -2,
	  .job = "foo",
	  .has_start_on = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80, was 13\n"
		  "descriptor 4: stream listener @d, was 11\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable UPSTART_EVENTS: removed\n"
		  "variable UPSTART_FDS: removed\n"
		  "variable PROTO: removed\n"
		  "variable PORT: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=2\n"
		  "variable LISTEN_FDNAMES=foo.socket:foo.socket\n"
		  "readiness: not carried\n" },
	{ .name = "a name that cannot be one",
	  .words = { "-tsystemd" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .job = "a:b c\td\xff",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable UPSTART_EVENTS: removed\n"
		  "variable UPSTART_FDS: removed\n"
		  "variable PROTO: removed\n"
		  "variable PORT: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=1\n"
		  "variable LISTEN_FDNAMES=a_b c_d_.socket\n"
		  "readiness: not carried\n" },
	{ .name = "names of its own for two sockets",
	  .words = { "-tsystemd", "--fdname=web:name" },
	  .env = { "PATH=/bin" },
	  .sockets = { WEB, ABSTRACT },
	  .job = "foo",
	  .has_start_on = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "descriptor 4: stream listener @d\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=2\n"
		  "variable LISTEN_FDNAMES=web:name\n"
		  "readiness: not carried\n" },
	{ .name = "one name for two sockets",
	  .words = { "-tsystemd", "--fdname=web" },
	  .env = { "PATH=/bin" },
	  .sockets = { WEB, ABSTRACT },
	  .job = "foo",
	  .has_start_on = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "descriptor 4: stream listener @d\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=2\n"
		  "variable LISTEN_FDNAMES=web:web\n"
		  "readiness: not carried\n" },
	{ .name = "two names for one socket",
	  .words = { "-tsystemd", "--fdname=a:b" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .job = "foo",
	  .refusal = "--fdname=a:b has 2 names for 1 socket(s): give one name for each, in their "
		     "order, or one for all" },
	{ .name = "names for no socket: a job that is started by hand gets none",
	  .words = { "-tsystemd", "--fdname=a:b" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n",
	  .idle = "without effect: --fdname (there are no sockets)\n" },
	{ .name = "no name",
	  .words = { "-tsystemd" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable UPSTART_EVENTS: removed\n"
		  "variable UPSTART_FDS: removed\n"
		  "variable PROTO: removed\n"
		  "variable PORT: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=1\n"
		  "variable LISTEN_FDNAMES=unknown.socket\n"
		  "readiness: not carried\n" },
	{ .name = "strangers",
	  .words = { "-tsystemd" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .strangers = { 9, 12 },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 9: closed, another job's listener\n"
		  "descriptor 12: closed, another job's listener\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n" },
	{ .name = "behind a shell without -N",
	  .words = { "-tsystemd" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .is_parent_other = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n" },
	{ .name = "expect fork without -N",
	  .words = { "-tsystemd" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .is_traced_by_parent = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n" },

	{ .name = "another's socket",
	  .words = { "-tsystemd", "--force-sockets" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB6 },
	  .first_fd = 10,
	  .job = "foo",
	  .refusal = "descriptor 10 in UPSTART_FDS (stream listener [::1]:443) is not this job's "
		     "socket: PROTO, PORT, ADDR or SOCKET_PATH name another; Upstart leaves the "
		     "variable set when it respawns a job: stop the job and let its socket start "
		     "it again" },
	{ .name = "unconfirmed",
	  .words = { "-tsystemd" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB, PATH },
	  .first_fd = 10,
	  .fd_step = 1,
	  .job = "foo",
	  .refusal = "descriptor 11 in UPSTART_FDS (stream listener /run/d) cannot be confirmed to "
		     "be this job's socket: Upstart does not tell the job's 'start on' (it cannot "
		     "be reached over D-Bus); --force-sockets passes it on" },
	{ .name = "unconfirmed, forced",
	  .words = { "-tsystemd", "--force-sockets" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB, PATH },
	  .first_fd = 10,
	  .fd_step = 1,
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80, was 10\n"
		  "descriptor 4: stream listener /run/d, was 11\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable UPSTART_EVENTS: removed\n"
		  "variable UPSTART_FDS: removed\n"
		  "variable PROTO: removed\n"
		  "variable PORT: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=2\n"
		  "variable LISTEN_FDNAMES=foo.socket:foo.socket\n"
		  "readiness: not carried\n" },
};

static void a_daemon_for_systemd_runs_under_upstart(void **state)
{
	(void)state;
	check_rows(&host_upstart, job_rows, ARRAY_SIZE(job_rows));
}

static const struct row notify_job_rows[] = {
	{ .name = "PID 1 of a namespace",
	  .words = { "-tsystemd", "-N" },
	  .env = { JOB_ENV },
	  .is_pid_1 = true,
	  .refusal = "-N on upstart as PID 1 of a namespace: upstart waits for another process, and "
		     "ours cannot stop itself: leave out -N, or the namespace" },
	{ .name = "ready",
	  .words = { "-tsystemd", "-N" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and "
		  "tells upstart (expect stop)\n"
		  "start timeout: 90 s, then the daemon is ended\n" },
	{ .name = "with a socket",
	  .words = { "-tsystemd", "-N" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .first_fd = 10,
	  .job = "foo",
	  .strangers = { 11 },
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "descriptor 3: stream listener 0.0.0.0:80, was 10\n"
		  "descriptor 11: closed, another job's listener\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable UPSTART_EVENTS: removed\n"
		  "variable UPSTART_FDS: removed\n"
		  "variable PROTO: removed\n"
		  "variable PORT: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=1\n"
		  "variable LISTEN_FDNAMES=foo.socket\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and "
		  "tells upstart (expect stop)\n"
		  "start timeout: 90 s, then the daemon is ended\n" },
	{ .name = "from anybody",
	  .words = { "-tsystemd", "-N", "--notify-access=all" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from any process of root or of the "
		  "daemon's user and tells upstart (expect stop)\n"
		  "start timeout: 90 s, then the daemon is ended\n" },
	{ .name = "no babysitter afterwards",
	  .words = { "-tsystemd", "-N", "--end-after-ready" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and "
		  "tells upstart (expect stop), then ends\n"
		  "start timeout: 90 s, then the daemon is ended\n" },
	{ .name = "options of the babysitter",
	  .words = { "-tsystemd", "-N", "--notify-socket=abstract", "--start-timeout=30",
		     "--log=none" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and "
		  "tells upstart (expect stop)\n"
		  "NOTIFY_SOCKET: an abstract name\n"
		  "start timeout: 30 s, then the daemon is ended\n"
		  "log: nothing of what the daemon says\n" },
	{ .name = "traced by a debugger",
	  .words = { "-tsystemd", "-N" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .is_traced_by_another = true,
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and "
		  "tells upstart (expect stop)\n"
		  "start timeout: 90 s, then the daemon is ended\n" },
	{ .name = "told by --init",
	  .words = { "-tsystemd", "-N", "-iupstart" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .is_told_over_init = true,
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and "
		  "tells upstart (expect stop)\n"
		  "start timeout: 90 s, then the daemon is ended\n" },

	{ .name = "--supervise",
	  .words = { "-tsystemd", "-N", "--supervise", "--end-after-ready" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: supervise (we stay as the daemon's parent)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and "
		  "tells upstart (expect stop)\n"
		  "start timeout: 90 s, then the daemon is ended\n",
	  .idle = "without effect: --end-after-ready (we stay as its parent)\n" },
	{ .name = "--job-respawns",
	  .words = { "-tsystemd", "-N", "--supervise", "--job-respawns" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: supervise (we stay as the daemon's parent)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and "
		  "tells upstart (expect stop)\n"
		  "end before readiness: upstart is told of readiness first\n"
		  "start timeout: 90 s, then the daemon is ended\n" },
	{ .name = "--job-respawns without --supervise",
	  .words = { "-tsystemd", "-N", "--job-respawns" },
	  .env = { JOB_ENV },
	  .refusal = "--job-respawns without --supervise: only a parent that stays can do it; add "
		     "--supervise, or leave out --job-respawns" },
	{ .name = "expect fork",
	  .words = { "-tsystemd", "-N" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .is_traced_by_parent = true,
	  .refusal = "-N cannot work in a job with 'expect fork' or 'expect daemon', where the "
		     "fork itself means ready: change it to 'expect stop', or leave out -N" },
	{ .name = "behind a shell",
	  .words = { "-tsystemd", "-N" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .is_parent_other = true,
	  .refusal = "-N: our parent, process 815, is not upstart itself (evidence): put 'exec' "
		     "before cross-init-bridge in the script or wrapper that runs it (su, sudo and tini stay "
		     "in between: use setpriv(1), or leave them out)" },
	{ .name = "another's socket",
	  .words = { "-tsystemd", "-N" },
	  .env = { EVENT_ENV },
	  .sockets = { FIFO },
	  .first_fd = 10,
	  .job = "foo",
	  .refusal = "descriptor 10 in UPSTART_FDS is stale: FIFO; Upstart leaves the variable set "
		     "when it respawns a job: stop the job and let its socket start it again" },
};

static void readiness_of_a_daemon_for_systemd_is_carried_to_upstart(void **state)
{
	(void)state;
	check_rows(&host_upstart, notify_job_rows, ARRAY_SIZE(notify_job_rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_daemon_for_systemd_runs_under_upstart),
		cmocka_unit_test(readiness_of_a_daemon_for_systemd_is_carried_to_upstart),
	};

	return cmocka_run_group_tests_name("plan_upstart", tests, NULL, NULL);
}
