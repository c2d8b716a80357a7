/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decide: what is planned for every host, target and option, as --explain prints it, or why it is
 * refused. The facts are made by hand; nothing is asked of the machine. To add a host or a target,
 * add its rows here, and its name to test_plan_matrix.c.
 */
#include "unit.h"

#include "plan_world.h"

static void check_text_of_plan(const struct row *row, const struct plan *plan,
			       const struct facts *facts)
{
	char *text = print(plan, facts), expected[2048];

	(void)snprintf(expected, sizeof(expected),
		       "host: %s (%s)\ntarget: %s\n%scommand: /usr/sbin/d -x\n%s%s%s",
		       plan->host->name, row->is_told_over_init ? "--init" : "evidence",
		       plan->target->name, row->plan != NULL ? row->plan : "not refused\n",
		       row->warning != NULL ? "warning: " : "",
		       row->warning != NULL ? row->warning : "", row->warning != NULL ? "\n" : "");
	check_text(row->name, text, expected);
	free(text);
}

static void check_row(const struct host *host, const struct row *row)
{
	struct fd_info infos[MAX_SOCKETS];
	struct facts *facts = malloc(sizeof(*facts));
	struct arena arena = { 0 };
	struct options options;
	struct refusal refusal = { "" };
	struct plan plan;

	assert_non_null(facts);
	make_facts(host, row, facts, infos);
	facts->arena = &arena;
	parse(row, &options);
	add_own_sockets(&options, facts);
	if (plan_decide(&options, facts, &plan, &refusal) == 0)
		check_text_of_plan(row, &plan, facts);
	else
		check_text(row->name, refusal.text, row->refusal != NULL ? row->refusal : "");
	arena_done(&arena);
	options_done(&options);
	free(facts);
}

static void check_rows(const struct host *host, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_row(host, &rows[i]);
}

/* ---- A daemon for Upstart under systemd ---- */

static const struct row unit_rows[] = {
	{ .name = "nothing asked for",
	  .words = { "-tupstart" },
	  .env = { UNIT_ENV },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "readiness: not carried\n" },
	{ .name = "all of systemd's variables, and what only looks like them",
	  .words = { "-tupstart" },
	  .env = { "LISTEN_PIDFDID=7", "WATCHDOG_PID=1", "WATCHDOG_USEC=2", "NOTIFY_SOCKET=/n",
		   "MANAGERPID=1", "MANAGERPIDFDID=8", "INVOCATION_ID=x", "JOURNAL_STREAM=8:1",
		   "LISTENER=y" },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable LISTEN_PIDFDID: removed\n"
		  "variable WATCHDOG_PID: removed\n"
		  "variable WATCHDOG_USEC: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable MANAGERPID: removed\n"
		  "variable MANAGERPIDFDID: removed\n"
		  "readiness: not carried\n" },
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
	  .refusal = "descriptor 4 (datagram socket 0.0.0.0:53) cannot be said in Upstart's "
		     "protocol, which knows only listening stream sockets: change the .socket unit, "
		     "or pass it on with --force-sockets" },
	{ .name = "seqpacket",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { SEQPACKET },
	  .refusal = "descriptor 3 (seqpacket socket /run/d) cannot be said in Upstart's protocol, "
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
	  .refusal = "descriptor 3 (FIFO) cannot be said in Upstart's protocol, which knows only "
		     "listening stream sockets: change the .socket unit, or pass it on with "
		     "--force-sockets" },
	{ .name = "netlink",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { NETLINK },
	  .refusal = "descriptor 3 (netlink socket) cannot be said in Upstart's protocol, which "
		     "knows only listening stream sockets: change the .socket unit, or pass it on "
		     "with --force-sockets" },
	{ .name = "something else",
	  .words = { "-tupstart" },
	  .env = { SOCKET_ENV },
	  .sockets = { QUEUE },
	  .refusal = "descriptor 3 (no socket) cannot be said in Upstart's protocol, which knows "
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
		     "runs it" },
	{ .name = "two reasons to warn: the first",
	  .words = { "-tupstart" },
	  .env = { UNIT_ENV },
	  .fds_are_parents = true,
	  .has_watchdog = true,
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "readiness: not carried\n",
	  .warning = "the sockets from systemd were meant for our parent, process 815, and are "
		     "not passed on: put 'exec' before cross-init-bridge in the script or "
		     "wrapper that runs it" },
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
		  "continue it and leave\n" },
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
		     "before cross-init-bridge in the script or wrapper that runs it" },
	{ .name = "datagrams",
	  .words = { "-tupstart", "-N" },
	  .env = { NOTIFY_ENV },
	  .sockets = { DATAGRAM },
	  .refusal = "descriptor 3 (datagram socket 0.0.0.0:53) cannot be said in Upstart's "
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

/* ---- A daemon for systemd under Upstart ---- */

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
	  .env = { JOB_ENV, "PROTO=unix", "SOCKET_PATH=/s", "ADDR=::", "PORTS=1", "UPSTART=x" },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable PROTO: removed\n"
		  "variable SOCKET_PATH: removed\n"
		  "variable ADDR: removed\n"
		  "readiness: not carried\n" },
	{ .name = "a job's name is Upstart's matter",
	  .words = { "-tsystemd", "--job=bar" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n" },
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
	  .has_conditions = true,
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
	  .has_conditions = true,
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
	  .has_conditions = true,
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
		  "readiness: not carried\n" },
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
		  "tells upstart (expect stop)\n" },
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
		  "tells upstart (expect stop)\n" },
	{ .name = "from anybody",
	  .words = { "-tsystemd", "-N", "--notify-access=all" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from any process of root or of the "
		  "daemon's user and tells upstart (expect stop)\n" },
	{ .name = "no babysitter afterwards",
	  .words = { "-tsystemd", "-N", "--end-after-ready" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and "
		  "tells upstart (expect stop), then ends\n" },
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
		  "tells upstart (expect stop)\n" },
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
		  "tells upstart (expect stop)\n" },

	{ .name = "--supervise",
	  .words = { "-tsystemd", "-N", "--supervise", "--end-after-ready" },
	  .env = { JOB_ENV },
	  .job = "foo",
	  .plan = "shape: supervise (we stay as the daemon's parent)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "variable NOTIFY_SOCKET: the babysitter's socket\n"
		  "readiness: the babysitter receives READY=1 from the daemon's main process and "
		  "tells upstart (expect stop)\n" },
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
		  "end before readiness: upstart is told of readiness first\n" },
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
		     "before cross-init-bridge in the script or wrapper that runs it" },
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
	  .refusal = "-N on host inetd: nobody waits until the daemon is ready: leave out -N" },
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

/* ---- Where it belongs, and nowhere ---- */

static void a_daemon_where_it_belongs_is_only_executed(void **state)
{
	static const struct row rows[] = {
		{ .name = "nothing asked for", .env = { SOCKET_ENV } },
		{ .name = "everything asked for",
		  .env = { NOTIFY_ENV },
		  .sockets = { DATAGRAM, FIFO },
		  .is_parent_other = true,
		  .is_traced_by_parent = true,
		  .has_watchdog = true,
		  .is_pid_1 = true,
		  .fds_are_parents = true,
		  .strangers = { 9 } },
	};
	static const struct {
		const struct host *host;
		const char *target;
	} both[] = { { &host_systemd, "-tsystemd" },
		     { &host_upstart, "-tupstart" },
		     { &host_inetd, "-tinetd" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows) * ARRAY_SIZE(both) * 2; i++) {
		struct row row = rows[i % 2];

		row.words[0] = both[i / 2 % ARRAY_SIZE(both)].target;
		row.words[1] = i / 2 / ARRAY_SIZE(both) == 1 ? "-N" : NULL;
		row.plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
			   "host and target are the same: nothing is changed\n";
		check_row(both[i / 2 % ARRAY_SIZE(both)].host, &row);
	}
}

/* Under whom, what for: the same readiness for each target, and no more than at home. */
static const struct row condition_unit_rows[] = {
	{ .name = "a daemon at home",
	  .words = { "-tsystemd", "--ready-when=dbus:a.b" },
	  .env = { NOTIFY_ENV, "LISTEN_PID=4711", "LISTEN_PIDFDID=3", "LISTEN_FDS=1" },
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the host's)\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable LISTEN_PIDFDID: removed\n"
		  "variable LISTEN_PID: the daemon's pid\n"
		  "variable SYSTEMD_EXEC_PID: the daemon's pid\n"
		  "readiness: when dbus:a.b, we tell systemd (Type=notify) the daemon's pid and leave\n" },
	{ .name = "a daemon for upstart",
	  .words = { "-tupstart", "--ready-when=path:/x", "--wait-for=path:/y" },
	  .env = { NOTIFY_ENV },
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the host's)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "readiness: when path:/x, we tell systemd (Type=notify) the daemon's pid and leave\n"
		  "waits for: path:/y, at most 90 s\n" },
	{ .name = "as PID 1 of a namespace",
	  .words = { "-tsystemd", "--ready-when=path:/x" },
	  .env = { "NOTIFY_SOCKET=/run/systemd/notify" },
	  .is_pid_1 = true,
	  .plan = "shape: supervise (we stay as the daemon's parent)\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "readiness: when path:/x, we tell systemd (Type=notify)\n" },
	{ .name = "without Type=notify",
	  .words = { "-tsystemd", "--ready-when=path:/x" },
	  .env = { UNIT_ENV },
	  .refusal = "--ready-when, but systemd gave no NOTIFY_SOCKET: set Type=notify in the unit, or "
		     "leave out --ready-when" },
	{ .name = "behind a shell",
	  .words = { "-tsystemd", "--ready-when=path:/x" },
	  .env = { NOTIFY_ENV },
	  .is_parent_other = true,
	  .refusal = "--ready-when: our parent, process 815, is not systemd itself (evidence): put "
		     "'exec' before cross-init-bridge in the script or wrapper that runs it" },
};

static const struct row condition_job_rows[] = {
	{ .name = "a daemon at home",
	  .words = { "-tupstart", "--ready-when=tcp:*:1" },
	  .env = { JOB_ENV },
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "readiness: when tcp:*:1, the babysitter tells upstart (expect stop), then ends\n"
		  "start timeout: 90 s, then the daemon is ended\n" },
	{ .name = "a daemon for systemd, without a limit",
	  .words = { "-tsystemd", "--ready-when=tcp:*:1", "--start-timeout=0" },
	  .env = { JOB_ENV },
	  .plan = "shape: attend (the daemon takes our place, a babysitter stays)\n"
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: when tcp:*:1, the babysitter tells upstart (expect stop), then ends\n" },
	{ .name = "a parent that stays",
	  .words = { "-tsystemd", "--ready-when=tcp:*:1", "--supervise" },
	  .env = { "PATH=/bin" },
	  .plan = "shape: supervise (we stay as the daemon's parent)\n"
		  "readiness: when tcp:*:1, the babysitter tells upstart (expect stop)\n"
		  "start timeout: 90 s, then the daemon is ended\n" },
	{ .name = "the fork means ready",
	  .words = { "-tsystemd", "--ready-when=tcp:*:1" },
	  .env = { JOB_ENV },
	  .is_traced_by_parent = true,
	  .refusal = "--ready-when cannot work in a job with 'expect fork' or 'expect daemon', where "
		     "the fork itself means ready: change it to 'expect stop', or leave out "
		     "--ready-when" },
};

static void a_condition_can_be_the_readiness(void **state)
{
	(void)state;
	check_rows(&host_systemd, condition_unit_rows, ARRAY_SIZE(condition_unit_rows));
	check_rows(&host_upstart, condition_job_rows, ARRAY_SIZE(condition_job_rows));
}

static void it_can_be_made_to_wait_where_it_belongs(void **state)
{
	static const struct row row = {
		.name = "one condition",
		.words = { "-tsystemd", "--wait-for=path:/x" },
		.env = { NOTIFY_ENV },
		.plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
			"host and target are the same: nothing is changed\n"
			"waits for: path:/x, at most 90 s\n",
	};

	(void)state;
	check_row(&host_systemd, &row);
}

static void without_a_host_nothing_is_done(void **state)
{
	static const struct row rows[] = {
		{ .name = "systemd's", .words = { "-tsystemd" }, .is_told_over_init = true },
		{ .name = "upstart's", .words = { "-tupstart", "-N" }, .is_told_over_init = true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct row row = rows[i];

		row.refusal =
			"cannot tell which service manager started us, neither systemd nor upstart "
			"shows itself: run it from a unit or a job, or say --init=NAME (--detect "
			"prints what was looked at), or leave out -N and say --listen=ADDRESS";
		check_row(NULL, &row);
	}
}

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
		  "readiness: not carried\n" },
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
		  "readiness: not carried\n" },
	{ .name = "what Upstart's protocol cannot say",
	  .words = { "-tupstart", "--listen=80", "--listen=udp:53" },
	  .env = { UNIT_ENV },
	  .job = "foo",
	  .refusal = "descriptor 5 (datagram socket [::]:53) cannot be said in Upstart's protocol, "
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
		  "host and target are the same: nothing is changed\n" },
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
	{ .name = "nobody to be told",
	  .words = { "-tsystemd", "-inone", "-N", "--listen=80" },
	  .env = { "PATH=/bin" },
	  .refusal = "-N on host none: nobody waits until the daemon is ready: leave out -N" },
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
			  "readiness: not carried\n" },
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
		  "variable UPSTART_JOB: removed\n"
		  "variable UPSTART_INSTANCE: removed\n"
		  "readiness: not carried\n" },
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

/*
 * An Upstart session may run in a unit, a unit's program may have been a job's: what the other
 * manager left under the target's own names speaks of another process.
 */
static void stale_variables_of_the_target_s_own_protocol_do_not_get_through(void **state)
{
	static const struct row under_upstart = {
		.name = "LISTEN_PIDFDID, which must be absent or right; another's NOTIFY_SOCKET",
		.words = { "-tsystemd" },
		.env = { EVENT_ENV, "LISTEN_PIDFDID=7", "NOTIFY_SOCKET=/n", "WATCHDOG_USEC=1" },
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
			"variable LISTEN_PIDFDID: removed\n"
			"variable NOTIFY_SOCKET: removed\n"
			"variable WATCHDOG_USEC: removed\n"
			"variable LISTEN_PID: the daemon's pid\n"
			"variable LISTEN_FDS=1\n"
			"variable LISTEN_FDNAMES=foo.socket\n"
			"readiness: not carried\n",
	};
	static const struct row under_systemd = {
		.name = "UPSTART_JOB, at whose sight a daemon stops itself for ever",
		.words = { "-tupstart" },
		.env = { UNIT_ENV, "UPSTART_JOB=x", "UPSTART_INSTANCE=", "UPSTART_EVENTS=socket",
			 "UPSTART_FDS=9" },
		.job = "foo",
		.plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
			"variable SYSTEMD_EXEC_PID: removed\n"
			"variable UPSTART_JOB: removed\n"
			"variable UPSTART_INSTANCE: removed\n"
			"variable UPSTART_EVENTS: removed\n"
			"variable UPSTART_FDS: removed\n"
			"readiness: not carried\n",
	};

	(void)state;
	check_row(&host_upstart, &under_upstart);
	check_row(&host_systemd, &under_systemd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_daemon_for_upstart_runs_under_systemd),
		cmocka_unit_test(readiness_of_a_daemon_for_upstart_is_handed_to_systemd),
		cmocka_unit_test(a_daemon_for_systemd_runs_under_upstart),
		cmocka_unit_test(readiness_of_a_daemon_for_systemd_is_carried_to_upstart),
		cmocka_unit_test(a_daemon_for_inetd_runs_under_systemd_and_upstart),
		cmocka_unit_test(a_daemon_for_another_runs_under_inetd),
		cmocka_unit_test(a_socket_for_standard_error_there_must_be),
		cmocka_unit_test(a_daemon_where_it_belongs_is_only_executed),
		cmocka_unit_test(a_condition_can_be_the_readiness),
		cmocka_unit_test(it_can_be_made_to_wait_where_it_belongs),
		cmocka_unit_test(without_a_host_nothing_is_done),
		cmocka_unit_test(sockets_of_our_own_are_as_if_handed_over),
		cmocka_unit_test(sockets_that_were_adopted_are_as_if_handed_over),
		cmocka_unit_test(stale_variables_of_the_target_s_own_protocol_do_not_get_through),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
