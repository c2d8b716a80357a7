/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/launch.h. */
#include "act/launch.h"

#include <fcntl.h>
#include <signal.h>

#include "act/command.h"
#include "act/shape.h"
#include "act/wait_for.h"
#include "babysitter/pid_file.h"
#include "babysitter/ready_file.h"
#include "base/apart.h"
#include "base/ends.h"
#include "base/env.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"
#include "bus/ask.h"
#include "condition/holder.h"
#include "condition/watch.h"
#include "fd/fds.h"
#include "hosts/way.h"

static void block_signals(struct launch *launch)
{
	const sigset_t all = sys_all_signals();

	(void)sigprocmask(SIG_SETMASK, &all, &launch->signal_mask);
	launch->is_blocked = true;
}

/* Here because sockets that were on 0-2 have left them only now. */
static int arrange_stdio(const struct plan *plan)
{
	int r = 0;

	for (int fd = 0; fd < N_STDIO && r == 0; fd++) {
		switch (plan->stdio[fd]) {
		case STDIO_KEPT:
			break;
		case STDIO_NULL:
			r = fd_make_null(fd);
			break;
		case STDIO_SOCKET:
			r = dup3(plan_fd_number(plan, 0), fd, 0) < 0 ? -errno : 0;
			break;
		}
	}
	return r;
}

static void close_strangers(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_close_fds; i++)
		(void)close_fd(plan->close_fds[i]);
}

/* Of @address: who uses it, if that can be seen. */
static void log_in_use(const struct fd_info *address, const struct refusal *refusal)
{
	pid_t pid = holder_find(address);
	char comm[17] = "?";

	if (pid == getpid()) {
		log_error("%s: an earlier --listen has it: choose another address", refusal->text);
		return;
	}
	if (pid == 0) {
		log_error("%s: another process has it, or another --listen: stop that one, or choose "
			  "another address",
			  refusal->text);
		return;
	}
	(void)process_read_comm(pid, comm);
	log_error("%s: another process has it, %d (%s): stop that one, or choose another address",
		  refusal->text, (int)pid, comm);
}

/* The sockets of --listen, at the numbers that the plan says handed-over ones have. */
static int open_own_fds(struct launch *launch)
{
	const struct plan *plan = launch->plan;
	struct refusal refusal;
	int r = plan->listen != NULL ? listen_open(plan->listen, plan->fds, plan->n_fds,
						   &launch->listening, &refusal)
				     : 0;

	if (r == -EADDRINUSE)
		log_in_use(&plan->fds[launch->listening.failed], &refusal);
	else if (r < 0)
		log_error("%s", refusal.text);
	return r < 0 ? EXIT_OURS : 0;
}

static int keep_own_fds(const struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; plan->fds_are_new && i < plan->n_fds && r == 0; i++)
		r = fd_set_cloexec(plan->fds[i].fd, false);
	return r;
}

static int move_fds(const struct plan *plan, struct arena *arena)
{
	int *from;

	if (plan->n_fds == 0)
		return 0;
	if (plan->first_fd < 0)
		return keep_own_fds(plan);
	from = arena_get(arena, plan->n_fds, sizeof(*from));
	if (from == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < plan->n_fds; i++)
		from[i] = plan->fds[i].fd;
	return fds_move(from, plan->n_fds, plan->first_fd);
}

/* Returns 0 or an exit status. */
static int arrange_fds(const struct plan *plan, struct arena *arena)
{
	int r = move_fds(plan, arena);

	if (r < 0)
		return launch_fail(r, "cannot put the descriptors where the daemon expects them, is the "
				      "limit of open files too low?");
	if (plan->stdio[STDERR_FILENO] != STDIO_KEPT)
		log_to_syslog(NULL); /* from here on standard error is the daemon's */
	r = arrange_stdio(plan);
	return r < 0 ? launch_fail(r, "cannot make the daemon's standard input, output and error")
		     : 0;
}

static int start(struct launch *launch)
{
	if (launch->plan->pid_file != NULL)
		return background(launch);
	switch (launch->plan->shape) {
	case SHAPE_REPLACE:
		return launch_exec(launch, launch->facts->pid, NULL);
	case SHAPE_ATTEND:
		return attend(launch);
	case SHAPE_HAND_OVER:
		return hand_over(launch);
	case SHAPE_SUPERVISE:
		return launch->plan->is_announced ? hand_over(launch) : supervise(launch);
	}
	return EXIT_OURS;
}

/*
 * Whether there will be something to remove, or somebody to tell, should it come to nothing. A signal
 * in the middle of it would end us before we could; so it has to wait until the daemon can have it.
 */
static bool leaves_traces(const struct plan *plan)
{
	return plan->shape != SHAPE_REPLACE || plan->listen != NULL;
}

/* From here on no number is the daemon's. */
static int first_free_fd(const struct plan *plan)
{
	int first = (plan->first_fd > 0 ? plan->first_fd : N_STDIO) + (int)plan->n_fds;

	for (size_t i = 0; i < plan->n_fds; i++)
		first = plan->fds[i].fd >= first ? plan->fds[i].fd + 1 : first;
	return plan->daemon_fd >= first ? plan->daemon_fd + 1 : first;
}

/* @fd, or a duplicate of it where no number of the daemon's is; @fd is closed then. */
static int keep_out_of_the_way(const struct plan *plan, int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, first_free_fd(plan));

	if (moved >= 0)
		(void)close_fd(fd);
	return moved >= 0 ? moved : fd;
}

/*
 * What the host reads is the babysitter's, not the daemon's, and out of the way of the daemon's
 * sockets. Returns 0 or an exit status.
 */
static int hold_host_fd(struct launch *launch)
{
	const struct plan *plan = launch->plan;
	int fd = launch->facts->handover.notify_fd;

	if (fd <= 0 || plan->shape == SHAPE_REPLACE)
		return 0;
	launch->host_fd = fcntl(fd, F_DUPFD_CLOEXEC, first_free_fd(plan));
	if (launch->host_fd < 0)
		return launch_fail(errno,
				   "cannot keep the descriptor that the service manager reads");
	(void)close_fd(fd);
	return 0;
}

/* On the heap, as the options' conditions are: the babysitter gives back the stack that we are on. */
static int watch_newline_at(struct launch *launch, int fd)
{
	struct awaited *newline = malloc(sizeof(*newline));
	char *text = strdup(launch->plan->newline.text);

	if (newline == NULL || text == NULL) {
		free(newline);
		free(text);
		return -ENOMEM;
	}
	*newline = launch->plan->newline;
	newline->text = text;
	newline->fd = fd;
	launch->ready_when = newline;
	return 0;
}

/* Open for reading, too: what is written after we have stopped reading must not raise SIGPIPE. */
static int open_both_ends(int write_fd)
{
	char path[32];
	struct text text = text_begin(path, sizeof(path));

	text_add(&text, "/proc/self/fd/");
	text_add_number(&text, (unsigned long)write_fd);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void forget_fd(int *fd, int number)
{
	if (*fd == number)
		*fd = NO_FD;
}

/* dup3(2) does not take the same number twice, which any of ours may have by chance. */
static int put_at(int fd, int to)
{
	int r = fd == to ? fcntl(fd, F_SETFD, 0) : dup3(fd, to, 0);

	return r < 0 ? -errno : 0;
}

/* The pipe that the daemon writes a newline to, at its number @to. */
static int open_newline_pipe(struct launch *launch, int to)
{
	cleanup_close int both = NO_FD, read_fd = NO_FD, write_fd = NO_FD;
	int fd, r = open_pipe(&read_fd, &write_fd);

	if (r < 0)
		return r;
	both = open_both_ends(write_fd); /* without /proc: as s6-supervise(8) gives it */
	if (fcntl(read_fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	fd = fcntl(read_fd, F_DUPFD_CLOEXEC, to + 1);
	if (fd < 0)
		return -errno;
	r = put_at(both >= 0 ? both : write_fd, to);
	if (r < 0)
		return r;
	/* One of them may have had that number, and is the daemon's now. */
	forget_fd(&read_fd, to);
	forget_fd(&write_fd, to);
	forget_fd(&both, to);
	return watch_newline_at(launch, fd);
}

static int move_host_fd(const struct plan *plan)
{
	if (plan->daemon_fd_from == plan->daemon_fd)
		return 0;
	if (dup3(plan->daemon_fd_from, plan->daemon_fd, 0) < 0)
		return -errno;
	(void)close_fd(plan->daemon_fd_from);
	return 0;
}

/* Returns 0 or an exit status. */
static int arrange_daemon_fd(struct launch *launch)
{
	const struct plan *plan = launch->plan;
	int r = 0;

	if (plan->daemon_fd_from > 0)
		r = move_host_fd(plan);
	else if (plan_fills_daemon_fd(plan))
		r = open_newline_pipe(launch, plan->daemon_fd);
	return r < 0 ? launch_fail(r,
				   "cannot make the descriptor that the daemon says to that it is ready")
		     : 0;
}

#define FILE_SYSTEM_MS 5000

/* Returns 0 or an exit status. Whoever looks waits for an answer, and a signal does not end that. */
static int check_path(const char *option, const char *path)
{
	if (path == NULL || apart_answers(path, FILE_SYSTEM_MS))
		return 0;
	log_error("--%s: %s: its file system does not answer", option, path);
	return EXIT_OURS;
}

/* That of an earlier life is not there while we wait, nor if there is nothing to start. Returns 0 or an exit status. */
static int clear_ready_file(const struct plan *plan)
{
	struct refusal refusal;
	int status = check_path("ready-file", plan->ready_file), r;

	if (plan->ready_file == NULL || status != 0)
		return status;
	r = ready_file_clear(plan->ready_file, &refusal);
	if (r > 0 && plan->n_wait_for == 0) /* what is waited for may bring it */
		log_warning("%s", refusal.text);
	if (r >= 0)
		return 0;
	log_error("%s", refusal.text);
	return EXIT_OURS;
}

static int claim_pid_file(struct launch *launch)
{
	const struct plan *plan = launch->plan;
	struct refusal refusal;

	if (plan->pid_file != NULL) {
		int fd = NO_FD;

		if (pid_file_claim(plan->pid_file, launch->path, &fd, &refusal) < 0) {
			log_error("%s", refusal.text);
			return EXIT_OURS;
		}
		launch->pid_fd = keep_out_of_the_way(plan, fd);
	}
	return 0;
}

/* All that a start makes, or reads, at places that were chosen. */
static int check_paths(const struct plan *plan)
{
	int status = check_path("pidfile", plan->pid_file);

	if (status == 0)
		status = check_path("daemon-pidfile", plan->daemon_pid_file);
	for (size_t i = 0; status == 0 && plan->listen != NULL && i < plan->n_fds; i++)
		status = check_path("listen", plan->listen[i].path);
	return status;
}

static int prepare_and_start(struct launch *launch)
{
	int status = check_paths(launch->plan);
	pid_t asker = 0;

	if (status == 0)
		status = claim_pid_file(launch);
	if (status == 0)
		status = hold_host_fd(launch);
	/* Before --listen: a socket that it has yet to close is in use for the next start, should the daemon be killed. */
	if (status == 0 && launch->plan->shape == SHAPE_REPLACE && launch->plan->pid_file == NULL)
		asker = launch_asker(launch);
	if (status == 0)
		status = open_own_fds(launch);
	if (status == 0)
		status = arrange_fds(launch->plan, launch->facts->arena);
	if (status == 0)
		status = arrange_daemon_fd(launch);
	if (status == 0)
		status = start(launch);
	if (asker != 0) /* there is no daemon */
		(void)kill(asker, SIGKILL);
	return status;
}

/* What the host would not hear when the daemon is ready: then it would be too late. */
static int rehearse(const struct plan *plan, const struct facts *facts)
{
	struct refusal refusal;

	if (plan->shape == SHAPE_REPLACE || plan->way->rehearse == NULL ||
	    plan->way->rehearse(facts, plan->is_announced, &refusal) == 0)
		return 0;
	log_error("%s", refusal.text);
	return -EIO;
}

int launch(const struct plan *plan, const struct facts *facts)
{
	struct launch launch = {
		.plan = plan, .facts = facts, .ready_when = plan->ready_when, .pid_fd = NO_FD
	};
	int status = clear_ready_file(plan), r;

	if (status != 0)
		return status;
	r = wait_for_conditions(plan, facts);
	if (r < 0)
		return EXIT_OURS;
	/* Only now: what was waited for may have brought it. */
	r = command_find(plan->command[0], env_get(&facts->env, "PATH"), facts->arena, &launch.path);
	if (r < 0) {
		command_log_failure(plan->command[0], r == -EACCES ? launch.path : NULL,
				    env_get(&facts->env, "PATH"), -r);
		return r == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
	}
	if (plan->ready_when != NULL) {
		r = watch_is_possible(plan->ready_when);
		if (r < 0) {
			log_error("--ready-when: cannot watch %s: %s", plan->ready_when->text,
				  bus_error(r));
			return EXIT_OURS;
		}
	}
	if (rehearse(plan, facts) < 0)
		return EXIT_OURS;
	if (plan->shape == SHAPE_SUPERVISE && !plan->is_announced)
		supervise_wait_for_earlier(facts);
	close_strangers(plan);
	if (leaves_traces(plan))
		block_signals(&launch);
	status = prepare_and_start(&launch);
	if (!launch.is_started)
		listen_undo(&launch.listening);
	if (launch.pid_fd >= 0 && !launch.is_started)
		pid_file_drop(plan->pid_file, launch.pid_fd);
	return status;
}
