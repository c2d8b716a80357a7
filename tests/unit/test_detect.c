/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Detection: what each host takes for evidence in the environment, what the verdict is, and what
 * name the cgroup tells. D-Bus is never asked: the budget for it is 0. What takes a machine of its
 * own is in test_detect_root.c.
 */
#include "unit.h"

#include <fcntl.h>

#include "base/output.h"
#include "detect_world.h"
#include "hosts/systemd.h"
#include "observe/detect.h"
#include <fcntl.h>

/* ---- Evidence in the environment ---- */

#define NO_EVIDENCE ((enum parentage) - 1)

static void a_variable_is_evidence_only_if_it_names_our_own_pid(void **state)
{
	static const struct {
		const char *name;
		const char *env[MAX_VARIABLES];
		enum parentage expected;
		const char *what;
	} cases[] = {
		{ "nothing", { NULL }, NO_EVIDENCE, NULL },
		{ "ours",
		  { "SYSTEMD_EXEC_PID=4711" },
		  PARENT_IS_HOST,
		  "SYSTEMD_EXEC_PID names this process" },
		{ "another's", { "SYSTEMD_EXEC_PID=4712" }, NO_EVIDENCE, NULL },
		{ "our parent's", { "SYSTEMD_EXEC_PID=99999999" }, NO_EVIDENCE, NULL },
		{ "no number", { "SYSTEMD_EXEC_PID=4711 " }, NO_EVIDENCE, NULL },
		{ "sockets for us",
		  { "LISTEN_PID=4711" },
		  PARENT_UNKNOWN,
		  "LISTEN_PID names this process" },
		{ "sockets for another", { "LISTEN_PID=1", "LISTEN_FDS=1" }, NO_EVIDENCE, NULL },
		{ "both",
		  { "LISTEN_PID=4711", "SYSTEMD_EXEC_PID=4711" },
		  PARENT_IS_HOST,
		  "SYSTEMD_EXEC_PID names this process" },
		{ "sockets for us, executed by another", /* systemd-socket-activate in a unit */
		  { "LISTEN_PID=4711", "SYSTEMD_EXEC_PID=99999999" },
		  PARENT_IS_OTHER,
		  "LISTEN_PID names this process" },
		{ "inherited",
		  { "NOTIFY_SOCKET=/run/systemd/notify", "INVOCATION_ID=x", "MANAGERPID=99999999" },
		  NO_EVIDENCE,
		  NULL },
		{ "Upstart's", { "UPSTART_JOB=foo", "UPSTART_INSTANCE=" }, NO_EVIDENCE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts facts = make_facts(cases[i].env);
		struct evidence evidence = { .parentage = NO_EVIDENCE };
		bool is_found = host_systemd.recognise(&facts, STRENGTH_OWN_PID, &evidence);

		check_int(cases[i].name, is_found, cases[i].expected != NO_EVIDENCE);
		check_int(cases[i].name, evidence.parentage, cases[i].expected);
		if (is_found)
			check_text(cases[i].name, evidence.what, cases[i].what);
		check(cases[i].name, !host_upstart.recognise(&facts, STRENGTH_OWN_PID, &evidence));
	}
}

/* ---- Evidence from Upstart's socket ---- */

static void listen_at_path(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	listen_at(&address, sizeof(address));
}

/* Two runs at once share the abstract names: in these our pid stands for "PID". */
static void put_pid(const char *text, char *personal, size_t size)
{
	const char *at = strstr(text, "PID");

	if (at == NULL)
		(void)snprintf(personal, size, "%s", text);
	else
		(void)snprintf(personal, size, "%.*s%d%s", (int)(at - text), text, (int)getpid(),
			       at + strlen("PID"));
}

static void ask_session(const void *arg)
{
	static const struct {
		const char *session;
		bool is_found;
	} cases[] = {
		{ "UPSTART_SESSION=unix:abstract=cib-test-PID", true },
		{ "UPSTART_SESSION=unix:abstract=cib-test-PID,guid=0123", true },
		{ "UPSTART_SESSION=unix:abstract=cib-test-PID;unix:path=/nowhere", true },
		{ "UPSTART_SESSION=unix:path=./socket", true },
		{ "UPSTART_SESSION=unix:path=./socket,guid=0123", true },
		{ "UPSTART_SESSION=unix:abstract=cib-test-PIDx", false },
		{ "UPSTART_SESSION=unix:abstract=cib-test-", false },
		{ "UPSTART_SESSION=unix:abstract=", false },
		{ "UPSTART_SESSION=unix:abstract=,guid=0123", false },
		{ "UPSTART_SESSION=unix:path=/missing", false },
		{ "UPSTART_SESSION=unix:path=", false },
		{ "UPSTART_SESSION=tcp:host=localhost,port=1", false },
		{ "UPSTART_SESSION=cib-test", false },
		{ "UPSTART_SESSION=", false },
		{ "UPSTART_SESSION=unix:abstract="
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		  false },
	};
	struct evidence evidence;
	char session[256];

	child_check(chdir(arg) == 0);
	put_pid("cib-test-PID", session, sizeof(session));
	listen_at_abstract(session);
	listen_at_path("./socket");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool is_found;

		put_pid(cases[i].session, session, sizeof(session));
		is_found = ask_peer(getpid(), "UPSTART_JOB=foo", session, &evidence);
		if (is_found != cases[i].is_found)
			dprintf(STDERR_FILENO, "# %s\n", cases[i].session);
		child_check(is_found == cases[i].is_found);
		child_check(!is_found || evidence.parentage == PARENT_IS_HOST);
	}
	/* The same socket, but not our parent's; and no job. */
	put_pid(cases[0].session, session, sizeof(session));
	child_check(ask_peer(getppid(), "UPSTART_JOB=foo", session, &evidence));
	child_check(evidence.parentage == PARENT_IS_OTHER);
	child_check(!ask_peer(getpid(), NULL, session, &evidence));
}

static void a_session_s_socket_names_its_init(void **state)
{
	char directory[] = "/tmp/cross-init-bridge-test.XXXXXX", socket_path[64];
	int status;

	(void)state;
	assert_non_null(mkdtemp(directory));
	status = run_child(ask_session, directory);
	(void)snprintf(socket_path, sizeof(socket_path), "%s/socket", directory);
	(void)unlink(socket_path);
	(void)rmdir(directory);
	assert_int_equal(status, 0);
}

/* ---- The verdict ---- */

static void no_other_strength_is_evidence_without_its_cause(void **state)
{
	static const char *const env[] = { "UPSTART_JOB=foo", "SYSTEMD_EXEC_PID=4711", NULL };
	struct facts facts = make_facts(env);
	struct evidence evidence;

	(void)state;
	assert_false(host_systemd.recognise(&facts, STRENGTH_PEER, &evidence));
	assert_false(host_systemd.recognise(&facts, STRENGTH_BUS, &evidence)); /* no budget */
	assert_false(host_upstart.recognise(&facts, STRENGTH_BUS, &evidence));
	assert_false(host_systemd.recognise(&facts, N_STRENGTHS, &evidence));
	assert_false(host_upstart.recognise(&facts, N_STRENGTHS, &evidence));
}

static char *print(const struct facts *facts)
{
	struct output out = { 0 };

	detect_print(&out, facts);
	return out.text;
}

/* The lines that begin like this are of the machine, or of test_detect_looked_at. */
static void drop_lines(char *text)
{
	static const char *const others[] = { "process 1:", "looked at (",
					      "D-Bus:", "learns of readiness by:" };
	char *to = text;

	for (char *line = text, *next; *line != '\0'; line = next) {
		bool is_dropped = false;

		next = strchr(line, '\n');
		next = next != NULL ? next + 1 : line + strlen(line);
		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			is_dropped = is_dropped || has_prefix(line, others[i]);
		if (is_dropped)
			continue;
		memmove(to, line, (size_t)(next - line));
		to += next - line;
	}
	*to = '\0';
}

#define HEAD "process: 4711, parent 99999999\n"

static void the_verdict_follows_the_option_and_then_the_evidence(void **state)
{
	static const struct {
		const char *name;
		const char *env[MAX_VARIABLES];
		const struct host *init;
		bool all;
		const char *expected;
	} cases[] = {
		{ "nothing", { NULL }, NULL, true, HEAD "verdict: no service manager shows itself\n" },
		{ "systemd, which names us",
		  { "SYSTEMD_EXEC_PID=4711" },
		  NULL,
		  false,
		  HEAD "evidence (environment): systemd: SYSTEMD_EXEC_PID names this process\n"
		       "verdict: systemd; it started us itself\n" },
		{ "sockets only",
		  { "LISTEN_PID=4711" },
		  NULL,
		  false,
		  HEAD "evidence (environment): systemd: LISTEN_PID names this process\n"
		       "verdict: systemd; whether it started us itself is not known\n" },
		{ "behind a shell",
		  { "SYSTEMD_EXEC_PID=99999999" },
		  NULL,
		  false,
		  HEAD "evidence (parent): systemd: SYSTEMD_EXEC_PID names our parent process\n"
		       "verdict: systemd; something between it and us started us\n" },
		{ "an inherited job's variables do not count",
		  { "UPSTART_JOB=x", "SYSTEMD_EXEC_PID=4711" },
		  NULL,
		  true,
		  HEAD "evidence (environment): systemd: SYSTEMD_EXEC_PID names this process\n"
		       "verdict: systemd; it started us itself\n" },
		{ "option and evidence",
		  { "SYSTEMD_EXEC_PID=4711" },
		  &host_systemd,
		  false,
		  HEAD "evidence (option): --init=systemd\n"
		       "evidence (environment): systemd: SYSTEMD_EXEC_PID names this process\n"
		       "verdict: systemd; it started us itself\n" },
		{ "option without evidence",
		  { NULL },
		  &host_upstart,
		  false,
		  HEAD "evidence (option): --init=upstart\n"
		       "verdict: upstart; whether it started us itself is not known\n" },
		{ "option against the evidence",
		  { "SYSTEMD_EXEC_PID=4711" },
		  &host_upstart,
		  false,
		  HEAD "evidence (option): --init=upstart\n"
		       "verdict: upstart; whether it started us itself is not known\n" },
		{ "option against all evidence",
		  { "SYSTEMD_EXEC_PID=4711" },
		  &host_upstart,
		  true,
		  HEAD "evidence (option): --init=upstart\n"
		       "evidence (environment): systemd: SYSTEMD_EXEC_PID names this process\n"
		       "verdict: upstart; whether it started us itself is not known\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts facts = make_facts(cases[i].env);
		char *text;

		facts.init = cases[i].init;
		detect(&facts, cases[i].all);
		text = print(&facts);
		drop_lines(text);
		check_text(cases[i].name, text, cases[i].expected);
		free(text);
	}
}

/* ---- What was looked at ---- */

/* Found or not: who asks why is told what is missing. */
static void all_that_is_looked_at_is_printed_with_the_answer(void **state)
{
	static const struct {
		const char *env[MAX_VARIABLES];
		const char *line;
	} cases[] = {
		{ { NULL }, "looked at (systemd): SYSTEMD_EXEC_PID: not set; LISTEN_PID: not set; " },
		{ { "SYSTEMD_EXEC_PID=17" }, "looked at (systemd): SYSTEMD_EXEC_PID: 17; " },
		{ { "NOTIFY_SOCKET=/n" }, "looked at (finit): NOTIFY_SOCKET: /n\n" },
		{ { "NOTIFY_SOCKET=a\nverdict: x" },
		  "looked at (dpkg): NOTIFY_SOCKET: a?verdict: x\n" },
		{ { NULL },
		  "looked at (upstart): UPSTART_JOB: not set; UPSTART_SESSION: not set; its "
		  "socket: not asked\n" },
		{ { NULL }, "looked at (s6): a parent called s6-supervise: no\n" },
		{ { NULL },
		  "looked at (openrc): a parent called supervise-daemon or start-stop-daemon: "
		  "no\n" },
		{ { NULL }, "looked at (inetd): standard input: " },
		{ { NULL }, "process 1: " },
		{ { NULL }, ", not our parent\n" },
		{ { NULL }, "D-Bus: not asked\n" },
		{ { "SYSTEMD_EXEC_PID=4711" }, "learns of readiness by: READY=1 with MAINPID=\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts facts = make_facts(cases[i].env);
		char *text;

		detect(&facts, false);
		facts.n_questions = 0; /* the budget is 0: there was no time to ask */
		text = print(&facts);
		check(cases[i].line, strstr(text, cases[i].line) != NULL);
		free(text);
	}
}

static void a_question_over_dbus_is_told_with_what_came_of_it(void **state)
{
	static const char *const env[] = { NULL };
	struct facts facts = make_facts(env);
	char *text;

	(void)state;
	detect(&facts, true);
	text = print(&facts);
	assert_non_null(strstr(text, "; D-Bus: "));
	assert_null(strstr(text, "D-Bus: not asked"));
	free(text);
}

static void no_host_is_left_out_of_what_is_looked_at(void **state)
{
	static const char *const env[] = { NULL };
	struct facts facts = make_facts(env);
	char *text = print(&facts), head[40];

	(void)state;
	for (size_t i = 0; hosts[i] != NULL; i++) {
		(void)snprintf(head, sizeof(head), "looked at (%s): ", hosts[i]->name);
		check_int(hosts[i]->name, strstr(text, head) != NULL,
			  hosts[i]->recognise != NULL || hosts[i]->comms[0][0] != '\0');
	}
	free(text);
}

/* ---- The unit's name ---- */

#define USER_SLICE "/user.slice/user-1000.slice/user@1000.service"
#define V1_REST "12:pids:/system.slice/wrong.service\n4:memory:/system.slice/wrong.service\n"

static void the_cgroup_tells_the_service(void **state)
{
	static const struct {
		const char *name, *text, *expected;
	} cases[] = {
		{ "unified", "0::/system.slice/foo.service\n", "foo.service" },
		{ "legacy", V1_REST "1:name=systemd:/system.slice/foo.service\n", "foo.service" },
		{ "hybrid",
		  V1_REST "1:name=systemd:/system.slice/foo.service\n0::/system.slice/foo.service\n",
		  "foo.service" },
		{ "hybrid, the unified one empty",
		  "1:name=systemd:/system.slice/foo.service\n0::/\n", "foo.service" },
		{ "no systemd hierarchy", V1_REST, NULL },
		{ "instance", "0::/system.slice/system-foo.slice/foo@bar.service\n",
		  "foo@bar.service" },
		{ "nested slices", "0::/a.slice/a-b.slice/a-b-c.slice/foo.service\n", "foo.service" },
		{ "no slice", "0::/foo.service\n", "foo.service" },
		{ "user unit", "0::" USER_SLICE "/app.slice/foo.service\n", "foo.service" },
		{ "user unit, legacy", "1:name=systemd:" USER_SLICE "/foo.service\n", "foo.service" },
		{ "session", "0::/user.slice/user-1000.slice/session-2.scope\n", NULL },
		{ "the user manager's own", "0::" USER_SLICE "/init.scope\n", NULL },
		{ "scope of a user", "0::" USER_SLICE "/app.slice/app-x-815.scope\n", NULL },
		{ "service below a scope", "0::/machine.slice/box.scope/foo.service\n",
		  "foo.service" },
		{ "delegated", "0::/system.slice/foo.service/worker\n", "foo.service" },
		{ "delegated twice", "0::/system.slice/foo.service/a/b\n", "foo.service" },
		{ "a subgroup that is called like a service",
		  "0::/system.slice/foo.service/sub.service\n", "foo.service" },
		{ "two of them", "0::/system.slice/foo.service/a.service/b.service\n", "foo.service" },
		{ "a subgroup of a user's", "0::" USER_SLICE "/app.slice/foo.service/sub.service\n",
		  "foo.service" },
		{ "a subgroup of a user's, legacy",
		  "1:name=systemd:" USER_SLICE "/foo.service/sub.service\n", "foo.service" },
		{ "a subgroup in a container", "0::/foo.service/a.service\n", "foo.service" },
		{ "delegated, then a slice",
		  "0::/system.slice/foo.service/sub.service/x.slice/bar.service\n", "bar.service" },
		{ "delegated to another manager",
		  "0::/system.slice/foo.service/sub.slice/bar.service\n", "bar.service" },
		{ "escapes of unit names stay", "0::/system.slice/dev-x\\x2dy.service\n",
		  "dev-x\\x2dy.service" },
		{ "escaped like a kernel's file", "0::/system.slice/_cpu.service\n", "cpu.service" },
		{ "underscore of its own", "0::/system.slice/__foo.service\n", "_foo.service" },
		{ "nothing before the suffix", "0::/system.slice/.service\n", NULL },
		{ "the suffix in the middle", "0::/system.slice/foo.service.d\n", NULL },
		{ "removed meanwhile", "0::/system.slice/foo.service (deleted)\n", NULL },
		{ "a scope called like a service", "0::/system.slice/foo.service.scope\n", NULL },
		{ "root", "0::/\n", NULL },
		{ "no line feed", "0::/system.slice/foo.service", "foo.service" },
		{ "outside our namespace", "0::/../../system.slice/foo.service\n", "foo.service" },
		{ "empty", "", NULL },
		{ "empty lines", "\n\n0::/foo.service\n", "foo.service" },
		{ "no cgroups", "0::\n", NULL },
		{ "a space", "0::/system.slice/foo bar.service\n", "foo bar.service" },
		{ "too long", "0::/0123456789012345678901234567890123456789.service\n", NULL },
		{ "just short enough", "0::/0123456789012345678901234567890.service\n",
		  "0123456789012345678901234567890.service" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char unit[40] = "untouched";
		int r = systemd_unit_from_cgroup(cases[i].text, strlen(cases[i].text), unit,
						 sizeof(unit));

		check_int(cases[i].name, r, cases[i].expected != NULL ? 0 : -ENODATA);
		check_text(cases[i].name, unit,
			   cases[i].expected != NULL ? cases[i].expected : "untouched");
	}
}

static void a_unit_s_name_is_split_into_job_and_instance(void **state)
{
	static const struct {
		const char *unit, *job, *instance;
	} cases[] = {
		{ "foo.service", "foo", "" },
		{ "foo@bar.service", "foo", "bar" },
		{ "foo@.service", "foo", "" },
		{ "foo@a@b.service", "foo", "a@b" },
		{ "foo@a.service.service", "foo", "a.service" },
		{ "foo.bar@1.2.service", "foo.bar", "1.2" },
		{ "foo@a\\x2db.service", "foo", "a\\x2db" },
		{ "foo", "foo", "" },
		{ "foo@bar", "foo", "bar" },
		{ "foo.service@x", "foo.service", "x" },
		{ ".service", "", "" },
		{ "much-too-long-a-name@also-too-long-a-name.service", "much-too-lo", "also-too-lo" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char job[12], instance[12];

		systemd_split_unit(cases[i].unit, job, sizeof(job), instance, sizeof(instance));
		check_text(cases[i].unit, job, cases[i].job);
		check_text(cases[i].unit, instance, cases[i].instance);
	}
}

/* The process that it forks us from may not have ended yet, and is called as OpenRC's program. */
static void dpkg_is_known_by_its_socket(void **state)
{
	static const struct {
		const char *comm, *file;
		bool is_known;
	} rows[] = {
		{ "init", "/notify", true },
		{ "start-stop-daem", "/notify", true },
		{ "supervise-daemo", "/notify", false },
		{ "runsv", "/notify", false },
		{ "init", "/other", false },
		{ "start-stop-daem", "/notify/x", false },
	};
	char directory[] = "/tmp/.s-s-d-notify.XXXXXX", socket_path[64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(socket_path, sizeof(socket_path), "%s/notify", directory);
	(void)close(open(socket_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char variable[96];
		char *env[] = { variable, NULL };
		struct facts facts = { .env.list = env, .pid = 100, .parent = 99 };
		struct evidence evidence = { .host = &host_dpkg };

		(void)snprintf(variable, sizeof(variable), "NOTIFY_SOCKET=%s%s", directory,
			       rows[i].file);
		(void)snprintf(facts.parent_comm, sizeof(facts.parent_comm), "%s", rows[i].comm);
		check_int(rows[i].comm, host_recognise(&facts, STRENGTH_PEER, &evidence),
			  rows[i].is_known);
	}
	(void)unlink(socket_path);
	(void)rmdir(directory);
}

/* Before 4.13 finit gives no address, and with notify:s6 none at all. */
static void finit_is_known_by_itself_as_process_1(void **state)
{
	static const struct {
		const char *comm, *variable;
		pid_t parent;
		bool is_known;
	} rows[] = {
		{ "finit", "A=b", 1, true },
		{ "finit", "NOTIFY_SOCKET=18", 1, true },
		{ "init", "NOTIFY_SOCKET=18", 1, true },
		{ "init", "NOTIFY_SOCKET=/18", 1, false },
		{ "init", "NOTIFY_SOCKET=", 1, false },
		{ "init", "A=b", 1, false },
		{ "finit", "A=b", 99, false },
		{ "init", "NOTIFY_SOCKET=18", 99, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char variable[32], *env[] = { variable, NULL };
		struct facts facts = { .env.list = env, .pid = 100, .parent = rows[i].parent };
		struct evidence evidence = { .host = &host_finit };

		(void)snprintf(variable, sizeof(variable), "%s", rows[i].variable);
		(void)snprintf(facts.parent_comm, sizeof(facts.parent_comm), "%s", rows[i].comm);
		check_int(rows[i].variable, host_recognise(&facts, STRENGTH_PARENT, &evidence),
			  rows[i].is_known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_variable_is_evidence_only_if_it_names_our_own_pid),
		cmocka_unit_test(a_session_s_socket_names_its_init),
		cmocka_unit_test(no_other_strength_is_evidence_without_its_cause),
		cmocka_unit_test(the_verdict_follows_the_option_and_then_the_evidence),
		cmocka_unit_test(all_that_is_looked_at_is_printed_with_the_answer),
		cmocka_unit_test(a_question_over_dbus_is_told_with_what_came_of_it),
		cmocka_unit_test(no_host_is_left_out_of_what_is_looked_at),
		cmocka_unit_test(finit_is_known_by_itself_as_process_1),
		cmocka_unit_test(the_cgroup_tells_the_service),
		cmocka_unit_test(a_unit_s_name_is_split_into_job_and_instance),
		cmocka_unit_test(dpkg_is_known_by_its_socket),
	};

	return cmocka_run_group_tests_name("detect", tests, NULL, NULL);
}
