/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * --wait-for: nothing of the daemon is started before the conditions hold, all of them at the same
 * time. The launcher waits in the foreground as it is, so that signals do to it what they do to any
 * program; all that it may have started are bus-query's, which die with it.
 */
#ifndef CIB_ACT_WAIT_FOR_H
#define CIB_ACT_WAIT_FOR_H

#include "facts.h"
#include "plan.h"

/*
 * Waits for what @plan says, if anything, and tells the host of it meanwhile.
 * Returns 0, or -errno (-ETIMEDOUT: a condition did not hold in time), which has been logged.
 */
int wait_for_conditions(const struct plan *plan, const struct facts *facts);

#endif
