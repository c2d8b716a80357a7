/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The systemd host: its pure parts, which have unit tests, and how it learns of readiness. */
#ifndef CIB_HOSTS_SYSTEMD_H
#define CIB_HOSTS_SYSTEMD_H

#include "hosts/host.h"

/*
 * Finds the service in @text, @length bytes of /proc/self/cgroup and a NUL: the last component that ends in
 * ".service" (deeper ones come from Delegate= and
 * DelegateSubgroup=, earlier ones are user managers), of the unified
 * hierarchy or else of name=systemd; cgroups(7). Returns 0 and the name in @unit, or -ENODATA.
 */
int systemd_unit_from_cgroup(const char *text, size_t length, char *unit, size_t size);

/*
 * Splits "foo@bar.service" into "foo" and "bar", systemd.unit(5); without '@' the instance is empty. What does not fit
 * into @job or @instance is cut.
 */
void systemd_split_unit(const char *unit, char *job, size_t job_size, char *instance,
			size_t instance_size);

/* READY=1 with MAINPID=, to the address in the facts (systemd_ready.c). */
extern const struct way systemd_way;

#endif
