/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * --pidfile: the process ID of a daemon that was started in the background, for whoever will stop it.
 * Who can write to it can have any process killed: so it is made only where nobody else may write.
 *
 * It is written under another name first, and that file is there, locked, from before the daemon's start. The
 * lock belongs to the open file, which the launcher and whoever stays beside the daemon share: as long as
 * one of them lives nobody else can begin a start for the same place, or take what it names for an earlier
 * life's. The lock is for writing, and is looked for as one who would read: to hold one, a stranger would need a
 * file that is open for writing.
 */
#ifndef CIB_BABYSITTER_PID_FILE_H
#define CIB_BABYSITTER_PID_FILE_H

#include <sys/types.h>

#include "base/refusal.h"

/*
 * Before anything is started: takes the place at @path, and removes what an earlier life has left there.
 * Returns 0 and the locked file in @ret_fd, which is close-on-exec; or -errno with the reason in @refusal: it
 * is no place for a pid file, another start is under way, or the process that it names lives, and may be of @program,
 * the path of what is going to be executed.
 */
int pid_file_claim(const char *path, const char *program, int *ret_fd, struct refusal *refusal);

/*
 * Puts @pid into @path, all at once, and never through a symbolic link: the file behind @fd gets its name.
 * Returns 0 or -errno, -ETIMEDOUT if its file system does not answer, for which all of these wait a few seconds.
 */
int pid_file_publish(const char *path, int fd, pid_t pid);

/* Another process from now on, if @path still is the file behind @fd. Returns 0 or -errno. */
int pid_file_rewrite(const char *path, int fd, pid_t pid);

/* It is over: removes the file behind @fd, by whichever name, and nobody else's. */
void pid_file_drop(const char *path, int fd);

#endif
