/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Decide: what all hosts have in common, and what does not depend on them. The facts are made by
 * hand; nothing is asked of the machine. To add a host or a target, add its rows to a test_plan_NAME.c,
 * and its name to test_plan_matrix.c.
 */
#include "plan_rows.h"

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
		if (row.words[1] != NULL)
			row.idle =
				i / 2 % ARRAY_SIZE(both) == 2
					? "without effect: --notify (the daemon does not say when it is ready)\n"
					: "without effect: --notify (the daemon speaks to the service "
					  "manager itself)\n";
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
		     "'exec' before cross-init-bridge in the script or wrapper that runs it (su, sudo and tini stay "
		     "in between: use setpriv(1), or leave them out)" },
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
		char refusal[sizeof(((struct refusal *)0)->text)];
		struct text text = text_begin(refusal, sizeof(refusal));

		text_add(&text,
			 "cannot tell which service manager started us, none shows itself: run it from a "
			 "unit or a job, or say --init=NAME, which is ");
		hosts_list(&text, " or ");
		text_add(&text,
			 " (--detect prints what was looked at), or leave out -N and say --listen=ADDRESS");
		row.refusal = refusal;
		check_row(NULL, &row);
	}
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

/* What can never have an effect is warned of, what has none in this run only shown. */
static const struct row without_effect_rows[] = {
#define IDLE(name, why) "without effect: --" name " (" why ")\n"
#define VAIN(name, why) "--" name " has no effect: " why
	{ .name = "options about readiness without readiness",
	  .words = { "-tinetd", "--start-timeout=5", "--log=all", "--end-after-ready" },
	  .env = { "SYSTEMD_EXEC_PID=4711" },
	  .sockets = { WEB },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "descriptor 0: stream listener 0.0.0.0:80, was 3\n"
		  "descriptor 1: the same as 0\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "readiness: not carried\n",
	  .idle = IDLE("start-timeout", "-N is missing") IDLE("end-after-ready", "-N is missing")
		  IDLE("log", "-N is missing"),
	  .warning =
		  VAIN("start-timeout",
		       "-N is missing") "\nwarning: " VAIN("end-after-ready",
							   "-N is missing") "\nwarning: " VAIN("log",
											       "-N is missing") },
	{ .name = "of messages, with a condition",
	  .words = { "-tupstart", "--job=a", "--ready-when=dbus:a.b", "--notify-access=all",
		     "--notify-socket=path", "--start-timeout=5" },
	  .env = { NOTIFY_ENV },
	  .plan = "shape: hand over (the daemon is our descendant until it is ready, then the "
		  "host's)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable NOTIFY_SOCKET: removed\n"
		  "variable UPSTART_JOB=a\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: when dbus:a.b, we tell systemd (Type=notify) the daemon's pid and "
		  "leave\n",
	  .idle = IDLE("start-timeout", "the service manager has a limit")
		  IDLE("notify-access", "--ready-when is instead of notifications")
			  IDLE("notify-socket", "--ready-when is instead of notifications"),
	  .warning =
		  VAIN("notify-access",
		       "--ready-when is instead of notifications") "\nwarning: " VAIN("notify-socket",
										      "--ready-when is instead of notifications") },
	{ .name = "what the target has no word for, and what is not waited for",
	  .words = { "-tupstart", "--job=a", "--fdname=a", "--wait-timeout=5", "--force-sockets",
		     "--adopt=no" },
	  .env = { "SYSTEMD_EXEC_PID=4711" },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "variable SYSTEMD_EXEC_PID: removed\n"
		  "variable UPSTART_JOB=a\n"
		  "variable UPSTART_INSTANCE=\n"
		  "readiness: not carried\n",
	  .idle = IDLE("fdname", "this target has no word for it")
		  IDLE("adopt", "this service manager forgets none")
			  IDLE("force-sockets", "there are no sockets")
				  IDLE("wait-timeout", "--wait-for is missing"),
	  .warning =
		  VAIN("fdname",
		       "this target has no word for it") "\nwarning: " VAIN("wait-timeout",
									    "--wait-for is missing") },
	{ .name = "at home",
	  .words = { "-tsystemd", "-N", "--job=a", "--fdname=a", "--stderr=null", "--log=all" },
	  .env = { NOTIFY_ENV },
	  .plan = "shape: replace (the daemon takes our place, nothing of ours stays)\n"
		  "host and target are the same: nothing is changed\n",
	  .idle = IDLE("job", "this target has no word for it")
		  IDLE("stderr", "host and target are the same")
			  IDLE("notify", "the daemon speaks to the service manager itself")
				  IDLE("log", "the daemon speaks to the service manager itself")
					  IDLE("fdname", "host and target are the same"),
	  .warning = VAIN("job", "this target has no word for it") },
};

static void an_option_without_effect_is_named(void **state)
{
	(void)state;
	check_rows(&host_systemd, without_effect_rows, ARRAY_SIZE(without_effect_rows));
}

/* As many as there is space for, each of them whole; one that is too long is cut. */
static void warnings_are_whole_lines(void **state)
{
	struct plan plan = { .first_fd = -1 };
	char text[sizeof(plan.warnings)];

	(void)state;
	plan_warn(&plan, "%s", "a\nb\x7f");
	check_text("control characters", plan.warnings, "a?b?\n");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 6] = '\0';
	plan_warn(&plan, "%s", text);
	check_text("no space", plan.warnings, "a?b?\n");
	text[sizeof(text) - 7] = '\0';
	plan_warn(&plan, "%s", text);
	check_int("all space", strlen(plan.warnings), sizeof(plan.warnings) - 1);
	check_text("all space", plan.warnings + sizeof(plan.warnings) - 3, "x\n");
	plan.warnings[0] = '\0';
	plan_warn(&plan, "%s%s", text, text);
	check_int("too long", strlen(plan.warnings), sizeof(plan.warnings) - 1);
	check_text("too long", plan.warnings + sizeof(plan.warnings) - 3, "x\n");
}

static void a_word_is_printed_as_a_shell_reads_it(void **state)
{
	static const struct {
		const char *word, *expected;
	} cases[] = {
		{ "plain-1_2.3:/x=@%+,", "plain-1_2.3:/x=@%+," },
		{ "", "''" },
		{ "--port 0", "'--port 0'" },
		{ "it's", "'it'\\''s'" },
		{ "$HOME", "'$HOME'" },
		{ "~", "'~'" },
		{ "a\nb\x7f'\\", "$'a\\012b\\177\\'\\\\'" },
		{ "\xc3\xa4", "'\xc3\xa4'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct output out = { 0 };

		plan_print_word(&out, cases[i].word);
		check_text(cases[i].word, out.text, cases[i].expected);
		output_free(&out);
	}
}

static void what_is_in_between_is_named(void **state)
{
	static const struct {
		const char *comm, *named, *advice;
	} cases[] = {
		{ "sh", "815 (sh), is not", "put 'exec' before cross-init-bridge in the script" },
		{ "bash", "815 (bash), is not", "put 'exec' before cross-init-bridge in the script" },
		{ "su", "815 (su), is not", "use setpriv(1), or leave it out" },
		{ "tini", "815 (tini), is not", "use setpriv(1), or leave it out" },
		{ "python3", "815 (python3), is not",
		  "put 'exec' before cross-init-bridge if that is" },
		{ "?", "815, is not", "or wrapper that runs it (su, sudo and tini stay in between" },
	};
	static const struct row row = { .name = "wrapped",
					.words = { "-tupstart", "-N" },
					.env = { NOTIFY_ENV },
					.is_parent_other = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fd_info infos[MAX_SOCKETS];
		struct arena arena = { 0 };
		struct options options;
		struct refusal refusal = { "" };
		struct facts facts;
		struct plan plan;

		make_facts(&host_systemd, &row, &facts, infos);
		(void)snprintf(facts.parent_comm, sizeof(facts.parent_comm), "%s", cases[i].comm);
		facts.arena = &arena;
		parse(&row, &options, &facts);
		check_int(cases[i].comm, decide(&options, &facts, &plan, &refusal), -EINVAL);
		check(cases[i].comm, strstr(refusal.text, cases[i].named) != NULL);
		check(cases[i].comm, strstr(refusal.text, cases[i].advice) != NULL);
		arena_done(&arena);
		options_done(&options);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_daemon_where_it_belongs_is_only_executed),
		cmocka_unit_test(a_condition_can_be_the_readiness),
		cmocka_unit_test(it_can_be_made_to_wait_where_it_belongs),
		cmocka_unit_test(without_a_host_nothing_is_done),
		cmocka_unit_test(stale_variables_of_the_target_s_own_protocol_do_not_get_through),
		cmocka_unit_test(an_option_without_effect_is_named),
		cmocka_unit_test(what_is_in_between_is_named),
		cmocka_unit_test(warnings_are_whole_lines),
		cmocka_unit_test(a_word_is_printed_as_a_shell_reads_it),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
