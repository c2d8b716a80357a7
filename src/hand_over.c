/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shape hand over: a daemon that stops itself when it is ready, under a host that can be told
 * of another main process.
 *
 *     launcher  ->  intermediate  ->  daemon
 *
 * The host must find the daemon to be its own child, or it would never learn how it ends; and only
 * the launcher, the main process so far, may tell it. So the intermediate, whose child the daemon
 * is, sees the stop and leaves; the host, who adopts orphans, is the daemon's parent then; the
 * launcher sends MAINPID= and READY=1 in one message, waits until that has been read, continues
 * the daemon and leaves.
 *
 * A daemon whose readiness is a condition (--ready-when) is stopped by us when that holds, and then
 * all goes on as if it had done so itself: whatever happens to it while it changes its parent, it
 * happens later. If it does stop itself, that means nothing.
 *
 * Signals. A stop before readiness must reach the daemon exactly once, and the host may signal the
 * main process only (KillMode=mixed, process) or every process of the cgroup. The intermediate is
 * the canary: what it gets too, the daemon got as well, and the launcher forwards only what the
 * canary has not reported within 20 ms.
 *
 * systemd ignores MAINPID= once it is stopping the unit. So a launcher that was ever signaled does
 * not hand over: it says READY=1 and stays as the daemon's guardian, with the intermediate, until
 * the daemon ends. The same, from the beginning, is the shape supervise of such a daemon. If it is
 * signaled in the moment of handing over, it stays until the daemon ends, and ends by the same
 * signal: whether it was still the main process it cannot know.
 */
#include "hand_over.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "bus.h"
#include "canary.h"
#include "ending.h"
#include "fds.h"
#include "host/host.h"
#include "log.h"
#include "process.h"
#include "ready_watch.h"
#include "util.h"

#define OLD_KERNEL_CHECK_MS 100 /* where there are no pidfds */

struct hand_over {
	struct launch *launch;
	pid_t intermediate;
	struct process daemon;
	int channel, signal_fd;
	struct canary canary;
	int last_signal;           /* that may have been a stop; 0: none so far */
	struct ready_watch *ready; /* NULL: it is ready when it stops itself */
	bool has_held;             /* the condition; what stops the daemon now is us */
	bool was_ready;
	bool is_over;
	int status; /* what to exit with, once it is over */
};

static void end_with(struct hand_over *state, int status)
{
	state->is_over = true;
	state->status = status;
}

static void reap_intermediate(const struct hand_over *state)
{
	while (waitpid(state->intermediate, NULL, 0) < 0 && errno == EINTR)
		;
}

static void forward(struct hand_over *state, int signal)
{
	int r = process_signal(&state->daemon, signal);

	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot forward signal %d to the daemon", signal);
}

/* SIGCONT follows every stop signal of systemd's; SIGCHLD is about our own child. */
static bool is_for_daemon(int signal)
{
	return signal > 0 && signal < _NSIG && signal != SIGCHLD && signal != SIGCONT;
}

/* signal(7): whether the host may mean it as a stop. */
static bool is_ending(int signal)
{
	return signal != SIGURG && signal != SIGWINCH && signal != SIGTSTP && signal != SIGTTIN &&
	       signal != SIGTTOU;
}

/* PID 1 of a namespace is given all orphans. The intermediate is reaped when its end is told. */
static void reap_orphans(const struct hand_over *state)
{
	siginfo_t info = { 0 };

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0 &&
	       info.si_pid != state->intermediate) {
		(void)waitpid(info.si_pid, NULL, WNOHANG);
		info.si_pid = 0;
	}
}

/* Most likely the host does not want to wait any longer. */
static void warn_not_ready(const struct hand_over *state)
{
	const struct ready_watch *ready = state->ready;

	if (ready != NULL && !state->has_held && state->last_signal == 0)
		log_warning("told to end before %s held (--ready-when): %s",
			    state->launch->plan->ready_when->text,
			    ready->reason != NULL ? ready->reason : "it was not looked at yet");
}

static void take_signal(struct hand_over *state)
{
	struct signalfd_siginfo info;
	int signal;

	if (read(state->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	signal = (int)info.ssi_signo;
	if (signal == SIGCHLD && state->launch->facts->pid == 1)
		reap_orphans(state);
	if (!is_for_daemon(signal))
		return;
	if (is_ending(signal)) {
		warn_not_ready(state);
		state->last_signal = signal;
	}
	canary_take_signal(&state->canary, signal, now_ms());
}

/*
 * Forwards what is due, once there is a daemon. Returns the milliseconds until the next is, or -1:
 * nothing is, or is before the next report.
 */
static int take_forwards(struct hand_over *state)
{
	int signal, wait_ms = -1;

	if (state->daemon.pid <= 0)
		return -1;
	while ((signal = canary_take_due(&state->canary, now_ms(), &wait_ms)) != 0)
		forward(state, signal);
	return wait_ms;
}

/* Whether anything for the daemon was sent to us so far. */
static bool was_signaled(struct hand_over *state)
{
	struct pollfd pollfd = { .fd = state->signal_fd, .events = POLLIN };

	while (poll(&pollfd, 1, 0) == 1)
		take_signal(state);
	return state->last_signal != 0;
}

static void check_adopted(const struct hand_over *state)
{
	struct process_status status;

	if (process_read_status(state->daemon.pid, &status) == 0 && status.parent != getppid())
		log_warning("the daemon, process %d, was adopted by process %d and not by %s, which may "
			    "not notice its end",
			    (int)state->daemon.pid, (int)status.parent,
			    state->launch->plan->host->name);
}

/* Without its parent the daemon would be known to nobody. */
static void lose_intermediate(struct hand_over *state)
{
	log_error("the intermediate process, the daemon's parent, is lost; ending the daemon");
	state->channel = close_fd(state->channel);
	/* Our child, not reaped: the pid is its own. It kills the daemon when it finds us gone. */
	(void)kill(state->intermediate, state->daemon.pid > 0 ? SIGKILL : SIGTERM);
	(void)kill(state->intermediate, SIGCONT);
	reap_intermediate(state);
	if (state->daemon.pid > 0)
		forward(state, SIGKILL);
	end_with(state, EXIT_OURS);
}

/* Returns false, with everything ended, if the intermediate does not take it. */
static bool send_word(struct hand_over *state, char word)
{
	if (write(state->channel, &word, 1) == 1)
		return true;
	lose_intermediate(state);
	return false;
}

/* @pid is the main process from now on, or 0: we are. Returns false if it could not be said. */
static bool announce(struct hand_over *state, pid_t pid)
{
	const struct host *host = state->launch->plan->host;
	int r = host->announce(state->launch->facts, pid);

	if (r > 0)
		log_warning("%s has not confirmed that the daemon is ready; going on", host->name);
	if (r >= 0)
		return true;
	log_errno(LEVEL_ERROR, r, "cannot tell %s that the daemon is ready, ending it", host->name);
	forward(state, SIGTERM);
	return false;
}

static bool is_stopped(const struct hand_over *state)
{
	struct process_status status;

	return process_read_status(state->daemon.pid, &status) == 0 && status.state == 'T';
}

/* Waits until the daemon has ended, or for @timeout_ms; -1: as long as it takes. */
static void wait_for_daemon(const struct hand_over *state, int timeout_ms)
{
	struct pollfd pollfd = { .fd = process_poll_fd(&state->daemon), .events = POLLIN };
	int step_ms = timeout_ms < 0 && pollfd.fd < 0 ? OLD_KERNEL_CHECK_MS : timeout_ms;

	while (!process_has_ended(&state->daemon)) {
		(void)poll(&pollfd, 1, step_ms);
		if (timeout_ms >= 0)
			break;
	}
}

/*
 * A daemon that is still stopped got no stop signal of its own, since systemd sends SIGCONT after
 * it; should its own come only now, it finds ours pending and adds nothing.
 */
static void continue_signaled(struct hand_over *state)
{
	bool was_stopped = is_stopped(state);
	int signal;

	while ((signal = canary_take_any(&state->canary)) != 0) {
		if (was_stopped)
			forward(state, signal);
	}
	if (was_stopped)
		wait_for_daemon(state, CANARY_MS);
	forward(state, SIGCONT);
}

/* The daemon stays ours: its end, and more signals, are taken as before it was ready. */
static void guard(struct hand_over *state)
{
	if (!announce(state, 0))
		end_with(state, EXIT_OURS);
	continue_signaled(state);
	(void)send_word(state, WORD_STAY);
}

/*
 * Signaled in the moment of handing over: the end of the daemon is the end of the main process,
 * whoever that is.
 */
static void __attribute__((noreturn)) linger(struct hand_over *state)
{
	continue_signaled(state);
	wait_for_daemon(state, -1);
	die_of(state->last_signal);
}

static void take_end(struct hand_over *state, int status)
{
	reap_intermediate(state);
	if (WIFSIGNALED(status))
		die_of(WTERMSIG(status));
	if (state->ready != NULL && !state->has_held)
		log_warning("the daemon has ended before %s held (--ready-when)",
			    state->launch->plan->ready_when->text);
	else if (WEXITSTATUS(status) == 0 && !state->was_ready)
		log_warning("the daemon has ended without having stopped itself to say that it is ready; "
			    "if it goes into the background, keep it in the foreground");
	end_with(state, WEXITSTATUS(status));
}

/*
 * An intermediate that ended without having read our word leaves ECONNRESET, once, in front of what
 * it has reported.
 */
static bool read_report(const struct hand_over *state, struct report *ret_report)
{
	ssize_t n;

	do
		n = read(state->channel, ret_report, sizeof(*ret_report));
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	return n == (ssize_t)sizeof(*ret_report);
}

/* Waits until the intermediate has left. Returns false if the daemon has ended before. */
static bool see_off_intermediate(struct hand_over *state)
{
	struct report report;

	while (read_report(state, &report)) {
		if (report.kind == REPORT_ENDED) {
			take_end(state, report.value);
			return false;
		}
	}
	reap_intermediate(state);
	return true;
}

static void give_away(struct hand_over *state)
{
	if (!send_word(state, WORD_LEAVE) || !see_off_intermediate(state))
		return;
	check_adopted(state);
	end_with(state, announce(state, state->daemon.pid) ? 0 : EXIT_OURS);
	if (was_signaled(state))
		linger(state);
	forward(state, SIGCONT);
}

/* A daemon that we cannot continue must not be called ready. */
static bool can_signal_daemon(struct hand_over *state)
{
	if (process_signal(&state->daemon, 0) != -EPERM)
		return true;
	log_error("the daemon, process %d, %s it: it runs as another user; allow CAP_KILL in the unit "
		  "(CapabilityBoundingSet=, User=)",
		  (int)state->daemon.pid,
		  state->ready != NULL ? "is ready, and we may not stop and continue"
				       : "has stopped itself, and we may not continue");
	end_with(state, EXIT_OURS);
	return false;
}

static void take_stop(struct hand_over *state)
{
	if (state->daemon.pid <= 0) {
		lose_intermediate(state);
		return;
	}
	if (state->ready != NULL && !state->has_held) {
		forward(state, SIGCONT);
		(void)send_word(state, WORD_NOT_YET);
		return;
	}
	if (!can_signal_daemon(state))
		return;
	state->was_ready = true;
	if (was_signaled(state) || state->launch->plan->shape == SHAPE_SUPERVISE)
		guard(state);
	else
		give_away(state);
}

static void take_started(struct hand_over *state, pid_t pid)
{
	/*
	 * The pid is the daemon's: the intermediate, its parent, stays until we have read this, or
	 * its report of the daemon's end follows.
	 */
	int r = process_open(pid, &state->daemon);

	if (state->ready != NULL)
		state->ready->daemon = pid;
	state->launch->is_started = true; /* what is to be undone if it failed is its own affair */
	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot watch the daemon, process %d", (int)pid);
}

static void take_report(struct hand_over *state)
{
	struct report report;

	if (!read_report(state, &report)) {
		lose_intermediate(state);
		return;
	}
	switch (report.kind) {
	case REPORT_STARTED:
		take_started(state, report.value);
		break;
	case REPORT_SIGNALED:
		if (is_for_daemon(report.value))
			canary_take_report(&state->canary, report.value, now_ms());
		break;
	case REPORT_STOPPED:
		take_stop(state);
		break;
	case REPORT_ENDED:
		take_end(state, report.value);
		break;
	case REPORT_FAILED:
		log_errno(LEVEL_ERROR, report.value, "cannot start the daemon's process");
		reap_intermediate(state);
		end_with(state, EXIT_OURS);
		break;
	}
}

static void tell_waiting(const struct hand_over *state, const char *what)
{
	const struct plan *plan = state->launch->plan;

	if (plan->host->tell_waiting != NULL)
		plan->host->tell_waiting(state->launch->facts, what, NO_TIME_LIMIT);
}

static void check_condition(struct hand_over *state)
{
	if (state->ready == NULL || state->is_over || !ready_watch_check(state->ready))
		return;
	state->has_held = true;
	tell_waiting(state, NULL);
	if (!can_signal_daemon(state))
		forward(state, SIGKILL); /* in vain, but systemd will do it */
	else
		forward(state, SIGSTOP);
}

static void wait_for_something(struct hand_over *state)
{
	struct pollfd fds[] = {
		{ .fd = state->channel, .events = POLLIN },
		{ .fd = state->signal_fd, .events = POLLIN },
		{ .fd = state->ready != NULL ? ready_watch_fd(state->ready) : -1, .events = POLLIN },
	};
	int timeout_ms = take_forwards(state);

	if (state->ready != NULL)
		timeout_ms = earlier_ms(timeout_ms, ready_watch_timeout_ms(state->ready));
	if (poll(fds, ARRAY_SIZE(fds), timeout_ms) < 0)
		return;
	/* Reports first: the canary's word on a signal that we are about to read. */
	if (fds[0].revents != 0)
		take_report(state);
	if (fds[1].revents != 0 && !state->is_over)
		take_signal(state);
	check_condition(state);
}

static int wait_for_end(struct hand_over *state)
{
	if (state->ready != NULL)
		tell_waiting(state, state->launch->plan->ready_when->text);
	while (!state->is_over)
		wait_for_something(state);
	return state->status;
}

static int open_channel(int *ret_ours, int *ret_theirs)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*ret_ours = ends[0];
	*ret_theirs = ends[1];
	return 0;
}

static int fail(int error)
{
	log_errno(LEVEL_ERROR, error, "cannot prepare to hand the daemon over");
	return EXIT_OURS;
}

/* For a daemon whose readiness is a condition. Returns 0 or -errno; *@ret_write is the caller's. */
static int prepare_condition(struct hand_over *state, int *ret_write)
{
	const struct launch *launch = state->launch;
	int read_fd, r;

	if (launch->plan->ready_by != READY_BY_CONDITION)
		return 0;
	state->ready = arena_get(launch->facts->arena, 1, sizeof(*state->ready));
	if (state->ready == NULL)
		return -ENOMEM;
	r = ready_watch_open_pipe(&read_fd, ret_write);
	if (r < 0)
		return r;
	*state->ready =
		(struct ready_watch){ .awaited = launch->plan->ready_when, .exec_fd = read_fd };
	return 0;
}

/* The daemon's sockets are not ours to keep open. */
static void close_others(const struct hand_over *state)
{
	const int keep[] = { state->channel, state->signal_fd,
			     state->ready != NULL ? state->ready->exec_fd : NO_FD };

	fds_close_all(STDERR_FILENO + 1, keep, ARRAY_SIZE(keep));
}

int hand_over(struct launch *launch)
{
	cleanup_close int ours = NO_FD, theirs = NO_FD, signal_fd = NO_FD, exec_fd = NO_FD;
	struct hand_over state = { .launch = launch, .daemon = NO_PROCESS };
	pid_t launcher = launch->facts->pid;
	const struct sigaction action = { .sa_handler = SIG_DFL };
	int r, status;

	/* If it is ignored, a parent hears neither of stops nor of ends. */
	(void)sigaction(SIGCHLD, &action, &launch->child_action);
	r = open_channel(&ours, &theirs);
	if (r == 0)
		r = prepare_condition(&state, &exec_fd);
	if (r < 0)
		return fail(r);
	signal_fd = launch_open_signal_fd();
	if (signal_fd < 0)
		return fail(signal_fd);
	state.intermediate = process_clone(SIGCHLD);
	if (state.intermediate < 0)
		return fail(errno);
	if (state.intermediate == 0)
		intermediate_run(launch, theirs, launcher);
	state.channel = ours;
	state.signal_fd = signal_fd;
	close_others(&state);
	theirs = exec_fd = NO_FD;
	status = wait_for_end(&state);
	if (state.ready != NULL)
		ready_watch_close(state.ready);
	return status;
}
