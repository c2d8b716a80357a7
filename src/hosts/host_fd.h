/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The descriptor from which a host reads a newline: by --host-fd, or as each kind of manager lets it be
 * known. Every way to find it ends here, so that each is checked in the same way.
 */
#ifndef CIB_HOSTS_HOST_FD_H
#define CIB_HOSTS_HOST_FD_H

#include "base/refusal.h"
#include "facts.h"
#include "options.h"

/*
 * Takes descriptor @fd, of which @source (borrowed) tells, for the host's: sets facts->way and handover.notify_fd, or, if nobody can be
 * reading there, handover.notify_missing. It is to be a pipe that can be written to, and not the one
 * that is also 0, 1 or 2: in a second life the number may be what the daemon's output goes to.
 */
void host_fd_take(struct facts *facts, unsigned long fd, const char *source);

/*
 * The same for --host-fd, a number or the name of a variable with one. Returns 1 if that was given, 0
 * if not, or -errno with the reason in @refusal.
 */
int host_fd_from_option(const struct options *options, struct facts *facts, struct refusal *refusal);

#endif
