/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan as text, a line for each thing that will happen: --explain, --verbose, and the unit tests. */
#ifndef CIB_DECIDE_PRINT_H
#define CIB_DECIDE_PRINT_H

#include <stdio.h>

#include "facts.h"
#include "plan.h"

/* Prints @plan for a person. */
void plan_print(FILE *stream, const struct plan *plan, const struct options *options,
		const struct facts *facts);

#endif
