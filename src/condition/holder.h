/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Who has an address that we want: for a message, so nothing depends on its being found. */
#ifndef CIB_CONDITION_HOLDER_H
#define CIB_CONDITION_HOLDER_H

#include <sys/types.h>

#include "fd/info.h"

/*
 * Returns a process that listens at the address of @info, or at one that is in its way, of those that we may look at;
 * 0: none is seen.
 */
pid_t holder_find(const struct fd_info *info);

#endif
