/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System calls on the way of every start, by their numbers. The dynamic loader looks up each
 * function of the C library when it is first called, for some 620 instructions; syscall(2) is one
 * function for all of these, and was looked up before. Only calls that are the same everywhere and
 * that the C library adds nothing to; errno as usual.
 */
#ifndef CIB_BASE_SYS_H
#define CIB_BASE_SYS_H

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Before glibc 2.25 getpid(2) is remembered, and wrong after process_clone(). */
static inline pid_t sys_getpid(void)
{
	return (pid_t)syscall(SYS_getpid);
}

static inline pid_t sys_getppid(void)
{
	return (pid_t)syscall(SYS_getppid);
}

/* open(2) for reading, close-on-exec; @flags: O_DIRECTORY or 0. */
static inline int sys_open(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | flags);
}

static inline ssize_t sys_read(int fd, void *buffer, size_t size)
{
	return (ssize_t)syscall(SYS_read, fd, buffer, size);
}

static inline int sys_close(int fd)
{
	return (int)syscall(SYS_close, fd);
}

/* fcntl(2) F_GETFD: negative if @fd is not open. */
static inline int sys_get_fd_flags(int fd)
{
#ifdef SYS_fcntl64
	return (int)syscall(SYS_fcntl64, fd, F_GETFD);
#else
	return (int)syscall(SYS_fcntl, fd, F_GETFD);
#endif
}

static inline pid_t sys_setsid(void)
{
	return (pid_t)syscall(SYS_setsid);
}

static inline int sys_mkdir(const char *path, mode_t mode)
{
	return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

static inline int sys_chmod(const char *path, mode_t mode)
{
	return (int)syscall(SYS_fchmodat, AT_FDCWD, path, mode);
}

static inline int sys_rename(const char *from, const char *to)
{
#ifdef SYS_renameat
	return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
#else
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
#endif
}

static inline int sys_execve(const char *path, char *const *argv, char *const *env)
{
	return (int)syscall(SYS_execve, path, argv, env);
}

/* As sigfillset(3), but for those that the C library keeps to itself, and which nobody sends. */
static inline sigset_t sys_all_signals(void)
{
	sigset_t all;

	memset(&all, 0xff, sizeof(all));
	return all;
}

/* The kernel's signal sets are shorter than the C library's: the rest of @ret_old is not written. */
static inline int sys_sigprocmask(int how, const sigset_t *set, sigset_t *ret_old)
{
	return (int)syscall(SYS_rt_sigprocmask, how, set, ret_old, _NSIG / 8);
}

/* A new one; likewise. */
static inline int sys_signalfd(const sigset_t *set, int flags)
{
	return (int)syscall(SYS_signalfd4, -1, set, _NSIG / 8, flags);
}

#endif
