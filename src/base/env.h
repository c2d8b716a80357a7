/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The environment as data: strict readers for what the managers write into it, and a list of
 * edits that makes the daemon's environment from ours. Pure: nothing here reads or changes
 * environ(7) itself.
 */
#ifndef CIB_BASE_ENV_H
#define CIB_BASE_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"

/* The value of @name, which is not empty, in @env, or NULL. Borrows from @env. */
const char *env_get(char *const *env, const char *name);

/* True if variable @name in @env is exactly the number @pid. */
bool env_names_pid(char *const *env, const char *name, pid_t pid);

/* Values that are known only when the daemon's process and its socket exist. */
enum env_value {
	ENV_TEXT,
	ENV_DAEMON_PID,
	ENV_NOTIFY_ADDRESS,
};

struct env_edit {
	const char *name; /* borrowed: a constant */
	size_t name_length;
	enum env_value kind;
	char *variable; /* "NAME=VALUE", for ENV_TEXT only */
};

struct env_edits {
	struct arena *arena; /* borrowed; the lists, and what is made of texts, are in it */
	struct env_edit *list;
	size_t n, space;
	const char *const **removals; /* each borrowed */
	size_t n_removals, removals_space;
	const char *const *kept; /* patterns of what no removal takes; borrowed; or NULL */
};

/*
 * Sets @name, which is borrowed, to @text, which is, too, or to what is known only when the daemon's
 * environment is built. Each returns 0 or -ENOMEM. A later edit of the same name replaces the earlier one.
 */
int env_edits_set(struct env_edits *edits, const char *name, const char *text);
int env_edits_set_later(struct env_edits *edits, const char *name, enum env_value kind);

/*
 * Removes every variable that matches one of @patterns (NULL-terminated, borrowed): a name, or the
 * beginning of one followed by '*'. What is set stays set. Returns 0 or -ENOMEM.
 */
int env_edits_remove(struct env_edits *edits, const char *const *patterns);

/* True if @variable, a "NAME=VALUE" that we inherited, is not the daemon's. */
bool env_edits_drop(const struct env_edits *edits, const char *variable);

/* Length of NAME in "NAME=VALUE". */
size_t env_name_length(const char *variable);

/*
 * Makes the daemon's environment: @env with @edits applied, in @env's order, new variables last.
 * The array and the new strings are the arena's. Returns 0 or -ENOMEM.
 */
int env_build(char *const *env, const struct env_edits *edits, pid_t daemon_pid,
	      const char *notify_address, char ***ret_env);

#endif
