/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of a command line, taken apart into options as getopt_long(3) does it with "+": short
 * ones and clusters of them, long ones and their unambiguous beginnings, until a word that is none.
 * Our own, since at every start that function and its variables cost 4,000 instructions. Pure.
 */
#ifndef CIB_BASE_GETOPT_H
#define CIB_BASE_GETOPT_H

#include <stdbool.h>
#include <stddef.h>

struct option_name {
	char name[20]; /* not a pointer, which the dynamic loader would have to relocate */
	bool has_argument;
	int option; /* the short name, or any number above 255 */
};

/* What words_next() returns beside options. */
#define WORDS_END (-1)
#define WORDS_UNKNOWN '?' /* or ambiguous, or with an argument that it does not take */
#define WORDS_NOTHING ':' /* the argument is missing */

struct words {
	const struct option_name *names;
	size_t n_names;
	char **next;          /* the first word that is not taken yet */
	const char *word;     /* the one that the option was in */
	const char *letters;  /* what is left of a cluster, or NULL */
	const char *argument; /* of the option, if it has one */
};

/* The next option, or one of the above. */
int words_next(struct words *words);

#endif
