/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See babysitter/hold.h. */
#include "babysitter/hold.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/events.h"
#include "base/kernel.h"
#include "base/util.h"

#define LET_GO_TRIES 1000 /* a millisecond each; it takes none */

void hold_begin(struct hold *hold, pid_t pid, bool is_told_of_exit)
{
	const long options = is_told_of_exit ? PTRACE_O_TRACEEXIT : 0;
	sigset_t child;
	int fd;

	*hold = (struct hold){ .signal_fd = NO_FD };
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return;
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)options) == 0) {
		*hold = (struct hold){ .pid = pid, .signal_fd = fd };
		return;
	}
	(void)sigprocmask(SIG_UNBLOCK, &child, NULL);
	(void)close_fd(fd);
}

static bool is_stop_signal(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* Whether something was waiting for us, which its end is not: with that it would be let go. */
static bool wait_event(const struct hold *hold, int *ret_event, int *ret_signal)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)hold->pid, &info, WSTOPPED | WNOHANG | __WALL) < 0 || info.si_pid == 0)
		return false;
	*ret_event = info.si_status >> 8;
	*ret_signal = info.si_status & 0x7f;
	return true;
}

/*
 * ptrace(2): a signal that is about to be delivered is, and a stop is kept, as it is without a tracer, until
 * SIGCONT.
 */
static void let_pass(const struct hold *hold, int event, int signal)
{
	if (event != PTRACE_EVENT_STOP)
		(void)ptrace(PTRACE_CONT, hold->pid, NULL, (void *)(long)signal);
	else if (is_stop_signal(signal))
		(void)ptrace(PTRACE_LISTEN, hold->pid, NULL, NULL);
	else
		(void)ptrace(PTRACE_CONT, hold->pid, NULL, NULL);
}

void hold_take(struct hold *hold)
{
	struct signalfd_siginfo ignored;
	int event, signal;

	if (hold->pid == 0)
		return;
	while (read(hold->signal_fd, &ignored, sizeof(ignored)) > 0)
		;
	while (!hold->is_exiting && wait_event(hold, &event, &signal)) {
		if (event == PTRACE_EVENT_EXIT)
			hold->is_exiting = true;
		else
			let_pass(hold, event, signal);
	}
}

void hold_let_exit(struct hold *hold)
{
	hold->is_exiting = false;
	(void)ptrace(PTRACE_CONT, hold->pid, NULL, NULL);
}

/* It has to be stopped for that, by whatever. One that has ended needs no more than our leaving. */
static void let_go(const struct hold *hold)
{
	int event, signal;

	if (ptrace(PTRACE_INTERRUPT, hold->pid, NULL, NULL) < 0)
		return;
	for (int i = 0; i < LET_GO_TRIES; i++) {
		if (wait_event(hold, &event, &signal)) {
			(void)ptrace(PTRACE_DETACH, hold->pid, NULL,
				     event == PTRACE_EVENT_STOP ? NULL : (void *)(long)signal);
			return;
		}
		events_pause(1);
	}
}

void hold_end(struct hold *hold)
{
	if (hold->pid == 0)
		return;
	hold_take(hold);
	if (hold->is_exiting)
		hold_let_exit(hold);
	let_go(hold);
	hold->pid = 0;
	hold->signal_fd = close_fd(hold->signal_fd);
}
