/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The one socket that inetd and its likes put on standard input, and perhaps on 1 and 2: inetd(8), "wait" and "nowait". */
#ifndef CIB_HOSTS_STDIN_SOCKET_H
#define CIB_HOSTS_STDIN_SOCKET_H

#include "base/refusal.h"
#include "facts.h"

/*
 * Fills in what facts->handover says of sockets. Returns 0, or -errno with the reason in @refusal:
 * standard input is none.
 */
int stdin_socket_observe(struct facts *facts, struct refusal *refusal);

/* Whether it is one that connections are accepted from. */
bool stdin_socket_is_listener(void);

#endif
