/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the daemon's program is, before anything is started for it. */
#ifndef CIB_ACT_COMMAND_H
#define CIB_ACT_COMMAND_H

#include "base/arena.h"

/*
 * Finds @name: itself if it has a slash, which is for execve(2) to judge, else in the directories of @search_path ("a:b", NULL for
 * the system's default), as execvp(3) does, except that a file that is no program is not given to
 * a shell. Returns 0 and @ret_path (@name, or the arena's), or -errno (-ENOENT: not found; -EACCES: found, not executable).
 */
int command_find(const char *name, const char *search_path, struct arena *arena,
		 const char **ret_path);

#endif
