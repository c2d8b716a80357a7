/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Stage 2: from facts and options to the plan. No system call, no global, no clock.
 *
 * The plan is put together from what the two sides say of themselves: the target adds what its
 * daemon expects, the host's variables are removed, and the shape is looked up in the table of what
 * the daemon speaks and how the host learns (protocol.c).
 */
#ifndef CIB_DECIDE_DECIDE_H
#define CIB_DECIDE_DECIDE_H

#include "base/refusal.h"
#include "facts.h"
#include "options.h"
#include "plan.h"

/*
 * Makes the plan for a run with @options in the world of @facts, from which it borrows.
 * Returns 0, or -errno with the reason in @refusal.
 */
int decide(const struct options *options, const struct facts *facts, struct plan *ret_plan,
	   struct refusal *refusal);

#endif
