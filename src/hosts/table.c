/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The table of hosts; see hosts/host.h. A file of its own, so that tests can have another. */
#include "hosts/host.h"

#define POINT_AT(name) &host_##name,

const struct host *const hosts[] = { HOSTS(POINT_AT) NULL };
