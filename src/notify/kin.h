/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Which processes are the daemon's own, whatever user they have: what a service manager with cgroups
 * knows at once, and others by descent, session and process group.
 */
#ifndef CIB_NOTIFY_KIN_H
#define CIB_NOTIFY_KIN_H

#include <stdbool.h>

#include "base/process.h"

struct family {
	const struct process *main; /* the daemon's main process */
	/* Whose descendants are all the daemon's: the same one, or a parent of ours. */
	const struct process *root;
	/*
	 * The names of cgroups that are one service's alone under this host, with one '*' at the
	 * beginning or the end; NULL: there are none, and who shares one may be anybody.
	 */
	const char *own_cgroup;
};

/* True if @process, which is held and may have ended, is one of @family. */
bool family_includes(const struct family *family, const struct process *process);

/*
 * True if the process with the cgroups @other is in the cgroup that is the service's own, or below it,
 * by the cgroups @main of its main process and @own_cgroup. Both are as in /proc/PID/cgroup. Pure.
 */
bool cgroups_share_own(const char *main, const char *other, const char *own_cgroup);

#endif
