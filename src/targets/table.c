/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The table of targets; see targets/target.h. A file of its own, so that tests can have another. */
#include "targets/target.h"

#define POINT_AT(name) &target_##name,

const struct target *const targets[] = { TARGETS(POINT_AT) NULL };
