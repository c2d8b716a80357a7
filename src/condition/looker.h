/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A process of its own that looks at what a condition names. Whoever asks a file system for a path may
 * wait until a server answers that never will (NFS, FUSE), and then no timeout is worth anything: not
 * that of the launcher, nor the babysitter's. So one that may be left behind does it, subscribes to
 * the changes and wakes us when one matters, and we ask it and wait for a moment.
 */
#ifndef CIB_CONDITION_LOOKER_H
#define CIB_CONDITION_LOOKER_H

#include "condition/watch.h"

/*
 * As watch_open(), but where the condition names a path somebody else looks at that, and @ret_watch asks
 * whoever does. Without processes or descriptors for one we look ourselves. Returns as that does.
 */
int looker_open(const struct awaited *awaited, pid_t daemon, struct watch *ret_watch);

#endif
