/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Starts the daemon and looks at what it does. */
#ifndef CIB_PROBE_WATCH_H
#define CIB_PROBE_WATCH_H

#include "probe/probe.h"
#include "probe/seen.h"

/* As run(), in the process that is to be the daemon's parent; @directory is for our sockets. */
void watch(const struct probe *probe, enum role role, const struct listener *like,
	   const char *directory, struct seen *seen);

#endif
