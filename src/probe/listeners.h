/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What the daemon listens on, by /proc/net and its open descriptors. */
#ifndef CIB_PROBE_LISTENERS_H
#define CIB_PROBE_LISTENERS_H

#include "probe/processes.h"
#include "probe/seen.h"

/* Adds to @seen what is new at @ms; the socket with @ours, if it is not 0, is the one that was given. */
void listeners_find(const struct processes *processes, int ms, unsigned long ours, struct seen *seen);

/* At the end: a path that is gone, or was given another name, is nothing to wait for. */
void listeners_settle(struct seen *seen);

#endif
