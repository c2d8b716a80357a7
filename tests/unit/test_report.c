/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* notify/report.c: which words of a daemon become lines of the log, in what form, and how many. */
#include "unit.h"

#include "base/util.h"
#include "notify/report.h"
#include "notify/statement.h"

#define SENDER 4711
#define LATER (10LL * REPORT_BURST * REPORT_INTERVAL_MS)

/* @text is a whole message; its line at once, "" for none. */
static const char *take(struct report *report, const char *text, const char *phase, long long now_ms)
{
	struct statement said;
	const char *line;

	assert_int_equal(notify_parse(text, strlen(text), &said), 0);
	line = report_take(report, &said, phase, SENDER, now_ms);
	return line != NULL ? line : "";
}

static void each_word_has_its_form(void **state)
{
	static const struct {
		const char *name;
		enum report_detail detail;
		const char *text, *phase, *expected;
	} cases[] = {
		{ "status", REPORT_STATUS, "STATUS=up", NULL, "status: up" },
		{ "status, none", REPORT_NONE, "STATUS=up", NULL, "" },
		{ "status, all", REPORT_ALL, "STATUS=up", NULL, "status: up" },
		{ "empty status", REPORT_STATUS, "STATUS=", NULL, "status: " },
		{ "phase", REPORT_STATUS, "READY=1", "ready", "" },
		{ "phase, all", REPORT_ALL, "READY=1", "ready", "ready" },
		{ "phase and status", REPORT_ALL, "READY=1\nSTATUS=up", "ready", "ready; status: up" },
		{ "phase and status, status", REPORT_STATUS, "READY=1\nSTATUS=up", "ready",
		  "status: up" },
		{ "errno", REPORT_STATUS, "ERRNO=2", NULL, "error: 2 (No such file or directory)" },
		{ "errno 0", REPORT_STATUS, "ERRNO=0", NULL, "error: 0" },
		{ "errno, unknown", REPORT_STATUS, "ERRNO=4095", NULL, "error: 4095" },
		{ "errno, long", REPORT_STATUS, "ERRNO=99999999999999999999", NULL,
		  "error: 99999999999999999999" },
		{ "errno, name", REPORT_STATUS, "ERRNO=ENOENT", NULL, "error: ENOENT" },
		{ "errno, nothing", REPORT_STATUS, "ERRNO=", NULL, "error: " },
		{ "all errors", REPORT_STATUS,
		  "STATUS=x\nBUSERROR=a.b\nVARLINKERROR=c.d\nEXIT_STATUS=1", NULL,
		  "status: x; D-Bus error: a.b; Varlink error: c.d; exit status: 1" },
		{ "watchdog", REPORT_STATUS, "WATCHDOG=trigger", NULL,
		  "wants to be ended as if its watchdog had expired" },
		{ "sign of life", REPORT_ALL, "WATCHDOG=1", NULL, "" },
		{ "times", REPORT_STATUS, "WATCHDOG_USEC=1\nEXTEND_TIMEOUT_USEC=2", NULL, "" },
		{ "times, all", REPORT_ALL, "WATCHDOG_USEC=1\nEXTEND_TIMEOUT_USEC=2", NULL,
		  "watchdog time in us: 1; more time to start or stop, in us: 2" },
		{ "nothing", REPORT_ALL, "X_FOO=1", NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report report = { .detail = cases[i].detail };

		check_text(cases[i].name, take(&report, cases[i].text, cases[i].phase, 5),
			   cases[i].expected);
		check_int(cases[i].name, report_due_ms(&report), 0);
	}
}

/* What a terminal or a reader of the log could take for something else. */
static void a_text_stays_one_line_of_text(void **state)
{
	static const struct {
		const char *name, *text, *expected;
	} cases[] = {
		{ "plain", "a\\b \"c\" ~", "a\\b \"c\" ~" },
		{ "C0", "a\tb\x1b[31mc\x01", "a\\x09b\\x1b[31mc\\x01" },
		{ "DEL", "a\x7f", "a\\x7f" },
		{ "C1",
		  "a\xc2\x9b"
		  "31m",
		  "a\\x9b31m" },
		{ "first that is not a control", "\xc2\xa0", "\xc2\xa0" },
		{ "line separators",
		  "a\xe2\x80\xa8"
		  "b\xe2\x80\xa9",
		  "a\\u2028b\\u2029" },
		{ "two, three and four bytes", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		  "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "the last character", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "beyond it", "\xf4\x90\x80\x80", "(not UTF-8)" },
		{ "far beyond it", "\xf8\x88\x80\x80\x80", "(not UTF-8)" },
		{ "stray continuation", "a\x80", "(not UTF-8)" },
		{ "cut short", "a\xe2\x82", "(not UTF-8)" },
		{ "cut by another",
		  "a\xe2\x82"
		  "b",
		  "(not UTF-8)" },
		{ "two for one byte", "\xc0\xaf", "(not UTF-8)" },
		{ "three for one byte", "\xe0\x80\xaf", "(not UTF-8)" },
		{ "four for two bytes", "\xf0\x80\x83\xa4", "(not UTF-8)" },
		{ "surrogate", "\xed\xa0\x80", "(not UTF-8)" },
		{ "not text at all", "\xff\xfe", "(not UTF-8)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report report = { .detail = REPORT_STATUS };
		char text[64], expected[64];

		(void)snprintf(text, sizeof(text), "STATUS=%s", cases[i].text);
		(void)snprintf(expected, sizeof(expected), "status: %s", cases[i].expected);
		check_text(cases[i].name, take(&report, text, NULL, 0), expected);
	}
}

static void a_long_text_is_cut_between_characters(void **state)
{
	(void)state;
	for (int shift = 0; shift < 4; shift++) {
		struct report report = { .detail = REPORT_STATUS };
		char text[NOTIFY_MAX] = "STATUS=";
		size_t used = 7 + (size_t)shift;
		const char *line;

		memset(text + 7, 'x', (size_t)shift);
		for (; used + 3 < sizeof(text); used += 3)
			memcpy(text + used, "\xe2\x82\xac", 4);
		line = take(&report, text, NULL, 0);
		used = strlen(line);
		assert_true(used < REPORT_LINE && used > REPORT_LINE - 10);
		assert_string_equal(line + used - 3, "...");
		assert_int_equal((used - 3 - 8 - (size_t)shift) % 3, 0);
	}
}

/* Says "STATUS=N". */
static const char *say(struct report *report, int n, long long now_ms)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "STATUS=%d", n);
	return take(report, text, NULL, now_ms);
}

static void use_up(struct report *report, long long now_ms)
{
	for (int i = 0; i < REPORT_BURST; i++)
		check(__func__, say(report, i, now_ms)[0] != '\0');
	check_text(__func__, say(report, 100, now_ms), "");
}

static void after_a_burst_the_last_waits_for_its_turn(void **state)
{
	struct report report = { .detail = REPORT_STATUS };

	(void)state;
	use_up(&report, 1000);
	assert_string_equal(say(&report, 101, 1500), "");
	assert_int_equal(report_due_ms(&report), 1000 + REPORT_INTERVAL_MS);
	assert_null(report_take_kept(&report, false, 999 + REPORT_INTERVAL_MS));
	assert_string_equal(report_take_kept(&report, false, 1000 + REPORT_INTERVAL_MS),
			    "status: 101 (1 lines before it were left out)");
	assert_int_equal(report_due_ms(&report), 0);
	assert_null(report_take_kept(&report, false, LATER));
	/* The interval begins anew, and pays for one. */
	assert_string_equal(say(&report, 102, 1001 + REPORT_INTERVAL_MS), "status: 102");
	assert_string_equal(say(&report, 103, LATER), "status: 103");
}

static void at_the_end_the_last_is_told_at_once(void **state)
{
	struct report report = { .detail = REPORT_STATUS };

	(void)state;
	assert_null(report_take_kept(&report, true, 0));
	use_up(&report, 1000);
	assert_string_equal(report_take_kept(&report, true, 1000), "status: 100");
	assert_int_equal(report.sender, SENDER);
	assert_null(report_take_kept(&report, true, 1000));
}

static void what_is_known_is_not_repeated(void **state)
{
	struct report report = { .detail = REPORT_STATUS };

	(void)state;
	assert_string_equal(say(&report, 1, 0), "status: 1");
	assert_string_equal(say(&report, 1, 0), "");
	assert_string_equal(say(&report, 1, LATER), "");
	assert_int_equal(report_due_ms(&report), 0);
	assert_string_equal(say(&report, 2, LATER), "status: 2");
	assert_string_equal(say(&report, 1, LATER), "status: 1");
}

static void a_status_that_waits_is_replaced_by_a_status_only(void **state)
{
	struct report report = { .detail = REPORT_STATUS };

	(void)state;
	use_up(&report, 0);
	assert_string_equal(take(&report, "ERRNO=1", NULL, 0), "");
	assert_string_equal(report_take_kept(&report, true, 0),
			    "status: 100 (1 lines before it were left out)");
	assert_string_equal(take(&report, "ERRNO=1", NULL, 0), "");
	assert_string_equal(say(&report, 104, 0), "");
	assert_string_equal(report_take_kept(&report, true, 0),
			    "status: 104 (1 lines before it were left out)");
}

/* One line an interval, whatever the daemon does. */
static void in_the_long_run_time_limits_the_lines(void **state)
{
	struct report report = { .detail = REPORT_STATUS };
	int n_lines = 0, n = 0;

	(void)state;
	for (long long now_ms = 0; now_ms < 100LL * REPORT_INTERVAL_MS; now_ms += 700) {
		n_lines += report_take_kept(&report, false, now_ms) != NULL;
		n_lines += say(&report, n++, now_ms)[0] != '\0';
	}
	assert_true(n_lines >= 99 + REPORT_BURST - 1 && n_lines <= 99 + REPORT_BURST + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_has_its_form),
		cmocka_unit_test(a_text_stays_one_line_of_text),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(after_a_burst_the_last_waits_for_its_turn),
		cmocka_unit_test(at_the_end_the_last_is_told_at_once),
		cmocka_unit_test(what_is_known_is_not_repeated),
		cmocka_unit_test(a_status_that_waits_is_replaced_by_a_status_only),
		cmocka_unit_test(in_the_long_run_time_limits_the_lines),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
