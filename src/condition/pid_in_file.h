/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The process ID in a file that a daemon has made, or somebody else. */
#ifndef CIB_CONDITION_PID_IN_FILE_H
#define CIB_CONDITION_PID_IN_FILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct pid_in_file {
	pid_t pid;
	bool is_whole; /* something follows the number, a newline as a rule: it is not still being written */
	struct stat st;
};

/*
 * Reads the first word of @path. Returns 0, or -errno (-ENOENT; -EINVAL: it is not a file, or there is
 * no process ID in it). @ret_found->st is valid then, too, if the file could be looked at at all.
 */
int pid_in_file(const char *path, struct pid_in_file *ret_found);

#endif
