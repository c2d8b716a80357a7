/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * No service manager as the host: a terminal, a script, a container's first process. It hands over
 * nothing, learns nothing and leaves no variables. It is never recognised, only meant (--init=none)
 * or assumed: observe/observe.c.
 */
#include "hosts/host.h"

const struct host host_none = {
	.name = "none",
	.way = &way_nothing,
	.gives = SOCKETS_NONE,
};
