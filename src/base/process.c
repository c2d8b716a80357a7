/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/process.h. */
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "base/kernel.h"
#include "base/procfs.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/threads.h"
#include "base/util.h"

void process_format_path(pid_t pid, const char *rest, char *path, size_t size)
{
	struct text text = text_begin(path, size);

	text_add(&text, "/proc/");
	text_add_number(&text, (unsigned long)pid);
	text_add(&text, rest);
}

static int open_proc_directory(pid_t pid)
{
	char path[32];
	int fd;

	process_format_path(pid, "", path, sizeof(path));
	fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int process_open(pid_t pid, struct process *ret_process)
{
	int r;

	*ret_process = (struct process){ pid, NO_FD, NO_FD };
	r = (int)syscall(SYS_pidfd_open, pid, 0);
	if (r >= 0) {
		ret_process->pidfd = r;
		return 0;
	}
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	r = open_proc_directory(pid);
	if (r < 0)
		return r;
	ret_process->proc_fd = r;
	return 0;
}

void process_close(struct process *process)
{
	process->pidfd = close_fd(process->pidfd);
	process->proc_fd = close_fd(process->proc_fd);
}

int process_poll_fd(const struct process *process)
{
	return process->pidfd;
}

static bool is_number_used(pid_t pid)
{
	return kill(pid, 0) == 0 || errno != ESRCH;
}

/*
 * Without a pidfd. What /proc does not tell, where the process is hidden from us, or was from the
 * beginning, the bare pid has to.
 */
static bool number_has_ended(const struct process *process)
{
	int r = process->proc_fd >= 0 ? proc_directory_has_ended(process->proc_fd) : -EBADF;

	return r < 0 ? !is_number_used(process->pid) : r > 0;
}

/* Where poll(2) does not tell. A number that is still the process's own is that of a zombie, too. */
static bool unpolled_has_ended(const struct process *process)
{
	return (syscall(SYS_pidfd_send_signal, process->pidfd, 0, NULL, 0) < 0 && errno == ESRCH) ||
	       process_read_state(process->pid) == 'Z';
}

bool process_has_ended(const struct process *process)
{
	struct pollfd pollfd = { .fd = process->pidfd, .events = POLLIN };
	int r;

	if (process->pidfd < 0)
		return number_has_ended(process);
	r = poll(&pollfd, 1, 0);
	return r < 0 ? unpolled_has_ended(process) : r == 1;
}

int process_signal(const struct process *process, int signal)
{
	if (process->pid <= 0) /* kill(2) would take it for a group */
		return -ESRCH;
	if (process->pidfd >= 0) {
		if (syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0) == 0)
			return 0;
		if (errno != EPERM && errno != ENOSYS) /* which a seccomp list may answer */
			return -errno;
	}
	/*
	 * Without pidfds a process that ends between the check and kill(2) could have its pid
	 * reused; the kernel hands pids out in order, so that window is as good as closed.
	 */
	if (process_has_ended(process))
		return -ESRCH;
	return kill(process->pid, signal) < 0 ? -errno : 0;
}

int process_signal_group(const struct process *process, int signal)
{
	bool leads = process->pid > 1 && getpgid(process->pid) == process->pid;

	/* As long as the leader has not ended, nobody else can have got its number. */
	if (!leads || process_has_ended(process))
		return process_signal(process, signal);
	return kill(-process->pid, signal) < 0 ? -errno : 0;
}

/* Where signaling it is forbidden, to us or to everybody (seccomp), the file of its pidfd tells. */
static bool is_reaped_by_pidfd(int pidfd)
{
	unsigned long long id;
	pid_t pid;

	if (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0)
		return false;
	return errno != EPERM || pidfd_identify(pidfd, &pid, &id) < 0;
}

/* Returns 1, 0, or -errno: that cannot be told. */
static int find_if_reaped(const struct process *process)
{
	if (process->pidfd >= 0)
		return is_reaped_by_pidfd(process->pidfd);
	return process->proc_fd < 0 ? 1 : proc_directory_is_reaped(process->proc_fd);
}

bool process_is_reaped(const struct process *process)
{
	return find_if_reaped(process) != 0;
}

/*
 * Nobody gets the number of a group that is still there. Before Linux 6.9 one that has it after that
 * is only known by its leader.
 */
static void kill_group_left_by(const struct process *process)
{
	if (process->pidfd >= 0 && (syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL,
					    PIDFD_SIGNAL_PROCESS_GROUP) == 0 ||
				    errno == ESRCH))
		return;
	if (process->pid > 1 && !(find_if_reaped(process) > 0 && is_number_used(process->pid)))
		(void)kill(-process->pid, SIGKILL);
}

int process_kill_with_group(const struct process *process, bool leads)
{
	pid_t group;

	/* Stopped it stays there, and so its group. */
	(void)process_signal(process, SIGSTOP);
	group = getpgid(process->pid);
	if (process_has_ended(process))
		kill_group_left_by(process);
	else if (group > 1 && group != getpgrp() && (!leads || group == process->pid))
		(void)kill(-group, SIGKILL);
	return process_signal(process, SIGKILL);
}

unsigned long long pidfd_id(int pidfd)
{
	struct statfs fs;
	struct stat st;

	/* Before there was pidfs all of them had the one inode of anon_inodefs. */
	if (fstatfs(pidfd, &fs) < 0 || fs.f_type != KERNEL_PID_FS_MAGIC || fstat(pidfd, &st) < 0)
		return 0;
	return st.st_ino;
}

int process_try_waiting(void)
{
	const struct timespec at_once = { 0, 0 };
	pid_t pid = sys_getpid(); /* no child of its own */
	siginfo_t info;
	sigset_t none;

	(void)sigemptyset(&none);
	if ((waitpid(pid, NULL, WNOHANG) < 0 && errno != ECHILD) ||
	    (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) < 0 && errno != ECHILD) ||
	    (sigtimedwait(&none, NULL, &at_once) < 0 && errno != EAGAIN && errno != EINTR))
		return -errno;
	return 0;
}

pid_t process_clone(unsigned long flags)
{
#if defined(__s390__)
	return (pid_t)syscall(SYS_clone, NULL, flags, NULL, NULL, 0);
#else
	return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0);
#endif
}

int process_take_fd(const struct process *process, int fd)
{
	int taken;

	if (process->pidfd < 0)
		return -ENOSYS;
	taken = (int)syscall(SYS_pidfd_getfd, process->pidfd, fd, 0);
	return taken < 0 ? -errno : taken;
}
