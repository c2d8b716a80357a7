/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A process between us, who are process 1 of a container, and the first process of a daemon that goes to the
 * background. Many ask whether their parent is process 1, and take themselves for one that is there already
 * (sshd, exim): they would never go. As natively, they are process 1's when they have gone.
 *
 * To us it is the daemon's first process: what is sent to it it passes on, and it ends as that does.
 */
#ifndef CIB_ACT_SUPERVISE_BETWEEN_H
#define CIB_ACT_SUPERVISE_BETWEEN_H

/*
 * Makes the caller, with all signals blocked, the process in between, which closes what it has open. Returns 0
 * in its child, which ends with it; and otherwise only -errno.
 */
int between_begin(void);

#endif
