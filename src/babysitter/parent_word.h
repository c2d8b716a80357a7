/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What the babysitter says to the parent of the shape supervise (act/supervise/parent.h), over a
 * seqpacket pair, so that each sees the other's end. In the other direction words are a byte each.
 */
#ifndef CIB_BABYSITTER_PARENT_WORD_H
#define CIB_BABYSITTER_PARENT_WORD_H

#include <stddef.h>
#include <sys/types.h>

enum parent_word_kind {
	WORD_TELLING, /* we are about to be stopped, and continued */
	WORD_SETTLED, /* the host knows that the daemon is ready */
	WORD_HELD,    /* your end is seen before your children are others': begin */
	WORD_MAIN,    /* pid is the main process from now on */
	WORD_GIVE_UP, /* the host can never be told, or the daemon is late and not ours to end: end yourself */
	WORD_SIGNAL, /* pid is a signal for all of the daemon's processes, none of which is the main one */
	WORD_FAILED, /* there will be no main process: end all */
	WORD_SAY,    /* text is to be sent to the host, which believes only its own process */
};

enum parent_byte {
	PARENT_GOES_ON = '\0', /* we have been continued, after you have stopped us */
	PARENT_FORKED = 'f',   /* the first process has exited with 0, or another since: look */
	PARENT_STOPS = 's', /* a stop is passed on: whoever ends then is not succeeded by another */
	PARENT_LOST_MAIN = 'e', /* a process that was our child has ended: look, who cannot see it */
};

#define PARENT_SAY_MAX 1024

struct parent_word {
	enum parent_word_kind kind;
	pid_t pid;
	pid_t session, group;      /* WORD_MAIN: its own, where they are known; else 0 */
	char text[PARENT_SAY_MAX]; /* WORD_SAY only; as long as the notification, then ended by a NUL */
};

/* The size of one without text. */
#define PARENT_WORD_SIZE offsetof(struct parent_word, text)

/* Has the parent at @fd say @text to the host. Returns 0 or -errno (-EMSGSIZE). */
int parent_say(int fd, const char *text);

/*
 * Receives the next word without waiting. Returns 1, 0 (there is no more, for good), or -errno
 * (-EAGAIN: not now).
 */
int parent_hear(int fd, struct parent_word *ret_word);

#endif
