/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standard output, for what is asked for instead of a run. */
#ifndef CIB_BASE_OUTPUT_H
#define CIB_BASE_OUTPUT_H

#include <stdio.h>

/*
 * Standard output as a stream, or NULL. Not stdout: the dynamic loader looks that up at every start, and we
 * hardly ever print.
 */
FILE *output_open(void);

/* Closes it. Returns the exit status: 0, or, after a line on the reason, EXIT_OURS. */
int output_close(FILE *out);

#endif
