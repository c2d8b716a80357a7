/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* base/direct_heap.c must be what malloc(3) documents; where it is empty, the C library's own is tried. */
#include "unit.h"

#include <errno.h>

#include "base/direct.h"
#include "base/util.h"

/* What the compiler knows nothing of, so that the function is called. */
static char *hidden(void *memory)
{
	__asm__("" : "+r"(memory));
	return memory;
}

static void memory_is_its_owners_alone(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 4080, 4081, 100000 };
	char *memory[ARRAY_SIZE(sizes)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		memory[i] = hidden(malloc((size_t)hidden((void *)sizes[i])));
		assert_non_null(memory[i]);
		assert_int_equal((uintptr_t)memory[i] % _Alignof(max_align_t), 0);
		memset(memory[i], 'a' + (int)i, sizes[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(memory[i][j], 'a' + (int)i);
		free(memory[i]);
	}
	free(hidden(NULL));
}

static void what_was_there_stays_when_it_grows(void **state)
{
	static const size_t sizes[] = { 3, 20, 5000, 4, 70000, 16 };
	char *memory = hidden(realloc(NULL, 2));

	(void)state;
	assert_non_null(memory);
	memory[0] = 'a';
	memory[1] = 'b';
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		memory = hidden(realloc(memory, sizes[i]));
		assert_non_null(memory);
		assert_memory_equal(memory, "ab", 2);
		memory[sizes[i] - 1] = 'z';
	}
	free(memory);
}

static void others_of_the_family_use_it(void **state)
{
	char *memory = hidden(calloc(300, 30)), *copy = hidden(strdup("text"));

	(void)state;
	assert_non_null(memory);
	for (size_t i = 0; i < 9000; i++)
		assert_int_equal(memory[i], 0);
	assert_string_equal(copy, "text");
	free(copy);
	free(memory);
}

static void what_cannot_be_had_is_said(void **state)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 16, SIZE_MAX / 2 };
	char *memory;

	(void)state;
	if (CIB_HAS_CHECKER)
		return; /* which ends the program */
	memory = hidden(malloc(1));
	*memory = 'x';
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size = (size_t)hidden((void *)sizes[i]);

		errno = 0;
		assert_null(hidden(malloc(size)));
		assert_int_equal(errno, ENOMEM);
		errno = 0;
		assert_null(hidden(realloc(hidden(memory), size)));
		assert_int_equal(errno, ENOMEM);
		assert_int_equal(*memory, 'x');
	}
	free(memory);
}

#if CIB_IS_DIRECT
static void give_back_anothers(const void *arg)
{
	static _Alignas(64) char space[64];

	(void)arg;
	(void)signal(SIGILL, SIG_DFL); /* cmocka has its own */
	free(hidden(space + 32));
}

static void anothers_memory_is_the_end(void **state)
{
	int status = run_child(give_back_anothers, NULL);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGILL);
}

static void errno_is_left_alone(void **state)
{
	char *memory = hidden(malloc(1));

	(void)state;
	errno = EXDEV;
	free(memory);
	assert_int_equal(errno, EXDEV);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_its_owners_alone),
		cmocka_unit_test(what_was_there_stays_when_it_grows),
		cmocka_unit_test(others_of_the_family_use_it),
		cmocka_unit_test(what_cannot_be_had_is_said),
#if CIB_IS_DIRECT
		cmocka_unit_test(anothers_memory_is_the_end),
		cmocka_unit_test(errno_is_left_alone),
#endif
	};

	return cmocka_run_group_tests_name("direct_heap", tests, NULL, NULL);
}
