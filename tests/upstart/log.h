/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What PID 1 has to say: one numbered line per message, kept in memory for "ctl log" and for those
 * who wait for a line, and appended to a file that outlives us.
 */
#pragma once

#include <stddef.h>

/* Starts the copy in the file @path; without it the lines are only kept. */
void log_open(const char *path);

void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Line number @i counted from 0, borrowed; NULL where there is none yet. */
const char *log_get(size_t i);

/* Names the function called after each line. */
void log_on_line(void (*fn)(void));
