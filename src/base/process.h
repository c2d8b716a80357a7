/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Other processes: held by pidfd so that a reused pid is never mistaken for them, and looked at
 * through /proc. On kernels without pidfd_open(2) (before 5.3, or behind a seccomp list) an open
 * /proc/PID directory is the identity: it stays bound to the process, and reading through it fails
 * once that is gone.
 */
#ifndef CIB_BASE_PROCESS
#define CIB_BASE_PROCESS

#include <stdbool.h>
#include <sys/types.h>

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

void process_close(struct process *process);

/* The descriptor that poll(2) reports readable when the process ends, or NO_FD: then ask. */
int process_poll_fd(const struct process *process);

/* The descriptor that @process is held by, of whichever kind, or NO_FD. */
static inline int process_fd(const struct process *process)
{
	return process->pidfd >= 0 ? process->pidfd : process->proc_fd;
}

bool process_has_ended(const struct process *process);

/* Sends @signal to that process and no other. Returns 0 or -errno (-ESRCH: it has ended). */
int process_signal(const struct process *process, int signal);

/* The same to the process group that it leads; if it leads none, to it alone. */
int process_signal_group(const struct process *process, int signal);

/*
 * Kills @process and the group that it is in, which is not ours; or, if it has ended, what it left of
 * its own group, unless the number is another's by now. Returns 0, or -errno as to @process alone.
 */
int process_kill_with_group(const struct process *process);

/*
 * The number that the kernel gives to the process behind @pidfd and never to another, which tells
 * whether two pidfds are of one process; 0: it gives none (before Linux 6.9).
 */
unsigned long long pidfd_id(int pidfd);

/*
 * Which process @fd, which somebody has sent us, is a pidfd of, and its pidfd_id(). By what /proc tells of
 * it: @fd itself is not touched, since it may be anything, also what answers only when it likes.
 * Returns 0, or -errno (-EBADF: it is no pidfd; -ESRCH: the process has ended, or cannot be seen).
 */
int pidfd_identify(int fd, pid_t *ret_pid, unsigned long long *ret_id);

/*
 * True if all threads of @pid are stopped by a signal: the kernel reports a stop to the parent when
 * the last of them has come to it.
 */
bool process_has_stopped(pid_t pid);

/*
 * fork(2) with the @flags of clone(2), among them the signal at the child's end. Without what the C
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
 * True if @pid runs a program file called @name, wherever that is, or was.
 * Returns 1 or 0, or -errno (-EACCES: it is none of ours).
 */
int process_runs(pid_t pid, const char *name);

/*
 * True if both are in the same namespace; @kind as in /proc/PID/ns.
 * Returns 1 or 0, or -errno (-EACCES: we may not trace them).
 */
int process_shares_namespace(pid_t a, pid_t b, const char *kind);

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
