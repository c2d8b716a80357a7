/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Other processes: held by pidfd so that a reused pid is never mistaken for them, and looked at
 * through /proc. On kernels without pidfd_open(2) (before 5.3, or behind a seccomp list) an open
 * /proc/PID directory is the identity: it stays bound to the process, and reading through it fails
 * once that is gone.
 */
#ifndef CIB_BASE_PROCESS_H
#define CIB_BASE_PROCESS_H

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

/* Where there are no pidfds to wait for, one who stays looks this often whether a process has ended. */
#define OLD_KERNEL_CHECK_MS 1000

struct process {
	pid_t pid;
	int pidfd;   /* NO_FD on old kernels */
	int proc_fd; /* /proc/PID, only where pidfd is NO_FD */
};

#define NO_PROCESS ((struct process){ .pidfd = NO_FD, .proc_fd = NO_FD })

/*
 * Takes hold of @pid, which must exist and must not be reaped meanwhile. Returns 0, or -errno and
 * then a process that is known by its bare pid only.
 */
int process_open(pid_t pid, struct process *ret_process);

/* Closes what @process is held by; it is known by its bare pid from then on. */
void process_close(struct process *process);

/* Returns the descriptor that poll(2) reports readable when the process ends, or NO_FD: then ask. */
int process_poll_fd(const struct process *process);

/* The descriptor that @process is held by, of whichever kind, or NO_FD. */
static inline int process_fd(const struct process *process)
{
	return process->pidfd >= 0 ? process->pidfd : process->proc_fd;
}

/* True if it has ended, reaped or not; also where that is known of its bare pid only, from its number. */
bool process_has_ended(const struct process *process);

/*
 * False as long as nobody else can have its pid: it runs, or is a zombie, which keeps it. True also
 * where that cannot be told.
 */
bool process_is_reaped(const struct process *process);

/* Sends @signal to that process and no other. Returns 0 or -errno (-ESRCH: it has ended). */
int process_signal(const struct process *process, int signal);

/* The same to the process group that it leads; if it leads none, to it alone. Returns as that does. */
int process_signal_group(const struct process *process, int signal);

/* True if one of the two has returned @error, which says that we may not. */
static inline bool process_is_forbidden(int error)
{
	return error == -EPERM || error == -EACCES; /* the second by AppArmor */
}

/*
 * Kills @process and the group that it is in, which is not ours; or, if it has ended, what it left of
 * its own group, unless the number is another's by now. One that @leads its group may not have come to
 * make it: until then it is in somebody else's, and is killed alone. Returns 0, or -errno as to @process alone.
 */
int process_kill_with_group(const struct process *process, bool leads);

/*
 * The number that the kernel gives to the process behind @pidfd and never to another, which tells
 * whether two pidfds are of one process; 0: it gives none (before Linux 6.9).
 */
unsigned long long pidfd_id(int pidfd);

/*
 * Whether the calls that a parent waits with are allowed: a filter of system calls (seccomp) may answer them with an
 * error, and what becomes of a child is never known then. Returns 0 or -errno.
 */
int process_try_waiting(void);

/*
 * Returns as fork(2) does, with the @flags of clone(2), among them the signal at the child's end. Without what the C
 * library does around its own, for threads that we do not have: with musl five system calls. So what
 * the C library remembers of the process is its parent's: use sys_getpid(), and neither raise(3) nor
 * abort(3).
 */
pid_t process_clone(unsigned long flags);

/*
 * Takes a duplicate of that process's descriptor @fd, which is close-on-exec and the caller's.
 * Returns it, or -errno (-EPERM: we may not trace it; -ENOSYS: Linux before 5.6; -EBADF).
 */
int process_take_fd(const struct process *process, int fd);

#endif
