/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* base/stack.c: which pages are given back, as mincore(2) sees it, and that nothing else is lost. */
#include "unit.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/stack.h"
#include "base/util.h"

#define USED (64UL * 1024)

/* The middle of what was used: whatever else is there is not as large. */
static bool is_resident(uintptr_t address)
{
	uintptr_t mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	unsigned char vector = 0;

	child_check(mincore((void *)(address & ~mask), mask + 1, &vector) == 0);
	return (vector & 1) != 0;
}

static void fill(volatile char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = 'x';
}

static uintptr_t __attribute__((noinline)) use_much(void)
{
	volatile char bytes[USED];

	fill(bytes, sizeof(bytes));
	return (uintptr_t)bytes + USED / 2;
}

static void drop_unused(const void *arg)
{
	volatile char own[1024];
	uintptr_t middle;

	(void)arg;
	fill(own, sizeof(own));
	middle = use_much();
	child_check(is_resident(middle));
	stack_drop_unused();
	child_check(!is_resident(middle));
	for (size_t i = 0; i < sizeof(own); i++)
		child_check(own[i] == 'x');
	child_check(use_much() == middle); /* it can be used again */
}

static void what_has_returned_is_given_back(void **state)
{
	(void)state;
	check_in_child("unused", drop_unused, NULL);
}

static char first_variable[4096];

static void __attribute__((noinline, noreturn)) stay(uintptr_t middle)
{
	volatile char own[1024];

	fill(own, sizeof(own));
	child_check(is_resident(middle));
	stack_drop_callers((const void *)(middle - USED / 4));
	child_check(!is_resident(middle));
	for (size_t i = 0; i < sizeof(own); i++)
		child_check(own[i] == 'x');
	child_check(environ[0] == NULL || is_equal(environ[0], first_variable));
	_exit(0);
}

static void drop_callers(const void *arg)
{
	volatile char bytes[USED];

	(void)arg;
	fill(bytes, sizeof(bytes));
	(void)snprintf(first_variable, sizeof(first_variable), "%s",
		       environ[0] != NULL ? environ[0] : "");
	stay((uintptr_t)bytes + USED / 2);
}

static void callers_are_given_back_and_the_environment_is_not(void **state)
{
	(void)state;
	need_no_valgrind("valgrind looks for pointers on a stack that was given back");
	check_in_child("callers", drop_callers, NULL);
}

static void drop_with_another_environment(const void *arg)
{
	static char *elsewhere[] = { NULL };
	volatile char bytes[USED];

	(void)arg;
	fill(bytes, sizeof(bytes));
	environ = elsewhere;
	stack_drop_callers((const void *)(uintptr_t)bytes);
	child_check(is_resident((uintptr_t)bytes + USED / 2));
}

static void nothing_is_where_the_end_is_not_known(void **state)
{
	(void)state;
	check_in_child("elsewhere", drop_with_another_environment, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_returned_is_given_back),
		cmocka_unit_test(callers_are_given_back_and_the_environment_is_not),
		cmocka_unit_test(nothing_is_where_the_end_is_not_known),
	};

	return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
