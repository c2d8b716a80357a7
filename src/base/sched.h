/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * How the kernel schedules a process: what execve(2) keeps, and fork(2) may not. With SCHED_RESET_ON_FORK
 * (CPUSchedulingResetOnFork=, chrt -R) a child has the usual policy, and no negative nice; a process of
 * SCHED_DEADLINE without that cannot fork at all. Where the daemon is a child of ours it is given
 * again what we came with.
 */
#ifndef CIB_BASE_SCHED_H
#define CIB_BASE_SCHED_H

#include <stdbool.h>

#include "base/kernel.h"

struct sched {
	bool is_lost; /* by a fork: what follows is to be set again */
	int policy;   /* with SCHED_RESET_ON_FORK */
	int priority, nice;
	struct kernel_sched_attr deadline; /* SCHED_DEADLINE only */
};

/* Looks what this process has, and makes it one that can fork. */
void sched_leave(struct sched *ret_sched);

/* Gives it to this process, a child or the same. Returns 0 or -errno (-EPERM; -EBUSY: no space is left). */
int sched_return(const struct sched *sched);

#endif
