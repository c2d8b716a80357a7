/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What every start is made of instead of snprintf(3) and malloc(3): base/text.c and base/arena.c. */
#include "unit.h"

#include <limits.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/util.h"

static void texts_are_cut_where_the_buffer_ends(void **state)
{
	static const struct {
		const char *words[3];
		size_t size;
		const char *expected;
		bool is_cut;
	} cases[] = {
		{ { "" }, 1, "", false },
		{ { "a" }, 1, "", true },
		{ { "abc" }, 4, "abc", false },
		{ { "abcd" }, 4, "abc", true },
		{ { "ab", "c" }, 4, "abc", false },
		{ { "ab", "cd" }, 4, "abc", true },
		{ { "abcd", "" }, 4, "abc", true },
		{ { "abc", "d", "e" }, 4, "abc", true },
		{ { "a", "b", "c" }, 9, "abc", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *buffer = malloc(cases[i].size); /* so that what is written beyond it shows */
		struct text text = text_begin(buffer, cases[i].size);

		for (size_t j = 0; j < 3 && cases[i].words[j] != NULL; j++)
			text_add(&text, cases[i].words[j]);
		check_text(cases[i].expected, buffer, cases[i].expected);
		check_int(cases[i].expected, text.is_cut, cases[i].is_cut);
		free(buffer);
	}
}

static void a_part_of_a_word_is_no_cut(void **state)
{
	char buffer[8];
	struct text text = text_begin(buffer, sizeof(buffer));

	(void)state;
	text_add_part(&text, "abcd", 2);
	text_add_part(&text, "e", 9);
	text_add_part(&text, "x", 0);
	assert_string_equal(buffer, "abe");
	assert_false(text.is_cut);
	text_add_part(&text, "fghijkl", 6);
	assert_string_equal(buffer, "abefghi");
	assert_true(text.is_cut);
}

static void numbers_are_written_in_full(void **state)
{
	static const unsigned long numbers[] = { 0, 1, 9, 10, 4711, 2147483647, ULONG_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char buffer[32], expected[32];
		struct text text = text_begin(buffer, sizeof(buffer));

		(void)snprintf(expected, sizeof(expected), "<%lu>", numbers[i]);
		text_add(&text, "<");
		text_add_number(&text, numbers[i]);
		text_add(&text, ">");
		check_text(expected, buffer, expected);
	}
}

#define UNIT _Alignof(max_align_t)

static void memory_comes_from_the_buffer_while_there_is_some(void **state)
{
	_Alignas(max_align_t) char buffer[4 * UNIT];
	struct arena arena;
	char *large;

	(void)state;
	arena_init(&arena, buffer, sizeof(buffer));
	assert_ptr_equal(arena_get(&arena, 1, 1), buffer);
	assert_ptr_equal(arena_get(&arena, 1, UNIT), buffer + UNIT);
	large = arena_get(&arena, 3, UNIT);
	assert_non_null(large);
	memset(large, 1, 3 * UNIT);
	/* What is left is still used for what fits. */
	assert_ptr_equal(arena_get(&arena, 2, UNIT), buffer + 2 * UNIT);
	assert_non_null(arena_get(&arena, 1, 1));
	arena_done(&arena);
	arena_done(&arena); /* a second time is nothing */
}

static void more_than_there_can_be_is_refused(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	assert_null(arena_get(&arena, SIZE_MAX, 1));
	assert_null(arena_get(&arena, SIZE_MAX / 2, 3));
	assert_null(arena_get(&arena, 3, SIZE_MAX / 2));
	assert_null(arena.chunks);
}

/* Alone in a text of each length, or before others, on each side of a word's end, beside bytes that differ in one bit. */
static void a_character_is_found_at_each_place(void **state)
{
	static const unsigned char others[] = { 0x00, 0x01, 0x7f, 0x80, 0x81, 0xff, 'b', 'a' ^ 0x80 };
	char text[40];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others) * sizeof(text); i++) {
		size_t place = i % sizeof(text);

		for (size_t size = 0; size <= sizeof(text); size++) {
			memset(text, others[i / sizeof(text)], sizeof(text));
			text[place] = 'a';
			assert_ptr_equal(find_before(text, text + size, 'a'),
					 text + (size > place ? place : size));
			memset(text + place, 'a', sizeof(text) - place);
			assert_ptr_equal(find_before(text, text + size, 'a'),
					 text + (size > place ? place : size));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_character_is_found_at_each_place),
		cmocka_unit_test(texts_are_cut_where_the_buffer_ends),
		cmocka_unit_test(a_part_of_a_word_is_no_cut),
		cmocka_unit_test(numbers_are_written_in_full),
		cmocka_unit_test(memory_comes_from_the_buffer_while_there_is_some),
		cmocka_unit_test(more_than_there_can_be_is_refused),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
