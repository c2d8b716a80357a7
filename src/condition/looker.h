/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process of its own that looks at what a condition names. Whoever asks a file system for a path may
 * wait until a server answers that never will (NFS, FUSE), and then no timeout is worth anything: not
 * that of the launcher, nor the babysitter's. So one that may be left behind does it, subscribes to
 * the changes and wakes us when one matters, and we ask it and wait for a moment.
 */
#ifndef CIB_CONDITION_LOOKER_H
#define CIB_CONDITION_LOOKER_H

#include <stdbool.h>
#include <sys/types.h>

struct watch;

struct looker {
	pid_t pid;     /* 0: there is none */
	int fd;        /* to it */
	bool is_asked; /* and has not answered so far */
	bool is_late;  /* did not within the time that it had */
	long long restart_ms;
};

/*
 * Starts one for @watch, which is zero but for what is watched, and whose kind it becomes. Returns 0 or
 * -errno: there are too many processes or descriptors.
 */
int looker_start(struct watch *watch);

#endif
