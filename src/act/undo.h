/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What --listen has made goes again if a signal ends this process in the moment in which it has the daemon's
 * signal mask and is not the daemon yet. execve(2) gives every signal that has a handler back to the kernel,
 * so the daemon sees nothing of it.
 */
#ifndef CIB_ACT_UNDO_H
#define CIB_ACT_UNDO_H

#include "fd/listen.h"

/*
 * From now on, for all signals that would end us. With all of them blocked; not in process 1 of a namespace, which
 * none of them would end. Borrows @listening until execve(2).
 */
void undo_on_signals(const struct listening *listening);

#endif
