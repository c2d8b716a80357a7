/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What /proc tells: of processes, by their pids, and small files of the kernel's whole. */
#ifndef CIB_BASE_PROCFS_H
#define CIB_BASE_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes "/proc/PID" and @rest to @path. */
void process_format_path(pid_t pid, const char *rest, char *path, size_t size);

/* What /proc/PID/stat and /proc/PID/status tell, as far as it is of use here. */
struct process_status {
	char state; /* 'R', 'S', 'T', 'Z', ... */
	pid_t parent, tracer;
	uid_t uids[4];              /* real, effective, saved, file system */
	unsigned long long pending; /* signals, of the thread or the process, bit 0 is signal 1 */
};

/* Reads /proc/PID/status. Returns 0 or -errno (-ENOENT, -ESRCH, -EACCES, -EBADMSG). */
int process_read_status(pid_t pid, struct process_status *ret_status);

/* The same from @text, the content of that file. Pure; returns 0 or -EBADMSG. */
int process_parse_status(const char *text, struct process_status *ret_status);

/* The process that traces us, in @ret_tracer; 0: none does. Returns 0 or -errno. */
int process_read_own_tracer(pid_t *ret_tracer);

/* True if @signal waits to be taken by the process that @status is of. */
static inline bool process_has_pending(const struct process_status *status, int signal)
{
	return (status->pending >> (signal - 1) & 1) != 0;
}

/*
 * Field @n, counted as proc(5) does, from 3 on, in the text of a /proc/PID/stat; the name in the second may hold
 * anything. Pure; NULL: there are not so many.
 */
const char *process_find_field(const char *text, int n);

/*
 * When @pid was started, in milliseconds of CLOCK_BOOTTIME. Returns 0 or -errno. Not by the times of /proc/PID: these
 * are of the moment when it was looked at first, or again.
 */
int process_read_start(pid_t pid, unsigned long long *ret_ms);

/*
 * True if no signal goes to its parent when @pid ends: it was made so, by clone(2), and neither has it executed
 * anything since nor was it left to another parent. False also if that cannot be read.
 */
bool process_ends_silently(pid_t pid);

/*
 * True if @pid runs a program file called @name, wherever that is, or was.
 * Returns 1 or 0, or -errno (-EACCES: it is not ours).
 */
int process_runs(pid_t pid, const char *name);

/*
 * True if both are in the same namespace; @kind as in /proc/PID/ns.
 * Returns 1 or 0, or -errno (-EACCES: we may not trace them).
 */
int process_shares_namespace(pid_t a, pid_t b, const char *kind);

/*
 * Which process @fd, which somebody has sent us, is a pidfd of, and its pidfd_id(). By what /proc tells of
 * it: @fd itself is not touched, since it may be anything, also what answers only when it likes.
 * Returns 0, or -errno (-EBADF: it is not a pidfd; -ESRCH: the process has ended, or cannot be seen).
 */
int pidfd_identify(int fd, pid_t *ret_pid, unsigned long long *ret_id);

/* True if @pid is a child of @ancestor, or of a child, and so on; by what /proc shows now. */
bool process_descends_from(pid_t pid, pid_t ancestor);

/* Reads /proc/PID/comm without its newline. Returns 0 or -errno. */
int process_read_comm(pid_t pid, char comm[static 17]);

/*
 * Reads the whole of @path, at most @size - 1 bytes, and ends it with a NUL. By one read(2), so only
 * for files of /proc that the kernel makes in one piece, and for files in memory that nobody writes to
 * under their name (udev's): what does not fill the buffer is all.
 * Returns the length, or -errno (-EFBIG: there is more; the buffer holds the beginning).
 */
ssize_t read_file(const char *path, char *buffer, size_t size);

#endif
