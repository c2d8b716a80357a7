/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The service manager that the injected program is started by: no more of one than it takes to be
 * told of readiness and of ends. A process of its own, so that the one that traces, and is seen in
 * TracerPid, is not the parent.
 */
#ifndef INJECT_HOST_H
#define INJECT_HOST_H

#include <stdbool.h>
#include <sys/types.h>

#include "../../bench/world.h"

/* What the host has seen, in shared memory. */
struct seen {
	volatile pid_t launcher;
	volatile bool has_ended; /* the launcher's process, with: */
	volatile int status;
	volatile int n_stops, n_ready;
	char left[512]; /* files in /run, once there are no processes any more */
};

/*
 * Is the host until it has no children. Starts @subject, which waits for a byte from @gate_fd.
 */
void __attribute__((noreturn))
host_run(const struct subject *subject, int gate_fd, struct seen *seen);

#endif
