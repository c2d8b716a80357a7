/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What the targets have in common whose daemons find their sockets by sd_listen_fds(3), at 3 and up. */
#ifndef CIB_TARGETS_FROM_3_H
#define CIB_TARGETS_FROM_3_H

#include "base/refusal.h"
#include "options.h"
#include "protocol.h"

struct plan;

/*
 * Adds to @plan the sockets of @handover, of which there is one at least, and LISTEN_*. Returns 0, or
 * -errno with the reason in @refusal.
 */
int from_3_add_sockets(const struct options *options, const struct handover *handover,
		       struct plan *plan, struct refusal *refusal);

#endif
