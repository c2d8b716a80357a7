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

/* The one that we have made, held open so that no other file can be taken for it; zero: none. */
struct ready_file {
	int fd;
	bool is_made;
};

/*
 * Before the daemon is started: removes what an earlier life has left at @path, which is borrowed, and
 * gives one that is ending a moment to do so itself. Returns 0; or -errno with the reason in @refusal:
 * something else is there, it is that of another daemon, which runs, or nothing can be made there; or
 * 1 with a warning in it: the directory is not there yet.
 */
int ready_file_clear(const char *path, struct refusal *refusal);

/* Makes it. Returns 0, also if we have, or -errno. */
int ready_file_make(const char *path, struct ready_file *file);

/* Takes note of one at @path that another process of ours has made, to remove it should that be killed. */
void ready_file_note(const char *path, struct ready_file *file);

/* Removes it, if what is there is what we have made, or noted. */
void ready_file_remove(const char *path, struct ready_file *file);

#endif
