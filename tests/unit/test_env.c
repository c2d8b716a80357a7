/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* base/env.c: the strict readers, and the daemon's environment made from ours by edits. */
#include "unit.h"

#include <limits.h>

#include "base/env.h"
#include "base/text.h"
#include "base/util.h"

#define MAX_VARIABLES 8

/* @variables, NULL-terminated; looked through, if there is an @arena for that. */
static struct env make_env(const char *const *variables, struct arena *arena)
{
	struct env env = { .list = (char *const *)(uintptr_t)variables };

	if (arena != NULL)
		assert_int_equal(env_index(&env, arena), 0);
	assert_int_equal(env.next != NULL, arena != NULL);
	return env;
}

static void numbers_are_digits_and_nothing_else(void **state)
{
	static const struct {
		const char *text;
		unsigned long max;
		int expected;
		unsigned long number;
	} cases[] = {
		{ "0", 9, 0, 0 },
		{ "9", 9, 0, 9 },
		{ "007", 9, 0, 7 },
		{ "65535", 65535, 0, 65535 },
		{ "65536", 65535, -ERANGE, 0 },
		{ "655350", 65535, -ERANGE, 0 },
		{ "9", 5, -ERANGE, 0 },
		{ "10", 9, -ERANGE, 0 },
		{ "1", 0, -ERANGE, 0 },
		{ "0", 0, 0, 0 },
		{ "18446744073709551615", ULONG_MAX, sizeof(long) == 8 ? 0 : -ERANGE, ULONG_MAX },
		{ "18446744073709551616", ULONG_MAX, -ERANGE, 0 },
		{ "99999999999999999999999", ULONG_MAX, -ERANGE, 0 },
		{ "", 9, -EINVAL, 0 },
		{ " 1", 9, -EINVAL, 0 },
		{ "1 ", 9, -EINVAL, 0 },
		{ "1\n", 9, -EINVAL, 0 },
		{ "+1", 9, -EINVAL, 0 },
		{ "-1", 9, -EINVAL, 0 },
		{ "-0", 9, -EINVAL, 0 },
		{ "0x1", 9, -EINVAL, 0 },
		{ "1.0", 9, -EINVAL, 0 },
		{ "one", 9, -EINVAL, 0 },
		{ "/", 9, -EINVAL, 0 },
		{ ":", 99, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long number = 4711;

		check_int(cases[i].text, parse_number(cases[i].text, cases[i].max, &number),
			  cases[i].expected);
		check_int(cases[i].text, number, cases[i].expected == 0 ? cases[i].number : 4711);
	}
}

static void a_variable_is_found_by_its_whole_name(void **state)
{
	static const char *const list[] = { "LONGER=1", "LONG=2",  "LONG=3", "BARE",
					    "EMPTY=",   "EMPTY=x", "A=B=C",  "=odd",
					    "",         "l=4",     "\xff=5", NULL };
	static const struct {
		const char *name, *value;
	} cases[] = {
		{ "LONGER", "1" }, { "LONG", "2" },  { "LON", NULL },  { "LONGEST", NULL },
		{ "BARE", NULL },  { "EMPTY", "" },  { "A", "B=C" },   { "B", NULL },
		{ "long", NULL },  { "L", NULL },    { "l", "4" },     { "MISSING", NULL },
		{ "\xff", "5" },   { "\xdf", NULL }, { "EMPT", NULL }, { "\x1d", NULL },
	};
	struct arena arena = { 0 };
	struct env searched = make_env(list, NULL), indexed = make_env(list, &arena);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *value = env_get(&indexed, cases[i].name);

		check_int(cases[i].name, value == NULL, cases[i].value == NULL);
		if (value != NULL && cases[i].value != NULL)
			check_text(cases[i].name, value, cases[i].value);
		assert_ptr_equal(value, env_get(&searched, cases[i].name));
		assert_ptr_equal(value, env_search(searched.list, cases[i].name));
	}
	arena_done(&arena);
}

#define N_OF_10000 10000

/* As large as the kernel lets it be, of names that begin alike, each of them there twice. */
static void ten_thousand_variables_are_found(void **state)
{
	static char texts[N_OF_10000][16];
	static const char *list[2 * N_OF_10000 + 1];
	struct arena arena = { 0 };
	struct env_edits edits = { .arena = &arena };
	static const env_name_t removed[] = { "V0*", "V9999", "W1234", "" };
	struct env env;
	char **built;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < N_OF_10000; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "%c%04zu=%zu", i % 2 == 0 ? 'W' : 'V', i,
			       i);
		list[i] = texts[i];
		list[N_OF_10000 + i] = texts[i];
	}
	env = make_env(list, &arena);
	for (size_t i = 0; i < N_OF_10000; i += 7) {
		char name[] = "W0000";

		memcpy(name, texts[i], strlen(name));
		assert_ptr_equal(env_get(&env, name), texts[i] + 6);
		name[0] = name[0] == 'V' ? 'W' : 'V';
		assert_null(env_get(&env, name));
	}
	assert_int_equal(env_edits_remove(&edits, removed), 0);
	assert_int_equal(env_edits_set(&edits, "V5001", "x"), 0);
	assert_int_equal(env_build(&env, &edits, 1, NULL, &built), 0);
	for (size_t i = 0; i < ARRAY_SIZE(list) - 1; i++) {
		if (env_edits_drop(&edits, list[i]))
			continue;
		assert_ptr_equal(built[n], list[i]);
		n++;
	}
	assert_int_equal(n, 2 * (N_OF_10000 - 500 - 3));
	assert_string_equal(built[n], "V5001=x");
	assert_null(built[n + 1]);
	arena_done(&arena);
}

static void an_environment_is_looked_through_once(void **state)
{
	static const char *const list[] = { "A=1", "A=2", NULL }, *const none[] = { NULL };
	struct arena arena = { 0 };
	struct env env = make_env(list, &arena), empty = make_env(none, &arena);
	uint32_t *next = env.next;

	(void)state;
	assert_int_equal(env_index(&env, &arena), 0);
	assert_ptr_equal(env.next, next);
	assert_string_equal(env_get(&env, "A"), "1");
	assert_null(env_get(&empty, "A"));
	arena_done(&arena);
}

static void a_pid_is_named_only_by_its_exact_number(void **state)
{
	static const char *const list[] = { "OWN=42", "OTHER=43",       "LIST=42 43", "SIGN=+42",
					    "EMPTY=", "BIG=4294967338", "ZERO=0",     NULL };
	static const struct {
		const char *name;
		bool expected;
	} cases[] = {
		{ "OWN", true },    { "OTHER", false }, { "LIST", false }, { "SIGN", false },
		{ "EMPTY", false }, { "BIG", false },   { "ZERO", false }, { "MISSING", false },
	};
	struct env env = make_env(list, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_int(cases[i].name, env_names_pid(&env, cases[i].name, 42), cases[i].expected);
}

/* The environment as one line, "A=1 B=2". */
static void join(char *const *env, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (; *env != NULL; env++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", *env);
}

/* What is left of @list, whether it was looked through or not; and each one is asked for. */
static void check_left(const char *name, const char *const *list, const struct env_edits *edits,
		       const char *expected)
{
	for (int is_indexed = 0; is_indexed < 2; is_indexed++) {
		struct env env = make_env(list, is_indexed == 1 ? edits->arena : NULL);
		char text[256], **built;
		size_t n = 0;

		check_int(name, env_build(&env, edits, 1, NULL, &built), 0);
		join(built, text, sizeof(text));
		check_text(name, text, expected);
		for (; *list != NULL && is_indexed == 1; list++) {
			if (!env_edits_drop(edits, *list))
				check(name, built[n++] == *list);
		}
	}
}

static void removed_variables_are_those_that_match(void **state)
{
	static const struct {
		const char *name;
		const char *env[MAX_VARIABLES];
		env_name_t patterns[4];
		const char *expected;
	} cases[] = {
		{ "nothing to remove", { "A=1", "B=2" }, { "C" }, "A=1 B=2" },
		{ "no patterns", { "A=1" }, { "" }, "A=1" },
		{ "empty environment", { NULL }, { "A", "B*" }, "" },
		{ "one", { "A=1", "B=2", "C=3" }, { "B" }, "A=1 C=3" },
		{ "all of them", { "A=1", "B=2" }, { "B", "A" }, "" },
		{ "not what begins alike",
		  { "PORT=1", "PORTER=2", "POR=3" },
		  { "PORT" },
		  "PORTER=2 POR=3" },
		{ "a beginning",
		  { "LISTEN_FDS=1", "LISTEN=2", "LISTEN_=3", "XLISTEN_A=4", "LISTENER=5" },
		  { "LISTEN_*" },
		  "LISTEN=2 XLISTEN_A=4 LISTENER=5" },
		{ "a beginning that is also a name",
		  { "MANAGERPID=1", "MANAGERPIDFDID=2" },
		  { "MANAGERPID*" },
		  "" },
		{ "twice there", { "A=1", "B=2", "A=3" }, { "A" }, "B=2" },
		{ "a star in a name is a letter", { "A*=1", "AB=2" }, { "A*B", "X" }, "A*=1 AB=2" },
		{ "only the name matters", { "A=LISTEN_FDS=1" }, { "LISTEN_*" }, "A=LISTEN_FDS=1" },
		{ "no equals sign", { "LISTEN_FDS", "B" }, { "LISTEN_*" }, "B" },
		{ "no equals sign, the whole name", { "A", "AB", "" }, { "A" }, "AB " },
		{ "empty values", { "A=", "AB=", "=" }, { "A" }, "AB= =" },
		{ "letters of the same place", { "P=1", "p=2", "0=3" }, { "p", "0*" }, "P=1" },
		{ "all of many", { "A=1", "A=2", "A", "A=3", "A=", "A=5", "A=6" }, { "A" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		struct env_edits edits = { .arena = &arena };

		check_int(cases[i].name, env_edits_remove(&edits, cases[i].patterns), 0);
		check_left(cases[i].name, cases[i].env, &edits, cases[i].expected);
		arena_done(&arena);
	}
}

/* What is done to LISTEN_PID, one after the other: the last one counts. */
enum edit_step {
	NO_EDIT,
	REMOVE,
	SET,
	SET_OTHER,
	SET_PID,
	SET_ADDRESS
};

static int apply_step(struct env_edits *edits, enum edit_step step)
{
	static const env_name_t pattern[] = { "LISTEN_*", "" };

	switch (step) {
	case REMOVE:
		return env_edits_remove(edits, pattern);
	case SET:
		return env_edits_set(edits, "LISTEN_PID", "text");
	case SET_OTHER:
		return env_edits_set(edits, "LISTEN_PID", "");
	case SET_PID:
		return env_edits_set_later(edits, "LISTEN_PID", ENV_DAEMON_PID);
	case SET_ADDRESS:
		return env_edits_set_later(edits, "LISTEN_PID", ENV_NOTIFY_ADDRESS);
	case NO_EDIT:
		break;
	}
	return 0;
}

static void the_last_edit_of_a_name_counts(void **state)
{
	static const char *const list[] = { "A=1", "LISTEN_PID=7", "B=2", NULL };
	static const struct {
		const char *name;
		enum edit_step steps[3];
		const char *expected;
	} cases[] = {
		{ "none", { NO_EDIT }, "A=1 LISTEN_PID=7 B=2" },
		{ "set", { SET }, "A=1 B=2 LISTEN_PID=text" },
		{ "set to nothing", { SET_OTHER }, "A=1 B=2 LISTEN_PID=" },
		{ "the daemon's pid", { SET_PID }, "A=1 B=2 LISTEN_PID=2147483647" },
		{ "the address", { SET_ADDRESS }, "A=1 B=2 LISTEN_PID=/run/x" },
		{ "removed, then set", { REMOVE, SET }, "A=1 B=2 LISTEN_PID=text" },
		{ "removed, then the pid", { REMOVE, SET_PID }, "A=1 B=2 LISTEN_PID=2147483647" },
		{ "set, then removed", { SET, REMOVE }, "A=1 B=2 LISTEN_PID=text" },
		{ "set twice", { SET, SET_OTHER }, "A=1 B=2 LISTEN_PID=" },
		{ "text, then the pid", { SET, SET_PID }, "A=1 B=2 LISTEN_PID=2147483647" },
		{ "the pid, then text", { SET_PID, SET }, "A=1 B=2 LISTEN_PID=text" },
		{ "three", { SET, REMOVE, SET_ADDRESS }, "A=1 B=2 LISTEN_PID=/run/x" },
	};
	struct env env = make_env(list, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		struct env_edits edits = { .arena = &arena };
		char text[256], **built;

		for (size_t j = 0; j < ARRAY_SIZE(cases[i].steps); j++)
			check_int(cases[i].name, apply_step(&edits, cases[i].steps[j]), 0);
		check_int(cases[i].name, env_build(&env, &edits, 2147483647, "/run/x", &built), 0);
		join(built, text, sizeof(text));
		check_text(cases[i].name, text, cases[i].expected);
		arena_done(&arena);
	}
}

static void new_variables_come_last_in_the_order_of_the_edits(void **state)
{
	static const char *const list[] = { "A=1", "B=2", "C=3", NULL };
	struct arena arena = { 0 };
	struct env_edits edits = { .arena = &arena };
	char text[256], **built;
	struct env env = make_env(list, NULL);

	(void)state;
	assert_int_equal(env_edits_set(&edits, "Z", "26"), 0);
	assert_int_equal(env_edits_set(&edits, "B", "two"), 0);
	assert_int_equal(env_edits_set(&edits, "D", "x=y"), 0);
	assert_int_equal(env_edits_set(&edits, "Z", "twenty six"), 0);
	assert_int_equal(env_build(&env, &edits, 1, NULL, &built), 0);
	join(built, text, sizeof(text));
	assert_string_equal(text, "A=1 C=3 Z=twenty six B=two D=x=y");
	assert_ptr_equal(built[0], list[0]); /* what is not edited is not copied */
	arena_done(&arena);
}

#define MANY 300

static void there_is_room_for_any_number_of_edits(void **state)
{
	static const char *const list[] = { NULL };
	static char names[MANY][8];
	struct arena arena = { 0 };
	struct env_edits edits = { .arena = &arena };
	char **built;
	struct env env = make_env(list, NULL);

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "N%zu", i);
		check_int(names[i], env_edits_set(&edits, names[i], "1"), 0);
	}
	assert_int_equal(env_build(&env, &edits, 1, NULL, &built), 0);
	assert_string_equal(built[0], "N0=1");
	assert_string_equal(built[MANY - 1], "N299=1");
	assert_null(built[MANY]);
	arena_done(&arena);
}

static void there_is_room_for_any_number_of_removals(void **state)
{
	static const char *const list[] = { "FIRST=1", "LAST=1", "KEPT=1", NULL };
	static const env_name_t first[] = { "FIRST", "" }, last[] = { "LAST", "" }, none[] = { "" };
	struct arena arena = { 0 };
	struct env_edits edits = { .arena = &arena };
	char text[64], **built;
	struct env env = make_env(list, NULL);

	(void)state;
	assert_int_equal(env_edits_remove(&edits, first), 0);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(env_edits_remove(&edits, none), 0);
	assert_int_equal(env_edits_remove(&edits, last), 0);
	assert_int_equal(env_build(&env, &edits, 1, NULL, &built), 0);
	join(built, text, sizeof(text));
	assert_string_equal(text, "KEPT=1");
	arena_done(&arena);
}

static void what_is_kept_is_taken_by_no_removal(void **state)
{
	static const char *const list[] = { "A_B=1", "A_C=1", "D=1", NULL };
	static const env_name_t all[] = { "A_*", "D", "" }, kept[] = { "A_C", "" };
	struct arena arena = { 0 };
	struct env_edits edits = { .arena = &arena, .kept = kept };

	(void)state;
	assert_int_equal(env_edits_remove(&edits, all), 0);
	check_left("a list", list, &edits, "A_C=1");
	edits.removed = "A_C";
	check_left("a name", list, &edits, "A_C=1");
	assert_int_equal(env_edits_set(&edits, "A_C", "2"), 0);
	assert_true(env_edits_drop(&edits, "A_C=1"));
	arena_done(&arena);
}

/* Of any length, where that of a list has to fit. */
static void the_command_line_s_name_is_removed(void **state)
{
	static const char *const list[] = { "A_NAME_THAT_IS_LONGER_THAN_THOSE_OF_LISTS=1", "A=1",
					    "A_NAME_THAT_IS_LONGER_THAN=1", NULL };
	struct arena arena = { 0 };
	struct env_edits edits = { .arena = &arena };

	(void)state;
	edits.removed = "A_NAME_THAT_IS_LONGER_THAN_THOSE_OF_LISTS";
	assert_int_equal(env_edits_remove(&edits, NULL), 0);
	check_left("a name", list, &edits, "A=1 A_NAME_THAT_IS_LONGER_THAN=1");
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_digits_and_nothing_else),
		cmocka_unit_test(a_variable_is_found_by_its_whole_name),
		cmocka_unit_test(ten_thousand_variables_are_found),
		cmocka_unit_test(an_environment_is_looked_through_once),
		cmocka_unit_test(a_pid_is_named_only_by_its_exact_number),
		cmocka_unit_test(removed_variables_are_those_that_match),
		cmocka_unit_test(the_last_edit_of_a_name_counts),
		cmocka_unit_test(new_variables_come_last_in_the_order_of_the_edits),
		cmocka_unit_test(there_is_room_for_any_number_of_edits),
		cmocka_unit_test(there_is_room_for_any_number_of_removals),
		cmocka_unit_test(what_is_kept_is_taken_by_no_removal),
		cmocka_unit_test(the_command_line_s_name_is_removed),
	};

	return cmocka_run_group_tests_name("env", tests, NULL, NULL);
}
