/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is open at the numbers where the daemon expects its sockets: a part of decide/decide.c. Pure. */
#ifndef CIB_DECIDE_IN_WAY_H
#define CIB_DECIDE_IN_WAY_H

#include "base/refusal.h"
#include "facts.h"
#include "plan.h"

/*
 * What is open where the sockets of @plan go is lost: nobody misses it, or somebody does not know why, and
 * is warned. Returns 0, or -EBUSY with the reason in @refusal: the host reads there that the daemon is
 * ready.
 */
int decide_in_way(const struct facts *facts, struct plan *plan, struct refusal *refusal);

#endif
