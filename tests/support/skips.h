/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What a unit test could not try here, and why, as a line of TAP of its own: what passes although
 * nothing was tried is a lie, and cmocka says "not ok # SKIP", which meson takes for a failure.
 *
 * Linked into every unit test, it stands between cmocka's TAP and stdout: it turns those lines
 * around, adds the reasons, and numbers anew.
 */
#ifndef CIB_TEST_SKIPS_H
#define CIB_TEST_SKIPS_H

/* The running test is given up: as cmocka's skip(), which does run its teardown. Not in a child. */
void skip_because(const char *why);

/* For main(), in place of all its tests. */
int skip_all_because(const struct CMUnitTest *tests, size_t n, const char *why);
#define skip_all(tests, why) skip_all_because(tests, sizeof(tests) / sizeof((tests)[0]), why)

/* A part of the running test: a row of its table, named @what. The rest goes on. Also in a child. */
void not_tried(const char *what, const char *why);

#endif
