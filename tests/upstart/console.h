/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * `console log`: the job's output goes to a terminal whose other side we copy into a file. We let go
 * of the terminal when the process we started ends, as Upstart does; what others write to it after
 * that gets EIO.
 */
#pragma once

#include "job.h"

/* The path of the terminal for a process about to be started, borrowed; NULL without `console log`. */
const char *console_open(const struct job *job, enum process_type type);

/* The process has ended: copies what is left. */
void console_close(const struct job *job, enum process_type type);
