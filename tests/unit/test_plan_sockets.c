/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Decide: sockets that no manager has handed to us. */
#include "plan_rows.h"

/* ---- Sockets of our own: --listen ---- */

static const struct row systemd_listen_rows[] = {
	{ .name = "with what it handed over, they are not needed",
	  .words = { "-tupstart", "--listen=80" },
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
		  "readiness: not carried\n",
	  .idle = "without effect: --listen (there are sockets of the service manager's)\n" },
	{ .name = "and readiness",
	  .words = { "-tupstart", "-N", "--listen=80", "--listen=/run/d" },
	  .env = { NOTIFY_ENV },
	  .job = "foo",
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the "
		  "host's)\n"
		  "descriptor 3: stream listener [::]:80, opened by us (--listen=80)\n"
		  "descriptor 5: stream listener /run/d, opened by us (--listen=/run/d)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_FDS=3 5\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=unix\n"
		  "variable SOCKET_PATH=/run/d\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: the daemon stops itself, we tell systemd (Type=notify) its pid, "
		  "continue it and leave\n" },
	{ .name = "at home: only the sockets are new, readiness is the daemon's own affair",
	  .words = { "-tsystemd", "-N", "--listen=udp:53" },
	  .env = { NOTIFY_ENV, "LISTEN_PIDFDID=7", "WATCHDOG_USEC=1" },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: datagram socket [::]:53, opened by us (--listen=udp:53)\n"
		  "variable LISTEN_PIDFDID: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=1\n"
		  "variable LISTEN_FDNAMES=foo.socket\n"
		  "readiness: not carried\n",
	  .idle = "without effect: --notify (the daemon speaks to the service manager itself)\n" },
	{ .name = "what Upstart's protocol cannot say",
	  .words = { "-tupstart", "--listen=80", "--listen=udp:53" },
	  .env = { UNIT_ENV },
	  .job = "foo",
	  .refusal = "descriptor 5 (datagram socket [::]:53) cannot be expressed in Upstart's protocol, "
		     "which knows only listening stream sockets: change the --listen option, or pass "
		     "it on with --force-sockets" },
};

static const struct row upstart_listen_rows[] = {
	{ .name = "for a job that was started by hand",
	  .words = { "-tsystemd", "--listen=@d", "--fdname=d" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .strangers = { 9 },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener @d, opened by us (--listen=@d)\n"
		  "descriptor 9: closed, another job's listener\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=1\n"
		  "variable LISTEN_FDNAMES=d\n"
		  "readiness: not carried\n" },
	{ .name = "at home",
	  .words = { "-tupstart", "--listen=127.0.0.1:80" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .instance = "",
	  .strangers = { 9 },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener 127.0.0.1:80, opened by us (--listen=127.0.0.1:80)\n"
		  "variable UPSTART_FDS=3\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=inet\n"
		  "variable PORT=80\n"
		  "variable ADDR=127.0.0.1\n"
		  "variable UPSTART_JOB=foo\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n" },
	{ .name = "at home with sockets nothing is changed",
	  .words = { "-tupstart", "--listen=80" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "host and target are the same: nothing is changed\n",
	  .idle = "without effect: --listen (there are sockets of the service manager's)\n" },
};

static const struct row no_host_rows[] = {
	{ .name = "by hand, as for systemd",
	  .words = { "-tsystemd", "--listen=80" },
	  .env = { "PATH=/bin", "NOTIFY_SOCKET=/n", "LISTEN_PID=1" },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener [::]:80, opened by us (--listen=80)\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=1\n"
		  "variable LISTEN_FDNAMES=unknown.socket\n"
		  "readiness: not carried\n" },
	{ .name = "by hand, as for Upstart",
	  .words = { "-tupstart", "--listen=80" },
	  .env = { "PATH=/bin" },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener [::]:80, opened by us (--listen=80)\n"
		  "variable UPSTART_FDS=3\n"
		  "variable UPSTART_EVENTS=socket\n"
		  "variable PROTO=inet6\n"
		  "variable PORT=80\n"
		  "variable ADDR=::\n"
		  "variable UPSTART_JOB=d\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n" },
	{ .name = "nothing asked for",
	  .words = { "-tsystemd", "-inone" },
	  .env = { "PATH=/bin" },
	  .is_told_over_init = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "readiness: not carried\n" },
	{ .name = "a container's init that tells nobody",
	  .words = { "-tsystemd", "-inone", "-N" },
	  .env = { "PATH=/bin" },
	  .is_told_over_init = true,
	  .is_pid_1 = true,
	  .plan = "shape: supervise (we stay as the daemon's parent)\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and tells "
		  "nobody\n" },
	{ .name = "a container that was not said to have nobody",
	  .words = { "-tsystemd", "-N" },
	  .env = { "PATH=/bin" },
	  .is_pid_1 = true,
	  .refusal = "-N on host none: nobody waits until the daemon is ready: add "
		     "--ready-file=PATH, or leave out -N" },
	{ .name = "nobody to be told",
	  .words = { "-tsystemd", "-inone", "-N", "--listen=80" },
	  .env = { "PATH=/bin" },
	  .refusal = "-N on host none: nobody waits until the daemon is ready: add "
		     "--ready-file=PATH, or leave out -N" },
};

static void sockets_of_our_own_are_as_if_handed_over(void **state)
{
	(void)state;
	check_rows(&host_systemd, systemd_listen_rows, ARRAY_SIZE(systemd_listen_rows));
	check_rows(&host_upstart, upstart_listen_rows, ARRAY_SIZE(upstart_listen_rows));
	check_rows(&host_none, no_host_rows, ARRAY_SIZE(no_host_rows));
}

/* ---- Sockets that Upstart has forgotten ---- */

#define ADOPTED                                                         \
 "shape: replace (the daemon takes our place, nothing of ours stays)\n" \
 "sockets: taken from process 57, which holds them for the job\n"

static const struct row adoption_rows[] = {
	{ .name = "by hand",
	  .words = { "-tsystemd" },
	  .env = { JOB_ENV },
	  .sockets = { WEB, PATH },
	  .first_fd = 7,
	  .fd_step = 1,
	  .job = "foo",
	  .adoption = ADOPTION_DONE,
	  .plan = ADOPTED "descriptor 3: stream listener 0.0.0.0:80, was 7\n"
			  "descriptor 4: stream listener /run/d, was 8\n"
			  "variable UPSTART_JOB: removed\n"
			  "variable UPSTART_INSTANCE: removed\n"
			  "variable LISTEN_PID: the daemon's pid\n"
			  "variable LISTEN_FDS=2\n"
			  "variable LISTEN_FDNAMES=foo.socket:foo.socket\n"
			  "readiness: not carried\n" },
	{ .name = "in place of stale ones, which the event in the environment is of",
	  .words = { "-tsystemd", "--adopt=require" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB6 },
	  .first_fd = 7,
	  .job = "foo",
	  .adoption = ADOPTION_DONE,
	  .plan = ADOPTED "descriptor 3: stream listener [::1]:443, was 7\n"
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
	{ .name = "where the daemon is at home",
	  .words = { "-tupstart", "-N", "--adopt=require" },
	  .env = { JOB_ENV },
	  .sockets = { WEB },
	  .first_fd = 7,
	  .job = "foo",
	  .instance = "",
	  .adoption = ADOPTION_DONE,
	  .plan = ADOPTED "descriptor 7: stream listener 0.0.0.0:80\n"
			  "variable UPSTART_FDS=7\n"
			  "variable UPSTART_EVENTS=socket\n"
			  "variable PROTO=inet\n"
			  "variable PORT=80\n"
			  "variable ADDR=0.0.0.0\n"
			  "variable UPSTART_JOB=foo\n"
			  "variable UPSTART_INSTANCE=\n"
			  "readiness: not carried\n",
	  .idle = "without effect: --notify (the daemon speaks to the service manager itself)\n" },
	{ .name = "at home, with its own",
	  .words = { "-tupstart", "--adopt=require" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .first_fd = 10,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "host and target are the same: nothing is changed\n" },
	{ .name = "none, by hand",
	  .words = { "-tsystemd" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .adoption = ADOPTION_FAILED,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n",
	  .warning = "the job was started without the sockets it starts on, and its clients may wait "
		     "for ever: there are none" },
	{ .name = "nobody knows",
	  .words = { "-tsystemd" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .adoption = ADOPTION_UNKNOWN,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "sockets: none taken for the job: there are none\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n",
	  .warning = "whether the job starts on sockets is not known, and the daemon is started "
		     "without any: there are none" },
	{ .name = "nobody knows, in place of stale ones",
	  .words = { "-tsystemd" },
	  .env = { EVENT_ENV },
	  .sockets = { FIFO },
	  .first_fd = 10,
	  .job = "foo",
	  .adoption = ADOPTION_UNKNOWN,
	  .refusal = "descriptor 10 in UPSTART_FDS is stale: FIFO; Upstart leaves the variable set "
		     "when it respawns a job: stop the job and let its socket start it again; the right "
		     "one cannot be taken, either: there are none" },
	{ .name = "none, and --listen",
	  .words = { "-tsystemd", "--listen=80" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .adoption = ADOPTION_FAILED,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 3: stream listener [::]:80, opened by us (--listen=80)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=1\n"
		  "variable LISTEN_FDNAMES=foo.socket\n"
		  "readiness: not carried\n",
	  .warning = "those of --listen are in place of the sockets that the job starts on: there "
		     "are none" },
	{ .name = "none, in place of stale ones",
	  .words = { "-tsystemd" },
	  .env = { EVENT_ENV },
	  .sockets = { FIFO },
	  .first_fd = 10,
	  .job = "foo",
	  .adoption = ADOPTION_FAILED,
	  .refusal = "descriptor 10 in UPSTART_FDS is stale: FIFO; Upstart leaves the variable set "
		     "when it respawns a job: stop the job and let its socket start it again; the right "
		     "one cannot be taken, either: there are none" },
	{ .name = "required",
	  .words = { "-tsystemd", "--adopt=require" },
	  .env = { JOB_ENV },
	  .adoption = ADOPTION_NOT_ASKED_FOR,
	  .refusal = "--adopt=require, but there are no sockets: there are none" },
	{ .name = "required, and --listen",
	  .words = { "-tsystemd", "--adopt=require", "--listen=80" },
	  .env = { JOB_ENV },
	  .adoption = ADOPTION_UNKNOWN,
	  .refusal = "--adopt=require, but there are no sockets: there are none" },
	{ .name = "required at home",
	  .words = { "-tupstart", "--adopt=require" },
	  .env = { JOB_ENV },
	  .adoption = ADOPTION_FAILED,
	  .refusal = "--adopt=require, but there are no sockets: there are none" },
};

static void sockets_that_were_adopted_are_as_if_handed_over(void **state)
{
	(void)state;
	check_rows(&host_upstart, adoption_rows, ARRAY_SIZE(adoption_rows));
}

/* ---- What is open where they go ---- */

#define OF_JOB                                                          \
 "shape: replace (the daemon takes our place, nothing of ours stays)\n" \
 "descriptor 3: stream listener 0.0.0.0:80, was 9\n"
#define OF_EVENT                           \
 "variable UPSTART_JOB: removed\n"         \
 "variable UPSTART_INSTANCE: removed\n"    \
 "variable UPSTART_EVENTS: removed\n"      \
 "variable UPSTART_FDS: removed\n"         \
 "variable PROTO: removed\n"               \
 "variable PORT: removed\n"                \
 "variable LISTEN_PID: the daemon's pid\n" \
 "variable LISTEN_FDS=1\n"                 \
 "variable LISTEN_FDNAMES=foo.socket\n"    \
 "readiness: not carried\n"

static const struct row in_way_rows[] = {
	{ .name = "somebody's",
	  .words = { "-tsystemd" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .first_fd = 9,
	  .job = "foo",
	  .in_way = { { 3, "/etc/passwd" } },
	  .plan = OF_JOB OF_EVENT,
	  .warning = "the daemon expects its sockets at descriptor 3, and what is open there is closed: "
		     "3 (/etc/passwd); give it another number, if somebody needs it" },
	{ .name = "a listener that leaked",
	  .words = { "-tsystemd" },
	  .env = { EVENT_ENV },
	  .sockets = { WEB },
	  .first_fd = 9,
	  .job = "foo",
	  .strangers = { 3 },
	  .in_way = { { 3, "socket:[1]" } },
	  .plan = OF_JOB "descriptor 3: closed, another job's listener\n" OF_EVENT },
};

static const struct row host_fd_rows[] = {
	{ .name = "which nobody carries",
	  .words = { "-tsystemd", "--listen=80", "--listen=81" },
	  .in_way = { { 9, "pipe:[1]" } },
	  .refusal = "the daemon expects its sockets at descriptors 3 to 4, but the service manager reads from "
		     "descriptor 9 (?) that the daemon is ready: give that another number in the command line, or add -N or "
		     "--ready-when" },
	{ .name = "which is carried, and somebody's",
	  .words = { "-tsystemd", "-N", "--listen=80", "--listen=81" },
	  .in_way = { { 3, "pipe:[2]" }, { 9, "pipe:[1]" } },
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "descriptor 3: stream listener [::]:80, opened by us (--listen=80)\n"
		  "descriptor 4: stream listener [::]:81, opened by us (--listen=81)\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable LISTEN_FDS=2\n"
		  "variable LISTEN_FDNAMES=unknown.socket:unknown.socket\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and tells newline "
		  "(--host-fd)\n",
	  .warning = "the daemon expects its sockets at descriptors 3 to 4, and what is open there is closed: "
		     "3 (pipe:[2]); give it another number, if somebody needs it" },
};

static void what_has_to_give_way_is_named(void **state)
{
	(void)state;
	check_rows(&host_upstart, in_way_rows, ARRAY_SIZE(in_way_rows));
	check_rows(&host_newline, host_fd_rows, ARRAY_SIZE(host_fd_rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_of_our_own_are_as_if_handed_over),
		cmocka_unit_test(sockets_that_were_adopted_are_as_if_handed_over),
		cmocka_unit_test(what_has_to_give_way_is_named),
	};

	return cmocka_run_group_tests_name("plan_sockets", tests, NULL, NULL);
}
