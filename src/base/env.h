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
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"

/*
 * The name of a variable, or, with a '*' behind it, the beginning of one. An array, not a pointer: each pointer in a
 * table is a relocation for the dynamic loader at every start. A list of them ends with an empty one. At most 23
 * characters: a compiler says nothing of 24, which leave no room for the NUL.
 */
typedef char env_name_t[24];

#define N_ENV_LETTERS 32

/* An environment, which may have been looked through: then only what begins with the same letter is looked at. */
struct env {
	char *const *list; /* borrowed: "NAME=VALUE"s, and a NULL */
	/* Numbers of variables, from 1 on: the first that begins so, and which follows each; 0: none. The arena's. */
	uint32_t first[N_ENV_LETTERS];
	uint32_t *next; /* NULL: it was not looked through */
	uint32_t n;     /* how many there are, then */
};

/*
 * Looks through @env, unless that was done: once, it takes as long as four of the searches that follow without.
 * Returns 0 or -ENOMEM: then it is as it was.
 */
int env_index(struct env *env, struct arena *arena);

/* The value of @name, which is not empty, in @env, or NULL. Borrows from @env. */
const char *env_get(const struct env *env, const char *name);

/* The same in a list that nobody has made an env of. */
const char *env_search(char *const *list, const char *name);

/* True if variable @name in @env is exactly the number @pid. */
bool env_names_pid(const struct env *env, const char *name, pid_t pid);

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
	const env_name_t **removals; /* each borrowed */
	size_t n_removals, removals_space;
	const char *removed;    /* one more name, of the command line; borrowed; or NULL */
	const env_name_t *kept; /* patterns of what no removal takes; borrowed; or NULL */
};

/*
 * Sets @name, which is borrowed, to @text, which is, too, or to what is known only when the daemon's
 * environment is built. Each returns 0 or -ENOMEM. A later edit of the same name replaces the earlier one.
 */
int env_edits_set(struct env_edits *edits, const char *name, const char *text);
int env_edits_set_later(struct env_edits *edits, const char *name, enum env_value kind);

/*
 * Removes every variable that matches one of @patterns, which are borrowed; NULL: there are none. What is set stays
 * set. Returns 0 or -ENOMEM.
 */
int env_edits_remove(struct env_edits *edits, const env_name_t *patterns);

/* True if @variable, a "NAME=VALUE" that we inherited, is not the daemon's. */
bool env_edits_drop(const struct env_edits *edits, const char *variable);

/* Length of NAME in "NAME=VALUE". */
size_t env_name_length(const char *variable);

/*
 * Makes the daemon's environment: @env with @edits applied, in @env's order, new variables last.
 * The array and the new strings are the arena's. Returns 0 or -ENOMEM.
 */
int env_build(const struct env *env, const struct env_edits *edits, pid_t daemon_pid,
	      const char *notify_address, char ***ret_env);

#endif
