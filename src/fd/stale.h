/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Socket files that were left behind. A path is never taken from somebody who uses it. A socket file
 * is stale if nobody has it bound, and will be so for ever, since bind(2) always makes a new one. But
 * between looking and removing another may have replaced it: so it is moved aside first, which is
 * atomic, and looked at again before it is removed.
 */
#ifndef CIB_FD_STALE_H
#define CIB_FD_STALE_H

#include <sys/stat.h>

#include "fd/info.h"

/* Whether any socket, of whatever type, is bound to the path of @info. 1 or 0, or -errno: it cannot be told. */
int stale_is_in_use(const struct fd_info *info);

/*
 * Removes what is at @path if that is still @stale; else leaves it there. Returns 0, or -EADDRINUSE: it
 * has been replaced; or -errno.
 */
int stale_remove(const char *path, const struct stat *stale);

#endif
