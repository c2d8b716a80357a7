/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A host and a target that exist in the tests only: that they work, with one file and one row each, is
 * the proof that nothing else has to know a new one.
 */
#ifndef CIB_TEST_EXAMPLE_H
#define CIB_TEST_EXAMPLE_H

#include "hosts/host.h"
#include "targets/target.h"

extern const struct host host_example;
extern const struct target target_example;

#endif
