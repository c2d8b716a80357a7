/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The shape hand over: a daemon that stops itself when it is ready, under a host that can be told
 * of another main process.
 *
 *     launcher  ->  intermediate  ->  daemon
 *
 * The host must find the daemon to be its own child, or it would never learn how it ends; and only
 * the launcher, the main process so far, may tell it. So the intermediate, whose child the daemon
 * is, sees the stop and leaves; the host, who adopts orphans, is the daemon's parent then; the
 * launcher sends MAINPID= and READY=1 in one notification, waits until that has been read, continues
 * the daemon and leaves.
 *
 * A daemon whose readiness is a condition (--ready-when) is stopped by us when that holds, and then
 * all goes on as if it had done so itself: whatever happens to it while it changes its parent, it
 * happens later. If it does stop itself, that means nothing.
 *
 * Signals. A stop before readiness must reach the daemon exactly once, and the host may signal the
 * main process only (KillMode=mixed, process) or every process of the cgroup. The intermediate is
 * the canary: what it gets too, the daemon got as well, and the launcher forwards only what the
 * canary has not named within 20 ms.
 *
 * systemd ignores MAINPID= once it is stopping the unit. So a launcher that was ever signaled does
 * not hand over: it says READY=1 and stays as the daemon's guardian, with the intermediate, until
 * the daemon ends. The same, from the beginning, is the shape supervise of such a daemon. If it is
 * signaled in the moment of handing over, it stays until the daemon ends, and ends by the same
 * signal: whether it was still the main process it cannot know.
 */
#include "act/hand_over/state.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/apart.h"
#include "base/cover.h"
#include "base/ends.h"
#include "base/events.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/util.h"
#include "hosts/host.h"

static void take_started(struct hand_over *state, pid_t pid)
{
	/*
	 * The pid is the daemon's: the intermediate, its parent, stays until we have read this, or
	 * its word of the daemon's end follows.
	 */
	int r = process_open(pid, &state->daemon);

	if (state->ready != NULL)
		state->ready->daemon = pid;
	canary_begin(&state->canary, now_ms());
	state->launch->is_started = true; /* what is to be undone if it failed is its own affair */
	cover_arguments(state->launch->facts->handover.job);
	cover_memory();
	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot watch the daemon, process %d", (int)pid);
}

static void take_word(struct hand_over *state, long long since_ms)
{
	struct intermediate_word word;

	if (!hand_over_read_word(state, &word)) {
		hand_over_lose_intermediate(state);
		return;
	}
	switch (word.kind) {
	case INTERMEDIATE_STARTED:
		take_started(state, word.value);
		break;
	case INTERMEDIATE_SIGNALED:
		if (hand_over_is_for_daemon(word.value))
			canary_take_word(&state->canary, word.value, since_ms);
		break;
	case INTERMEDIATE_STOPPED:
		hand_over_take_stop(state);
		break;
	case INTERMEDIATE_ENDED:
		hand_over_take_end(state, word.value);
		break;
	case INTERMEDIATE_FAILED:
		(void)launch_fail(word.value, "cannot start the daemon's process");
		hand_over_reap_intermediate(state);
		hand_over_end_with(state, EXIT_OURS);
		break;
	}
}

static void check_condition(struct hand_over *state)
{
	if (state->ready == NULL || state->is_over || !ready_watch_check(state->ready))
		return;
	state->has_held = true;
	hand_over_end_waiting(state);
	if (!hand_over_can_signal_daemon(state))
		hand_over_forward(state, SIGKILL); /* in vain, but systemd will do it */
	else
		hand_over_forward(state, SIGSTOP);
}

bool hand_over_has_word(const struct hand_over *state)
{
	char byte;

	return recv(state->channel, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

static void wait_for_something(struct hand_over *state)
{
	struct pollfd fds[] = {
		{ .fd = state->channel, .events = POLLIN },
		{ .fd = state->signal_fd, .events = POLLIN },
		{ .fd = state->ready != NULL ? ready_watch_fd(state->ready) : -1, .events = POLLIN },
		{ .fd = hand_over_waiting_fd(state) },
	};
	int timeout_ms = hand_over_take_forwards(state);
	long long since_ms;

	timeout_ms = earlier_ms(timeout_ms, hand_over_take_wait(state));
	timeout_ms = earlier_ms(timeout_ms, hand_over_take_limit(state));
	if (state->ready != NULL)
		timeout_ms = earlier_ms(timeout_ms, ready_watch_timeout_ms(state->ready));
	if (events_wait(fds, ARRAY_SIZE(fds), timeout_ms) < 0 && !hand_over_has_word(state))
		fds[0].revents = 0; /* a word is waited for once it is read */
	/* Words first: the canary's word on a signal that we are about to read. What is said of one takes its time. */
	since_ms = now_ms();
	if (fds[0].revents != 0)
		take_word(state, since_ms);
	if (fds[1].revents != 0 && !state->is_over)
		hand_over_take_signal(state, since_ms);
	check_condition(state);
}

static int wait_for_end(struct hand_over *state)
{
	while (!state->is_over)
		wait_for_something(state);
	return state->status;
}

static int fail(int error)
{
	return launch_fail(error, "cannot prepare to hand the daemon over");
}

/* For a daemon whose readiness is a condition. Returns 0 or -errno; *@ret_write is the caller's. */
static int prepare_condition(struct hand_over *state, int *ret_write)
{
	const struct launch *launch = state->launch;
	int read_fd = NO_FD, r;

	if (launch->ready_when == NULL)
		return 0;
	state->ready = arena_get(launch->facts->arena, 1, sizeof(*state->ready));
	if (state->ready == NULL)
		return -ENOMEM;
	r = open_pipe(&read_fd, ret_write);
	if (r < 0)
		return r;
	*state->ready = (struct ready_watch){ .awaited = launch->ready_when, .exec_fd = read_fd };
	return 0;
}

/* The daemon's sockets are not ours to keep open. */
static void close_others(const struct hand_over *state)
{
	const int keep[] = { state->channel,
			     state->signal_fd,
			     state->ready != NULL ? state->ready->exec_fd : NO_FD,
			     awaited_fd(state->launch->ready_when),
			     state->launch->host_fd > 0 ? state->launch->host_fd : NO_FD,
			     state->launch->pid_fd };

	launch_close_daemons(state->launch, keep, ARRAY_SIZE(keep));
}

/* Our arguments are going to be covered. */
static bool keep_paths(struct hand_over *state)
{
	const struct plan *plan = state->launch->plan;

	state->ready_path = plan->ready_file != NULL ? strdup(plan->ready_file) : NULL;
	state->pid_path = plan->pid_file != NULL ? strdup(plan->pid_file) : NULL;
	return (plan->ready_file == NULL || state->ready_path != NULL) &&
	       (plan->pid_file == NULL || state->pid_path != NULL);
}

int hand_over(struct launch *launch)
{
	cleanup_close int ours = NO_FD, theirs = NO_FD, signal_fd = NO_FD, exec_fd = NO_FD;
	struct hand_over state = { .launch = launch, .daemon = NO_PROCESS };
	pid_t launcher = launch->facts->pid;
	int r, status;

	if (!keep_paths(&state))
		return fail(ENOMEM);
	launch_become_parent(launch, 0);
	r = open_pair(&ours, &theirs);
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
	hand_over_begin_waiting(&state);
	status = wait_for_end(&state);
	if (state.pid_path != NULL) /* of one that it names nothing is left, without us */
		pid_file_drop(state.pid_path, launch->pid_fd);
	if (state.ready != NULL)
		ready_watch_close(state.ready);
	apart_let_go();
	return status;
}
