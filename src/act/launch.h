/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Stage 3, act: carries out a plan. Up to the execve(2) of the daemon every failure is final: one
 * line, exit status 125 (126 and 127 for the command itself), nothing started, nothing left.
 */
#ifndef CIB_ACT_LAUNCH_H
#define CIB_ACT_LAUNCH_H

#include "facts.h"
#include "plan.h"

/* Becomes the daemon, or returns the exit status of the failure, which has been logged. */
int launch(const struct plan *plan, const struct facts *facts);

#endif
