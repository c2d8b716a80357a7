/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* How a babysitter comes into being, and is taken back while there is no daemon; see act/shape.h. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "act/shape.h"
#include "babysitter/step.h"
#include "base/ends.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/sys.h"
#include "base/util.h"
#include "hosts/host.h"
#include "targets/target.h"

/* A child of our parent, which is the host and reaps it: nothing for the daemon to wait for. */
static pid_t clone_sibling(const struct babysitter_setup *setup)
{
	pid_t pid = process_clone(CLONE_PARENT | SIGCHLD);

	if (pid == 0)
		babysitter_run(setup);
	return pid;
}

/*
 * Where the parent may not expect a child it did not make: an orphan, which PID 1 takes. Its pid
 * comes back through a pipe.
 */
static pid_t fork_orphan(const struct babysitter_setup *setup)
{
	cleanup_close int read_fd = NO_FD, write_fd = NO_FD;
	pid_t intermediate, pid = -1;

	if (open_pipe(&read_fd, &write_fd) < 0)
		return -1;
	/*
	 * With our descriptors, not copies: its end closes none, which can take for ever (base/apart.h). So we close
	 * none either before it has ended.
	 */
	intermediate = process_clone(CLONE_FILES | SIGCHLD);
	if (intermediate == 0) {
		pid = process_clone(SIGCHLD);
		if (pid == 0)
			babysitter_run(setup);
		if (pid < 0)
			pid = -errno;
		(void)!write(write_fd, &pid, sizeof(pid)); /* the reader sees what is missing */
		_exit(0);
	}
	if (intermediate < 0)
		return -1;
	while (waitpid(intermediate, NULL, 0) < 0 && errno == EINTR)
		;
	close_fdp(&write_fd);
	if (read(read_fd, &pid, sizeof(pid)) != sizeof(pid))
		pid = -ECHILD; /* it was killed, before it could do or say anything */
	if (pid > 0)
		return pid;
	errno = -pid;
	return -1;
}

static bool is_host_parent(const struct launch *launch)
{
	/* Process 1 of a namespace has no parent that could have another child in it. */
	return launch->facts->parentage == PARENT_IS_HOST && launch->facts->pid != 1;
}

/* For messages: one without a name has the command's, unless a host is to be asked about it by its own. */
static const char *name_of(const struct launch *launch)
{
	const char *command = launch->plan->command[0], *slash = strrchr(command, '/');

	if (launch->facts->handover.job != NULL || launch->plan->way->question != NULL)
		return launch->facts->handover.job;
	return slash != NULL ? slash + 1 : command;
}

/* Whoever lets us choose is told when it is the weaker one; where there is no place that is usual. */
static void tell_place(const struct facts *facts, const struct notify_socket *socket)
{
	const char *parent = facts->uid == 0 ? "/run" : "$XDG_RUNTIME_DIR";

	if (socket->path_error != 0)
		log_errno(LEVEL_WARNING, socket->path_error,
			  "the private notify socket has an abstract name, which every user can find, "
			  "reach and fill: it cannot be bound to a path in %s",
			  parent);
	else if (socket->directory[0] == '\0')
		log_debug("the private notify socket has an abstract name, which every user can find, "
			  "reach and fill");
}

/* All that follows from the plan and the facts. */
static struct babysitter_setup make_setup(const struct launch *launch)
{
	const struct plan *plan = launch->plan;
	const struct facts *facts = launch->facts;

	return (struct babysitter_setup){
		.state = { .host = plan->host,
			   .way = plan->way,
			   .granted = plan->notify_access,
			   .access = plan->notify_access,
			   .relays_life = facts->handover.watchdog_usec != NULL,
			   .telling = { .host_fd = launch->host_fd,
					.host_address = plan->way->learns == LEARNS_BY_DATAGRAM
								? facts->handover.notify_address
								: NULL } },
		.start_timeout_ms = plan->start_timeout_s * 1000,
		.detail = plan->log,
		.daemon = NO_PROCESS,
		.parent_fd = NO_FD,
		.ready_when = launch->ready_when,
		.exec_fd = NO_FD,
		.socket = NO_NOTIFY_SOCKET,
		.host_pid = is_host_parent(launch) ? facts->parent : 0,
		.host_fd = launch->host_fd,
		.ready_file = plan->ready_file,
		.pid_file = plan->pid_file,
		.pid_fd = launch->pid_fd,
		.target = plan->target,
		.has_sockets = plan->n_fds > 0,
		.says = plan->target->says,
		.option = plan_readiness(plan),
		.job = name_of(launch),
		.instance = facts->handover.instance,
	};
}

int launch_prepare_babysitter(const struct launch *launch, struct babysitter_setup *ret_setup)
{
	const struct plan *plan = launch->plan;
	const struct facts *facts = launch->facts;
	const char *runtime_dir = facts->uid != 0 ? env_get(&facts->env, "XDG_RUNTIME_DIR") : NULL;
	struct refusal refusal;
	int r;

	*ret_setup = make_setup(launch);
	r = process_open(facts->pid, &ret_setup->tracked);
	if (r < 0)
		return launch_fail(r, r == -ENOENT ? "cannot watch our own process, is /proc mounted?"
						   : "cannot watch our own process");
	if (plan->ready_when != NULL || plan->speaks == SPEAKS_EXIT)
		return 0; /* nobody is going to say anything */
	r = notify_socket_open(facts->pid, facts->uid, plan->notify_place, runtime_dir,
			       &ret_setup->socket, &refusal);
	if (r < 0) {
		log_error("%s", refusal.text);
		return EXIT_OURS;
	}
	tell_place(facts, &ret_setup->socket);
	return 0;
}

pid_t launch_babysitter(const struct launch *launch, const struct babysitter_setup *setup)
{
	return is_host_parent(launch) && !launch->plan->host->reaps_its_own ? clone_sibling(setup)
									    : fork_orphan(setup);
}

/* As long as there is no daemon, the babysitter must not outlive us. */
void launch_cancel_babysitter(pid_t pid, const struct notify_socket *socket)
{
	(void)kill(pid, SIGKILL);
	notify_socket_remove(socket);
}

/* A fork would be counted where the host traces us, and be taken for readiness: init(5), "expect fork". */
pid_t launch_asker(const struct launch *launch)
{
	struct babysitter_setup setup;
	pid_t tracer = 0, pid;

	if (!launch->plan->may_be_awaited || !is_host_parent(launch) ||
	    process_read_own_tracer(&tracer) < 0 || tracer != 0)
		return 0;
	setup = make_setup(launch);
	setup.state.only_asks = true;
	setup.start_timeout_ms = 0;
	setup.ready_file = setup.pid_file = NULL;
	setup.pid_fd = NO_FD;
	if (process_open(launch->facts->pid, &setup.tracked) < 0)
		return 0;
	setup.daemon = setup.tracked;
	pid = process_clone(CLONE_PARENT | SIGCHLD);
	if (pid == 0) {
		const sigset_t all = sys_all_signals();

		(void)sigprocmask(SIG_SETMASK, &all, NULL);
		babysitter_run(&setup);
	}
	process_close(&setup.tracked);
	return pid > 0 ? pid : 0;
}
