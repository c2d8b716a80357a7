/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/sched.h. By the calls' numbers: musl has functions of these names that do nothing. */
#include "base/sched.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

static int set_policy(int policy, int priority)
{
	return syscall(SYS_sched_setscheduler, 0, policy, &priority) < 0 ? -errno : 0;
}

static void read_rest(struct sched *sched)
{
	(void)syscall(SYS_sched_getparam, 0, &sched->priority);
	errno = 0;
	sched->nice = getpriority(PRIO_PROCESS, 0);
}

/* It may take the usual policy at any time; whether it can come back is seen later. */
static void leave_deadline(struct sched *sched)
{
#ifdef SYS_sched_getattr
	sched->deadline.size = sizeof(sched->deadline);
	if (syscall(SYS_sched_getattr, 0, &sched->deadline, sizeof(sched->deadline), 0) == 0)
		(void)set_policy(SCHED_OTHER, 0);
#endif
}

void sched_leave(struct sched *ret_sched)
{
	long policy = syscall(SYS_sched_getscheduler, 0);
	bool has_deadline = policy >= 0 && (policy & ~SCHED_RESET_ON_FORK) == SCHED_DEADLINE;

	*ret_sched = (struct sched){ .policy = (int)policy };
	if (policy < 0 || ((policy & SCHED_RESET_ON_FORK) == 0 && !has_deadline))
		return;
	ret_sched->is_lost = true;
	read_rest(ret_sched);
	if (has_deadline)
		leave_deadline(ret_sched);
}

int sched_return(const struct sched *sched)
{
	if (!sched->is_lost)
		return 0;
	if (getpriority(PRIO_PROCESS, 0) != sched->nice &&
	    setpriority(PRIO_PROCESS, 0, sched->nice) < 0)
		return -errno;
#ifdef SYS_sched_setattr
	if ((sched->policy & ~SCHED_RESET_ON_FORK) == SCHED_DEADLINE)
		return syscall(SYS_sched_setattr, 0, &sched->deadline, 0) < 0 ? -errno : 0;
#endif
	return set_policy(sched->policy, sched->priority);
}
