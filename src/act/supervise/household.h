/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The processes that the parent of the shape supervise holds, and what it does to them: it carries out
 * what act/supervise/parent.c decides. It knows nothing of the poll loop around it (act/supervise/loop.c).
 */
#ifndef CIB_ACT_SUPERVISE_HOUSEHOLD_H
#define CIB_ACT_SUPERVISE_HOUSEHOLD_H

#include "act/supervise/parent.h"
#include "babysitter/main_watch.h"

/* The processes: the daemon's, the babysitter, and us. */
struct household {
	struct supervisor_setup setup;
	struct supervisor state;
	struct process main;
	pid_t session, group;     /* of the main process, of a daemon that goes to the background */
	pid_t others[MAX_OTHERS]; /* processes below us that are not that daemon's */
	size_t n_others;
	enum parent_byte last_word; /* that the babysitter was sent; nobody else sends it any */
};

/* Of a daemon that goes to the background: true as long as its main process is not known. */
bool household_awaits_main(const struct household *household);

/* Notes where the main process is; of a number that is not positive nothing is known, and it is kept. */
void household_note_group(struct household *household, pid_t session, pid_t group);

/*
 * Takes hold of the main process, as the state names it. The babysitter has checked it; but it may have
 * ended since, and the number be another's: then false.
 */
bool household_follow(struct household *household);

/*
 * Whether a process of the daemon's is left. One that has ended and is ours to reap says how first; and
 * where nobody else's child can be ours, it takes no look at all processes.
 */
bool household_is_any_left(const struct household *household);

/*
 * Sends @word to the babysitter. Not once more while it has yet to read the same: it hears all that was said before it acts,
 * and of some 300 words the kernel would drop the next one, whatever it says. Others are lost only if it takes no more.
 */
void household_say_to_babysitter(struct household *household, enum parent_byte word);

/* The same with @signal: it may hold back our end, so it must be able to let go. */
void household_signal_babysitter(const struct household *household, int signal);

/* Waits until the main process has taken @signal, for a few milliseconds at most. */
void household_let_take(const struct household *household, int signal);

/*
 * Carries out @step, but for what is the loop's: SUPERVISOR_FOLLOW, SUPERVISOR_ASK, and the timer. With
 * SUPERVISOR_END it does not return.
 */
void household_carry_out(struct household *household, const struct supervisor_step *step);

#endif
