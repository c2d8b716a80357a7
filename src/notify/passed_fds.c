/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See notify/passed_fds.h. */
#include "notify/passed_fds.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/events.h"
#include "base/process.h"
#include "base/procfs.h"
#include "base/util.h"

#define PATIENCE_MS 20  /* with what does end, but not at once */
#define IMPATIENCE_MS 2 /* with the same sender's next */
#define KILLED_MS 10    /* a linger ends at once */

/* A barrier's, and whatever else is a pipe: nothing there can be waited for. */
static bool is_pipe(int fd)
{
	return fcntl(fd, F_GETPIPE_SZ) >= 0;
}

/* What is left of a connection is sent all the same, but nobody waits for it. */
static void close_all(const struct passed_fds *passed, bool linger)
{
	const struct linger off = { .l_onoff = 0 };

	for (size_t i = 0; i < passed->n; i++) {
		if (!linger)
			(void)setsockopt(passed->fds[i], SOL_SOCKET, SO_LINGER, &off, sizeof(off));
		(void)close_fd(passed->fds[i]);
	}
}

/* Which are open: we open nothing while they are being closed, so that no number is another's yet. */
static void forget_closed(struct passed_fds *passed)
{
	size_t n = 0;

	for (size_t i = 0; i < passed->n; i++) {
		if (fcntl(passed->fds[i], F_GETFD) >= 0)
			passed->fds[n++] = passed->fds[i];
	}
	passed->n = n;
}

/* Closers are the only ones of our children whose end sends no SIGCHLD. */
static bool has_closer_ended(pid_t pid)
{
	return waitpid(pid, NULL, (int)__WCLONE | WNOHANG) != 0;
}

static bool wait_for_closer(pid_t pid, int timeout_ms)
{
	bool has_ended = has_closer_ended(pid);

	for (int i = 0; !has_ended && i < timeout_ms; i++) {
		events_pause(1);
		has_ended = has_closer_ended(pid);
	}
	return has_ended;
}

/* Each by its pid: wait(2) for any would take what is for a tracer, too. */
static void reap_left(struct passed_fds *passed)
{
	unsigned n = 0;

	for (unsigned i = 0; i < passed->n_left; i++) {
		if (!has_closer_ended(passed->left[i]))
			passed->left[n++] = passed->left[i];
	}
	passed->n_left = n;
}

/*
 * A closer that was killed runs on only inside of the kernel. If it sleeps there it does so in close(2),
 * where the number is free already, and will never come to another one. If not, it may be about to
 * begin with it, and for want of processor time, which passes.
 */
static bool is_stuck(pid_t pid)
{
	struct process_status status;

	return process_read_status(pid, &status) == 0 && status.state == 'D';
}

/* Returns true once @passed->closer will close no more. */
static bool settle_closer(struct passed_fds *passed, int timeout_ms)
{
	if (!wait_for_closer(passed->closer, timeout_ms)) {
		if (!is_stuck(passed->closer))
			return false;
		passed->left[passed->n_left++] = passed->closer;
	}
	passed->closer = 0;
	forget_closed(passed);
	return true;
}

/* Returns false if some wait: not for this closer, which has all the time that it wants. */
static bool close_by_closer(struct passed_fds *passed, bool linger, int patience_ms)
{
	/* They are in the one table that both have. */
	pid_t pid = process_clone(CLONE_FILES);

	if (pid == 0) {
		close_all(passed, linger);
		_exit(0);
	}
	if (pid < 0) {
		close_all(passed, false);
		passed->n = 0;
		return true;
	}
	passed->closer = pid;
	if (wait_for_closer(pid, patience_ms)) {
		passed->closer = 0;
		forget_closed(passed); /* it may have been killed by others */
		return true;
	}
	(void)kill(pid, SIGKILL);
	return settle_closer(passed, KILLED_MS);
}

static void work_off(struct passed_fds *passed)
{
	int patience_ms = PATIENCE_MS;
	bool is_first = true;

	while (passed->n > 0) {
		size_t before = passed->n;

		reap_left(passed);
		if (passed->n_left >= MAX_CLOSERS_LEFT ||
		    !close_by_closer(passed, is_first, patience_ms))
			return;
		is_first = false;
		/* Where it did not even begin, because others run, it takes longer. */
		patience_ms = passed->n < before ? IMPATIENCE_MS : 2 * patience_ms;
	}
}

void passed_fds_close(struct passed_fds *passed, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_pipe(fds[i]))
			(void)close_fd(fds[i]);
		else
			passed->fds[passed->n++] = fds[i];
	}
	work_off(passed);
}

bool passed_fds_go_on(struct passed_fds *passed)
{
	if (passed->closer == 0 || settle_closer(passed, 0))
		work_off(passed);
	return passed_fds_wait(passed);
}
