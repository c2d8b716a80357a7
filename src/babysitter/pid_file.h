/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * --pidfile: the process ID of a daemon that was started in the background, for whoever will stop it.
 * Who can write to it can have any process killed: so it is made only where nobody else may write.
 */
#ifndef CIB_BABYSITTER_PID_FILE_H
#define CIB_BABYSITTER_PID_FILE_H

#include <sys/types.h>

#include "base/refusal.h"

/*
 * Before anything is started: removes what an earlier life has left at @path. Returns 0, or -errno with
 * the reason in @refusal: it is not a place for a pid file, or the process that it names lives.
 */
int pid_file_clear(const char *path, struct refusal *refusal);

/* Puts @pid into it, all at once, and never through a symbolic link. Returns 0 or -errno. */
int pid_file_write(const char *path, pid_t pid);

/* Removes it, if it still names @pid. */
void pid_file_remove(const char *path, pid_t pid);

#endif
