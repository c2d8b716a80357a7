/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stage 3, act: carries out a plan. Up to the execve(2) of the daemon every failure is final: one
 * line, exit status 125 (126 and 127 for the command itself), nothing started, nothing left.
 */
#ifndef CIB_ACT_LAUNCH
#define CIB_ACT_LAUNCH

#include "facts.h"
#include "plan.h"

/* env(1): our own failure, a command that cannot be executed, one that is not found. */
enum exit_status {
	EXIT_OURS = 125,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

/* Becomes the daemon, or returns the exit status of the failure, which has been logged. */
int launch(const struct plan *plan, const struct facts *facts);

#endif
