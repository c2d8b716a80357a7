/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* base/json.c: what others may have put into a text must not get out of its string. */
#include "unit.h"

#include "base/json.h"
#include "base/output.h"
#include "base/util.h"

static char *write_text(const char *key, const char *text)
{
	struct output out = { 0 };
	struct json json = { .out = &out };

	json_text(&json, key, text);
	return out.text;
}

static void a_text_stays_in_its_string(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ NULL, "null" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\nb\tc\x01", "\"a\\u000ab\\u0009c\\u0001\"" },
		{ "\x7f", "\"\\u007f\"" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\xff", "\"\\ufffd\"" },
		{ "\xc3", "\"\\ufffd\"" },                       /* cut */
		{ "\xc0\x80", "\"\\ufffd\\ufffd\"" },            /* longer than needed */
		{ "\xe0\x80\x80", "\"\\ufffd\\ufffd\\ufffd\"" }, /* the same */
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" }, /* a surrogate */
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = write_text(NULL, cases[i].text);

		check_text(cases[i].expected, text, cases[i].expected);
		free(text);
	}
}

static void commas_are_between_the_members_and_nowhere_else(void **state)
{
	struct output out = { 0 };
	struct json json = { .out = &out };

	(void)state;
	json_open(&json, NULL, '{');
	json_number(&json, "a", -1);
	json_open(&json, "b", '[');
	json_close(&json, ']');
	json_open(&json, "c", '[');
	json_bool(&json, NULL, true);
	json_open(&json, NULL, '{');
	json_close(&json, '}');
	json_bool(&json, NULL, false);
	json_close(&json, ']');
	json_part(&json, "d", "xyz", 2);
	json_close(&json, '}');
	assert_string_equal(out.text,
			    "{\"a\": -1, \"b\": [], \"c\": [true, {}, false], \"d\": \"xy\"}");
	output_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_stays_in_its_string),
		cmocka_unit_test(commas_are_between_the_members_and_nowhere_else),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
