/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What the shapes have in common; see act/shape.h. The babysitter's beginning is in act/babysitter.c. */
#include "act/shape.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

#include "act/command.h"
#include "act/undo.h"
#include "base/env.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/util.h"
#include "fd/fds.h"

/* What has to be changed around us; nothing that we do wants a permission. Or "". */
static const char *cure_of(int error)
{
	switch (error < 0 ? -error : error) {
	case EAGAIN:
		return ": a limit of processes is reached (RLIMIT_NPROC, or the control group's)";
	case EMFILE:
		return ": raise the limit of open files (RLIMIT_NOFILE)";
	case EPERM:
	case ENOSYS:
		return ": a filter of system calls (seccomp) does not allow it";
	default:
		return "";
	}
}

int launch_fail(int error, const char *what)
{
	log_error("%s: %s%s", what, strerror(error < 0 ? -error : error), cure_of(error));
	return EXIT_OURS;
}

int launch_open_signal_fd(void)
{
	const sigset_t all = sys_all_signals();
	int fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/*
 * The mask is the daemon's, and restored at last: what has come meanwhile, or comes now, ends this process
 * before it is the daemon. That it leaves nothing is seen to; and if it does not become the daemon, that is
 * for nobody to interrupt.
 */
static void execve_unblocked(const struct launch *launch, char *const *env, pid_t pid)
{
	const sigset_t all = sys_all_signals();

	if (launch->listening.n_made > 0 && pid != 1)
		undo_on_signals(&launch->listening);
	if (launch->is_blocked)
		(void)sigprocmask(SIG_SETMASK, &launch->signal_mask, NULL);
	(void)execve(launch->path, launch->plan->command, env);
	if (launch->is_blocked) {
		int error = errno;

		(void)sigprocmask(SIG_SETMASK, &all, NULL);
		errno = error;
	}
}

void launch_let_go_of_stdio(struct launch *launch)
{
	if (!launch->plan->stdio_is_null || launch->kept_stderr > 0)
		return;
	launch->kept_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, N_STDIO);
	for (int fd = 0; fd < N_STDIO; fd++) {
		if (launch->plan->stdio[fd] == STDIO_KEPT)
			(void)fd_make_null(fd);
	}
}

/* Becomes the daemon, or returns the exit status. */
static int execute(struct launch *launch, pid_t pid, const char *notify_address)
{
	char *const *env = launch->facts->env.list;
	char **built = NULL;
	int r = 0;

	if (!launch->plan->is_untouched) {
		r = env_build(&launch->facts->env, &launch->plan->env, pid, notify_address, &built);
		env = built;
	}
	if (r < 0)
		return launch_fail(r, "cannot build the daemon's environment");
	launch_let_go_of_stdio(launch);
	execve_unblocked(launch, env, pid);
	r = errno;
	if (launch->kept_stderr > 0)
		(void)dup2(launch->kept_stderr, STDERR_FILENO);
	command_log_failure(launch->plan->command[0], launch->path, NULL, r);
	return r == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

int launch_exec(struct launch *launch, pid_t pid, const char *notify_address)
{
	int status = execute(launch, pid, notify_address);

	listen_undo(&launch->listening);
	return status;
}

void launch_become_parent(struct launch *launch, int flags)
{
	/* If it is ignored, a parent hears neither of stops nor of ends. */
	const struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = flags };

	const struct itimerval none = { .it_value = { 0 } };

	(void)sigaction(SIGCHLD, &action, &launch->child_action);
	sched_leave(&launch->sched);
	(void)setitimer(ITIMER_REAL, &none, &launch->alarm);
	/* What a wrapper has asked for would have us, and not the host, adopt the daemon. */
	(void)prctl(PR_GET_CHILD_SUBREAPER, &launch->is_subreaper);
	if (launch->is_subreaper != 0)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 0);
}

void launch_close_daemons(const struct launch *launch, const int *keep, size_t n)
{
	const struct plan *plan = launch->plan;
	int *all;

	if (plan->n_locked == 0) {
		fds_close_others(keep, n);
		return;
	}
	all = arena_get(launch->facts->arena, n + plan->n_locked, sizeof(*all));
	if (all == NULL)
		return; /* rather too many open than a lock lost */
	for (size_t i = 0; i < n; i++)
		all[i] = keep[i];
	for (size_t i = 0; i < plan->n_locked; i++) {
		(void)fd_set_cloexec(plan->locked_fds[i], true);
		all[n + i] = plan->locked_fds[i];
	}
	fds_close_others(all, n + plan->n_locked);
}

/* What a fork does not keep, and execve(2) would have. */
static void return_rest(const struct launch *launch)
{
	const struct itimerval *alarm = &launch->alarm;

	(void)sigaction(SIGCHLD, &launch->child_action, NULL);
	if (alarm->it_value.tv_sec != 0 || alarm->it_value.tv_usec != 0)
		(void)setitimer(ITIMER_REAL, alarm, NULL);
	if (launch->is_subreaper != 0)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Without it a daemon that counts on a deadline does not work; what is only reset is worth a start. */
int launch_return_sched(const struct launch *launch)
{
	int r = sched_return(&launch->sched);

	if (r == 0)
		return 0;
	if (launch->sched.deadline.size > 0) {
		log_errno(LEVEL_ERROR, r,
			  "cannot give the daemon, which is another process than this one, its scheduling, "
			  "SCHED_DEADLINE: have chrt(1) run between cross-init-bridge and the daemon, not "
			  "before it");
		return EXIT_OURS;
	}
	log_errno(LEVEL_WARNING, r,
		  "cannot give the daemon, which is another process than this one, its scheduling policy, "
		  "which is reset on fork (CPUSchedulingResetOnFork=): it runs with the usual one");
	return 0;
}

int launch_exec_child(struct launch *launch, pid_t pid, const char *notify_address)
{
	int status = launch_return_sched(launch);

	if (status != 0)
		return status;
	return_rest(launch);
	return launch_exec(launch, pid, notify_address);
}
