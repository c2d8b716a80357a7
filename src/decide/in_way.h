/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What is open at the numbers where the daemon expects something: a part of decide/decide.c. Pure. */
#ifndef CIB_DECIDE_IN_WAY_H
#define CIB_DECIDE_IN_WAY_H

#include "base/refusal.h"
#include "facts.h"
#include "plan.h"

/*
 * What is open where the sockets of @plan go, or where the daemon says that it is ready, judged by the rule of
 * fd/in_way.h: what is lost is warned of. Returns 0, or -EBUSY with the reason in @refusal: the host reads
 * there that the daemon is ready.
 */
int decide_in_way(const struct facts *facts, struct plan *plan, struct refusal *refusal);

#endif
