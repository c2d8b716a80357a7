/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See notify/passed_fds.h. */
#include "notify/passed_fds.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>

#include "base/process.h"
#include "base/util.h"

#define PATIENCE_MS 20 /* with what does end, but not at once */

/* A barrier's, and whatever else is a pipe: nothing there can be waited for. */
static bool is_pipe(int fd)
{
	return fcntl(fd, F_GETPIPE_SZ) >= 0;
}

static void close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)close_fd(fds[i]);
}

/* The closer is the only one of our children whose end is no SIGCHLD. */
bool passed_fds_are_gone(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, (int)__WCLONE | WNOHANG)) > 0)
		;
	return pid < 0;
}

static bool wait_for_closer(void)
{
	bool are_gone = passed_fds_are_gone();

	for (int i = 0; !are_gone && i < PATIENCE_MS; i++) {
		(void)poll(NULL, 0, 1);
		are_gone = passed_fds_are_gone();
	}
	return are_gone;
}

bool passed_fds_close(const int *fds, size_t n)
{
	size_t n_pipes = 0;
	pid_t pid;

	while (n_pipes < n && is_pipe(fds[n_pipes]))
		n_pipes++;
	close_all(fds, n_pipes);
	if (n_pipes == n)
		return true;
	/* They are in the one table that both have. */
	pid = process_clone(CLONE_FILES);
	if (pid <= 0)
		close_all(fds + n_pipes, n - n_pipes);
	if (pid == 0)
		_exit(0);
	return pid < 0 || wait_for_closer();
}
