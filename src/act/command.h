/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Where the daemon's program is, before anything is started for it. */
#ifndef CIB_ACT_COMMAND_H
#define CIB_ACT_COMMAND_H

#include "base/arena.h"

/*
 * Finds @name: itself if it has a slash, which is for execve(2) to judge, else in the directories of @search_path ("a:b", NULL for
 * the system's default), as execvp(3) does, except that a file that is not a program is not given to
 * a shell. Returns 0 and @ret_path (@name, or the arena's), or -errno (-ENOENT: not found;
 * -EACCES: found, in @ret_path, not executable).
 */
int command_find(const char *name, const char *search_path, struct arena *arena,
		 const char **ret_path);

/*
 * Logs that @name, or the file @path that was found for it, cannot be executed because of @error, a
 * positive errno, and what there is to see of the reason.
 */
void command_log_failure(const char *name, const char *path, const char *search_path, int error);

/*
 * Whether execve(2) would take the file @path, for who looks before anything is started. Returns 0, or
 * the -errno with which it would fail. @ret_interpreter is what would run a script; empty: it is not one.
 */
int command_check(const char *path, char *ret_interpreter, size_t size);

/* That reason: writes it to @buffer, with ": " in front, or an empty text. */
const char *command_explain(const char *path, const char *search_path, int error, char *buffer,
			    size_t size);

#endif
