/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * babysitter_step(): every order in which things can happen. What must come of an order is said
 * a second time here, as conditions on the whole of it rather than as steps.
 */
#include "unit.h"

#include "babysitter.h"
#include "util.h"

/* ---- A host whose machine is done after so many events, and remembers what it was given ---- */

static int done_after, n_given;
static enum telling_event_kind given_kinds[16];
static long long given_times[16];

static struct telling_step tell_ready(struct telling *telling, const struct telling_event *event)
{
	given_kinds[n_given] = event->kind;
	given_times[n_given++] = event->now_ms;
	telling->rounds++;
	return (struct telling_step){ telling->rounds == done_after ? TELL_DONE : TELL_LOOK, 7 };
}

static const struct host host = { .name = "test", .tell_ready = tell_ready };

/* ---- One order of events ---- */

enum happening {
	READY,
	READY_AGAIN,
	REFUSED,
	REFUSED_AGAIN,
	STOPPING,
	TOLD,
	TOLD_AGAIN,
	ENDED
};

#define N_HAPPENINGS 8

static const char *const happening_names[] = { "ready",    "ready", "refused", "refused",
					       "stopping", "told",  "told",    "ended" };

static struct babysitter_event make_event(enum happening happening, long long now_ms)
{
	struct babysitter_event event = { .telling = { .now_ms = now_ms } };

	switch (happening) {
	case READY:
	case READY_AGAIN:
		event.kind = EVENT_MESSAGE;
		event.changes = STATE_READY | (happening == READY_AGAIN ? STATE_RELOADING : 0);
		event.is_allowed = true;
		break;
	case REFUSED:
	case REFUSED_AGAIN:
		event.kind = EVENT_MESSAGE;
		event.changes = STATE_READY;
		break;
	case STOPPING:
		event.kind = EVENT_MESSAGE;
		event.changes = STATE_STOPPING;
		event.is_allowed = true;
		break;
	case TOLD:
	case TOLD_AGAIN:
		event.kind = EVENT_TELLING;
		event.telling.kind = TELL_TIMER;
		break;
	case ENDED:
		event.kind = EVENT_DAEMON_ENDED;
		break;
	}
	return event;
}

/* What has come of one order: after which event (from 1) each thing was done, 0: never. */
struct course {
	char name[128];
	int ready_at, ended_at, refused_at;
	int warned_refused, warned_ended, settled, left; /* how often */
	int settled_at, left_at;
};

static void note(struct course *course, unsigned actions, int at)
{
	course->warned_refused += (actions & SIT_WARN_REFUSED) != 0;
	course->warned_ended += (actions & SIT_WARN_ENDED_EARLY) != 0;
	course->settled += (actions & SIT_SETTLED) != 0;
	course->left += (actions & SIT_LEAVE) != 0;
	if ((actions & SIT_SETTLED) != 0)
		course->settled_at = at;
	if ((actions & SIT_LEAVE) != 0)
		course->left_at = at;
	check_int(course->name, actions & ~15U, 0);
}

static void remember(struct course *course, enum happening happening, int at)
{
	bool is_ready = happening == READY || happening == READY_AGAIN;
	bool is_refused = happening == REFUSED || happening == REFUSED_AGAIN;
	size_t used = strlen(course->name);

	(void)snprintf(course->name + used, sizeof(course->name) - used, " %s",
		       happening_names[happening]);
	if (is_ready && course->ready_at == 0)
		course->ready_at = at;
	if (is_refused && course->refused_at == 0)
		course->refused_at = at;
	if (happening == ENDED)
		course->ended_at = at;
}

/* Until it leaves, as the loop does. Returns how many happened. */
static int run(const enum happening *order, bool end_after_ready, struct course *course)
{
	struct babysitter sitter = { .host = &host, .end_after_ready = end_after_ready };

	*course = (struct course){ .name = "" };
	n_given = 0;
	for (int i = 0; i < N_HAPPENINGS; i++) {
		struct babysitter_event event = make_event(order[i], 100 + i);
		struct babysitter_step step;
		int given_before = n_given;

		remember(course, order[i], i + 1);
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

static void check_host_was_told(const struct course *course, const enum happening *order, int n)
{
	int expected = 0;

	check_int(course->name, n_given > 0, course->ready_at > 0);
	for (int i = course->ready_at - 1; i >= 0 && i < n; i++) {
		bool is_begin = i == course->ready_at - 1;
		bool is_told = order[i] == TOLD || order[i] == TOLD_AGAIN;

		if ((!is_begin && !is_told) || expected == done_after)
			continue;
		check_int(course->name, given_kinds[expected], is_begin ? TELL_BEGIN : TELL_TIMER);
		check_int(course->name, given_times[expected], 100 + i);
		expected++;
	}
	check_int(course->name, n_given, expected);
}

static void check_course(const struct course *course, const enum happening *order, int n,
			 bool end_after_ready)
{
	bool is_settled = n_given == done_after;

	check_host_was_told(course, order, n);
	check_int(course->name, course->warned_refused, course->refused_at > 0);
	check_int(course->name, course->warned_ended, course->ended_at > 0 && course->ready_at == 0);
	check_int(course->name, course->settled, is_settled);
	/* It leaves when the daemon has ended, or, if asked to, when the host knows; never else. */
	check_int(course->name, course->left,
		  course->ended_at > 0 || (is_settled && end_after_ready));
	if (is_settled && end_after_ready)
		check_int(course->name, course->left_at, course->settled_at);
	else
		check_int(course->name, course->left_at, course->ended_at);
}

static void swap(enum happening *order, int a, int b)
{
	enum happening swapped = order[a];

	order[a] = order[b];
	order[b] = swapped;
}

/* In the order of dictionaries; false after the last. */
static bool next_permutation(enum happening *order)
{
	int i = N_HAPPENINGS - 2, j = N_HAPPENINGS - 1;

	while (i >= 0 && order[i] >= order[i + 1])
		i--;
	if (i < 0)
		return false;
	while (order[j] <= order[i])
		j--;
	swap(order, i, j);
	for (i++, j = N_HAPPENINGS - 1; i < j; i++, j--)
		swap(order, i, j);
	return true;
}

static void every_order_ends_well(void **state)
{
	int n_orders = 0;

	(void)state;
	for (done_after = 1; done_after <= 4; done_after++) {
		enum happening order[N_HAPPENINGS];

		for (int i = 0; i < N_HAPPENINGS; i++)
			order[i] = (enum happening)i;
		do {
			for (int end = 0; end <= 1; end++) {
				struct course course;
				int n = run(order, end == 1, &course);

				check_course(&course, order, n, end == 1);
			}
			n_orders++;
		} while (next_permutation(order));
	}
	assert_int_equal(n_orders, 4 * 40320);
}

static void a_message_says_only_what_it_says(void **state)
{
	static const struct {
		const char *name;
		unsigned changes;
		bool is_allowed;
		unsigned expected;
		int n_given;
	} cases[] = {
		{ "ready", STATE_READY, true, 0, 1 },
		{ "ready and reloading", STATE_READY | STATE_RELOADING, true, 0, 1 },
		{ "ready and stopping", STATE_READY | STATE_STOPPING, true, 0, 1 },
		{ "reloading", STATE_RELOADING, true, 0, 0 },
		{ "stopping", STATE_STOPPING, true, 0, 0 },
		{ "nothing", 0, true, 0, 0 },
		{ "ready, refused", STATE_READY, false, SIT_WARN_REFUSED, 0 },
		{ "reloading, refused", STATE_RELOADING, false, 0, 0 },
		{ "stopping, refused", STATE_STOPPING, false, 0, 0 },
	};

	(void)state;
	done_after = 2;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct babysitter sitter = { .host = &host };
		struct babysitter_event event = { .kind = EVENT_MESSAGE,
						  .changes = cases[i].changes,
						  .is_allowed = cases[i].is_allowed };

		n_given = 0;
		check_int(cases[i].name, babysitter_step(&sitter, &event).actions, cases[i].expected);
		check_int(cases[i].name, n_given, cases[i].n_given);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_says_only_what_it_says),
		cmocka_unit_test(every_order_ends_well),
	};

	return cmocka_run_group_tests_name("babysitter", tests, NULL, NULL);
}
