/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What a process does, told from its threads. /proc/PID/stat and /proc/PID/status tell it of the first
 * thread only; but that may have ended while the others go on (pthread_exit(3) in main()), and for
 * the milliseconds in which another one calls execve(2) it always has.
 */
#ifndef CIB_BASE_THREADS_H
#define CIB_BASE_THREADS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Returns the state of @pid as a whole, as a letter of /proc: 'T' as soon as one thread is stopped by a signal,
 * since all of them are then, or soon will be; 'Z' if all have ended; else that of the first one that
 * has not. Or -errno: it cannot be told (-ENOENT, -ESRCH: there is none, or none that we may see).
 */
int process_read_state(pid_t pid);

/*
 * True if all threads of @pid are stopped by a signal, but for those that have ended: the kernel
 * reports a stop to the parent when the last of them has come to it.
 */
bool process_has_stopped(pid_t pid);

/*
 * Returns a thread that /proc tells something of as long as @pid goes on: @pid itself, or, if its first thread
 * has ended, which has no descriptors and no namespaces any more, another one; @pid, if that cannot be told.
 */
pid_t process_live_thread(pid_t pid);

/*
 * Whether the process whose directory of /proc @proc_fd is has ended, with all its threads, reaped or
 * not. Returns 1, 0, or -errno: it cannot be told by /proc.
 */
int proc_directory_has_ended(int proc_fd);

/* The same for its having been reaped as well. */
int proc_directory_is_reaped(int proc_fd);

#endif
