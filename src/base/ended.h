/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* How a process has ended that is another's child, as far as the kernel tells those who cannot wait for it. */
#ifndef CIB_BASE_ENDED_H
#define CIB_BASE_ENDED_H

#include "base/process.h"

/*
 * The wait status of @process, which has ended. Returns 0, or -errno: it cannot be told. Before its
 * parent has reaped it that is in /proc, for those who might trace it, from Linux 3.5 on; after that
 * its pidfd tells, from Linux 6.15 on.
 */
int process_read_end(const struct process *process, int *ret_status);

#endif
