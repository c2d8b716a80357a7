/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A probe: a child of the host that ends at once, and by which the host shows what it has seen.
 *
 * waitid(2) reports children in order of birth: once the host has reaped the probe, it has handled
 * everything that happened to the daemon before. No clock has a part in this: it holds on the busiest
 * machine, for any user, without a bus.
 *
 * The host finds a child that it does not know, as it does when the babysitter ends, and forgets it.
 */
#ifndef CIB_HOSTS_UPSTART_PROBE_H
#define CIB_HOSTS_UPSTART_PROBE_H

#include <sys/types.h>

#include "hosts/telling.h"

/* See struct way: sends one, if @host_pid is our parent; where it is not, the next look tells. */
void upstart_send_probe(struct telling *telling, pid_t host_pid);

/* What has become of it. */
enum host_probe upstart_look_at_probe(const struct telling *telling);

#endif
