/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The daemon is ready, or has ended: who stays, who leaves; see act/hand_over/state.h. */
#include "act/hand_over/state.h"

#include <poll.h>
#include <sys/wait.h>

#include "act/ending.h"
#include "base/ended.h"
#include "base/events.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"
#include "hosts/host.h"

#define QUICK_CHECK_MS 100 /* where there are no pidfds, for the moment that this takes */

void hand_over_end_with(struct hand_over *state, int status)
{
	state->is_over = true;
	state->status = status;
}

void hand_over_reap_intermediate(const struct hand_over *state)
{
	while (waitpid(state->intermediate, NULL, 0) < 0 && errno == EINTR)
		;
}

/*
 * It is stopped, and what it has pending it has got now, from the kernel: nobody has sent us anything. Only root
 * can leave without (act/hand_over/intermediate.c); nothing tells before, and nobody can take it back.
 */
static void warn_of_death_signal(struct hand_over *state, const struct process_status *status)
{
	if (status->pending == 0 || process_has_pending(status, SIGCONT) ||
	    hand_over_was_signaled(state))
		return;
	log_error("the daemon, process %d, has got signal %d as its first parent has left it: it has asked for "
		  "that (PR_SET_PDEATHSIG), and most likely ends; add --supervise",
		  (int)state->daemon.pid, __builtin_ctzll(status->pending) + 1);
}

static void check_adopted(struct hand_over *state)
{
	struct process_status status;

	if (process_read_status(state->daemon.pid, &status) < 0)
		return;
	warn_of_death_signal(state, &status);
	if (status.parent != getppid())
		log_warning("the daemon, process %d, was adopted by process %d and not by %s, which may "
			    "not notice its end",
			    (int)state->daemon.pid, (int)status.parent,
			    state->launch->plan->host->name);
}

/* Without its parent the daemon would be known to nobody. */
void hand_over_lose_intermediate(struct hand_over *state)
{
	log_error("the intermediate process, the daemon's parent, is lost; ending the daemon");
	state->channel = close_fd(state->channel);
	/* Our child, not reaped: the pid is its own. It kills the daemon when it finds us gone. */
	(void)kill(state->intermediate, state->daemon.pid > 0 ? SIGKILL : SIGTERM);
	(void)kill(state->intermediate, SIGCONT);
	hand_over_reap_intermediate(state);
	if (state->daemon.pid > 0)
		hand_over_forward(state, SIGKILL);
	hand_over_end_with(state, EXIT_OURS);
}

/* Returns false, with everything ended, if the intermediate does not take it. */
static bool send_word(struct hand_over *state, char word)
{
	if (write(state->channel, &word, 1) == 1)
		return true;
	hand_over_lose_intermediate(state);
	return false;
}

static void make_ready_file(struct hand_over *state)
{
	int r = state->ready_path != NULL ? ready_file_make(state->ready_path, &state->ready_file)
					  : 0;

	if (r < 0)
		log_errno(LEVEL_ERROR, r, "--ready-file: cannot make %s", state->ready_path);
}

/* Of us, who stay and pass on what is sent to us. */
static bool write_pid_file(struct hand_over *state)
{
	const struct launch *launch = state->launch;
	int r = state->pid_path != NULL
			? pid_file_publish(state->pid_path, launch->pid_fd, launch->facts->pid)
			: 0;

	if (r == 0)
		return true;
	log_errno(LEVEL_ERROR, r, "--pidfile: cannot write %s, ending the daemon", state->pid_path);
	hand_over_forward(state, SIGTERM);
	return false;
}

/*
 * @pid is the main process from now on, or 0: we are. Returns false if it could not be said. What has
 * not been confirmed is, in @ret_confirmed_fd, still to be seen, or NO_FD.
 */
static bool announce(struct hand_over *state, pid_t pid, int *ret_confirmed_fd)
{
	const struct host *host = state->launch->plan->host;
	int r;

	*ret_confirmed_fd = NO_FD;
	if (!write_pid_file(state))
		return false;
	r = state->launch->plan->way->announce(state->launch->facts, state->launch->host_fd, pid,
					       ret_confirmed_fd);
	state->launch->host_fd = 0; /* said, and closed */
	if (r > 0)
		log_warning("%s has not confirmed that the daemon is ready; going on%s", host->name,
			    *ret_confirmed_fd >= 0 ? ", and staying until it has" : "");
	if (r >= 0) {
		make_ready_file(state);
		return true;
	}
	log_errno(LEVEL_ERROR, r, "cannot tell %s that the daemon is ready, ending it", host->name);
	hand_over_forward(state, SIGTERM);
	return false;
}

static bool is_stopped(const struct hand_over *state)
{
	return process_read_state(state->daemon.pid) == 'T';
}

/* Waits until the daemon has ended, or for @timeout_ms; -1: as long as it takes. */
static void wait_for_daemon(const struct hand_over *state, int timeout_ms)
{
	struct pollfd pollfd = { .fd = process_poll_fd(&state->daemon), .events = POLLIN };
	int step_ms = timeout_ms < 0 && pollfd.fd < 0 ? QUICK_CHECK_MS : timeout_ms;

	while (!process_has_ended(&state->daemon)) {
		(void)events_wait(&pollfd, 1, step_ms);
		if (timeout_ms >= 0)
			break;
	}
}

/* Until the host has sent what it is about to: on a busy machine it may be in the middle of the cgroup. */
static void wait_for_host(const struct hand_over *state)
{
	long long until_ms = now_ms() + CANARY_LATE_MS;

	wait_for_daemon(state, CANARY_MS);
	while (is_stopped(state) && hand_over_host_is_awake(state) && now_ms() < until_ms)
		wait_for_daemon(state, CANARY_LOOK_MS);
}

/*
 * systemd follows each stop signal with SIGCONT, so a daemon that is still stopped was not signaled. If
 * the signal comes later, it merges with ours. If nothing is to be forwarded, nothing is waited for.
 */
static void continue_signaled(struct hand_over *state)
{
	bool was_stopped = is_stopped(state), has_forwarded = false;
	int signal;

	while ((signal = canary_take_any(&state->canary)) != 0) {
		if (!was_stopped)
			continue;
		hand_over_forward(state, signal);
		has_forwarded = true;
	}
	if (has_forwarded)
		wait_for_host(state);
	hand_over_forward(state, SIGCONT);
}

/* The daemon stays ours: its end, and more signals, are taken as before it was ready. */
static void guard(struct hand_over *state)
{
	int fd;

	if (!announce(state, 0, &fd))
		hand_over_end_with(state, EXIT_OURS);
	continue_signaled(state);
	(void)send_word(state, WORD_STAY);
	hand_over_cover_environment();
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

/* One that was told to end does what it should; and how it ends without, systemd tells by itself. */
static void warn_ended(const struct hand_over *state, int status)
{
	bool follows = state->launch->plan->way->learns == LEARNS_BY_MAIN_PID;

	if (state->last_signal != 0 || (follows && WIFSIGNALED(status)))
		return;
	if (state->ready != NULL && !state->has_held)
		log_warning("the daemon has ended before %s held (%s)",
			    state->launch->plan->ready_when->text,
			    plan_readiness(state->launch->plan));
	else if (status == 0 && !state->was_ready)
		log_warning("the daemon has ended without having stopped itself to say that it is ready; "
			    "if it goes into the background, keep it in the foreground");
	else if (!follows && !state->was_ready)
		log_warning("the daemon, process %d, has ended before it stopped itself",
			    (int)state->daemon.pid);
}

void hand_over_take_end(struct hand_over *state, int status)
{
	hand_over_reap_intermediate(state);
	if (state->pid_path != NULL)
		pid_file_drop(state->pid_path, state->launch->pid_fd);
	if (state->ready_path != NULL)
		ready_file_remove(state->ready_path, &state->ready_file);
	if (!state->was_ready)
		host_tell_failure(state->launch->facts);
	warn_ended(state, status);
	if (WIFSIGNALED(status))
		die_of(WTERMSIG(status));
	hand_over_end_with(state, WEXITSTATUS(status));
}

/*
 * An intermediate that ended without having read our word leaves ECONNRESET, once, in front of what
 * it has said.
 */
bool hand_over_read_word(const struct hand_over *state, struct intermediate_word *ret_word)
{
	ssize_t n;

	do
		n = read(state->channel, ret_word, sizeof(*ret_word));
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	return n == (ssize_t)sizeof(*ret_word);
}

/* Waits until the intermediate has left. Returns false if the daemon has ended before. */
static bool see_off_intermediate(struct hand_over *state)
{
	struct intermediate_word word;

	while (hand_over_read_word(state, &word)) {
		if (word.kind == INTERMEDIATE_ENDED) {
			hand_over_take_end(state, word.value);
			return false;
		}
	}
	hand_over_reap_intermediate(state);
	return true;
}

/* The daemon is not our child any more. The host has not followed it, and its end is ours to tell. */
static void end_as_daemon(struct hand_over *state)
{
	int status, r = process_read_end(&state->daemon, &status);

	if (r < 0) {
		log_errno(LEVEL_WARNING, r,
			  "the daemon has ended before %s took note of it, and nobody tells how: taken for "
			  "a failure",
			  state->launch->plan->host->name);
		hand_over_end_with(state, EXIT_UNKNOWN);
	} else if (WIFSIGNALED(status)) {
		die_of(WTERMSIG(status));
	} else {
		hand_over_end_with(state, WEXITSTATUS(status));
	}
}

/*
 * The host does not know yet that the daemon is the main process: it still takes our end for its. So
 * we stay until it knows, or until the daemon has ended. Returns true if it was the former.
 */
static bool stay_until_confirmed(struct hand_over *state, int confirmed_fd)
{
	struct pollfd fds[] = {
		{ .fd = confirmed_fd },
		{ .fd = process_poll_fd(&state->daemon), .events = POLLIN },
		{ .fd = state->signal_fd, .events = POLLIN },
	};
	int step_ms = fds[1].fd < 0 ? QUICK_CHECK_MS : -1;

	for (;;) {
		bool has_ended = process_has_ended(&state->daemon);

		(void)events_wait(fds, ARRAY_SIZE(fds), has_ended ? 0 : step_ms);
		if (fds[0].revents != 0)
			return true;
		if (hand_over_was_signaled(state))
			linger(state);
		if (has_ended)
			return false;
	}
}

static void give_away(struct hand_over *state)
{
	cleanup_close int confirmed_fd = NO_FD;

	if (!send_word(state, WORD_LEAVE) || !see_off_intermediate(state))
		return;
	check_adopted(state);
	hand_over_end_with(state, announce(state, state->daemon.pid, &confirmed_fd) ? 0 : EXIT_OURS);
	if (hand_over_was_signaled(state))
		linger(state);
	hand_over_forward(state, SIGCONT);
	if (confirmed_fd >= 0 && !stay_until_confirmed(state, confirmed_fd))
		end_as_daemon(state);
}

/* A daemon that we cannot continue must not be called ready. */
bool hand_over_can_signal_daemon(struct hand_over *state)
{
	if (process_signal(&state->daemon, 0) != -EPERM)
		return true;
	log_error("the daemon, process %d, %s it: it runs as another user; allow CAP_KILL in the unit "
		  "(CapabilityBoundingSet=, User=)",
		  (int)state->daemon.pid,
		  state->ready != NULL ? "is ready, and we may not stop and continue"
				       : "has stopped itself, and we may not continue");
	hand_over_end_with(state, EXIT_OURS);
	return false;
}

/* A host that looks at the state of the first thread takes it for a zombie, and does not follow it. */
static bool looks_like_zombie(const struct hand_over *state)
{
	if (process_live_thread(state->daemon.pid) == state->daemon.pid)
		return false;
	log_warning("the daemon's first thread has ended, so that %s would not follow it; staying, as "
		    "with --supervise",
		    state->launch->plan->host->name);
	return true;
}

void hand_over_take_stop(struct hand_over *state)
{
	if (state->daemon.pid <= 0) {
		hand_over_lose_intermediate(state);
		return;
	}
	if (state->ready != NULL && !state->has_held) {
		hand_over_forward(state, SIGCONT);
		(void)send_word(state, WORD_NOT_YET);
		return;
	}
	if (!hand_over_can_signal_daemon(state))
		return;
	state->was_ready = true;
	hand_over_end_waiting(state);
	if (hand_over_was_signaled(state) || state->launch->plan->shape == SHAPE_SUPERVISE ||
	    looks_like_zombie(state))
		guard(state);
	else
		give_away(state);
}
