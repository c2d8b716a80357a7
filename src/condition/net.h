/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What listens, for messages; whether a certain socket does is asked through condition/watch.h. */
#ifndef CIB_CONDITION_NET_H
#define CIB_CONDITION_NET_H

#include <sys/types.h>

#include "base/text.h"

/*
 * Adds the first few sockets at which @daemon is seen to listen, written as
 * conditions ("tcp:*:80, unix:/run/x"). Returns how many it has added.
 */
int net_add_listeners(pid_t daemon, struct text *text);

#endif
