/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shape supervise, with a daemon that speaks in datagrams: the edge of supervisor.c.
 *
 *     the host  ->  we, the tracked process  ->  the daemon  ->  its processes
 *               ->  the babysitter
 *
 * The host cannot be told of another main process, so it is given one that stays. The babysitter
 * is the same as in attend, only that what it stops at readiness is us; and it ends the daemon
 * should we be killed. The daemon is leader of its own session and group, as the host would have
 * started it. It waits before execve(2) until the babysitter knows it: up to there our end, or the
 * babysitter's failure, is the end of it all, and after it somebody is always left to end it.
 */
#include "launch.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "babysitter.h"
#include "bus.h"
#include "ending.h"
#include "fds.h"
#include "log.h"
#include "supervisor.h"
#include "util.h"

#define OLD_KERNEL_CHECK_MS 1000 /* where there are no pidfds */

struct parent {
	struct launch *launch;
	struct supervisor state;
	struct process main;
	int channel;   /* from the babysitter; or NO_FD: it has left */
	int signal_fd; /* of all signals */
	long long timer_ms;
	bool is_over;
	int status; /* to end with, as of waitpid(2) */
};

/* ---- The daemon, until it is one ---- */

/* Waits for our word, which does not come if we are killed. Returns only if it cannot be executed. */
static int become_daemon(struct launch *launch, const char *address, int start_fd, pid_t parent)
{
	char word;

	(void)setsid();
	/* Should our parent and the babysitter be killed at once. A change of user clears it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || read(start_fd, &word, 1) != 1)
		return EXIT_OURS;
	(void)sigaction(SIGCHLD, &launch->child_action, NULL);
	return launch_exec(launch, getpid(), address);
}

static void __attribute__((noreturn))
run_daemon(struct launch *launch, const char *address, int start_fd, pid_t parent)
{
	int status = become_daemon(launch, address, start_fd, parent);
	char word;

	/* The babysitter must not hear of our end before it has been cancelled. */
	if (write(start_fd, &status, sizeof(status)) == sizeof(status))
		(void)!read(start_fd, &word, 1);
	_exit(status);
}

/* Returns 0 once the daemon has been executed, or the exit status, which has been logged. */
static int let_start(int start_fd)
{
	int status = 0;
	ssize_t n;

	if (send(start_fd, "", 1, MSG_NOSIGNAL) != 1)
		return 0; /* it has been killed; that will be seen as its end */
	do
		n = read(start_fd, &status, sizeof(status));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(status) ? status : 0;
}

/* ---- The parent ---- */

static void step(struct parent *parent, const struct supervisor_event *event);

static void forward(const struct process *to, int signal)
{
	int r = process_signal(to, signal);

	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot forward signal %d to the daemon, process %d",
			  signal, (int)to->pid);
}

/* A group that the daemon has chosen, and never ours: that would come back to us. */
static void forward_to_group(const struct process *to, int signal)
{
	pid_t group = getpgid(to->pid);

	if (group > 1 && group != getpgrp() && !process_has_ended(to) && kill(-group, signal) == 0)
		return;
	forward(to, signal);
}

/* The babysitter has checked it; but it may have ended since, and the number be another's. */
static void follow(struct parent *parent)
{
	struct process process;
	int r = process_open(parent->state.main_pid, &process);

	process_close(&parent->main);
	parent->main = process;
	if (r < 0 || !process_descends_from(process.pid, getpid()))
		step(parent, &(struct supervisor_event){ .kind = SUPERVISOR_MAIN_LOST });
}

static void let_go_of_stderr(const struct parent *parent)
{
	log_to_syslog(parent->launch->facts->handover.job);
	(void)dup2(STDIN_FILENO, STDERR_FILENO);
}

static void warn_alone(const struct parent *parent)
{
	log_error("the babysitter has been killed: %s",
		  parent->state.is_settled
			  ? "what the daemon says from now on is lost"
			  : "nobody will hear that the daemon is ready; ending the daemon");
}

/* Our child, and not reaped: the number is its own. */
static void signal_daemon(const struct parent *parent, int signal)
{
	if (!parent->state.daemon_ended)
		(void)kill(parent->state.daemon_pid, signal);
}

static void step(struct parent *parent, const struct supervisor_event *event)
{
	struct supervisor_step step = supervisor_step(&parent->state, event);

	if (step.timer_ms > 0)
		parent->timer_ms = now_ms() + step.timer_ms;
	if ((step.actions & SUPERVISOR_FORWARD) != 0)
		forward(&parent->main, event->signal);
	if ((step.actions & SUPERVISOR_FORWARD_GROUP) != 0)
		forward_to_group(&parent->main, event->signal);
	if ((step.actions & SUPERVISOR_LET_GO) != 0)
		let_go_of_stderr(parent);
	if ((step.actions & SUPERVISOR_WARN_ALONE) != 0)
		warn_alone(parent);
	if ((step.actions & SUPERVISOR_WARN_LOST) != 0)
		log_warning("the main process, %d, has ended, nobody knows how: taken for success",
			    (int)parent->state.main_pid);
	if ((step.actions & SUPERVISOR_END_MAIN) != 0)
		forward(&parent->main, SIGTERM);
	if ((step.actions & SUPERVISOR_END_DAEMON) != 0)
		signal_daemon(parent, SIGTERM);
	if ((step.actions & SUPERVISOR_END) != 0) {
		signal_daemon(parent, SIGKILL);
		parent->is_over = true;
		parent->status = step.status;
	}
	if ((step.actions & SUPERVISOR_FOLLOW) != 0)
		follow(parent);
}

static void reap(struct parent *parent)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		step(parent, &(struct supervisor_event){
				     .kind = SUPERVISOR_REAPED, .pid = pid, .status = status });
}

static void take_signals(struct parent *parent)
{
	struct signalfd_siginfo info;
	pid_t host_pid = parent->launch->facts->parent;

	while (read(parent->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(parent);
		else
			step(parent, &(struct supervisor_event){
					     .kind = SUPERVISOR_SIGNALED,
					     .signal = (int)info.ssi_signo,
					     .is_from_host = info.ssi_code == SI_USER &&
							     (pid_t)info.ssi_pid == host_pid });
	}
}

static void take_words(struct parent *parent)
{
	struct supervisor_event event = { .kind = SUPERVISOR_TOLD };
	ssize_t n;

	while ((n = recv(parent->channel, &event.word, sizeof(event.word), MSG_DONTWAIT)) ==
	       sizeof(event.word)) {
		/* The SIGCONT that goes with it has come before it, and is nobody else's. */
		if (event.word.kind == WORD_SETTLED)
			take_signals(parent);
		step(parent, &event);
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	parent->channel = close_fd(parent->channel);
	reap(parent); /* if it has left because all is over, that is to be known first */
	step(parent, &(struct supervisor_event){ .kind = SUPERVISOR_ALONE });
}

/* A process that is our child is seen as such first; this one had a parent of its own. */
static void check_main(struct parent *parent, const struct pollfd *pollfd)
{
	if (parent->state.main_ended || (pollfd->fd >= 0 && pollfd->revents == 0) ||
	    !process_has_ended(&parent->main))
		return;
	reap(parent);
	step(parent, &(struct supervisor_event){ .kind = SUPERVISOR_MAIN_LOST });
}

static int next_timeout(const struct parent *parent)
{
	long long now = now_ms();

	if (parent->timer_ms != 0)
		return parent->timer_ms > now ? (int)(parent->timer_ms - now) : 0;
	return parent->main.pid != parent->state.daemon_pid && process_poll_fd(&parent->main) < 0
		       ? OLD_KERNEL_CHECK_MS
		       : -1;
}

static void wake_up(struct parent *parent)
{
	const struct supervisor *state = &parent->state;
	struct pollfd fds[] = {
		{ .fd = parent->channel, .events = POLLIN },
		{ .fd = parent->signal_fd, .events = POLLIN },
		{ .fd = state->main_ended ? -1 : process_poll_fd(&parent->main), .events = POLLIN },
	};

	if (poll(fds, ARRAY_SIZE(fds), next_timeout(parent)) < 0)
		return;
	/* Words first: what was said of the main process holds before its end is seen. */
	if (fds[0].revents != 0)
		take_words(parent);
	if (fds[1].revents != 0)
		take_signals(parent);
	check_main(parent, &fds[2]);
	if (parent->timer_ms != 0 && now_ms() >= parent->timer_ms) {
		parent->timer_ms = 0;
		step(parent, &(struct supervisor_event){ .kind = SUPERVISOR_TIMER });
	}
}

/* Keeps nothing that is the daemon's; stderr until it is ready. */
static void detach(const struct parent *parent)
{
	const int keep[] = { parent->channel, parent->signal_fd, process_fd(&parent->main) };

	fds_close_all(STDERR_FILENO + 1, keep, ARRAY_SIZE(keep));
	fds_let_go_of_stdio();
	(void)!chdir("/"); /* a file system that cannot be unmounted is the worst that follows */
}

/* Returns how the main process has ended, as of waitpid(2). */
static int run_parent(struct parent *parent)
{
	detach(parent);
	while (!parent->is_over)
		wake_up(parent);
	return parent->status;
}

/* ---- Putting them into place ---- */

static int fail(int error)
{
	log_errno(LEVEL_ERROR, error, "cannot prepare to supervise the daemon");
	return EXIT_OURS;
}

static int open_pair(int *ret_ours, int *ret_theirs)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*ret_ours = ends[0];
	*ret_theirs = ends[1];
	return 0;
}

/* Starts the daemon's process, which waits at @ret_start_fd. Returns its pid or -errno. */
static pid_t fork_daemon(struct launch *launch, const char *address, int *ret_start_fd)
{
	cleanup_close int ours = NO_FD, theirs = NO_FD;
	pid_t parent = getpid(), pid;
	int r = open_pair(&ours, &theirs);

	if (r < 0)
		return r;
	pid = process_clone(SIGCHLD);
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		ours = close_fd(ours);
		run_daemon(launch, address, theirs, parent);
	}
	*ret_start_fd = take_fd(&ours);
	return pid;
}

/* It has not been executed: nothing is lost with it. */
static void take_back_daemon(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/*
 * With the daemon's process waiting, the babysitter is started, which knows both of us; then the
 * daemon. Returns 0, or the exit status, and has undone what it did.
 */
static int start_both(struct parent *parent, struct babysitter_setup *setup, int start_fd)
{
	int status, r = process_open(parent->state.daemon_pid, &parent->main);
	pid_t babysitter;

	if (r < 0)
		return fail(r);
	setup->daemon = parent->main;
	parent->signal_fd = launch_open_signal_fd();
	if (parent->signal_fd < 0)
		return fail(parent->signal_fd);
	babysitter = launch_babysitter(parent->launch, setup);
	if (babysitter < 0)
		return fail(errno);
	setup->parent_fd = close_fd(setup->parent_fd);
	/* What the daemon leaves behind comes to us; not before, or the babysitter would. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	status = let_start(start_fd);
	if (status != 0)
		launch_cancel_babysitter(babysitter, &setup->socket);
	return status;
}

static int start(struct parent *parent, struct babysitter_setup *setup)
{
	cleanup_close int start_fd = NO_FD;
	pid_t daemon;
	int status, r = open_pair(&parent->channel, &setup->parent_fd);

	if (r < 0)
		return fail(r);
	daemon = fork_daemon(parent->launch, setup->socket.address, &start_fd);
	if (daemon < 0)
		return fail(daemon);
	parent->state.daemon_pid = parent->state.main_pid = daemon;
	status = start_both(parent, setup, start_fd);
	if (status != 0)
		take_back_daemon(daemon);
	return status;
}

int supervise(struct launch *launch)
{
	const struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };
	struct parent parent = { .launch = launch, .channel = NO_FD, .signal_fd = NO_FD };
	struct babysitter_setup setup;
	int status = launch_prepare_babysitter(launch, &setup);

	if (status != 0)
		return status;
	setup.state.has_parent = true;
	setup.state.job_respawns = launch->plan->job_respawns;
	launch_block_signals(launch);
	/* If it is ignored, a parent does not hear of ends. */
	(void)sigaction(SIGCHLD, &action, &launch->child_action);
	status = start(&parent, &setup);
	if (status != 0) {
		notify_socket_remove(&setup.socket);
		return status;
	}
	launch->is_started = true; /* what was opened for the daemon is its own now */
	status = run_parent(&parent);
	notify_socket_remove(&setup.socket); /* if the babysitter was killed */
	if (WIFSIGNALED(status))
		die_of(WTERMSIG(status));
	return WEXITSTATUS(status);
}
