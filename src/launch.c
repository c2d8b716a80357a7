/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See launch.h. */
#include "launch.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "babysitter.h"
#include "command.h"
#include "fds.h"
#include "log.h"
#include "ready_watch.h"
#include "sys.h"
#include "target/target.h"
#include "util.h"
#include "wait.h"

static void block_signals(struct launch *launch)
{
	const sigset_t all = sys_all_signals();

	(void)sys_sigprocmask(SIG_SETMASK, &all, &launch->signal_mask);
	launch->is_blocked = true;
}

int launch_open_signal_fd(void)
{
	const sigset_t all = sys_all_signals();
	int fd = sys_signalfd(&all, SFD_CLOEXEC | SFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static int fail(int error, const char *what)
{
	log_errno(LEVEL_ERROR, error, "%s", what);
	return EXIT_OURS;
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

/* The sockets of --listen, at the numbers that the plan says handed-over ones have. */
static int open_own_fds(struct launch *launch)
{
	const struct plan *plan = launch->plan;
	struct refusal refusal = { "" };

	if (plan->listen == NULL ||
	    listen_open(plan->listen, plan->fds, plan->n_fds, &launch->listening, &refusal) == 0)
		return 0;
	log_error("%s", refusal.text);
	return EXIT_OURS;
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
		return fail(r, "cannot put the descriptors where the daemon expects them, is the limit of "
			       "open files too low?");
	if (plan->stdio[STDERR_FILENO] != STDIO_KEPT)
		log_to_syslog(NULL); /* from here on standard error is the daemon's */
	r = arrange_stdio(plan);
	return r < 0 ? fail(r, "cannot make the daemon's standard input, output and error") : 0;
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
		return fail(r, "cannot build the daemon's environment");
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
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	read_fd = ends[0];
	write_fd = ends[1];
	intermediate = process_clone(SIGCHLD);
	if (intermediate == 0) {
		pid = process_clone(SIGCHLD);
		if (pid == 0)
			babysitter_run(setup);
		(void)!write(write_fd, &pid, sizeof(pid)); /* the reader sees what is missing */
		_exit(0);
	}
	if (intermediate < 0)
		return -1;
	close_fdp(&write_fd);
	while (waitpid(intermediate, NULL, 0) < 0 && errno == EINTR)
		;
	return read(read_fd, &pid, sizeof(pid)) == sizeof(pid) ? pid : -1;
}

static bool is_host_parent(const struct launch *launch)
{
	return launch->facts->parentage == PARENT_IS_HOST;
}

int launch_prepare_babysitter(const struct launch *launch, struct babysitter_setup *ret_setup)
{
	const struct plan *plan = launch->plan;
	const struct facts *facts = launch->facts;
	const char *runtime_dir = facts->uid != 0 ? env_get(facts->env, "XDG_RUNTIME_DIR") : NULL;
	struct refusal refusal;
	int r;

	*ret_setup = (struct babysitter_setup){
		.state = { .host = plan->host,
			   .granted = plan->notify_access,
			   .access = plan->notify_access },
		.start_timeout_ms = plan->start_timeout_s * 1000,
		.detail = plan->log,
		.daemon = NO_PROCESS,
		.parent_fd = NO_FD,
		.ready_when = plan->ready_when,
		.exec_fd = NO_FD,
		.socket = NO_NOTIFY_SOCKET,
		.host_pid = is_host_parent(launch) ? facts->parent : 0,
		.job = facts->handover.job,
		.instance = facts->handover.instance,
	};
	r = process_open(facts->pid, &ret_setup->tracked);
	if (r < 0)
		return fail(r, "cannot watch our own process, is /proc mounted?");
	if (plan->ready_by == READY_BY_CONDITION)
		return 0; /* nobody is going to say anything */
	r = notify_socket_open(facts->pid, facts->uid, plan->notify_place, runtime_dir,
			       &ret_setup->socket, &refusal);
	if (r < 0) {
		log_error("%s", refusal.text);
		return EXIT_OURS;
	}
	return 0;
}

pid_t launch_babysitter(const struct launch *launch, const struct babysitter_setup *setup)
{
	return is_host_parent(launch) ? clone_sibling(setup) : fork_orphan(setup);
}

/* As long as there is no daemon, the babysitter must not outlive us. */
void launch_cancel_babysitter(pid_t pid, const struct notify_socket *socket)
{
	(void)kill(pid, SIGKILL);
	notify_socket_remove(socket);
}

/* An abstract name could be squatted as soon as nobody holds it. */
static bool may_end_after_ready(const struct plan *plan, const struct notify_socket *socket)
{
	if (!plan->end_after_ready || socket->directory[0] != '\0')
		return plan->end_after_ready;
	log_warning("--end-after-ready: the babysitter stays, because another process could take over "
		    "the abstract name of its socket: set XDG_RUNTIME_DIR, or leave the option out");
	return false;
}

static int start_attended(struct launch *launch, struct babysitter_setup *setup)
{
	pid_t babysitter = launch_babysitter(launch, setup);
	int status;

	if (babysitter < 0) {
		int error = errno;

		notify_socket_remove(&setup->socket);
		return fail(error, "cannot start the babysitter");
	}
	status = launch_exec(launch, launch->facts->pid, setup->socket.address);
	launch_cancel_babysitter(babysitter, &setup->socket);
	return status;
}

static int attend(struct launch *launch)
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
	setup.state.end_after_ready = true; /* nothing is left to carry */
	r = ready_watch_open_pipe(&read_fd, &write_fd);
	if (r < 0)
		return fail(r, "cannot watch the daemon's start");
	setup.exec_fd = read_fd;
	return start_attended(launch, &setup);
}

static int start(struct launch *launch)
{
	switch (launch->plan->shape) {
	case SHAPE_REPLACE:
		return launch_exec(launch, launch->facts->pid, NULL);
	case SHAPE_ATTEND:
		return attend(launch);
	case SHAPE_HAND_OVER:
		return hand_over(launch);
	case SHAPE_SUPERVISE:
		return plan_is_announced(launch->plan) ? hand_over(launch) : supervise(launch);
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

static int prepare_and_start(struct launch *launch)
{
	int status = open_own_fds(launch);

	if (status == 0)
		status = arrange_fds(launch->plan, launch->facts->arena);
	return status != 0 ? status : start(launch);
}

int launch(const struct plan *plan, const struct facts *facts)
{
	struct launch launch = { .plan = plan, .facts = facts };
	int status, r = wait_for_conditions(plan, facts);

	if (r < 0)
		return EXIT_OURS;
	/* Only now: what was waited for may have brought it. */
	r = command_find(plan->command[0], env_get(facts->env, "PATH"), facts->arena, &launch.path);
	if (r < 0) {
		log_errno(LEVEL_ERROR, r, "cannot execute %s", plan->command[0]);
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
	close_strangers(plan);
	if (leaves_traces(plan))
		block_signals(&launch);
	status = prepare_and_start(&launch);
	if (!launch.is_started)
		listen_undo(&launch.listening);
	return status;
}
