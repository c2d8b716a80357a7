/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* In place of hosts/table.c and targets/table.c: the same with one row more each. */
#include "example/example.h"

#define HOST(name) &host_##name,
#define TARGET(name) &target_##name,

const struct host *const hosts[] = { &host_example, HOSTS(HOST) NULL };
const struct target *const targets[] = { TARGETS(TARGET) & target_example, NULL };
