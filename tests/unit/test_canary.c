/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The canary: in whatever order a signal and the word of it come, and however late, the daemon
 * gets each signal once.
 */
#include "unit.h"

#include "act/hand_over/canary.h"
#include "base/util.h"

#define MAX_MOMENTS 8

enum what {
	NOTHING,
	SIGNALED,
	REPORTED,
	LOOKED,   /* expected: what is due, or else how long nothing is */
	BEGUN,    /* the canary is there */
	OVERDUE,  /* expected: for how long something is due, in place of the signal */
	TOOK_ANY, /* expected: what is taken, whether due or not */
};

struct moment {
	enum what what;
	int signal; /* LOOKED, TOOK_ANY: that is due, or 0 */
	int at_ms;  /* from the beginning */
	int wait_ms;
};

#define START_MS 1000000LL

static void play_moment(const char *name, struct canary *canary, const struct moment *moment)
{
	long long now_ms = START_MS + moment->at_ms;
	int wait_ms = 0;

	switch (moment->what) {
	case SIGNALED:
		canary_take_signal(canary, moment->signal, now_ms);
		break;
	case REPORTED:
		canary_take_word(canary, moment->signal, now_ms);
		break;
	case LOOKED:
		check_int(name, canary_take_due(canary, now_ms, &wait_ms), moment->signal);
		check_int(name, wait_ms, moment->wait_ms);
		break;
	case TOOK_ANY:
		check_int(name, canary_take_any(canary), moment->signal);
		break;
	case OVERDUE:
		check_int(name, canary_overdue_ms(canary, now_ms), moment->signal);
		break;
	case BEGUN:
		canary_begin(canary, now_ms);
		break;
	case NOTHING:
		break;
	}
}

struct row {
	const char *name;
	struct moment moments[MAX_MOMENTS];
};

static void play(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct canary canary = { 0 };

		for (size_t m = 0; m < MAX_MOMENTS; m++)
			play_moment(rows[i].name, &canary, &rows[i].moments[m]);
	}
}

static void each_signal_reaches_the_daemon_once(void **state)
{
	static const struct row rows[] = {
		{ "nothing", { { LOOKED, 0, 0, -1 }, { TOOK_ANY, 0, 0, 0 } } },
		{ "to us alone",
		  { { SIGNALED, SIGTERM, 0, 0 },
		    { LOOKED, 0, 0, 20 },
		    { LOOKED, 0, 19, 1 },
		    { LOOKED, SIGTERM, 20, 0 },
		    { LOOKED, 0, 20, -1 } } },
		{ "to us alone, looked at late",
		  { { SIGNALED, SIGTERM, 0, 0 }, { LOOKED, SIGTERM, 500, 0 }, { LOOKED, 0, 500, -1 } } },
		{ "to all, the canary first",
		  { { REPORTED, SIGTERM, 0, 0 },
		    { LOOKED, 0, 0, -1 },
		    { SIGNALED, SIGTERM, 20, 0 },
		    { LOOKED, 0, 99, -1 } } },
		{ "to all, we first",
		  { { SIGNALED, SIGTERM, 0, 0 }, { REPORTED, SIGTERM, 20, 0 }, { LOOKED, 0, 99, -1 } } },
		{ "to the canary alone", { { REPORTED, SIGTERM, 0, 0 }, { LOOKED, 0, 99, -1 } } },
		{ "the word is of an earlier one",
		  { { REPORTED, SIGTERM, 0, 0 },
		    { SIGNALED, SIGTERM, 21, 0 },
		    { LOOKED, SIGTERM, 41, 0 } } },
		{ "one report is good for one signal",
		  { { REPORTED, SIGTERM, 0, 0 },
		    { SIGNALED, SIGTERM, 1, 0 },
		    { SIGNALED, SIGTERM, 2, 0 },
		    { LOOKED, SIGTERM, 22, 0 } } },
		{ "to all, and again to us alone",
		  { { SIGNALED, SIGTERM, 0, 0 },
		    { REPORTED, SIGTERM, 1, 0 },
		    { SIGNALED, SIGTERM, 30, 0 },
		    { LOOKED, SIGTERM, 50, 0 } } },
		{ "another signal's report",
		  { { REPORTED, SIGHUP, 0, 0 },
		    { SIGNALED, SIGTERM, 0, 0 },
		    { REPORTED, SIGINT, 0, 0 },
		    { LOOKED, SIGTERM, 20, 0 } } },
		{ "several, each in its time",
		  { { SIGNALED, SIGTERM, 0, 0 },
		    { SIGNALED, SIGHUP, 5, 0 },
		    { LOOKED, SIGTERM, 20, 0 },
		    { LOOKED, 0, 20, 5 },
		    { LOOKED, SIGHUP, 25, 0 },
		    { LOOKED, 0, 25, -1 } } },
		{ "to us alone, long before the canary was there",
		  { { SIGNALED, SIGTERM, 0, 0 },
		    { BEGUN, 0, 100, 0 },
		    { LOOKED, 0, 100, 20 },
		    { LOOKED, SIGTERM, 120, 0 } } },
		{ "to all, long before the canary could say so",
		  { { SIGNALED, SIGTERM, 0, 0 },
		    { BEGUN, 0, 100, 0 },
		    { LOOKED, 0, 100, 20 },
		    { REPORTED, SIGTERM, 119, 0 },
		    { LOOKED, 0, 199, -1 } } },
		{ "the last signal of all",
		  { { SIGNALED, _NSIG - 1, 0, 0 }, { LOOKED, _NSIG - 1, 20, 0 } } },
		{ "taken before its time",
		  { { SIGNALED, SIGTERM, 0, 0 },
		    { SIGNALED, SIGHUP, 0, 0 },
		    { TOOK_ANY, SIGHUP, 0, 0 },
		    { TOOK_ANY, SIGTERM, 0, 0 },
		    { TOOK_ANY, 0, 0, 0 },
		    { LOOKED, 0, 99, -1 } } },
	};

	(void)state;
	play(rows, ARRAY_SIZE(rows));
}

/* On a busy machine. */
static void what_is_due_may_wait(void **state)
{
	static const struct row rows[] = {
		{ "what is due may wait for a while",
		  { { OVERDUE, -1, 0, 0 },
		    { SIGNALED, SIGTERM, 0, 0 },
		    { OVERDUE, -1, 19, 0 },
		    { OVERDUE, 0, 20, 0 },
		    { OVERDUE, 1000, 1020, 0 },
		    { LOOKED, SIGTERM, 1020, 0 },
		    { OVERDUE, -1, 1020, 0 } } },
		{ "what has been due for longest counts",
		  { { SIGNALED, SIGTERM, 0, 0 },
		    { SIGNALED, SIGHUP, 5, 0 },
		    { OVERDUE, 0, 20, 0 },
		    { OVERDUE, 10, 30, 0 },
		    { REPORTED, SIGTERM, 31, 0 },
		    { OVERDUE, 6, 31, 0 } } },
		{ "a late report is one",
		  { { SIGNALED, SIGTERM, 0, 0 },
		    { OVERDUE, 480, 500, 0 },
		    { REPORTED, SIGTERM, 501, 0 },
		    { OVERDUE, -1, 502, 0 },
		    { LOOKED, 0, 502, -1 } } },
	};

	(void)state;
	play(rows, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_signal_reaches_the_daemon_once),
		cmocka_unit_test(what_is_due_may_wait),
	};

	return cmocka_run_group_tests_name("canary", tests, NULL, NULL);
}
