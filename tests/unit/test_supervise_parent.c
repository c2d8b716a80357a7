/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * supervisor_step(): every order in which things can happen to the parent that stays. What must come
 * of an order is said a second time here, from the sets of what has happened so far.
 */
#include "unit.h"

#include "act/supervise/parent.h"
#include "base/exit_status.h"
#include "base/text.h"
#include "base/util.h"
#include "permutations.h"

#define DAEMON 10
#define CHILD 11
#define OTHER 12
#define STATUS_OF(pid) ((pid) << 8) /* exit status 10, 11, ... */

enum happening {
	TELLING,
	SETTLED,
	NAMED, /* the child is the main process from now on */
	DAEMON_REAPED,
	CHILD_REAPED,
	STOPPED_BY_HOST,
	CONTINUED,
	ALONE,
	TIMER,
	N_HAPPENINGS,
};

static const char *const names[] = { "telling", "settled",   "named", "daemon", "child",
				     "stop",    "continued", "alone", "timer" };

static const struct supervisor_event events[] = {
	[TELLING] = { .kind = SUPERVISOR_TOLD, .word.kind = WORD_TELLING },
	[SETTLED] = { .kind = SUPERVISOR_TOLD, .word.kind = WORD_SETTLED },
	[NAMED] = { .kind = SUPERVISOR_TOLD, .word = { .kind = WORD_MAIN, .pid = CHILD } },
	[DAEMON_REAPED] = { .kind = SUPERVISOR_REAPED, .pid = DAEMON, .status = STATUS_OF(DAEMON) },
	[CHILD_REAPED] = { .kind = SUPERVISOR_REAPED, .pid = CHILD, .status = STATUS_OF(CHILD) },
	[STOPPED_BY_HOST] = { .kind = SUPERVISOR_SIGNALED, .signal = SIGTERM, .is_from_host = true },
	[CONTINUED] = { .kind = SUPERVISOR_SIGNALED, .signal = SIGCONT, .is_from_host = true },
	[ALONE] = { .kind = SUPERVISOR_ALONE },
	[TIMER] = { .kind = SUPERVISOR_TIMER },
};

static const struct supervisor fresh = { .daemon_pid = DAEMON, .main_pid = DAEMON };

/* What has happened, as a set and as an order. */
struct past {
	unsigned set;
	int at[N_HAPPENINGS]; /* from 1 */
	int n;
};

static bool has(const struct past *past, enum happening happening)
{
	return (past->set >> happening & 1) != 0;
}

static void add(struct past *past, enum happening happening)
{
	past->set |= 1U << happening;
	past->at[happening] = ++past->n;
}

static bool is_main_over(const struct past *past)
{
	return has(past, has(past, NAMED) ? CHILD_REAPED : DAEMON_REAPED);
}

static bool is_telling(const struct past *past)
{
	if (!has(past, TELLING))
		return false;
	return !(has(past, SETTLED) && past->at[SETTLED] > past->at[TELLING]) &&
	       !(has(past, ALONE) && past->at[ALONE] > past->at[TELLING]);
}

/* The babysitter was killed before anybody could be told that the main process is ready. */
static bool is_being_ended(const struct past *past)
{
	if (!has(past, ALONE) || (has(past, SETTLED) && past->at[SETTLED] < past->at[ALONE]))
		return false;
	return !has(past, NAMED) || past->at[NAMED] > past->at[ALONE]
		       ? !has(past, DAEMON_REAPED) || past->at[DAEMON_REAPED] > past->at[ALONE]
		       : !has(past, CHILD_REAPED) || past->at[CHILD_REAPED] > past->at[ALONE];
}

/* When the parent ends: its waiting is over, or nothing is left to wait for. */
static bool is_end(const struct past *past, enum happening now)
{
	if (!is_main_over(past))
		return false;
	return now == TIMER || (has(past, ALONE) && has(past, DAEMON_REAPED));
}

static unsigned expect(const struct past *before, const struct past *past, enum happening now)
{
	bool was_over = is_main_over(before);

	switch (now) {
	case SETTLED:
		return SUPERVISOR_LET_GO;
	case NAMED:
		return has(past, CHILD_REAPED) ? 0 : SUPERVISOR_FOLLOW;
	case STOPPED_BY_HOST:
		return was_over ? 0 : SUPERVISOR_FORWARD_GROUP;
	case CONTINUED:
		return was_over || is_telling(before) ? 0 : SUPERVISOR_FORWARD;
	case ALONE:
		return was_over ? 0
				: SUPERVISOR_WARN_ALONE |
					  (has(past, SETTLED) ? 0U : SUPERVISOR_END_MAIN);
	case TIMER:
		return !was_over && is_being_ended(before) ? SUPERVISOR_KILL_MAIN : 0;
	case TELLING:
	case DAEMON_REAPED:
	case CHILD_REAPED:
	case N_HAPPENINGS:
		break;
	}
	return 0;
}

static const char *name_of(const int *order, int n)
{
	static char name[128];
	size_t used = 0;

	for (int i = 0; i < n; i++)
		used += (size_t)snprintf(name + used, sizeof(name) - used, " %s",
					 names[order[i] % N_HAPPENINGS]);
	return name;
}

static const struct supervisor_event lost = { .kind = SUPERVISOR_MAIN_LOST };

/* With what the loop finds when it takes hold of a process that is to be followed. */
static struct supervisor_step take(struct supervisor *supervisor, const struct past *before, int now)
{
	struct supervisor_step step = supervisor_step(supervisor, &events[now]);

	return now == NAMED && has(before, CHILD_REAPED) && step.actions == SUPERVISOR_FOLLOW
		       ? supervisor_step(supervisor, &lost)
		       : step;
}

static void check_order(const int *order)
{
	struct supervisor supervisor = fresh;
	struct past past = { 0 };
	bool was_daemon_ended = false;

	for (int i = 0; i < N_HAPPENINGS; i++) {
		struct past before = past;
		struct supervisor_step step = take(&supervisor, &before, order[i]);
		unsigned expected;
		bool ends_daemon;

		add(&past, (enum happening)order[i]);
		expected = expect(&before, &past, (enum happening)order[i]);
		ends_daemon = is_main_over(&past) && has(&past, ALONE) &&
			      !has(&past, DAEMON_REAPED) && order[i] != TIMER && !was_daemon_ended;
		if (is_end(&past, (enum happening)order[i]))
			expected |= SUPERVISOR_END;
		else if (ends_daemon)
			expected |= SUPERVISOR_END_DAEMON;
		was_daemon_ended |= ends_daemon;
		if (step.actions != expected)
			fail_msg("%s: actions are 0x%x, not 0x%x", name_of(order, i + 1),
				 step.actions, expected);
		/* Nothing is waited for without a limit. */
		if (is_main_over(&past) && (!is_main_over(&before) || ends_daemon) &&
		    (expected & SUPERVISOR_END) == 0 && step.timer_ms <= 0)
			fail_msg("%s: no timer", name_of(order, i + 1));
		if ((step.actions & SUPERVISOR_END) == 0)
			continue;
		check_int(name_of(order, i + 1), step.status,
			  STATUS_OF(has(&past, NAMED) ? CHILD : DAEMON));
		return;
	}
	fail_msg("%s: no end", name_of(order, N_HAPPENINGS));
}

static void every_order_ends_as_the_main_process_did(void **state)
{
	int order[N_HAPPENINGS] = { 0 }, n_orders = 0;

	(void)state;
	first_permutation(order, N_HAPPENINGS);
	do {
		check_order(order);
		n_orders++;
	} while (next_permutation(order, N_HAPPENINGS));
	assert_int_equal(n_orders, 362880);
}

static void signals_go_where_the_host_would_have_sent_them(void **state)
{
	static const struct {
		const char *name;
		int signal;
		bool is_from_host;
		unsigned expected;
	} cases[] = {
		{ "a stop of the host's", SIGTERM, true, SUPERVISOR_FORWARD_GROUP },
		{ "the same with kill signal INT", SIGINT, true, SUPERVISOR_FORWARD_GROUP },
		{ "the same with kill signal QUIT", SIGQUIT, true, SUPERVISOR_FORWARD_GROUP },
		{ "a stop of somebody's", SIGTERM, false, SUPERVISOR_FORWARD },
		{ "a reload", SIGHUP, true, SUPERVISOR_FORWARD },
		{ "reload signal USR2", SIGUSR2, true, SUPERVISOR_FORWARD },
		{ "job control", SIGTSTP, false, SUPERVISOR_FORWARD },
		{ "and its end", SIGCONT, false, SUPERVISOR_FORWARD },
		{ "real time", 37, false, SUPERVISOR_FORWARD },
		{ "of a child of ours", SIGCHLD, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct supervisor supervisor = fresh;
		struct supervisor_event event = { .kind = SUPERVISOR_SIGNALED,
						  .signal = cases[i].signal,
						  .is_from_host = cases[i].is_from_host };

		check_int(cases[i].name, supervisor_step(&supervisor, &event).actions,
			  cases[i].expected);
	}
}

static struct supervisor_event sent(int signal, bool is_from_host)
{
	return (struct supervisor_event){ .kind = SUPERVISOR_SIGNALED,
					  .signal = signal,
					  .is_from_host = is_from_host };
}

/* "kill signal" and "reload signal" are the job's affair. */
static void a_signal_that_may_be_a_stop_is_asked_about(void **state)
{
	static const struct {
		const char *name;
		int signal;
		bool is_from_host, is_asked;
	} cases[] = {
		{ "the usual stop", SIGTERM, true, false },
		{ "INT", SIGINT, true, false },
		{ "QUIT", SIGQUIT, true, false },
		{ "kill signal USR1", SIGUSR1, true, true },
		{ "kill signal WINCH", SIGWINCH, true, true },
		{ "kill signal 37", 37, true, true },
		{ "the usual reload", SIGHUP, true, true },
		{ "an administrator's", SIGUSR1, false, false },
		{ "SIGCONT", SIGCONT, true, false },
	};
	static const struct {
		int answer;
		unsigned expected;
	} answers[] = {
		{ 1, SUPERVISOR_FORWARD_GROUP },
		{ 0, SUPERVISOR_FORWARD },
		{ -ETIMEDOUT, SUPERVISOR_FORWARD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(answers); i++) {
		size_t row = i % ARRAY_SIZE(cases), answer = i / ARRAY_SIZE(cases);
		struct supervisor supervisor = fresh;
		struct supervisor_event event = sent(cases[row].signal, cases[row].is_from_host);
		struct supervisor_step step;

		supervisor.can_ask = true;
		step = supervisor_step(&supervisor, &event);
		check_int(cases[row].name, step.actions == SUPERVISOR_ASK, cases[row].is_asked);
		if (!cases[row].is_asked)
			continue;
		event = (struct supervisor_event){ .kind = SUPERVISOR_ANSWERED,
						   .answer = answers[answer].answer };
		step = supervisor_step(&supervisor, &event);
		check_int(cases[row].name, step.actions, answers[answer].expected);
		check_int(cases[row].name, step.signal, cases[row].signal);
		check_int(cases[row].name, supervisor_has_next(&supervisor), false);
	}
}

static void give_answer(struct supervisor *supervisor, int answer, struct text *told)
{
	struct supervisor_event event = { .kind = SUPERVISOR_ANSWERED, .answer = answer };

	do {
		struct supervisor_step step = supervisor_step(supervisor, &event);

		text_add(told, step.actions == SUPERVISOR_ASK             ? " ask"
			       : step.actions == SUPERVISOR_FORWARD       ? " main:"
			       : step.actions == SUPERVISOR_FORWARD_GROUP ? " group:"
									  : " none");
		if (step.actions != SUPERVISOR_ASK && step.actions != 0)
			text_add_number(told, (unsigned long)step.signal);
		event.kind = SUPERVISOR_NEXT;
	} while (supervisor_has_next(supervisor));
}

/* 10 USR1, 12 USR2, 1 HUP, 15 TERM: none overtakes another, and none is lost. */
static void signals_that_come_while_it_is_asked_keep_their_order(void **state)
{
	const struct supervisor_event signals[] = { sent(SIGUSR1, true), sent(SIGUSR2, false),
						    sent(SIGHUP, true), sent(SIGTERM, true) };
	static const struct {
		const char *name;
		int answers[2];
		const char *expected;
	} cases[] = {
		{ "a reload, then a stop", { 0, 1 }, " main:10 main:12 ask group:1 group:15" },
		{ "a stop by each", { 1, 1 }, " group:10 main:12 ask group:1 group:15" },
		{ "no answer at all", { -EIO, 0 }, " main:10 main:12 main:1 group:15" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct supervisor supervisor = fresh;
		char buffer[128];
		struct text told = text_begin(buffer, sizeof(buffer));

		supervisor.can_ask = true;
		for (size_t n = 0; n < ARRAY_SIZE(signals); n++)
			check_int(cases[i].name, supervisor_step(&supervisor, &signals[n]).actions,
				  n == 0 ? SUPERVISOR_ASK : 0);
		give_answer(&supervisor, cases[i].answers[0], &told);
		if (supervisor.is_asking)
			give_answer(&supervisor, cases[i].answers[1], &told);
		check_text(cases[i].name, buffer, cases[i].expected);
	}
}

/* However many there are, at any moment: each goes somewhere once, and after the end nobody gets any. */
static void too_many_signals_are_not_lost(void **state)
{
	struct supervisor supervisor = fresh;
	struct supervisor_event event = sent(SIGUSR1, true);
	int n_sent = 0;

	(void)state;
	supervisor.can_ask = true;
	for (int i = 0; i < SUPERVISOR_QUEUE + 5; i++)
		n_sent += supervisor_step(&supervisor, &event).actions == SUPERVISOR_FORWARD;
	assert_int_equal(n_sent, 4); /* one is asked about, the others wait */
	(void)supervisor_step(&supervisor, &events[DAEMON_REAPED]);
	event = (struct supervisor_event){ .kind = SUPERVISOR_ANSWERED, .answer = 1 };
	do {
		assert_int_equal(supervisor_step(&supervisor, &event).actions, 0);
		event.kind = SUPERVISOR_NEXT;
	} while (supervisor_has_next(&supervisor));
}

/* Adopted ones come and go by the thousand; only the last few can have been named. */
static void the_end_of_others_is_no_end(void **state)
{
	struct supervisor supervisor = fresh;
	struct supervisor_event event = { .kind = SUPERVISOR_REAPED, .status = STATUS_OF(OTHER) };

	(void)state;
	for (event.pid = OTHER; event.pid < OTHER + 1000; event.pid++)
		assert_int_equal(supervisor_step(&supervisor, &event).actions, 0);
	assert_false(supervisor.main_ended);
	assert_int_equal(supervisor_step(&supervisor, &events[NAMED]).actions, SUPERVISOR_FOLLOW);
}

static void an_end_that_nobody_saw_is_no_success(void **state)
{
	struct supervisor supervisor = fresh;
	struct supervisor_step step;

	(void)state;
	(void)supervisor_step(&supervisor, &events[NAMED]);
	assert_int_equal(supervisor_step(&supervisor, &lost).actions, 0);
	assert_int_equal(supervisor_step(&supervisor, &lost).actions, 0);
	step = supervisor_step(&supervisor, &events[ALONE]);
	assert_int_equal(step.actions, SUPERVISOR_END_DAEMON);
	assert_true(step.timer_ms > 0);
	step = supervisor_step(&supervisor, &events[DAEMON_REAPED]);
	assert_int_equal(step.actions, SUPERVISOR_END | SUPERVISOR_WARN_LOST);
	assert_true(WIFEXITED(step.status) && WEXITSTATUS(step.status) == 1);
}

/* Its parent ended after it, and did not reap it: so it came to us after all. */
static void an_end_that_is_seen_late_is_as_it_was(void **state)
{
	struct supervisor supervisor = fresh;
	struct supervisor_step step;

	(void)state;
	(void)supervisor_step(&supervisor, &events[NAMED]);
	(void)supervisor_step(&supervisor, &lost);
	assert_int_equal(supervisor_step(&supervisor, &events[CHILD_REAPED]).actions, 0);
	(void)supervisor_step(&supervisor, &events[ALONE]);
	step = supervisor_step(&supervisor, &events[DAEMON_REAPED]);
	assert_int_equal(step.actions, SUPERVISOR_END);
	assert_int_equal(step.status, STATUS_OF(CHILD));
}

/* A number comes again: those who had it before are not the one that is named, and the last counts. */
static void one_who_is_there_is_not_taken_for_one_who_was_reaped(void **state)
{
	struct supervisor supervisor = fresh;
	struct supervisor_event earlier = events[CHILD_REAPED];

	(void)state;
	earlier.status = 0;
	(void)supervisor_step(&supervisor, &earlier);
	assert_int_equal(supervisor_step(&supervisor, &events[NAMED]).actions, SUPERVISOR_FOLLOW);
	assert_false(supervisor.main_ended);

	supervisor = fresh;
	(void)supervisor_step(&supervisor, &earlier);
	(void)supervisor_step(&supervisor, &events[CHILD_REAPED]);
	(void)supervisor_step(&supervisor, &events[NAMED]);
	(void)supervisor_step(&supervisor, &lost);
	assert_int_equal(supervisor.status, STATUS_OF(CHILD));
	assert_false(supervisor.is_lost);
}

/* As many as are remembered, and not one more: what is forgotten is lost, not another's. */
static void the_last_few_that_were_reaped_are_remembered(void **state)
{
	(void)state;
	for (int after = SUPERVISOR_MEMORY - 2; after <= SUPERVISOR_MEMORY + 1; after++) {
		struct supervisor supervisor = fresh;
		struct supervisor_event other = { .kind = SUPERVISOR_REAPED };
		bool is_remembered = after < SUPERVISOR_MEMORY;
		char name[32];

		(void)snprintf(name, sizeof(name), "%d others since", after);
		(void)supervisor_step(&supervisor, &events[CHILD_REAPED]);
		for (int i = 0; i < after; i++) {
			other.pid = OTHER + i;
			(void)supervisor_step(&supervisor, &other);
		}
		(void)supervisor_step(&supervisor, &events[NAMED]);
		(void)supervisor_step(&supervisor, &lost);
		check_int(name, supervisor.is_lost, !is_remembered);
		check_int(name, supervisor.status, is_remembered ? STATUS_OF(CHILD) : 1 << 8);
	}
}

/* Of a daemon that goes to the background, and of whom none is left: what it ends with. */
static void none_left_is_the_failure_of_the_last_in_any_order(void **state)
{
	static const struct {
		struct {
			pid_t pid;
			int status;
		} reaped[4];
		int status;
		bool is_warned_of;
	} rows[] = {
		{ { { DAEMON, 0 }, { CHILD, 0 }, { OTHER, 3 << 8 } }, 3 << 8, false },
		{ { { DAEMON, 0 }, { OTHER, 3 << 8 }, { CHILD, 0 } }, 3 << 8, false },
		{ { { OTHER, 3 << 8 }, { DAEMON, 0 }, { CHILD, 0 } }, 3 << 8, false },
		{ { { OTHER, SIGKILL }, { DAEMON, 0 } }, SIGKILL, false },
		{ { { OTHER, 4 << 8 }, { DAEMON, 0 }, { CHILD, 3 << 8 } }, 3 << 8, false },
		{ { { DAEMON, 0 }, { CHILD, 0 }, { OTHER, 0 } }, EXIT_OURS << 8, true },
		{ { { OTHER, 0 }, { DAEMON, 0 } }, EXIT_OURS << 8, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct supervisor supervisor = { .daemon_pid = DAEMON,
						 .main_pid = DAEMON,
						 .is_forking = true };
		struct supervisor_event event;
		struct supervisor_step step;

		for (size_t k = 0; k < ARRAY_SIZE(rows[i].reaped) && rows[i].reaped[k].pid != 0; k++) {
			event = (struct supervisor_event){ .kind = SUPERVISOR_REAPED,
							   .pid = rows[i].reaped[k].pid,
							   .status = rows[i].reaped[k].status };
			(void)supervisor_step(&supervisor, &event);
		}
		event = (struct supervisor_event){ .kind = SUPERVISOR_NONE_LEFT };
		step = supervisor_step(&supervisor, &event);
		assert_int_equal((step.actions & SUPERVISOR_WARN_NONE_LEFT) != 0,
				 rows[i].is_warned_of);
		assert_int_equal(supervisor.status, rows[i].status);
		assert_true(supervisor.main_ended);
	}
}

/* The babysitter looks again whenever it may have become clear who the main process is. */
static void each_end_that_may_leave_the_main_process_alone_is_told(void **state)
{
	static const struct {
		struct supervisor_event event;
		bool is_told;
	} rows[] = {
		{ { .kind = SUPERVISOR_REAPED, .pid = OTHER }, false },
		{ { .kind = SUPERVISOR_REAPED, .pid = DAEMON }, true },
		{ { .kind = SUPERVISOR_REAPED, .pid = OTHER }, true },
		{ { .kind = SUPERVISOR_REAPED, .pid = OTHER, .status = SIGSEGV }, true },
		{ { .kind = SUPERVISOR_TOLD, .word = { .kind = WORD_MAIN, .pid = CHILD } }, false },
		{ { .kind = SUPERVISOR_REAPED, .pid = OTHER }, false },
		{ { .kind = SUPERVISOR_REAPED, .pid = CHILD }, false },
	};
	struct supervisor supervisor = { .daemon_pid = DAEMON, .main_pid = DAEMON, .is_forking = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct supervisor_step step = supervisor_step(&supervisor, &rows[i].event);

		assert_int_equal((step.actions & SUPERVISOR_SAY_FORKED) != 0, rows[i].is_told);
	}
}

/* Whether we have heard of that end or not, and whether the daemon goes to the background or not. */
static void a_signal_that_comes_after_the_end_is_kept_for_the_next(void **state)
{
	static const struct {
		bool is_forking, can_ask;
		int signal;
	} rows[] = {
		{ false, false, SIGTERM }, { true, false, SIGTERM }, { false, false, SIGHUP },
		{ true, false, SIGHUP },   { false, true, SIGHUP },  { true, true, SIGUSR1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct supervisor supervisor = { .daemon_pid = DAEMON,
						 .main_pid = rows[i].is_forking ? OTHER : DAEMON,
						 .is_forking = rows[i].is_forking,
						 .can_ask = rows[i].can_ask };
		const struct supervisor_event event = { .kind = SUPERVISOR_SIGNALED,
							.signal = rows[i].signal,
							.is_from_host = true,
							.main_has_ended = true };
		bool is_stop = rows[i].signal == SIGTERM;

		assert_int_equal(supervisor_step(&supervisor, &event).actions, 0);
		assert_int_equal(supervisor.stop_signal, is_stop ? SIGTERM : 0);
		assert_int_equal(supervisor.kept_signals, is_stop ? 0 : 1ULL << (rows[i].signal - 1));
		assert_int_equal(supervisor_step(&supervisor, &events[NAMED]).actions,
				 SUPERVISOR_FOLLOW);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_ends_as_the_main_process_did),
		cmocka_unit_test(signals_go_where_the_host_would_have_sent_them),
		cmocka_unit_test(a_signal_that_may_be_a_stop_is_asked_about),
		cmocka_unit_test(signals_that_come_while_it_is_asked_keep_their_order),
		cmocka_unit_test(too_many_signals_are_not_lost),
		cmocka_unit_test(the_end_of_others_is_no_end),
		cmocka_unit_test(an_end_that_nobody_saw_is_no_success),
		cmocka_unit_test(an_end_that_is_seen_late_is_as_it_was),
		cmocka_unit_test(none_left_is_the_failure_of_the_last_in_any_order),
		cmocka_unit_test(each_end_that_may_leave_the_main_process_alone_is_told),
		cmocka_unit_test(a_signal_that_comes_after_the_end_is_kept_for_the_next),
		cmocka_unit_test(the_last_few_that_were_reaped_are_remembered),
		cmocka_unit_test(one_who_is_there_is_not_taken_for_one_who_was_reaped),
	};

	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
