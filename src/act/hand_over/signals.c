/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What is sent to the launcher and meant for the daemon; see act/hand_over/state.h, and act/hand_over/canary.h. */
#include "act/hand_over/state.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/threads.h"
#include "base/util.h"

void hand_over_forward(struct hand_over *state, int signal)
{
	int r = process_signal(&state->daemon, signal);

	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot forward signal %d to the daemon", signal);
}

/* SIGCONT follows every stop signal of systemd's; SIGCHLD is about our own child. */
bool hand_over_is_for_daemon(int signal)
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

void hand_over_take_signal(struct hand_over *state, long long since_ms)
{
	struct signalfd_siginfo info;
	int signal;

	if (read(state->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	signal = (int)info.ssi_signo;
	if (signal == SIGCHLD && state->launch->facts->pid == 1)
		reap_orphans(state);
	if (!hand_over_is_for_daemon(signal))
		return;
	canary_take_signal(&state->canary, signal, since_ms);
	if (is_ending(signal)) {
		if (state->last_signal == 0 && !state->has_held && !state->was_ready &&
		    state->daemon.pid > 0)
			hand_over_warn_ending(state);
		state->last_signal = signal;
	}
}

/*
 * It has its turn, or waits for it, or for whoever traces it, as strace(1) does, to let it go on: a host that goes
 * through a cgroup does not sleep meanwhile.
 */
static bool is_awake(pid_t pid)
{
	int state = pid > 0 ? process_read_state(pid) : -ESRCH;

	return state == 'R' || state == 'D' || state == 't';
}

bool hand_over_host_is_awake(const struct hand_over *state)
{
	return is_awake(state->launch->facts->parent);
}

/*
 * What is due is forwarded only when nobody is just about to say that the daemon has it: on a busy machine
 * a word may be unread, however long ago it was written, or not written yet, and the host not at the end of the cgroup.
 */
static bool is_late(const struct hand_over *state)
{
	long long overdue_ms = canary_overdue_ms(&state->canary, now_ms());

	if (overdue_ms < 0)
		return false;
	return hand_over_has_word(state) ||
	       (overdue_ms < CANARY_OWN_LATE_MS && is_awake(state->intermediate)) ||
	       (overdue_ms < CANARY_LATE_MS && hand_over_host_is_awake(state));
}

/*
 * Forwards what is due, once there is a daemon. Returns the milliseconds until the next is, or -1:
 * nothing is, or is before the next word.
 */
int hand_over_take_forwards(struct hand_over *state)
{
	int signal, wait_ms = -1;

	if (state->daemon.pid <= 0)
		return -1;
	if (is_late(state))
		return CANARY_LOOK_MS;
	while ((signal = canary_take_due(&state->canary, now_ms(), &wait_ms)) != 0)
		hand_over_forward(state, signal);
	return wait_ms;
}

/* Whether anything for the daemon was sent to us so far. */
bool hand_over_was_signaled(struct hand_over *state)
{
	struct pollfd pollfd = { .fd = state->signal_fd, .events = POLLIN };

	while (poll(&pollfd, 1, 0) == 1)
		hand_over_take_signal(state, now_ms());
	return state->last_signal != 0;
}
