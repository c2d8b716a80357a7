/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What the two processes of the shape hand over, the launcher (act/hand_over/launcher.c) and the intermediate
 * (act/hand_over/intermediate.c), say to each other, over a seqpacket pair, so that each sees the other's end.
 */
#ifndef CIB_ACT_HAND_OVER_CHANNEL_H
#define CIB_ACT_HAND_OVER_CHANNEL_H

#include "act/shape.h"

/* From the intermediate. */
enum intermediate_word_kind {
	INTERMEDIATE_STARTED,  /* value: the daemon's pid */
	INTERMEDIATE_SIGNALED, /* value: the signal that the intermediate got, too */
	INTERMEDIATE_STOPPED, /* the daemon has stopped itself; the intermediate waits for our word */
	INTERMEDIATE_ENDED,   /* value: the daemon's wait status */
	INTERMEDIATE_FAILED, /* value: errno; there is no daemon */
};

struct intermediate_word {
	enum intermediate_word_kind kind;
	int value;
};

/* From the launcher, one byte, as the answer to INTERMEDIATE_STOPPED. */
#define WORD_LEAVE 'l'   /* the host adopts the daemon */
#define WORD_STAY 's'    /* it stays ours until it ends */
#define WORD_NOT_YET 'n' /* that meant nothing */

/*
 * Starts the daemon and watches it for @launcher, its parent, to whom @channel leads. Expects all
 * signals to be blocked.
 */
void intermediate_run(struct launch *launch, int channel, pid_t launcher) __attribute__((noreturn));

/* Both of them, when they are to stay as long as the daemon does: only the daemon's environment is left. */
void hand_over_cover_environment(void);

#endif
