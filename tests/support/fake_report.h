/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What the fake daemon sees of itself and its world, as lines `key value`: the differential tests
 * compare a run with the bridge to one without. Apart from fake_daemon.c, which does things.
 */
#ifndef CIB_FAKE_REPORT_H
#define CIB_FAKE_REPORT_H

#include <stdio.h>

/* To be called first: notes how the process was started, before anything of its own changes that. */
void report_remember(void);

/* Prints everything to @out, whose own descriptor is not to be one of the process's. */
void report_print(FILE *out);

#endif
