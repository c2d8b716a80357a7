/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * hosts/upstart/ready.c against a small model of Upstart, the daemon and the time, and against an
 * adversary that gives any answer. Both watch the same promises, which are checked by what the
 * machine was told and not by how it works:
 *
 *   it always ends, and until then always waits for something;
 *   it never ends while the daemon is stopped, as far as it can know;
 *   it continues the daemon only after (a), (b) or (c), see hosts/upstart/ready.c;
 *   it stops the daemon again only after "spawned" has been answered twice;
 *   it sends a probe only where the stop is complete, and one for each stop;
 *   it asks one question at a time.
 */
#include "unit.h"

#include "base/util.h"
#include "hosts/upstart/ready.h"

#define NEVER (-1)
#define PATIENCE_MS 10000 /* (c) */
#define ASK_TIMEOUT_MS 1000
#define MAX_STEPS 20000
#define MAX_MS 600000

/* ---- What the machine was told, and what it may do by that ---- */

struct witness {
	const char *name;
	struct telling telling;
	long long now_ms, stopped_ms;
	int n_stops, n_continues, n_asks, n_probes, n_probes_before; /* the last stop */
	bool is_known_running;                                       /* by our SIGCONT, or a look */
	bool has_arrived; /* the stop: it will not be pending any more */
	enum host_answer last_answer;
	bool has_answer;
	int n_waiting; /* "spawned" in a row, since the daemon was known to run */
	bool has_probe, is_complete, is_proved; /* since the last stop; (b) */
	unsigned warnings;
	bool is_done;
	/* What it waits for. */
	bool is_asking, is_looking;
	long long timer_ms; /* NEVER */
	int n_steps;
};

static struct witness make_witness(const char *name)
{
	return (struct witness){ .name = name, .timer_ms = NEVER };
}

static void hear(struct witness *witness, const struct telling_event *event)
{
	switch (event->kind) {
	case HEARD_TIMER:
		witness->timer_ms = NEVER;
		break;
	case HEARD_LOOKED:
		witness->is_looking = false;
		witness->has_arrived = witness->has_arrived || event->daemon_is_stopped;
		if (!event->daemon_is_stopped && !event->stop_is_pending)
			witness->is_known_running = true;
		witness->is_complete = event->stop_is_complete;
		witness->is_proved = witness->has_probe && event->stop_is_complete &&
				     event->probe == HOST_PROBE_TAKEN;
		break;
	case HEARD_ANSWERED:
		witness->is_asking = false;
		witness->has_answer = true;
		witness->last_answer = event->answer;
		if (event->answer != HOST_ANSWER_WAITING)
			witness->n_waiting = 0;
		else if (witness->is_known_running)
			witness->n_waiting++;
		break;
	case HEARD_READY:
	case HEARD_SAID:
	case HEARD_ENDED:
		break;
	}
}

static void judge_stop(struct witness *witness)
{
	if (witness->n_stops > 0)
		check(witness->name, witness->is_known_running && witness->n_waiting >= 2);
	witness->n_stops++;
	witness->stopped_ms = witness->now_ms;
	witness->is_known_running = false;
	witness->has_arrived = false;
	witness->has_answer = false;
	witness->n_waiting = 0;
	witness->n_probes_before = witness->n_probes;
	witness->has_probe = false;
	witness->is_proved = false;
}

static void judge_continue(struct witness *witness)
{
	bool a = witness->has_answer && witness->last_answer == HOST_ANSWER_PAST;
	bool b = witness->is_proved;
	bool c = witness->now_ms >= witness->stopped_ms + PATIENCE_MS;

	check(witness->name, witness->n_stops > witness->n_continues);
	check(witness->name, a || b || c);
	witness->n_continues++;
	witness->is_known_running = true;
	witness->n_waiting = 0;
}

static void judge(struct witness *witness, const struct telling_step *step)
{
	check(witness->name, !witness->is_done || step->actions == 0);
	if ((step->actions & TELL_STOP) != 0)
		judge_stop(witness);
	if ((step->actions & TELL_CONTINUE) != 0)
		judge_continue(witness);
	if ((step->actions & TELL_PROBE) != 0) {
		check(witness->name, !witness->has_probe && witness->is_complete);
		witness->n_probes++;
	}
	if ((step->actions & TELL_ASK) != 0) {
		check(witness->name, !witness->is_asking);
		witness->is_asking = true;
		witness->n_asks++;
	}
	if ((step->actions & TELL_LOOK) != 0)
		witness->is_looking = true;
	if (step->timer_ms > 0)
		witness->timer_ms = witness->now_ms + step->timer_ms;
	witness->warnings |= step->actions & (TELL_WARN_NOT_WAITING | TELL_WARN_NO_REACTION);
	if ((step->actions & TELL_DONE) != 0) {
		check(witness->name, witness->is_known_running);
		witness->is_done = true;
		return;
	}
	check(witness->name, witness->is_asking || witness->is_looking || witness->timer_ms != NEVER);
}

static void give(struct witness *witness, struct telling_event event)
{
	struct telling_step step;

	event.now_ms = witness->now_ms;
	hear(witness, &event);
	step = upstart_tell_ready(&witness->telling, &event);
	judge(witness, &step);
	check(witness->name, ++witness->n_steps < MAX_STEPS && witness->now_ms < MAX_MS);
}

/* ---- The model ---- */

enum probing {
	PROBED,   /* the host takes the probe when it takes the report before */
	TOO_MANY, /* only the second probe can be sent: limits */
	UNPROBED, /* we are no child of the host */
};

struct world {
	/* What it is like. */
	const char *name;
	bool waits;      /* the job has "expect stop" */
	int reaction_ms; /* from a child's report to what Upstart does about it */
	int wakes_ms;    /* stalled until then, from the beginning; NEVER */
	bool can_be_asked;
	enum probing probing;
	int arrival_ms;  /* from SIGSTOP to the stop, which is pending meanwhile */
	int stranger_ms; /* when somebody else continues the daemon; NEVER */
	/* What has become of it. */
	bool is_stopped, is_spawned, has_report;
	long long report_ms, arrives_ms;
	enum host_probe probe;
	int n_probes;
};

static bool is_awake(const struct world *world, long long now_ms)
{
	return world->wakes_ms != NEVER && now_ms >= world->wakes_ms;
}

/* When Upstart will act on the report of a child that is under way; NEVER. */
static long long reaction_ms(const struct world *world)
{
	long long due = world->report_ms + world->reaction_ms;

	if (!world->has_report || world->wakes_ms == NEVER)
		return NEVER;
	return due > world->wakes_ms ? due : world->wakes_ms;
}

static void react(struct world *world)
{
	world->has_report = false;
	if (world->probe == HOST_PROBE_WAITS)
		world->probe = HOST_PROBE_TAKEN;
	/* waitid(2) tells of a stop only while it lasts. */
	if (!world->waits || !world->is_spawned || !world->is_stopped)
		return;
	world->is_stopped = false;
	world->is_spawned = false;
}

static void report(struct world *world, long long now_ms)
{
	if (!world->has_report)
		world->report_ms = now_ms;
	world->has_report = true;
}

static struct telling_event look(const struct world *world)
{
	return (struct telling_event){ .kind = HEARD_LOOKED,
				       .daemon_is_stopped = world->is_stopped,
				       .stop_is_pending = world->arrives_ms != NEVER,
				       .stop_is_complete = world->is_stopped,
				       .probe = world->probe };
}

static void send_probe(struct world *world, long long now_ms)
{
	world->n_probes++;
	if (world->probing == UNPROBED || (world->probing == TOO_MANY && world->n_probes == 1))
		return;
	world->probe = HOST_PROBE_WAITS;
	report(world, now_ms);
}

/* When the answer to a question asked now comes. */
static long long answer_ms(const struct world *world, long long now_ms)
{
	if (!world->can_be_asked)
		return now_ms; /* no job name, no bus-query, refused */
	if (world->wakes_ms == NEVER || world->wakes_ms > now_ms + ASK_TIMEOUT_MS)
		return now_ms + ASK_TIMEOUT_MS;
	return (world->wakes_ms > now_ms ? world->wakes_ms : now_ms) + 2;
}

static struct telling_event answer(const struct world *world, long long now_ms)
{
	struct telling_event event = { .kind = HEARD_ANSWERED, .answer = HOST_ANSWER_NONE };

	if (world->can_be_asked && is_awake(world, now_ms))
		event.answer = world->is_spawned ? HOST_ANSWER_WAITING : HOST_ANSWER_PAST;
	return event;
}

static long long earlier(long long a, long long b)
{
	return b == NEVER || (a != NEVER && a < b) ? a : b;
}

/* What the machine has just had done, in the world. */
static void do_actions(struct world *world, struct witness *witness, const struct witness *before)
{
	if (witness->n_stops > before->n_stops) {
		world->arrives_ms = witness->now_ms + world->arrival_ms;
		world->probe = HOST_PROBE_NONE;
	}
	if (witness->n_continues > before->n_continues) {
		world->arrives_ms = NEVER;
		world->is_stopped = false;
		report(world, witness->now_ms);
	}
	if (witness->n_probes > before->n_probes)
		send_probe(world, witness->now_ms);
	witness->has_probe = world->probe != HOST_PROBE_NONE;
}

static void tell(struct world *world, struct witness *witness, long long *asked_ms,
		 struct telling_event event)
{
	struct witness before = *witness;

	give(witness, event);
	do_actions(world, witness, &before);
	if (witness->n_asks > before.n_asks)
		*asked_ms = answer_ms(world, witness->now_ms);
}

/* Moves on to the next thing that happens, and lets it. */
static void pass_time(struct world *world, struct witness *witness, long long *asked_ms)
{
	long long reacts = reaction_ms(world), next;

	next = earlier(earlier(world->arrives_ms, reacts),
		       earlier(world->stranger_ms, earlier(*asked_ms, witness->timer_ms)));
	check(witness->name, next != NEVER);
	if (next > witness->now_ms)
		witness->now_ms = next;
	if (next == world->arrives_ms) {
		world->arrives_ms = NEVER;
		world->is_stopped = true;
		report(world, next);
	} else if (next == reacts) {
		react(world);
	} else if (next == world->stranger_ms) {
		world->stranger_ms = NEVER;
		world->arrives_ms = NEVER; /* SIGCONT takes a pending stop away, too */
		world->is_stopped = false;
		report(world, next);
	} else if (next == *asked_ms) {
		*asked_ms = NEVER;
		tell(world, witness, asked_ms, answer(world, next));
	} else {
		tell(world, witness, asked_ms, (struct telling_event){ .kind = HEARD_TIMER });
	}
}

/* Lets everything happen that will. Returns what was witnessed; @world is as it ends. */
static struct witness live(struct world *world)
{
	struct witness witness = make_witness(world->name);
	long long asked_ms = NEVER;

	world->is_spawned = world->waits;
	world->arrives_ms = NEVER;
	tell(world, &witness, &asked_ms, (struct telling_event){ .kind = HEARD_READY });
	while (!witness.is_done) {
		if (witness.is_looking)
			tell(world, &witness, &asked_ms, look(world));
		else
			pass_time(world, &witness, &asked_ms);
	}
	if (reaction_ms(world) != NEVER)
		react(world);
	return witness;
}

/* ---- What must come of every kind of world ---- */

static bool reacts_in_time(const struct world *world)
{
	return world->wakes_ms != NEVER &&
	       world->wakes_ms + world->reaction_ms + world->arrival_ms < 9000;
}

/*
 * A stop that was lost can be made good; if a stranger is to blame, only if Upstart was stalled for
 * long, or we have to ask it anyway, and not if he was there before the first look.
 */
static bool is_recoverable(const struct world *world)
{
	int stall_ms = world->wakes_ms - world->stranger_ms;

	if (world->wakes_ms == NEVER || world->arrival_ms + world->reaction_ms > 9000)
		return false;
	if (world->stranger_ms == NEVER)
		return world->wakes_ms < 30000;
	return world->arrival_ms < 10 && world->stranger_ms > 50 && world->wakes_ms < 20000 &&
	       (world->probing == UNPROBED || stall_ms > 3000);
}

static void check_world(const struct world *kind)
{
	struct world world = *kind;
	struct witness witness = live(&world);
	bool is_left_alone = kind->stranger_ms == NEVER;

	check(kind->name, !world.is_stopped && world.arrives_ms == NEVER);
	if (!kind->waits)
		check_int(kind->name, witness.n_stops, 1);
	/* Where Upstart does what it should, there is nothing to continue and nothing to warn of. */
	if (kind->waits && reacts_in_time(kind) && is_left_alone) {
		check(kind->name, !world.is_spawned);
		check_int(kind->name, witness.n_stops, 1);
		check_int(kind->name, witness.n_continues, 0);
		check_int(kind->name, witness.warnings, 0);
	}
	/* The stanza is named where it is known to be missing, and nowhere else. */
	if ((witness.warnings & TELL_WARN_NOT_WAITING) != 0)
		check(kind->name, !kind->waits);
	if (!kind->waits && is_left_alone && reacts_in_time(kind) &&
	    (kind->probing != UNPROBED || kind->can_be_asked))
		check_int(kind->name, witness.warnings, TELL_WARN_NOT_WAITING);
	if (kind->waits && kind->can_be_asked && is_recoverable(kind))
		check(kind->name, !world.is_spawned);
}

static void every_kind_of_world_ends_with_the_daemon_running(void **state)
{
	static const int reactions_ms[] = { 0, 9, 11, 990, 8900 };
	static const int wakes_ms[] = { 0,     5,     60,    500,   1100,  8000,  9999,
					10000, 10001, 11999, 12001, 13500, 29000, NEVER };
	static const int arrivals_ms[] = { 0, 9, 30, 2500, 15000 };
	static const int strangers_ms[] = { NEVER, 11, 75, 300, 10005 };
	int n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reactions_ms) * ARRAY_SIZE(wakes_ms) *
				       ARRAY_SIZE(arrivals_ms) * ARRAY_SIZE(strangers_ms) * 2 * 2 * 3;
	     i++) {
		size_t rest = i;
		struct world world = { 0 };
		char name[160];

		world.reaction_ms = reactions_ms[rest % ARRAY_SIZE(reactions_ms)];
		rest /= ARRAY_SIZE(reactions_ms);
		world.wakes_ms = wakes_ms[rest % ARRAY_SIZE(wakes_ms)];
		rest /= ARRAY_SIZE(wakes_ms);
		world.arrival_ms = arrivals_ms[rest % ARRAY_SIZE(arrivals_ms)];
		rest /= ARRAY_SIZE(arrivals_ms);
		world.stranger_ms = strangers_ms[rest % ARRAY_SIZE(strangers_ms)];
		rest /= ARRAY_SIZE(strangers_ms);
		world.waits = rest % 2 == 0;
		world.can_be_asked = rest / 2 % 2 == 0;
		world.probing = (enum probing)(rest / 4 % 3);
		(void)snprintf(name, sizeof(name),
			       "waits %d, reacts after %d, wakes at %d, asked %d, probing %d, stop "
			       "arrives after %d, stranger at %d",
			       world.waits, world.reaction_ms, world.wakes_ms, world.can_be_asked,
			       (int)world.probing, world.arrival_ms, world.stranger_ms);
		world.name = name;
		check_world(&world);
		n++;
	}
	assert_int_equal(n, 5 * 14 * 5 * 5 * 12);
}

/* ---- How long it takes ---- */

static void the_daemon_stands_still_no_longer_than_it_must(void **state)
{
	static const struct {
		struct world world;
		int n_continues;
		long long at_most_ms;
	} cases[] = {
		{ { .name = "expect stop",
		    .waits = true,
		    .can_be_asked = true,
		    .reaction_ms = 1,
		    .stranger_ms = NEVER },
		  0,
		  50 },
		{ { .name = "expect stop, not asked",
		    .waits = true,
		    .reaction_ms = 1,
		    .stranger_ms = NEVER },
		  0,
		  50 },
		{ { .name = "no expect stop", .can_be_asked = true, .reaction_ms = 1, .stranger_ms = NEVER },
		  1,
		  60 },
		{ { .name = "no expect stop, not asked", .reaction_ms = 1, .stranger_ms = NEVER },
		  1,
		  60 },
		{ { .name = "no expect stop, the first probe fails",
		    .reaction_ms = 1,
		    .probing = TOO_MANY,
		    .stranger_ms = NEVER },
		  1,
		  120 },
		{ { .name = "no expect stop, no probe",
		    .can_be_asked = true,
		    .reaction_ms = 1,
		    .probing = UNPROBED,
		    .stranger_ms = NEVER },
		  1,
		  70 },
		{ { .name = "no expect stop, no probe, not asked",
		    .reaction_ms = 1,
		    .probing = UNPROBED,
		    .stranger_ms = NEVER },
		  1,
		  60000 },
		{ { .name = "stalled for 3 s",
		    .waits = true,
		    .can_be_asked = true,
		    .wakes_ms = 3000,
		    .stranger_ms = NEVER },
		  0,
		  4100 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = cases[i].world;
		struct witness witness = live(&world);

		check_int(world.name, witness.n_continues, cases[i].n_continues);
		check(world.name, witness.now_ms <= cases[i].at_most_ms);
	}
}

/*
 * With no answer to be had, and no probe: how long the parent of a daemon waits that ends when the machine next does something
 * after *@end_ms, which becomes that. Only the
 * 10 s for which Upstart may have to be waited for are as long.
 */
static long long live_with_an_end(struct world *world, long long *end_ms)
{
	struct witness witness = make_witness(world->name);
	long long asked_ms = NEVER;

	world->is_spawned = world->waits;
	world->arrives_ms = NEVER;
	tell(world, &witness, &asked_ms, (struct telling_event){ .kind = HEARD_READY });
	while (!witness.is_done) {
		if (!witness.telling.has_ended && witness.now_ms >= *end_ms && !witness.is_looking) {
			*end_ms = witness.now_ms;
			witness.telling.has_ended = true;
			tell(world, &witness, &asked_ms,
			     (struct telling_event){ .kind = HEARD_ENDED });
		} else if (witness.is_looking) {
			tell(world, &witness, &asked_ms, look(world));
		} else {
			pass_time(world, &witness, &asked_ms);
		}
	}
	return witness.now_ms;
}

static void the_end_of_the_daemon_is_not_held_up_for_want_of_an_answer(void **state)
{
	static const int wakes_ms[] = { 60, 3000, 9000, 13500, NEVER };
	static const int ends_ms[] = { 0, 100, 3500, 9500, 10500, 14000, 20000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wakes_ms) * ARRAY_SIZE(ends_ms) * 2 * 3; i++) {
		struct world world = { .waits = true, .reaction_ms = 1, .stranger_ms = NEVER };
		size_t rest = i;
		long long end_ms = ends_ms[rest % ARRAY_SIZE(ends_ms)], done_ms, last_ms;
		char name[80];

		rest /= ARRAY_SIZE(ends_ms);
		world.wakes_ms = wakes_ms[rest % ARRAY_SIZE(wakes_ms)];
		rest /= ARRAY_SIZE(wakes_ms);
		world.can_be_asked = rest % 2 != 0;
		world.probing = (enum probing)(rest / 2);
		(void)snprintf(name, sizeof(name), "wakes at %d, ends at %d, asked %d, probing %d",
			       world.wakes_ms, (int)end_ms, world.can_be_asked, (int)world.probing);
		world.name = name;
		done_ms = live_with_an_end(&world, &end_ms);
		last_ms = end_ms > PATIENCE_MS ? end_ms : PATIENCE_MS;
		/* A question that is under way may fail, and then the last one. */
		if (!world.can_be_asked || world.wakes_ms == NEVER)
			check(name, done_ms <= last_ms + 2LL * ASK_TIMEOUT_MS + 100);
	}
}

/* ---- The adversary ---- */

#define N_LOOKS 12
#define N_ANSWERS 3
#define DEPTH 4 /* answers chosen freely; after them one kind of answer for ever */

/*
 * A stop that has arrived is not pending again, and a probe that was not sent, or not since the last
 * stop, is not seen: that much sense the adversary makes.
 */
static struct telling_event choose_look(int choice, struct witness *witness)
{
	enum {
		STOPPED,
		STOPPING,
		PENDING,
		RUNNING
	} daemon = choice % 4;
	struct telling_event event = { .kind = HEARD_LOOKED,
				       .probe = (enum host_probe)(choice / 4 % 3) };

	if (daemon == PENDING && witness->has_arrived)
		daemon = STOPPING;
	event.daemon_is_stopped = daemon == STOPPED || daemon == STOPPING;
	event.stop_is_pending = daemon == PENDING;
	event.stop_is_complete = daemon == STOPPED;
	if (witness->n_probes == witness->n_probes_before)
		event.probe = HOST_PROBE_NONE;
	witness->has_probe = event.probe != HOST_PROBE_NONE;
	return event;
}

static struct telling_event choose_answer(int choice)
{
	return (struct telling_event){ .kind = HEARD_ANSWERED,
				       .answer = (enum host_answer)(choice % 3) };
}

/* Goes on with @choice for ever: it must end. */
static void go_on(struct witness *witness, int choice)
{
	while (!witness->is_done) {
		if (witness->is_looking) {
			give(witness, choose_look(choice, witness));
		} else if (witness->is_asking) {
			witness->now_ms += 3;
			give(witness, choose_answer(choice / N_LOOKS));
		} else {
			witness->now_ms = witness->timer_ms;
			give(witness, (struct telling_event){ .kind = HEARD_TIMER });
		}
	}
}

static void try_all(const struct witness *before, int depth)
{
	int n_choices = before->is_looking ? N_LOOKS : before->is_asking ? N_ANSWERS : 1;

	if (depth == 0 || before->is_done) {
		for (int policy = 0; policy < N_LOOKS * N_ANSWERS; policy++) {
			struct witness witness = *before;

			go_on(&witness, policy);
		}
		return;
	}
	for (int choice = 0; choice < n_choices; choice++) {
		struct witness witness = *before;

		if (before->is_looking) {
			give(&witness, choose_look(choice, &witness));
		} else if (before->is_asking) {
			witness.now_ms += 3;
			give(&witness, choose_answer(choice));
		} else {
			witness.now_ms = witness.timer_ms;
			give(&witness, (struct telling_event){ .kind = HEARD_TIMER });
		}
		try_all(&witness, n_choices == 1 ? depth : depth - 1);
	}
}

static void no_answers_whatever_make_it_break_a_promise(void **state)
{
	struct witness witness = make_witness("adversary");

	(void)state;
	give(&witness, (struct telling_event){ .kind = HEARD_READY });
	try_all(&witness, DEPTH);
}

/* ---- Events that nobody asked for ---- */

#define N_EVENTS 17 /* beginning, timer, looks, answers */
#define LENGTH 4

static struct telling_event choose_event(int choice, struct witness *witness)
{
	if (choice == 0)
		return (struct telling_event){ .kind = HEARD_READY };
	if (choice == 1)
		return (struct telling_event){ .kind = HEARD_TIMER };
	return choice < 2 + N_LOOKS ? choose_look(choice - 2, witness)
				    : choose_answer(choice - 2 - N_LOOKS);
}

/* Gives the events that the digits of @order stand for. */
static void give_unasked(int order)
{
	struct witness anything = { .n_probes = 1 };
	struct telling telling = { 0 };
	bool has_begun = false, is_done = false, is_stopped = false;

	for (int i = 0; i < LENGTH; i++, order /= N_EVENTS) {
		struct telling_event event = choose_event(order % N_EVENTS, &anything);
		struct telling_step step = upstart_tell_ready(&telling, &event);
		bool stops = (step.actions & TELL_STOP) != 0,
		     continues = (step.actions & TELL_CONTINUE) != 0;

		has_begun = has_begun || event.kind == HEARD_READY;
		check("before the beginning", has_begun || step.actions == 0);
		check("after the end", !is_done || (step.actions == 0 && step.timer_ms == 0));
		check("both", !stops || !continues);
		check("continued what was not stopped", !continues || is_stopped);
		is_stopped = (is_stopped || stops) && !continues;
		is_done = is_done || (step.actions & TELL_DONE) != 0;
	}
}

static void events_out_of_order_do_nothing_unheard_of(void **state)
{
	int n_orders = 1;

	(void)state;
	for (int i = 0; i < LENGTH; i++)
		n_orders *= N_EVENTS;
	for (int order = 0; order < n_orders; order++)
		give_unasked(order);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_world_ends_with_the_daemon_running),
		cmocka_unit_test(the_daemon_stands_still_no_longer_than_it_must),
		cmocka_unit_test(the_end_of_the_daemon_is_not_held_up_for_want_of_an_answer),
		cmocka_unit_test(no_answers_whatever_make_it_break_a_promise),
		cmocka_unit_test(events_out_of_order_do_nothing_unheard_of),
	};

	return cmocka_run_group_tests_name("upstart_ready", tests, NULL, NULL);
}
