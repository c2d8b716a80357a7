/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The processes below one, by what /proc shows now. Nothing is allocated, and nothing kept. */
#ifndef CIB_BASE_DESCENDANTS_H
#define CIB_BASE_DESCENDANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct descendants {
	pid_t root;
	const pid_t *others; /* these do not count, nor what descends from them; borrowed */
	size_t n_others;
};

#define DESCENDANTS_QUIET_LOOKS 3

/*
 * True if @pid is one of them; its parent in @ret_parent. What has ended is none, nor what the root itself has begun for an
 * errand, of whose end no signal tells it, see base/apart.h.
 */
bool descendants_have(const struct descendants *of, pid_t pid, pid_t *ret_parent);

/*
 * Calls @take with each of them, and its parent, until it returns false. A process that is begun meanwhile
 * may be missed: whoever has to have all of them looks again, until DESCENDANTS_QUIET_LOOKS have seen none.
 */
void descendants_each(const struct descendants *of,
		      bool (*take)(void *userdata, pid_t pid, pid_t parent), void *userdata);

#endif
