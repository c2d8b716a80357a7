/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Signals that are sent to a process of ours and are meant for the daemon must reach it exactly
 * once; but the host may signal our process alone, or every process of the cgroup, the daemon's
 * also, and nothing in a signal tells which. So another process of ours in the same cgroup is the
 * canary. Nobody signals the canary alone, so a signal that reaches it was sent to the whole cgroup,
 * the daemon included. What it does not say in time has to be forwarded.
 *
 * This is the memory of who got what, when. Pure: the clock and the signals are the caller's.
 */
#ifndef CIB_ACT_HAND_OVER_CANARY_H
#define CIB_ACT_HAND_OVER_CANARY_H

#include <signal.h>
#include <stdbool.h>

/* How long the canary's word of a signal, or the signal itself, may be behind the other. */
#define CANARY_MS 20

/*
 * And how much more where it is seen that it is not over: on a busy machine a process may wait for its turn. The host
 * may have other work; the canary, which is ours, has none.
 */
#define CANARY_LATE_MS 1000
#define CANARY_OWN_LATE_MS 10000
#define CANARY_LOOK_MS 2 /* from one look at these to the next */

/* For each signal, the time in milliseconds; 0: not at all. Zero before the first. */
struct canary {
	long long heard_ms[_NSIG];   /* when the canary got it, and we not yet */
	long long forward_ms[_NSIG]; /* when it is to be forwarded, unless the canary says so */
};

/* We were sent @signal (1 to _NSIG - 1, as below); or the canary was. */
void canary_take_signal(struct canary *canary, int signal, long long now_ms);
void canary_take_word(struct canary *canary, int signal, long long now_ms);

/*
 * The canary can say so from now on only: what waits to be forwarded waits for CANARY_MS more, should
 * it have waited already.
 */
void canary_begin(struct canary *canary, long long now_ms);

/* For how many milliseconds something has been due; -1: nothing is. */
long long canary_overdue_ms(const struct canary *canary, long long now_ms);

/*
 * Returns a signal that is to be forwarded now, and forgets it; or 0, and in @ret_wait_ms for how
 * long none will be: milliseconds, or -1: not before the next one comes.
 */
int canary_take_due(struct canary *canary, long long now_ms, int *ret_wait_ms);

/* The same whether its time has come or not. */
int canary_take_any(struct canary *canary);

#endif
