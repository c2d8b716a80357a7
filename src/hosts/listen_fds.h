/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Sockets handed over by LISTEN_FDS, sd_listen_fds(3), as systemd and others do. */
#ifndef CIB_HOSTS_LISTEN_FDS_H
#define CIB_HOSTS_LISTEN_FDS_H

#include "base/refusal.h"
#include "facts.h"

/*
 * Fills in what facts->handover says of sockets. Returns 0, also if there are none, or -errno with the
 * reason in @refusal: the variables do not fit the descriptors that are there.
 */
int listen_fds_observe(struct facts *facts, struct refusal *refusal);

/*
 * The same variables on any host: are there sockets that were not handed over to us, but are meant for
 * another process, or nobody says for whom? Then facts->handover.fds_not_ours says so, or .fds_are_parents
 * is set. Returns 0 or -ENOMEM.
 */
int listen_fds_find_others(struct facts *facts);

#endif
