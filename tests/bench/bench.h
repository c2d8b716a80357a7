/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What can be measured; each prints lines of numbers on stdout, which measure.py reads. Their
 * formats are with the functions' definitions.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "world.h"

/* Times of all @subjects, one after the other in each of @rounds. */
void measure_times(const struct subject *subjects, size_t n_subjects, unsigned long rounds);

/* Instructions, or system calls, of each of @subjects up to its daemon's execve(2). */
void measure_counts(const struct subject *subjects, size_t n_subjects, bool of_system_calls);

/* @n of @subject, at once or each when the one before is ready; they stay until stdin ends. */
void measure_many(const struct subject *subject, unsigned long n, bool at_once);

/* The daemon sends a flood of messages, before or after it is ready. */
void measure_flood(const struct subject *subject, bool after_ready);

#endif
