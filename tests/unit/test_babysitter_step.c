/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * babysitter_step(): every order in which things can happen. What must come of an order is said
 * a second time here, as conditions on the whole of it rather than as steps.
 */
#include "unit.h"

#include "babysitter/step.h"
#include "base/util.h"
#include "permutations.h"

/* ---- A host whose machine is done after so many events, and remembers what it was given ---- */

static int done_after, n_given;
static enum telling_event_kind given_kinds[16];
static long long given_times[16];

static struct telling_step tell_ready(struct telling *telling, const struct telling_event *event)
{
	given_kinds[n_given] = event->kind;
	given_times[n_given++] = event->now_ms;
	telling->rounds++;
	return (struct telling_step){
		.actions = telling->rounds == done_after ? TELL_DONE : TELL_LOOK,
		.timer_ms = 7,
	};
}

static const struct way way = { .tell_ready = tell_ready };
static const struct host host = { .name = "test", .way = &way };

/* ---- One order of events ---- */

enum happening {
	READY,
	READY_AGAIN,
	REFUSED,
	REFUSED_AGAIN,
	TOLD,
	DEADLINE,
	DEADLINE_AGAIN,
	ENDED
};

#define N_HAPPENINGS 8

static const char *const happening_names[] = { "ready", "ready",    "refused",  "refused",
					       "told",  "deadline", "deadline", "ended" };

/* Which is due, as the loop finds out. */
static enum deadline next_deadline(const struct babysitter *sitter)
{
	return sitter->due_ms[DEADLINE_KILL] != 0 ? DEADLINE_KILL : DEADLINE_START;
}

static struct babysitter_event make_event(enum happening happening, long long now_ms)
{
	static const struct statement ready = { .changes = STATE_READY };
	static const struct statement ready_with_pid = { .changes = STATE_READY | STATE_MAIN_PID };
	struct babysitter_event event = { .telling = { .now_ms = now_ms } };

	switch (happening) {
	case READY:
	case READY_AGAIN:
		event.kind = EVENT_NOTIFICATION;
		event.said = happening == READY_AGAIN ? &ready_with_pid : &ready;
		event.sender = SENDER_MAIN;
		break;
	case REFUSED:
	case REFUSED_AGAIN:
		event.kind = EVENT_NOTIFICATION;
		event.said = &ready;
		event.sender = SENDER_FRIEND;
		break;
	case TOLD:
		event.kind = EVENT_TELLING;
		event.telling.kind = HEARD_TIMER;
		break;
	case DEADLINE:
	case DEADLINE_AGAIN:
		event.kind = EVENT_DEADLINE;
		break;
	case ENDED:
		event.kind = EVENT_MAIN_ENDED;
		break;
	}
	return event;
}

/* What has come of one order: after which event (from 1) each thing happened, 0: never. */
struct course {
	char name[128];
	int ready_at, ended_at, refused_at, late_at, later_at;
	int warned_refused, warned_ended, warned_late, settled, left; /* how often */
	int terminated, killed, reported, became_ready, became_unready;
	int n_allowed;
	int settled_at, left_at;
};

static void note(struct course *course, unsigned actions, int at)
{
	const struct {
		enum babysitter_action action;
		int *count;
	} counts[] = {
		{ SIT_WARN_REFUSED, &course->warned_refused },
		{ SIT_WARN_ENDED_EARLY, &course->warned_ended },
		{ SIT_WARN_LATE, &course->warned_late },
		{ SIT_SETTLED, &course->settled },
		{ SIT_LEAVE, &course->left },
		{ SIT_TERMINATE, &course->terminated },
		{ SIT_KILL, &course->killed },
		{ SIT_REPORT, &course->reported },
		{ SIT_READY, &course->became_ready },
		{ SIT_NOT_READY, &course->became_unready },
		{ SIT_DEBUG_REFUSED, &(int){ 0 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		*counts[i].count += (actions & counts[i].action) != 0;
		actions &= ~(unsigned)counts[i].action;
	}
	check_int(course->name, actions, 0);
	if (course->settled > 0 && course->settled_at == 0)
		course->settled_at = at;
	if (course->left > 0)
		course->left_at = at;
}

/* Not what is as if it had not happened: readiness that comes too late, time that is not short. */
static void remember(struct course *course, enum happening happening, int at)
{
	bool is_ready = happening == READY || happening == READY_AGAIN;
	bool is_refused = happening == REFUSED || happening == REFUSED_AGAIN;
	bool is_deadline = happening == DEADLINE || happening == DEADLINE_AGAIN;
	size_t used = strlen(course->name);

	(void)snprintf(course->name + used, sizeof(course->name) - used, " %s",
		       happening_names[happening]);
	course->n_allowed += is_ready;
	if (is_ready && course->ready_at == 0 && course->late_at == 0)
		course->ready_at = at;
	if (is_refused && course->ready_at == 0 && course->refused_at == 0)
		course->refused_at = at;
	if (is_deadline && course->late_at != 0)
		course->later_at = at;
	if (is_deadline && course->ready_at == 0 && course->late_at == 0)
		course->late_at = at;
	if (happening == ENDED)
		course->ended_at = at;
}

/* Until it leaves, as the loop does. Returns how many happened. */
static int run(const int *order, bool end_after_ready, struct course *course)
{
	struct babysitter sitter = { .host = &host,
				     .way = &way,
				     .end_after_ready = end_after_ready,
				     .granted = NOTIFY_ACCESS_MAIN,
				     .access = NOTIFY_ACCESS_MAIN,
				     .due_ms = { [DEADLINE_START] = 100 } };

	*course = (struct course){ .name = "" };
	n_given = 0;
	for (int i = 0; i < N_HAPPENINGS; i++) {
		struct babysitter_event event = make_event((enum happening)order[i], 100 + i);
		struct babysitter_step step;
		int given_before = n_given;

		remember(course, (enum happening)order[i], i + 1);
		event.deadline = next_deadline(&sitter);
		step = babysitter_step(&sitter, &event);
		note(course, step.actions, i + 1);
		/* What the host's machine wants done is passed on, and nothing made up. */
		check_int(course->name, step.telling.actions != 0, n_given > given_before);
		check_int(course->name, step.telling.timer_ms, n_given > given_before ? 7 : 0);
		if (course->left > 0)
			return i + 1;
	}
	return N_HAPPENINGS;
}

static void check_host_was_told(const struct course *course, const int *order, int n)
{
	int expected = 0;

	check_int(course->name, n_given > 0, course->ready_at > 0);
	for (int i = course->ready_at - 1; i >= 0 && i < n; i++) {
		bool is_begin = i == course->ready_at - 1;

		if ((!is_begin && order[i] != TOLD) || expected == done_after)
			continue;
		check_int(course->name, given_kinds[expected], is_begin ? HEARD_READY : HEARD_TIMER);
		check_int(course->name, given_times[expected], 100 + i);
		expected++;
	}
	check_int(course->name, n_given, expected);
}

static void check_course(const struct course *course, const int *order, int n, bool end_after_ready)
{
	bool is_settled = n_given == done_after;

	check_host_was_told(course, order, n);
	check_int(course->name, course->reported, course->n_allowed);
	check_int(course->name, course->warned_refused, course->refused_at > 0);
	/* Whoever is ended for being late need not be told of a second time. */
	check_int(course->name, course->warned_ended,
		  course->ended_at > 0 && course->ready_at == 0 && course->late_at == 0);
	check_int(course->name, course->warned_late, course->late_at > 0);
	check_int(course->name, course->terminated, course->late_at > 0);
	check_int(course->name, course->killed, course->later_at > 0);
	check_int(course->name, course->became_ready, course->ready_at > 0);
	check_int(course->name, course->became_unready, course->ended_at > 0);
	check_int(course->name, course->settled, is_settled);
	/* It leaves when the daemon has ended, or, if asked to, when the host knows; never else. */
	check_int(course->name, course->left,
		  course->ended_at > 0 || (is_settled && end_after_ready));
	if (is_settled && end_after_ready)
		check_int(course->name, course->left_at, course->settled_at);
	else
		check_int(course->name, course->left_at, course->ended_at);
}

static void every_order_ends_well(void **state)
{
	int n_orders = 0;

	(void)state;
	for (done_after = 1; done_after <= 3; done_after++) {
		int order[N_HAPPENINGS];

		first_permutation(order, N_HAPPENINGS);
		do {
			for (int end = 0; end <= 1; end++) {
				struct course course;
				int n = run(order, end == 1, &course);

				check_course(&course, order, n, end == 1);
			}
			n_orders++;
		} while (next_permutation(order, N_HAPPENINGS));
	}
	assert_int_equal(n_orders, 3 * 40320);
}

/* ---- With a parent between the host and the daemon: every order, again ---- */

enum turn {
	TURN_READY,
	TURN_TOLD,
	TURN_NAMED, /* another main process */
	TURN_DEADLINE,
	TURN_ENDED,
	TURN_ORPHANED, /* the parent has ended */
	N_TURNS,
};

static struct babysitter_event make_turn(enum turn turn)
{
	static const struct statement ready = { .changes = STATE_READY };
	static const struct statement named = { .changes = STATE_MAIN_PID, .main_pid = 7 };

	switch (turn) {
	case TURN_READY:
		return (struct babysitter_event){ .kind = EVENT_NOTIFICATION,
						  .said = &ready,
						  .sender = SENDER_MAIN };
	case TURN_NAMED:
		return (struct babysitter_event){ .kind = EVENT_NOTIFICATION,
						  .said = &named,
						  .sender = SENDER_MAIN,
						  .names_another = true };
	case TURN_TOLD:
		return (struct babysitter_event){ .kind = EVENT_TELLING,
						  .telling = { .kind = HEARD_TIMER } };
	case TURN_DEADLINE:
		return (struct babysitter_event){ .kind = EVENT_DEADLINE, .deadline = DEADLINE_START };
	case TURN_ENDED:
		return (struct babysitter_event){ .kind = EVENT_MAIN_ENDED };
	case TURN_ORPHANED:
	case N_TURNS:
		break;
	}
	return (struct babysitter_event){ .kind = EVENT_PARENT_ENDED };
}

/* Plays @order until the babysitter leaves, and checks each step by what came before it. */
static void play_turns(const int *order, bool job_respawns, const char *name)
{
	struct babysitter sitter = { .host = &host,
				     .way = &way,
				     .has_parent = true,
				     .job_respawns = job_respawns,
				     .granted = NOTIFY_ACCESS_MAIN,
				     .access = NOTIFY_ACCESS_MAIN,
				     .due_ms = { [DEADLINE_START] = 100 } };
	bool has_ended = false, has_begun = false, is_late = false;

	n_given = 0;
	for (int i = 0; i < N_TURNS; i++) {
		struct babysitter_event event = make_turn((enum turn)order[i]);
		unsigned actions = babysitter_step(&sitter, &event).actions;
		bool is_done;

		is_late |= order[i] == TURN_DEADLINE && !has_begun && !has_ended;
		has_ended |= order[i] == TURN_ENDED;
		has_begun |= n_given > 0;
		is_done = n_given == done_after;
		check_int(name, (actions & SIT_KILL_ORPHAN) != 0,
			  order[i] == TURN_ORPHANED && !has_ended);
		check_int(name, (actions & SIT_FOLLOW) != 0,
			  order[i] == TURN_NAMED && !has_ended && !is_late);
		check_int(name, (actions & SIT_WARN_MAIN_PID) != 0, false);
		/* The last word is carried on, and an order that has begun is kept to. */
		check_int(name, (actions & SIT_LEAVE) != 0,
			  order[i] == TURN_ORPHANED || (has_ended && (!has_begun || is_done)));
		/* Who ends early in a job that respawns is called ready all the same. */
		if (has_ended && job_respawns)
			check(name, has_begun);
		if ((actions & SIT_LEAVE) != 0)
			return;
	}
	fail_msg("%s: it stays", name);
}

static void every_order_with_a_parent_ends_well(void **state)
{
	int n_orders = 0;

	(void)state;
	for (done_after = 1; done_after <= 2; done_after++) {
		int order[N_TURNS] = { 0 };

		first_permutation(order, N_TURNS);
		do {
			char name[64];

			(void)snprintf(name, sizeof(name), "%d%d%d%d%d%d done after %d", order[0],
				       order[1], order[2], order[3], order[4], order[5], done_after);
			play_turns(order, false, name);
			play_turns(order, true, name);
			n_orders++;
		} while (next_permutation(order, N_TURNS));
	}
	assert_int_equal(n_orders, 2 * 720);
}

/* ---- One message ---- */

static struct babysitter make_sitter(enum notify_access access)
{
	n_given = 0;
	done_after = 1;
	return (struct babysitter){ .host = &host, .way = &way, .granted = access, .access = access };
}

static struct babysitter_step take(struct babysitter *sitter, const struct statement *said,
				   enum sender sender, long long now_ms)
{
	return babysitter_step(sitter, &(struct babysitter_event){ .kind = EVENT_NOTIFICATION,
								   .said = said,
								   .sender = sender,
								   .telling = { .now_ms = now_ms } });
}

static struct babysitter_step say(struct babysitter *sitter, unsigned changes)
{
	return take(sitter, &(struct statement){ .changes = changes }, SENDER_MAIN, 1);
}

/* Who is heard, by what was granted: and that only those can say anything at all. */
static void who_may_speak_is_what_was_granted(void **state)
{
	static const struct {
		const char *name;
		enum notify_access granted;
		enum sender sender;
		bool is_heard;
	} cases[] = {
		{ "main, main", NOTIFY_ACCESS_MAIN, SENDER_MAIN, true },
		{ "main, friend", NOTIFY_ACCESS_MAIN, SENDER_FRIEND, false },
		{ "main, stranger", NOTIFY_ACCESS_MAIN, SENDER_STRANGER, false },
		{ "all, main", NOTIFY_ACCESS_ALL, SENDER_MAIN, true },
		{ "all, friend", NOTIFY_ACCESS_ALL, SENDER_FRIEND, true },
		{ "all, stranger", NOTIFY_ACCESS_ALL, SENDER_STRANGER, false },
		{ "none, main", NOTIFY_ACCESS_NONE, SENDER_MAIN, false },
	};
	static const struct statement everything = { .changes = ~0U & ~(unsigned)STATE_READY };
	static const struct statement ready = { .changes = STATE_READY };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct babysitter sitter = make_sitter(cases[i].granted);
		unsigned actions = take(&sitter, &ready, cases[i].sender, 1).actions;

		check_int(cases[i].name, actions,
			  cases[i].is_heard ? SIT_SETTLED | SIT_REPORT | SIT_READY
					    : SIT_WARN_REFUSED);
		check_int(cases[i].name, n_given, cases[i].is_heard);
		actions = take(&sitter, &everything, cases[i].sender, 1).actions;
		check_int(cases[i].name, actions == SIT_DEBUG_REFUSED, !cases[i].is_heard);
		check_int(cases[i].name, sitter.phase,
			  cases[i].is_heard ? PHASE_STOPPING : PHASE_STARTING);
	}
}

/* One that has the pid of a main process that has ended may be another. */
static void what_could_harm_is_not_believed_of_an_unknown_sender(void **state)
{
	static const struct {
		const char *name;
		unsigned changes;
		bool is_believed;
	} cases[] = {
		{ "ready", STATE_READY, false },
		{ "ready and status", STATE_READY | STATE_STATUS, false },
		{ "main process", STATE_MAIN_PID, false },
		{ "main process by pidfd", STATE_MAIN_PIDFD, false },
		{ "status", STATE_STATUS, true },
		{ "stopping", STATE_STOPPING, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int access = NOTIFY_ACCESS_MAIN; access <= NOTIFY_ACCESS_ALL; access++) {
			struct babysitter sitter = make_sitter((enum notify_access)access);
			const struct statement said = { .changes = cases[i].changes };
			unsigned actions = take(&sitter, &said, SENDER_UNKNOWN, 1).actions;

			check_int(cases[i].name, (actions & SIT_REPORT) != 0, cases[i].is_believed);
			check_int(cases[i].name, n_given, 0);
		}
	}
}

static void access_is_narrowed_and_given_back_but_never_widened(void **state)
{
	static const struct {
		const char *name;
		enum notify_access granted, wanted, expected;
	} cases[] = {
		{ "less", NOTIFY_ACCESS_ALL, NOTIFY_ACCESS_MAIN, NOTIFY_ACCESS_MAIN },
		{ "nobody", NOTIFY_ACCESS_MAIN, NOTIFY_ACCESS_NONE, NOTIFY_ACCESS_NONE },
		{ "the same", NOTIFY_ACCESS_ALL, NOTIFY_ACCESS_ALL, NOTIFY_ACCESS_ALL },
		{ "more", NOTIFY_ACCESS_MAIN, NOTIFY_ACCESS_ALL, NOTIFY_ACCESS_MAIN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct babysitter sitter = make_sitter(cases[i].granted);
		const struct statement said = { .changes = STATE_NOTIFY_ACCESS,
						.access = cases[i].wanted };
		const struct statement nonsense = { .invalid = STATE_NOTIFY_ACCESS };

		(void)take(&sitter, &said, SENDER_MAIN, 1);
		check_int(cases[i].name, sitter.access, cases[i].expected);
		(void)take(&sitter, &nonsense, SENDER_MAIN, 1);
		/* From nobody it is not taken back: nobody can say so any more, as with systemd. */
		check_int(cases[i].name, sitter.access,
			  cases[i].wanted == NOTIFY_ACCESS_NONE ? NOTIFY_ACCESS_NONE
								: cases[i].granted);
	}
}

static void phases_follow_what_is_said(void **state)
{
	static const struct {
		const char *name;
		unsigned said[4];
		const char *phases; /* a word for each message, "-" for none */
		int n_given;
	} cases[] = {
		{ "ready", { STATE_READY }, "ready", 1 },
		{ "ready twice", { STATE_READY, STATE_READY }, "ready -", 1 },
		{ "reload",
		  { STATE_READY, STATE_RELOADING, STATE_READY },
		  "ready reloading reloaded",
		  1 },
		{ "reloading twice",
		  { STATE_READY, STATE_RELOADING, STATE_RELOADING },
		  "ready reloading -",
		  1 },
		{ "reload before it is ready", { STATE_RELOADING, STATE_READY }, "reloading ready", 1 },
		{ "stopping", { STATE_READY, STATE_STOPPING }, "ready stopping", 1 },
		{ "stopping is final",
		  { STATE_READY, STATE_STOPPING, STATE_RELOADING, STATE_READY },
		  "ready stopping - -",
		  1 },
		{ "but nobody waits for ever",
		  { STATE_STOPPING, STATE_RELOADING, STATE_READY },
		  "stopping - ready",
		  1 },
		{ "status", { STATE_STATUS, STATE_ERROR }, "- -", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct babysitter sitter = make_sitter(NOTIFY_ACCESS_MAIN);
		char phases[128] = "";
		size_t used = 0;

		for (size_t k = 0; k < 4 && cases[i].said[k] != 0; k++) {
			const char *phase = say(&sitter, cases[i].said[k]).phase;

			used += (size_t)snprintf(phases + used, sizeof(phases) - used, "%s%s",
						 k > 0 ? " " : "", phase != NULL ? phase : "-");
		}
		check_text(cases[i].name, phases, cases[i].phases);
		check_int(cases[i].name, n_given, cases[i].n_given);
	}
}

static void what_the_host_cannot_do_is_told_once(void **state)
{
	struct babysitter sitter = make_sitter(NOTIFY_ACCESS_MAIN);
	const struct statement said = { .changes = STATE_MAIN_PID | STATE_FD_STORE };
	struct babysitter_event event = { .kind = EVENT_NOTIFICATION,
					  .said = &said,
					  .sender = SENDER_MAIN };

	(void)state;
	assert_int_equal(babysitter_step(&sitter, &event).actions, SIT_REPORT | SIT_WARN_FD_STORE);
	event.names_another = true;
	assert_int_equal(babysitter_step(&sitter, &event).actions, SIT_REPORT | SIT_WARN_MAIN_PID);
	assert_int_equal(babysitter_step(&sitter, &event).actions, SIT_REPORT);
}

/* ---- The start timeout ---- */

static struct babysitter_step pass_deadline(struct babysitter *sitter, long long now_ms)
{
	return babysitter_step(sitter, &(struct babysitter_event){ .kind = EVENT_DEADLINE,
								   .deadline = next_deadline(sitter),
								   .telling = { .now_ms = now_ms } });
}

static void a_daemon_that_is_late_is_ended(void **state)
{
	struct babysitter sitter = make_sitter(NOTIFY_ACCESS_MAIN);

	(void)state;
	sitter.due_ms[DEADLINE_START] = 1000;
	assert_int_equal(pass_deadline(&sitter, 1001).actions, SIT_WARN_LATE | SIT_TERMINATE);
	assert_int_equal(sitter.due_ms[DEADLINE_KILL], 1001 + TERMINATE_MS);
	assert_int_equal(say(&sitter, STATE_READY).actions, SIT_REPORT);
	assert_int_equal(n_given, 0);
	assert_int_equal(pass_deadline(&sitter, 7000).actions, SIT_KILL);
	assert_int_equal(sitter.due_ms[DEADLINE_KILL], 0);
	assert_int_equal(pass_deadline(&sitter, 9000).actions, 0);
}

/* Once, and only where a start is still not over. */
static void a_long_wait_is_not_without_a_word(void **state)
{
	static const struct babysitter_event over = { .kind = EVENT_DEADLINE,
						      .deadline = DEADLINE_WORD };
	static const struct statement more = { .changes = STATE_EXTEND_TIMEOUT,
					       .extend_us = 60000000 };
	struct babysitter sitter = make_sitter(NOTIFY_ACCESS_MAIN);

	(void)state;
	sitter.due_ms[DEADLINE_WORD] = 10000;
	sitter.due_ms[DEADLINE_START] = 90000;
	assert_int_equal(babysitter_step(&sitter, &over).actions, SIT_WARN_WAITING);
	assert_int_equal(sitter.due_ms[DEADLINE_WORD], 0);
	assert_int_equal(sitter.due_ms[DEADLINE_START], 90000);
	assert_int_equal(babysitter_step(&sitter, &over).actions, 0);

	sitter.due_ms[DEADLINE_WORD] = 10000;
	(void)take(&sitter, &more, SENDER_MAIN, 500);
	assert_int_equal(sitter.due_ms[DEADLINE_WORD], 60500); /* it has said itself how long */
	assert_int_equal(sitter.due_ms[DEADLINE_START], 90000);
	(void)say(&sitter, STATE_READY);
	assert_int_equal(sitter.due_ms[DEADLINE_WORD], 0);

	sitter = make_sitter(NOTIFY_ACCESS_MAIN);
	sitter.due_ms[DEADLINE_WORD] = 10000;
	sitter.due_ms[DEADLINE_START] = 5000;
	(void)pass_deadline(&sitter, 5000);
	assert_int_equal(sitter.due_ms[DEADLINE_WORD], 0); /* there has been one */
}

static bool ask_something(const char *job, const char *instance, const char *ret_words[static 4])
{
	(void)job, (void)instance, (void)ret_words;
	return true;
}

/* A host that can be asked may have taken a stop of the daemon's own for readiness. */
static void whether_it_is_waited_for_is_asked(void **state)
{
	static const struct babysitter_event over = { .kind = EVENT_DEADLINE,
						      .deadline = DEADLINE_WORD };
	static const struct {
		enum host_answer answer;
		unsigned actions;
	} rows[] = {
		{ HOST_ANSWER_NONE, SIT_WARN_WAITING },
		{ HOST_ANSWER_WAITING, SIT_WARN_WAITING },
		{ HOST_ANSWER_PAST, SIT_WARN_UNAWAITED },
	};
	const struct way asked = { .question = ask_something };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct babysitter_event answered = { .kind = EVENT_TELLING,
							   .telling = { .kind = HEARD_ANSWERED,
									.answer = rows[i].answer } };
		struct babysitter sitter = make_sitter(NOTIFY_ACCESS_MAIN);
		struct babysitter_step step;

		sitter.way = &asked;
		sitter.due_ms[DEADLINE_WORD] = 10000;
		step = babysitter_step(&sitter, &over);
		assert_int_equal(step.actions, 0);
		assert_int_equal(step.telling.actions, TELL_ASK);
		assert_int_equal(babysitter_step(&sitter, &answered).actions, rows[i].actions);

		sitter.has_parent = true; /* what it does itself the host does not see */
		sitter.due_ms[DEADLINE_WORD] = 10000;
		assert_int_equal(babysitter_step(&sitter, &over).actions, SIT_WARN_WAITING);
	}
}

/* Or each would be killed in vain, and the host would wait for ever. */
static void a_daemon_that_is_late_names_no_other(void **state)
{
	const struct statement said = { .changes = STATE_MAIN_PID };
	struct babysitter_event event = { .kind = EVENT_NOTIFICATION,
					  .said = &said,
					  .sender = SENDER_MAIN,
					  .names_another = true };
	struct babysitter sitter = make_sitter(NOTIFY_ACCESS_MAIN);

	(void)state;
	sitter.has_parent = true;
	sitter.due_ms[DEADLINE_START] = 1000;
	assert_int_equal(babysitter_step(&sitter, &event).actions, SIT_REPORT | SIT_FOLLOW);
	(void)pass_deadline(&sitter, 1001);
	assert_int_equal(babysitter_step(&sitter, &event).actions, SIT_REPORT);
	(void)pass_deadline(&sitter, 7000);
	assert_int_equal(babysitter_step(&sitter, &event).actions, SIT_REPORT);
}

static void readiness_ends_the_timeout(void **state)
{
	struct babysitter sitter = make_sitter(NOTIFY_ACCESS_MAIN);

	(void)state;
	sitter.due_ms[DEADLINE_START] = 1000;
	(void)say(&sitter, STATE_READY);
	assert_int_equal(sitter.due_ms[DEADLINE_START], 0);
	assert_int_equal(pass_deadline(&sitter, 2000).actions, 0);
}

/* --ready-when: there are no messages, but all else is as with them. */
static void a_condition_counts_once_and_not_too_late(void **state)
{
	const struct babysitter_event condition = { .kind = EVENT_CONDITION };
	struct babysitter sitter = make_sitter(NOTIFY_ACCESS_MAIN);

	(void)state;
	sitter.due_ms[DEADLINE_START] = 1000;
	assert_int_equal(babysitter_step(&sitter, &condition).telling.timer_ms, 7);
	assert_int_equal(sitter.due_ms[DEADLINE_START], 0);
	assert_int_equal(n_given, 1);
	assert_int_equal(given_kinds[0], HEARD_READY);
	assert_int_equal(babysitter_step(&sitter, &condition).telling.timer_ms, 0);
	assert_int_equal(n_given, 1);

	sitter = make_sitter(NOTIFY_ACCESS_MAIN);
	sitter.stage = STAGE_LATE;
	assert_int_equal(babysitter_step(&sitter, &condition).actions, 0);
	assert_int_equal(n_given, 0);
}

static void more_time_is_more_and_never_less(void **state)
{
	static const struct {
		const char *name;
		long long deadline_ms;
		unsigned long long extend_us;
		bool is_late;
		long long expected;
	} cases[] = {
		{ "later", 1000, 5000000, false, 5500 },
		{ "not earlier", 1000, 100000, false, 1000 },
		{ "nothing", 1000, 0, false, 1000 },
		{ "without a timeout", 0, 5000000, false, 0 },
		{ "too late", 0, 5000000, true, 0 },
		{ "for ever", 1000, UINT64_MAX, false, 500 + (long long)(UINT64_MAX / 1000) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct babysitter sitter = make_sitter(NOTIFY_ACCESS_MAIN);
		const struct statement said = { .changes = STATE_EXTEND_TIMEOUT,
						.extend_us = cases[i].extend_us };

		sitter.due_ms[DEADLINE_START] = cases[i].deadline_ms;
		sitter.stage = cases[i].is_late ? STAGE_LATE : STAGE_WAITING;
		(void)take(&sitter, &said, SENDER_MAIN, 500);
		check_int(cases[i].name, sitter.due_ms[DEADLINE_START], cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_speak_is_what_was_granted),
		cmocka_unit_test(what_could_harm_is_not_believed_of_an_unknown_sender),
		cmocka_unit_test(access_is_narrowed_and_given_back_but_never_widened),
		cmocka_unit_test(phases_follow_what_is_said),
		cmocka_unit_test(what_the_host_cannot_do_is_told_once),
		cmocka_unit_test(a_daemon_that_is_late_is_ended),
		cmocka_unit_test(a_long_wait_is_not_without_a_word),
		cmocka_unit_test(whether_it_is_waited_for_is_asked),
		cmocka_unit_test(a_daemon_that_is_late_names_no_other),
		cmocka_unit_test(readiness_ends_the_timeout),
		cmocka_unit_test(a_condition_counts_once_and_not_too_late),
		cmocka_unit_test(more_time_is_more_and_never_less),
		cmocka_unit_test(every_order_ends_well),
		cmocka_unit_test(every_order_with_a_parent_ends_well),
	};

	return cmocka_run_group_tests_name("babysitter", tests, NULL, NULL);
}
