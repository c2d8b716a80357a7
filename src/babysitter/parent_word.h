/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the babysitter says to the parent of the shape supervise (act/supervise/parent.h), over a
 * seqpacket pair, so that each sees the other's end.
 */
#ifndef CIB_BABYSITTER_PARENT_WORD_H
#define CIB_BABYSITTER_PARENT_WORD_H

#include <sys/types.h>

enum parent_word_kind {
	WORD_TELLING, /* we are about to be stopped, and continued */
	WORD_SETTLED, /* the host knows that the daemon is ready */
	WORD_MAIN,    /* pid is the main process from now on */
};

struct parent_word {
	enum parent_word_kind kind;
	pid_t pid;
};

#endif
