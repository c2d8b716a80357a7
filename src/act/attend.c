/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The shape attend: the daemon takes our place, and the babysitter stays beside it.
 *
 *     the host  ->  we, then the daemon
 *               ->  the babysitter
 */
#include "act/shape.h"

#include "babysitter/step.h"
#include "base/ends.h"
#include "base/log.h"
#include "base/util.h"
#include "condition/ready_when.h"

/* An abstract name could be squatted as soon as nobody holds it. */
static bool may_end_after_ready(const struct plan *plan, const struct notify_socket *socket)
{
	if (!plan->end_after_ready || socket->directory[0] != '\0')
		return plan->end_after_ready;
	log_warning("--end-after-ready: the babysitter stays, because another process could take over "
		    "the abstract name of its socket: set XDG_RUNTIME_DIR, or leave the option out");
	return false;
}

/* One that may not be forked, for its scheduling, is another one for that moment. */
static pid_t start_babysitter(struct launch *launch, const struct babysitter_setup *setup)
{
	pid_t pid = launch_babysitter(launch, setup);

	if (pid >= 0 || errno != EAGAIN)
		return pid;
	sched_leave(&launch->sched);
	return launch_babysitter(launch, setup);
}

static int start_attended(struct launch *launch, struct babysitter_setup *setup)
{
	pid_t babysitter = start_babysitter(launch, setup);
	int status;

	if (babysitter < 0) {
		int error = errno;

		notify_socket_remove(&setup->socket);
		return launch_fail(error, "cannot start the babysitter");
	}
	status = launch_return_sched(launch);
	if (status == 0)
		status = launch_exec(launch, launch->facts->pid, setup->socket.address);
	launch_cancel_babysitter(babysitter, &setup->socket);
	return status;
}

int attend(struct launch *launch)
{
	cleanup_close int read_fd = NO_FD, write_fd = NO_FD;
	struct babysitter_setup setup;
	int r, status = launch_prepare_babysitter(launch, &setup);

	if (status != 0)
		return status;
	setup.daemon = setup.tracked;
	if (launch->plan->ready_when == NULL) {
		setup.state.end_after_ready = may_end_after_ready(launch->plan, &setup.socket);
		return start_attended(launch, &setup);
	}
	/* Nothing is left to carry; but a file may be to be removed. */
	setup.state.end_after_ready = launch->plan->ready_file == NULL &&
				      launch->plan->pid_file == NULL;
	r = open_pipe(&read_fd, &write_fd);
	if (r < 0)
		return launch_fail(r, "cannot watch the daemon's start");
	setup.exec_fd = read_fd;
	return start_attended(launch, &setup);
}
