/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A command line whose options are the rows of a table. words_next() takes the words apart as
 * getopt_long(3) does it with "+": short options and clusters of them, long ones and their
 * unambiguous beginnings, until a word that is not an option; option_take() stores what a row
 * says; option_refuse() says what is wrong, and what may have been meant.
 *
 * Our own, since getopt_long(3) and its variables cost 4,000 instructions at every start. For the
 * same reason a row holds its texts, and is not a few pointers, which the dynamic loader would
 * have to relocate. Pure.
 */
#ifndef CIB_BASE_GETOPT_H
#define CIB_BASE_GETOPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/refusal.h"

#define MAX_SECONDS 1000000 /* of an option: its milliseconds are an int for poll(2) */

enum option_kind {
	OPTION_FLAG,   /* sets a bool */
	OPTION_VALUE,  /* sets an enum to @number */
	OPTION_CHOICE, /* sets an enum to the place of the argument in "a|b|c", which is @argument */
	OPTION_SECONDS, /* sets an int, from @number, which is 0 or 1, to MAX_SECONDS */
	OPTION_TEXT,    /* sets a const char *, borrowed from the command line */
	OPTION_CALL,    /* a function of the caller's, its number @number, does it */
	OPTION_MAYBE,   /* likewise, for a long option with or without "=ARGUMENT", NULL without */
};

struct option_row {
	char name[20];
	char letter; /* its short name, or '\0' */
	unsigned char kind;
	unsigned char number;
	unsigned char group;  /* under which heading --help has it */
	unsigned char use;    /* what its effect depends on, as the caller knows it */
	unsigned short where; /* offsetof() in the caller's struct */
	char argument[24];    /* what --help calls it; "": the option takes none */
	char help[150];
};

/* What words_next() returns beside the index of a row. */
#define WORDS_END (-1)
#define WORDS_UNKNOWN (-2)
#define WORDS_AMBIGUOUS (-3)
#define WORDS_MISSING (-4) /* the argument */
#define WORDS_EXTRA (-5)   /* an argument, and the option takes none */

struct words {
	const struct option_row *rows;
	size_t n_rows;
	char **next;         /* the first word that is not taken yet */
	const char *word;    /* the one that the option was in */
	const char *letters; /* what is left of a cluster, or NULL */
	char letter; /* the last one that was taken of one; '\0': none, it was a long option */
	const char *argument; /* of the option, if it has one */
};

/* Returns the index of the row of the next option, or one of the above. */
int words_next(struct words *words);

/*
 * Stores @argument in @target, the caller's struct, as @row of any kind but OPTION_CALL says.
 * Returns 0, or -EINVAL with the reason in @refusal.
 */
int option_take(const struct option_row *row, const char *argument, void *target,
		struct refusal *refusal);

/* Refuses the word for which words_next() returned @error. Returns -EINVAL. */
int option_refuse(const struct words *words, int error, struct refusal *refusal);

#endif
