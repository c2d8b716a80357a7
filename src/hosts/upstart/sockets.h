/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The sockets that Upstart hands over, and whether they are really this job's: UPSTART_FDS, init(5), and the variables
 * of the event "socket", socket-event(7).
 */
#ifndef CIB_HOSTS_UPSTART_SOCKETS_H
#define CIB_HOSTS_UPSTART_SOCKETS_H

#include "base/refusal.h"
#include "hosts/upstart/own_facts.h"
#include "hosts/upstart/start_on.h"

/*
 * Reads UPSTART_FDS into facts->handover, and describes each descriptor.
 * Returns 0, or -EINVAL (it is not a list of descriptors, or names one twice) or -ENOMEM.
 */
int upstart_read_fds(struct facts *facts, struct refusal *refusal);

/* What the event in the environment @env says of its socket. Borrows from @env; what it does not say is NULL. */
struct description upstart_read_event(const struct env *env);

/*
 * Asks Upstart for the job's start_on, for @patience_ms at most; once. The answer, or the -errno for which there is
 * none, is in its upstart_facts.
 */
void upstart_observe_start_on(struct facts *facts, int patience_ms);

/*
 * Where another host runs us: whether UPSTART_FDS is about sockets that are open here. Returns why they are not passed
 * on, a constant, or NULL.
 */
const char *upstart_find_left_sockets(const struct facts *facts);

/* True if the sockets in @facts are more than the event in the environment can vouch for. */
bool upstart_needs_start_on(const struct facts *facts);

/*
 * Decides whether every socket handed over is this job's own: one must be the socket of the event
 * in the environment, each other one must match one of the job's start_on terms. Pure.
 * Returns 0, or -EPERM with the reason in @refusal.
 */
int upstart_check_sockets(const struct facts *facts, bool force, struct refusal *refusal);

#endif
