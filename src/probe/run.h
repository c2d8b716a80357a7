/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* One run of a daemon, watched until nothing new comes, or its time is over; then all of it is ended. */
#ifndef CIB_PROBE_RUN_H
#define CIB_PROBE_RUN_H

#include "probe/probe.h"
#include "probe/seen.h"

/*
 * Runs the daemon as @role, with the socket of @like (NULL: a TCP port) in place of its own for the roles
 * with sockets. Fills in @seen, which is in memory that is shared with children.
 */
void run(const struct probe *probe, enum role role, const struct listener *like, struct seen *seen);

/* Ends a run at any moment, and takes away what it needed. For a signal handler, too. */
void run_end(void);

#endif
