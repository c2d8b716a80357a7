/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Instead of a run: --explain and --detect. */
#ifndef CIB_ACT_EXPLAIN_H
#define CIB_ACT_EXPLAIN_H

#include "facts.h"
#include "options.h"
#include "plan.h"

/*
 * Prints what @options ask for to standard output, or, where a client is behind that, to where messages
 * go. @refusal is why nothing would be started, with @plan as far as it was decided; NULL: nothing is in
 * the way. Returns the exit status: 0, EXIT_WARNINGS or EXIT_OURS.
 */
int explain(const struct options *options, const struct facts *facts, const struct plan *plan,
	    const char *refusal);

/*
 * For --explain: warns in @plan of what the unit or job lacks for it, as far as its manager tells; which costs
 * more than a start is worth.
 */
void explain_find_lacks(const struct facts *facts, struct plan *plan);

/* --verbose: the plan, to stderr, or, where that is the client's, to where messages go. */
void explain_to_log(const struct options *options, const struct facts *facts,
		    const struct plan *plan);

#endif
