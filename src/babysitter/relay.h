/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What a daemon says after it is ready, in the words of sd_notify(3), for a host that goes on listening: pure. */
#ifndef CIB_BABYSITTER_RELAY_H
#define CIB_BABYSITTER_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "notify/statement.h"

/*
 * Writes to @text what of @said a container's engine may know: its phase, status and errors; and no
 * process ID, descriptor or time limit, which would be of another namespace, or of nobody's use; signs
 * of life with @with_life. Returns false if that is nothing.
 */
bool relay_format(const struct statement *said, bool with_life, char *text, size_t size);

#endif
