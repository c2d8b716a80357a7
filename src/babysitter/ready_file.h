/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * --ready-file: an empty file that is there as long as the daemon is ready, for those who can only look:
 * ./check of runit, HEALTHCHECK of a container. It is never there from an earlier life.
 */
#ifndef CIB_BABYSITTER_READY_FILE_H
#define CIB_BABYSITTER_READY_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/refusal.h"

/* Which file we have made; zero: none. */
struct ready_file {
	dev_t device;
	ino_t inode;
	bool is_made;
};

/*
 * Before the daemon is started: removes what an earlier life has left at @path, which is borrowed.
 * Returns 0, or -errno with the reason in @refusal: something else is there, or nothing can be.
 */
int ready_file_clear(const char *path, struct refusal *refusal);

/* Makes it. Returns 0, also if we have, or -errno. */
int ready_file_make(const char *path, struct ready_file *file);

/* Removes it, if what is there is what we have made. */
void ready_file_remove(const char *path, struct ready_file *file);

#endif
