/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * All orders of a handful of events, for the state machines whose tests play every one of them.
 */
#ifndef CIB_TEST_PERMUTATIONS_H
#define CIB_TEST_PERMUTATIONS_H

#include <stdbool.h>

static inline void first_permutation(int *order, int n)
{
	for (int i = 0; i < n; i++)
		order[i] = i;
}

static inline void swap_places(int *order, int a, int b)
{
	int swapped = order[a];

	order[a] = order[b];
	order[b] = swapped;
}

/* In the order of dictionaries; false after the last. */
static inline bool next_permutation(int *order, int n)
{
	int i = n - 2, j = n - 1;

	while (i >= 0 && order[i] >= order[i + 1])
		i--;
	if (i < 0)
		return false;
	while (order[j] <= order[i])
		j--;
	swap_places(order, i, j);
	for (i++, j = n - 1; i < j; i++, j--)
		swap_places(order, i, j);
	return true;
}

#endif
