/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The pid file of a daemon that has gone to the background. */
#ifndef CIB_PROBE_PID_FILE_H
#define CIB_PROBE_PID_FILE_H

#include "probe/processes.h"

/* A file named like one in which one of @processes is; stays as it is if there is none. */
void pid_file_find(const struct processes *processes, char *const *command, char *buffer,
		   size_t size);

#endif
