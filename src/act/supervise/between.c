/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/supervise/between.h. */
#include "act/supervise/between.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "act/ending.h"
#include "act/supervise/parent.h"
#include "base/cover.h"
#include "base/process.h"
#include "base/sys.h"
#include "fd/fds.h"

static void __attribute__((noreturn)) end_with(int status)
{
	if (WIFSIGNALED(status))
		die_of(WTERMSIG(status));
	_exit(WEXITSTATUS(status));
}

/* A stop is sent to all of the daemon's processes while it starts. */
static void __attribute__((noreturn)) stand_between(pid_t first)
{
	const sigset_t all = sys_all_signals();
	int status, signal;

	while (waitpid(first, &status, WNOHANG) != first) {
		signal = sigwaitinfo(&all, NULL);
		if (signal > 0 && signal != SIGCHLD && !supervisor_is_stop(signal))
			(void)kill(first, signal);
	}
	end_with(status);
}

int between_begin(void)
{
	static const char *const none[] = { NULL };
	pid_t own = sys_getpid(), pid = process_clone(SIGCHLD);

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != own)
			_exit(0); /* nobody is there who would hear of it */
		return 0;
	}
	fds_close_all(0, NULL, 0);
	(void)!chdir("/");
	cover_arguments(NULL);
	cover_environment(none);
	cover_memory();
	stand_between(pid);
}
