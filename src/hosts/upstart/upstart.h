/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the Upstart host, among themselves: hosts/upstart/upstart.c, hosts/upstart/sockets.c, hosts/upstart/ready.c. */
#ifndef CIB_HOSTS_UPSTART_UPSTART_H
#define CIB_HOSTS_UPSTART_UPSTART_H

#include "hosts/host.h"
#include "hosts/upstart/start_on.h"

/* See struct host, tell_ready. Pure. */
struct telling_step upstart_tell_ready(struct telling *telling, const struct telling_event *event);

/*
 * Reads UPSTART_FDS into facts->handover, and describes each descriptor.
 * Returns 0, or -EINVAL (it is no list of descriptors, or names one twice) or -ENOMEM.
 */
int upstart_read_fds(struct facts *facts, struct refusal *refusal);

/* What the event in the environment says of its socket. */
struct description upstart_read_event(char *const *env);

/* Asks Upstart for the job's conditions, into facts->conditions; once. */
void upstart_observe_conditions(struct facts *facts);

/* True if the sockets in @facts are more than the event in the environment can vouch for. */
bool upstart_needs_conditions(const struct facts *facts);

/*
 * Decides whether every socket handed over is this job's own: one must be the socket of the event
 * in the environment, each other one must match one of the job's start_on conditions. Pure.
 * Returns 0, or -EPERM with the reason in @refusal.
 */
int upstart_check_sockets(const struct facts *facts, bool force, struct refusal *refusal);

#endif
