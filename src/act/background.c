/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * In the background: whoever started us waits for our exit, and takes 0 for readiness.
 *
 *     the host  ->  we, until the daemon is ready
 *                   ->  the daemon's process, or the parent that stays for it
 *               ->  the babysitter
 *
 * What the daemon is started as is another shape, attend or supervise, in a child of ours that leads a
 * session of its own; its host are we, who wait for a newline on a pipe. Before that comes whoever stays
 * beside it has written the pid file, and then we leave: whoever adopts orphans adopts it. Ends it before, we
 * end as it did; what is sent to us meanwhile, by an init script that is interrupted, ends it; and so does our
 * own end, which is seen at the other end of the pipe.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "act/ending.h"
#include "act/shape.h"
#include "babysitter/pid_file.h"
#include "babysitter/step.h"
#include "base/events.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/util.h"
#include "fd/fds.h"

#define KILL_MS 10000 /* from a signal to the end of what it was sent to */
/* From the end of our pipe to that of the process that had it, if that ends: its files are closed first. */
#define UNHEARD_MS 1000

struct background {
	pid_t child;
	int ready_fd, signal_fd;
	bool is_ready, is_over; /* as far as the babysitter has said */
	bool is_given_up;       /* by whoever stays beside it: it has been sent a signal */
	bool has_failed;        /* there is no pid file */
	int last_signal;        /* that was sent to us; 0: none */
	long long kill_ms;      /* when it is killed; 0: never */
	long long unheard_ms; /* when it is known that nobody is left who could say it; 0: somebody is */
	const char *pid_file;
	int pid_fd;
};

/* In the child, which leads a session as a daemon does. */
static int start_inner(const struct launch *launch, int ready_fd, const struct sigaction *child_action)
{
	struct facts facts = *launch->facts;
	struct launch inner = *launch;
	int status;

	(void)setsid();
	(void)sigaction(SIGCHLD, child_action, NULL);
	facts.pid = sys_getpid();
	facts.parent = getppid();
	facts.parentage = PARENT_IS_OTHER; /* not for long: the babysitter shall be an orphan, too */
	inner.facts = &facts;
	inner.host_fd = ready_fd;
	/* These stay, and say nothing that is not also in the log. */
	if (launch->plan->is_announced && launch->plan->stdio_is_null) {
		log_to_both(launch->facts->handover.job);
		launch_let_go_of_stdio(&inner);
	}
	if (launch->plan->is_announced)
		status = hand_over(&inner);
	else
		status = launch->plan->shape == SHAPE_SUPERVISE ? supervise(&inner) : attend(&inner);
	if (!inner.is_started)
		listen_undo(&inner.listening);
	return status;
}

/*
 * As it did; what whoever stayed beside it removes is gone by then, even if that was killed. But 0 is readiness, and
 * is what many a daemon leaves with that is told to end.
 */
static int take_end(const struct background *state, int status)
{
	pid_file_drop(state->pid_file, state->pid_fd);
	if (state->has_failed)
		return EXIT_OURS;
	if (WIFSIGNALED(status))
		die_of(WTERMSIG(status));
	if (WEXITSTATUS(status) == 0 && state->last_signal != 0)
		die_of(state->last_signal);
	if (WEXITSTATUS(status) == 0 && (state->is_given_up || state->kill_ms != 0))
		return EXIT_OURS;
	return WEXITSTATUS(status);
}

/* What an interruption is to us may be something else to the daemon: so SIGTERM comes after it. */
static void end_child(struct background *state, int signal)
{
	(void)kill(state->child, signal);
	if (signal != SIGTERM && signal != SIGKILL)
		(void)kill(state->child, SIGTERM);
	(void)kill(state->child, SIGCONT);
	if (state->kill_ms == 0)
		state->kill_ms = now_ms() + KILL_MS;
}

static void kill_child(struct background *state)
{
	log_error("the daemon, process %d, has not ended within %d s: killing it",
		  (int)state->child, KILL_MS / 1000);
	end_child(state, SIGKILL);
	state->kill_ms = now_ms() + KILL_MS;
}

/* Returns true if there is nothing more to wait for, and the exit status. */
static bool take_signals(struct background *state, int *ret_status)
{
	struct signalfd_siginfo info;
	int status;

	while (read(state->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD || info.ssi_signo == SIGCONT)
			continue;
		state->last_signal = (int)info.ssi_signo;
		end_child(state, state->last_signal);
	}
	if (waitpid(state->child, &status, WNOHANG) != state->child)
		return false;
	*ret_status = take_end(state, status);
	return true;
}

/* The end of file alone: nobody is left who could say it. */
static void take_word(struct background *state)
{
	char word;
	ssize_t n = read(state->ready_fd, &word, 1);

	if (n == 1 && word == FOREGROUND_READY)
		state->is_ready = true;
	else if (n == 1 && word == FOREGROUND_NO_FILE)
		state->has_failed = true;
	else if (n == 1 && word == FOREGROUND_GIVEN_UP)
		state->is_given_up = true;
	else if (n == 1)
		state->is_over = true;
	else if (n == 0 || errno != EAGAIN) {
		state->ready_fd = close_fd(state->ready_fd);
		state->unheard_ms = state->is_over ? 0 : now_ms() + UNHEARD_MS;
	}
	if (state->has_failed)
		end_child(state, SIGTERM);
}

/* The daemon runs, and nobody is left who could hear it. */
static void end_unheard(struct background *state)
{
	log_error("the babysitter has been killed: nobody will hear that the daemon is ready; ending the "
		  "daemon");
	end_child(state, SIGTERM);
}

static int next_timeout(const struct background *state)
{
	long long due_ms = state->kill_ms != 0 ? state->kill_ms : state->unheard_ms;
	long long left_ms = due_ms - now_ms();

	if (due_ms == 0)
		return -1;
	return left_ms > 0 ? (int)left_ms : 0;
}

static int wait_until_ready(struct background *state)
{
	int status;

	for (;;) {
		struct pollfd fds[] = { { .fd = state->ready_fd, .events = POLLIN },
					{ .fd = state->signal_fd, .events = POLLIN } };

		(void)events_wait(fds, ARRAY_SIZE(fds), next_timeout(state));
		if (fds[0].revents != 0)
			take_word(state);
		/* What has ended since is not called ready, nor what is being ended. */
		if (take_signals(state, &status))
			return status;
		if (state->is_ready && state->last_signal == 0)
			return 0;
		if (state->unheard_ms != 0 && state->kill_ms == 0 && now_ms() >= state->unheard_ms)
			end_unheard(state);
		if (state->kill_ms != 0 && now_ms() >= state->kill_ms)
			kill_child(state);
	}
}

/*
 * A person at a shell stops us and goes on, changes the size of the window, or has told us to ignore a hangup: none of
 * these is an interruption. They are left to the kernel; the daemon, in its own session, gets none of them.
 */
static void leave_harmless_signals(void)
{
	static const int harmless[] = { SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH, SIGURG };
	struct sigaction action;
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		(void)sigaddset(&set, harmless[i]);
	for (int signal = 1; signal < NSIG; signal++) {
		if (sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			(void)sigaddset(&set, signal);
	}
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int fail(int error)
{
	return launch_fail(error, "cannot prepare to start the daemon in the background");
}

int background(struct launch *launch)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };
	struct background state = { .pid_file = launch->plan->pid_file, .pid_fd = launch->pid_fd };
	struct sigaction child_action;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(errno);
	/* Ignored, it would take from us how the daemon ended. */
	(void)sigaction(SIGCHLD, &action, &child_action);
	state.signal_fd = launch_open_signal_fd();
	if (state.signal_fd < 0)
		return fail(state.signal_fd);
	state.child = process_clone(SIGCHLD);
	if (state.child < 0)
		return fail(errno);
	if (state.child == 0) {
		(void)close_fd(ends[0]);
		(void)close_fd(state.signal_fd);
		_exit(start_inner(launch, ends[1], &child_action));
	}
	(void)close_fd(ends[1]);
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	state.ready_fd = ends[0];
	launch->is_started = true; /* what was made for --listen is its own */
	leave_harmless_signals();
	return wait_until_ready(&state);
}
