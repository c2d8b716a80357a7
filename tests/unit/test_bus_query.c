/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * bus-query's questions, asked in real runs: its answers, its exit status, its one line on stderr,
 * and that no manager, however it behaves, gets anything else out of it.
 */
#include "../support/bus_world.h"

#include <errno.h>
#include <fcntl.h>

#include "base/util.h"
#include "bus/ask.h"

static const struct {
	const char *name;
	const char *args[MAX_ARGS];
	const char *answer;
	size_t length;
} answered[] = {
	{ "job without a name of instance", { "job", "100" }, TEXT("hello\n\n") },
	{ "second process of an instance", { "job", "201" }, TEXT("worker\na/b\n") },
	{ "state, empty instance", { "job-state", "hello", "" }, TEXT("start\nspawned\n") },
	{ "state, instance", { "job-state", "worker", "c" }, TEXT("stop\npost-stop\n") },
	{ "no start on", { "start-on", "hello" }, TEXT("") },
	{ "start on", { "start-on", "worker" }, TEXT("socket\0PROTO=inet\0\0started\0foo\0\0/AND\0\0") },
};

static void expect_all_answered(struct world *world)
{
	struct run run;

	for (size_t i = 0; i < ARRAY_SIZE(answered); i++) {
		run_query(&run, world, answered[i].args);
		expect_answer(&run, answered[i].answer, answered[i].length, answered[i].name);
	}
}

static void upstart_answers_on_its_private_socket(void **state)
{
	world_start_upstart(*state, NULL);
	expect_all_answered(*state);
}

static void what_upstart_does_not_know_is_exit_1(void **state)
{
	static const char *const unknown[][MAX_ARGS] = {
		{ "job", "101" },
		{ "job", "2147483647" },
		{ "job-state", "nosuch", "" },
		{ "job-state", "hello", "nosuch" },
		{ "start-on", "nosuch" },
	};
	struct world *world = *state;
	struct run run;

	world_start_upstart(world, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		run_query(&run, world, unknown[i]);
		expect_no_such_thing(&run, unknown[i][0]);
	}
}

static void an_instance_that_goes_away_meanwhile_is_passed_over(void **state)
{
	static const struct peer_answer quirks[] = {
		{ UPSTART_PATH,
		  "GetAllJobs",
		  NULL,
		  ANSWER_PATHS,
		  { JOBS "/gone", JOBS "/hello", JOBS "/worker" } },
		{ JOBS "/hello", "GetAllInstances", NULL, ANSWER_PATHS, { JOBS "/hello/gone" } },
		{ 0 },
	};
	struct world *world = *state;
	struct run run;

	world_start_upstart(world, quirks);
	RUN_QUERY(&run, world, "job", "200");
	expect_answer(&run, TEXT("worker\na/b\n"), "job");
}

static void signals_before_the_answer_do_no_harm(void **state)
{
	struct world *world = *state;

	world->peer.n_signals = is_under_valgrind() ? 100 : 3000; /* whose processors are slow ones */
	world_start_upstart(world, NULL);
	expect_all_answered(world);
}

#define MALFORMED "the answer is not what it should be"
#define NO_REPLY "Did not receive a reply"

static const struct {
	const char *name;
	const char *args[MAX_ARGS];
	struct peer_answer quirk;
	const char *reason;
} misbehaviours[] = {
	{ "text for a path",
	  { "job-state", "hello", "" },
	  { NULL, "GetJobByName", NULL, ANSWER_TEXT, { "x" } },
	  MALFORMED },
	{ "two paths",
	  { "job-state", "hello", "" },
	  { NULL, "GetInstanceByName", NULL, ANSWER_PATH_TWICE, { JOBS "/hello/_" } },
	  MALFORMED },
	{ "nothing for a path",
	  { "start-on", "hello" },
	  { NULL, "GetJobByName", NULL, ANSWER_EMPTY, { NULL } },
	  MALFORMED },
	{ "a path for a list",
	  { "job", "100" },
	  { NULL, "GetAllJobs", NULL, ANSWER_PATH, { JOBS } },
	  MALFORMED },
	{ "text for a list",
	  { "job", "100" },
	  { NULL, "GetAllInstances", NULL, ANSWER_BARE_TEXT, { JOBS } },
	  MALFORMED },
	{ "text for processes",
	  { "job", "100" },
	  { NULL, "Get", "processes", ANSWER_TEXT, { "100" } },
	  MALFORMED },
	{ "nothing for processes",
	  { "job", "100" },
	  { NULL, "Get", "processes", ANSWER_EMPTY, { NULL } },
	  MALFORMED },
	{ "a number for a state",
	  { "job-state", "hello", "" },
	  { NULL, "Get", "state", ANSWER_NUMBER, { NULL } },
	  MALFORMED },
	{ "a state that is not a variant",
	  { "job-state", "hello", "" },
	  { NULL, "Get", "state", ANSWER_BARE_TEXT, { "running" } },
	  MALFORMED },
	{ "a name of two lines",
	  { "job", "100" },
	  { JOBS "/hello", "Get", "name", ANSWER_TEXT, { "hello\nforged" } },
	  MALFORMED },
	{ "an instance of two lines",
	  { "job", "100" },
	  { JOBS "/hello/_", "Get", "name", ANSWER_TEXT, { "\n" } },
	  MALFORMED },
	{ "processes for start on",
	  { "start-on", "worker" },
	  { NULL, "Get", "start_on", ANSWER_PROCESSES, { "1" } },
	  MALFORMED },
	{ "an empty word in start on",
	  { "start-on", "worker" },
	  { NULL, "Get", "start_on", ANSWER_OPERATORS, { "socket", "", "PORT=1", "|" } },
	  MALFORMED },
	{ "an operator without words",
	  { "start-on", "worker" },
	  { NULL, "Get", "start_on", ANSWER_OPERATORS, { "socket", "|", "|" } },
	  MALFORMED },
	{ "a huge name",
	  { "job", "100" },
	  { JOBS "/hello", "Get", "name", ANSWER_HUGE, { NULL } },
	  NO_REPLY },
	{ "a huge path",
	  { "start-on", "hello" },
	  { NULL, "GetJobByName", NULL, ANSWER_HUGE, { NULL } },
	  NO_REPLY },
	{ "closed by the peer",
	  { "job", "100" },
	  { NULL, "GetAllJobs", NULL, ANSWER_CLOSE, { NULL } },
	  NO_REPLY },
	{ "closed half way",
	  { "job-state", "hello", "" },
	  { NULL, "Get", "state", ANSWER_CLOSE, { NULL } },
	  NO_REPLY },
	{ "some error",
	  { "job-state", "hello", "" },
	  { NULL, "Get", "state", ANSWER_ERROR, { "a.b.Failed", "it went wrong" } },
	  "it went wrong" },
	{ "no such manager",
	  { "job", "100" },
	  { NULL, "GetAllJobs", NULL, ANSWER_ERROR, { "com.ubuntu.Upstart0_6.Error.UnknownJob", "?" } },
	  "GetAllJobs" },
	{ "an error of many lines and colours",
	  { "job-state", "hello", "" },
	  { NULL, "GetJobByName", NULL, ANSWER_ERROR, { "a.b.Failed", "one\ntwo\r\033[31m\177" } },
	  "one?two??[31m?" },
};

static void a_peer_that_misbehaves_is_exit_2(void **state)
{
	struct world *world = *state;
	struct run run;

	for (size_t i = 0; i < ARRAY_SIZE(misbehaviours); i++) {
		const struct peer_answer quirks[] = { misbehaviours[i].quirk, { 0 } };

		world_start_upstart(world, quirks);
		run_query(&run, world, misbehaviours[i].args);
		expect_failure(&run, misbehaviours[i].reason, misbehaviours[i].name);
		world_stop_upstart(world);
	}
}

/* As long as the bridge takes it, and no longer: that is said, and not taken for another failure. */
static void an_answer_that_is_too_long_is_exit_4(void **state)
{
	struct world *world = *state;

	for (int more = 0; more <= 1; more++) {
		/* "NAME\nINSTANCE\n", and the instance has no name. */
		const size_t length = BUS_ANSWER_MAX - 2 + (size_t)more;
		char name[BUS_ANSWER_MAX] = "", reason[64];
		const struct peer_answer quirks[] = {
			{ JOBS "/hello", "Get", "name", ANSWER_TEXT, { name } },
			{ 0 },
		};
		struct run run;

		memset(name, 'x', length);
		world_start_upstart(world, quirks);
		RUN_QUERY(&run, world, "job", "100");
		(void)snprintf(reason, sizeof(reason), "longer than %d bytes", BUS_ANSWER_MAX);
		assert_true(WIFEXITED(run.status));
		assert_int_equal(WEXITSTATUS(run.status), more == 0 ? 0 : 4);
		assert_int_equal(run.out_length, more == 0 ? BUS_ANSWER_MAX : 0);
		assert_int_equal(strstr(run.err, reason) != NULL, more == 1);
		world_stop_upstart(world);
	}
}

/* ---- the command line ---- */

static void an_unknown_question_is_exit_3(void **state)
{
	static const char *const cases[][MAX_ARGS] = {
		{ NULL }, { "nonsense" }, { "job" }, { "job", "1", "2" }, { "job-state", "hello" },
	};
	struct run run;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run_query(&run, *state, cases[i]);
		assert_true(WIFEXITED(run.status));
		assert_int_equal(WEXITSTATUS(run.status), 3);
		assert_int_equal(run.out_length, 0);
		assert_non_null(strstr(run.err, "usage"));
	}
}

/* ---- what older versions ask ---- */

enum meaning {
	MEANS_ANSWER,
	MEANS_NOTHING_THERE, /* the manager knows no such thing */
	MEANS_NO_ANSWER,
};

/* As 0.1.0 reads it, bus_read() there. */
static enum meaning read_as_0_1_0(const struct run *run)
{
	if (!WIFEXITED(run->status))
		return MEANS_NO_ANSWER;
	return WEXITSTATUS(run->status) == 0   ? MEANS_ANSWER
	       : WEXITSTATUS(run->status) == 1 ? MEANS_NOTHING_THERE
					       : MEANS_NO_ANSWER;
}

/*
 * Its babysitters and launchers live on, or are still to be replaced, when this version is installed. A
 * row is never changed: it is what they say and want to hear.
 */
static const struct {
	const char *args[MAX_ARGS];
	enum meaning meaning;
	const char *answer;
	size_t length;
} asked_by_0_1_0[] = {
	{ { "job", "100" }, MEANS_ANSWER, TEXT("hello\n\n") },
	{ { "job", "201" }, MEANS_ANSWER, TEXT("worker\na/b\n") },
	{ { "job", "101" }, MEANS_NOTHING_THERE, TEXT("") },
	{ { "job-state", "hello", "" }, MEANS_ANSWER, TEXT("start\nspawned\n") },
	{ { "job-state", "worker", "c" }, MEANS_ANSWER, TEXT("stop\npost-stop\n") },
	{ { "job-state", "nosuch", "" }, MEANS_NOTHING_THERE, TEXT("") },
	{ { "start-on", "worker" },
	  MEANS_ANSWER,
	  TEXT("socket\0PROTO=inet\0\0started\0foo\0\0/AND\0\0") },
	{ { "no-question-of-ours", "x" }, MEANS_NO_ANSWER, TEXT("") },
};

static void what_0_1_0_asks_is_understood(void **state)
{
	struct world *world = *state;
	struct run run;

	world_start_upstart(world, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(asked_by_0_1_0); i++) {
		run_query(&run, world, asked_by_0_1_0[i].args);
		check_int(asked_by_0_1_0[i].args[0], read_as_0_1_0(&run), asked_by_0_1_0[i].meaning);
		check_int(asked_by_0_1_0[i].args[0], run.out_length, asked_by_0_1_0[i].length);
		assert_memory_equal(run.out, asked_by_0_1_0[i].answer, run.out_length);
	}
}

static void a_wrong_command_line_is_exit_2(void **state)
{
	static const struct {
		const char *args[MAX_ARGS];
		const char *reason;
	} cases[] = {
		{ { "unit", "" }, "process id" },
		{ { "unit", "0" }, "process id" },
		{ { "unit", "-1" }, "process id" },
		{ { "unit", " 1" }, "process id" },
		{ { "job", "1x" }, "process id" },
		{ { "job", "2147483648" }, "process id" },
		{ { "job", "99999999999999999999999" }, "process id" },
		{ { "start-on", "\xff" }, "UTF-8" },
		{ { "job-state", "hello", "\xc3" }, "UTF-8" },
	};
	struct run run;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run_query(&run, *state, cases[i].args);
		expect_failure(&run, cases[i].reason, "command line");
	}
}

static void an_answer_that_cannot_be_written_is_exit_2(void **state)
{
	struct world *world = *state;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), status;
	pid_t pid;

	world_start_upstart(world, NULL);
	pid = fork();
	if (pid == 0)
		run_exec(world, (const char *const[MAX_ARGS]){ "job", "100" }, full, full);
	(void)close(full);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
}

/* Its own, and whoever started it may want to hear of no clocks: nobody is left to kill it. */
static void a_question_without_an_answer_is_ended_by_its_clock(void **state)
{
	struct world *world = *state;
	struct sigaction ignored = { .sa_handler = SIG_IGN }, before;
	sigset_t alarm_only, mask;
	struct run run;
	int status;

	world_start_bus(world, NULL, NULL);
	(void)kill(world->daemon, SIGSTOP);
	world_set_env(world, "DBUS_SYSTEM_BUS_ADDRESS=%s", world->bus_address);
	(void)sigemptyset(&alarm_only);
	(void)sigaddset(&alarm_only, SIGALRM);
	(void)sigaction(SIGALRM, &ignored, &before);
	(void)sigprocmask(SIG_BLOCK, &alarm_only, &mask);
	run_start(&run, world, (const char *const[MAX_ARGS]){ "job", "100" });
	(void)sigaction(SIGALRM, &before, NULL);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	run_wait_signal(&run, "SigIgn", SIGALRM, false);
	run_wait_signal(&run, "SigBlk", SIGALRM, false);
	assert_int_equal(kill(run.pid, SIGALRM), 0);
	assert_int_equal(waitpid(run.pid, &status, 0), run.pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
	(void)close(run.out_fd);
	(void)close(run.err_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(upstart_answers_on_its_private_socket),
		WORLD_TEST(what_upstart_does_not_know_is_exit_1),
		WORLD_TEST(an_instance_that_goes_away_meanwhile_is_passed_over),
		WORLD_TEST(signals_before_the_answer_do_no_harm),
		WORLD_TEST(a_peer_that_misbehaves_is_exit_2),
		WORLD_TEST(an_answer_that_is_too_long_is_exit_4),
		WORLD_TEST(an_unknown_question_is_exit_3),
		WORLD_TEST(what_0_1_0_asks_is_understood),
		WORLD_TEST(a_wrong_command_line_is_exit_2),
		WORLD_TEST(an_answer_that_cannot_be_written_is_exit_2),
		WORLD_TEST(a_question_without_an_answer_is_ended_by_its_clock),
	};

	return cmocka_run_group_tests_name("bus_query", tests, NULL, NULL);
}
