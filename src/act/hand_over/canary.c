/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/hand_over/canary.h. */
#include "act/hand_over/canary.h"

void canary_take_signal(struct canary *canary, int signal, long long now_ms)
{
	bool is_heard = canary->heard_ms[signal] != 0 &&
			now_ms - canary->heard_ms[signal] <= CANARY_MS;

	canary->heard_ms[signal] = 0;
	if (!is_heard)
		canary->forward_ms[signal] = now_ms + CANARY_MS;
}

void canary_take_word(struct canary *canary, int signal, long long now_ms)
{
	if (canary->forward_ms[signal] != 0)
		canary->forward_ms[signal] = 0;
	else
		canary->heard_ms[signal] = now_ms;
}

void canary_begin(struct canary *canary, long long now_ms)
{
	for (int signal = 1; signal < _NSIG; signal++) {
		if (canary->forward_ms[signal] != 0)
			canary->forward_ms[signal] = now_ms + CANARY_MS;
	}
}

long long canary_overdue_ms(const struct canary *canary, long long now_ms)
{
	long long overdue_ms = -1;

	for (int signal = 1; signal < _NSIG; signal++) {
		long long due_ms = canary->forward_ms[signal];

		if (due_ms != 0 && now_ms - due_ms > overdue_ms)
			overdue_ms = now_ms - due_ms;
	}
	return overdue_ms;
}

int canary_take_due(struct canary *canary, long long now_ms, int *ret_wait_ms)
{
	long long next_ms = 0;

	for (int signal = 1; signal < _NSIG; signal++) {
		long long due_ms = canary->forward_ms[signal];

		if (due_ms == 0)
			continue;
		if (due_ms <= now_ms) {
			canary->forward_ms[signal] = 0;
			return signal;
		}
		if (next_ms == 0 || due_ms < next_ms)
			next_ms = due_ms;
	}
	*ret_wait_ms = next_ms == 0 ? -1 : (int)(next_ms - now_ms);
	return 0;
}

int canary_take_any(struct canary *canary)
{
	for (int signal = 1; signal < _NSIG; signal++) {
		if (canary->forward_ms[signal] == 0)
			continue;
		canary->forward_ms[signal] = 0;
		return signal;
	}
	return 0;
}
