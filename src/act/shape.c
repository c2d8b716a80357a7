/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the shapes have in common; see act/shape.h. The babysitter's beginning is in act/babysitter.c. */
#include "act/shape.h"

#include <sys/signalfd.h>

#include "base/env.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/util.h"

int launch_fail(int error, const char *what)
{
	log_errno(LEVEL_ERROR, error, "%s", what);
	return EXIT_OURS;
}

int launch_open_signal_fd(void)
{
	const sigset_t all = sys_all_signals();
	int fd = sys_signalfd(&all, SFD_CLOEXEC | SFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* Becomes the daemon, or returns the exit status. */
static int execute(const struct launch *launch, pid_t pid, const char *notify_address)
{
	char *const *env = launch->facts->env;
	char **built = NULL;
	int r = 0;

	if (!launch->plan->is_untouched) {
		r = env_build(env, &launch->plan->env, pid, notify_address, &built);
		env = built;
	}
	if (r < 0)
		return launch_fail(r, "cannot build the daemon's environment");
	if (launch->is_blocked)
		(void)sys_sigprocmask(SIG_SETMASK, &launch->signal_mask, NULL);
	(void)sys_execve(launch->path, launch->plan->command, env);
	r = errno;
	log_errno(LEVEL_ERROR, r, "cannot execute %s", launch->path);
	return r == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

int launch_exec(struct launch *launch, pid_t pid, const char *notify_address)
{
	int status = execute(launch, pid, notify_address);

	listen_undo(&launch->listening);
	return status;
}
