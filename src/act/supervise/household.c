/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/supervise/household.h. */
#include "act/supervise/household.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "act/ending.h"
#include "act/supervise/stragglers.h"
#include "babysitter/pid_file.h"
#include "base/cover.h"
#include "base/events.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/sys.h"
#include "base/util.h"
#include "fd/fds.h"

#define TAKE_TRIES 10 /* of a millisecond */

static int forward(const struct process *to, int signal)
{
	int r = process_signal(to, signal);

	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot forward signal %d to the daemon, process %d",
			  signal, (int)to->pid);
	return r;
}

/* A group that the daemon has chosen, and never ours: that would come back to us. */
static void forward_to_group(const struct process *to, int signal)
{
	pid_t group = getpgid(to->pid);

	if (group > 1 && group != getpgrp() && !process_has_ended(to) && kill(-group, signal) == 0)
		return;
	(void)forward(to, signal);
}

bool household_awaits_main(const struct household *household)
{
	return household->state.is_forking &&
	       household->state.main_pid == household->state.daemon_pid;
}

void household_note_group(struct household *household, pid_t session, pid_t group)
{
	household->session = session > 0 ? session : household->session;
	household->group = group > 0 ? group : household->group;
}

/* What has come when it was not there yet, or not seen. */
static void forward_kept(struct household *household)
{
	struct supervisor *state = &household->state;

	for (int signal = 1; state->kept_signals != 0; signal++, state->kept_signals >>= 1) {
		if ((state->kept_signals & 1) != 0)
			(void)forward(&household->main, signal);
	}
	if (state->stop_signal != 0) {
		household_say_to_babysitter(household, PARENT_STOPS);
		forward_to_group(&household->main, state->stop_signal);
	}
	state->stop_signal = 0;
}

bool household_follow(struct household *household)
{
	struct process process;
	int r = process_open(household->state.main_pid, &process);

	process_close(&household->main);
	household->main = process;
	forward_kept(household);
	return r == 0 && process_descends_from(process.pid, sys_getpid());
}

static void let_go_of_stderr(const struct household *household)
{
	if (log_stays_on_stderr())
		return;
	log_to_syslog(household->setup.job);
	if (household->setup.is_locked[STDERR_FILENO])
		return;
	if (household->setup.is_locked[STDIN_FILENO])
		(void)fd_make_null(STDERR_FILENO);
	else
		fds_let_go_of_stderr();
}

static void warn_alone(const struct household *household)
{
	log_error("the babysitter has been killed: %s",
		  household->state.is_settled && household->state.is_forking
			  ? "another main process is not followed from now on"
		  : household->state.is_settled
			  ? "what the daemon says from now on is lost"
			  : "nobody will hear that the daemon is ready; ending the daemon");
}

/*
 * What is ended with the main process. All, if there has been none; as process 1, with whose end all
 * end, they are told before that.
 */
static struct stragglers_scope scope_of(const struct household *household)
{
	enum stragglers which = household->setup.stragglers;
	bool has_main = household->state.main_pid != household->state.daemon_pid;
	bool is_all = !has_main || which == STRAGGLERS_ALL ||
		      (which == STRAGGLERS_GROUP && sys_getpid() == 1);
	struct stragglers_scope scope = { .is_all = is_all };

	scope.of = (struct descendants){ sys_getpid(), household->others, household->n_others };
	if (which == STRAGGLERS_GROUP) {
		scope.session = household->session;
		scope.group = household->group != getpgrp() ? household->group : 0;
	}
	return scope;
}

static size_t signal_stragglers(const struct household *household, int signal)
{
	const struct stragglers_scope scope = scope_of(household);

	return stragglers_signal(&scope, signal);
}

bool household_is_any_left(const struct household *household)
{
	siginfo_t info = { .si_pid = 0 };
	bool has_others = household->n_others > 1 || sys_getpid() == 1;

	if (household_awaits_main(household) && !has_others)
		return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
	return signal_stragglers(household, 0) > 0 ||
	       (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0);
}

static void end_stragglers(struct household *household, int signal)
{
	size_t n = signal_stragglers(household, signal);

	if (n > 0 && signal == SIGKILL)
		log_warning("%zu process(es) of the daemon have not ended within 5 s of its end: killed",
			    n);
}

/* What was said last is unread if anything is. TIOCOUTQ is SIOCOUTQ, for which musl has no header. */
static bool is_unread(const struct household *household, enum parent_byte word)
{
	int size = 0;

	return household->last_word == word &&
	       ioctl(household->setup.channel, TIOCOUTQ, &size) == 0 && size > 0;
}

void household_say_to_babysitter(struct household *household, enum parent_byte word)
{
	const char byte = (char)word;

	if (!is_unread(household, word) &&
	    send(household->setup.channel, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		household->last_word = word;
}

static void step_forking(struct household *household, const struct supervisor_step *step)
{
	if ((step->actions & SUPERVISOR_SAY_FORKED) != 0)
		household_say_to_babysitter(household, PARENT_FORKED);
	if ((step->actions & SUPERVISOR_SAY_OVER) != 0)
		household_say_to_babysitter(household, PARENT_LOST_MAIN);
	if ((step->actions & SUPERVISOR_SIGNAL_ALL) != 0)
		(void)signal_stragglers(household, step->signal);
	if ((step->actions & SUPERVISOR_WARN_NONE_LEFT) != 0)
		log_error("the daemon's first process has exited with 0, and none of its processes is left: "
			  "is it a daemon that goes to the background?");
	if ((step->actions & SUPERVISOR_END_STRAGGLERS) != 0)
		end_stragglers(household, SIGTERM);
	if ((step->actions & SUPERVISOR_KILL_STRAGGLERS) != 0)
		end_stragglers(household, SIGKILL);
}

/* Our child, and not reaped: the number is its own. */
static void signal_daemon(const struct household *household, int signal)
{
	if (!household->state.daemon_ended)
		(void)kill(household->state.daemon_pid, signal);
}

/* As long as it has not left the number is its own: it has the other end of our channel. */
void household_signal_babysitter(const struct household *household, int signal)
{
	if (!household->state.is_alone)
		(void)kill(household->setup.babysitter, signal);
}

/* As the main process did; socket, lock and pid file are still there only if the babysitter was killed. */
static void __attribute__((noreturn)) end_with(const struct household *household, int status)
{
	notify_socket_remove(&household->setup.socket);
	if (household->setup.claim[0] != '\0')
		claim_remove(household->setup.claim);
	if (household->setup.pid_file != NULL)
		pid_file_drop(household->setup.pid_file, household->setup.pid_fd);
	if (WIFSIGNALED(status))
		die_of(WTERMSIG(status));
	_exit(WEXITSTATUS(status));
}

/* What cannot be ended is left behind: a host that waits for it would wait for ever. */
static void end_main(const struct household *household, int signal)
{
	int r;

	if (household_awaits_main(household)) {
		(void)signal_stragglers(household, signal);
		return;
	}
	r = forward(&household->main, signal);
	if (!process_is_forbidden(r))
		return;
	log_error("the daemon, process %d, is not ours to end, and stays", (int)household->main.pid);
	household_signal_babysitter(household, SIGKILL);
	end_with(household, EXIT_OURS << 8);
}

/* Of signals that are pending at once the daemon would see the last one first: a little patience. */
void household_let_take(const struct household *household, int signal)
{
	struct process_status status;

	for (int i = 0; i < TAKE_TRIES; i++) {
		if (process_read_status(household->main.pid, &status) < 0 ||
		    !process_has_pending(&status, signal))
			return;
		events_pause(1);
	}
}

/* Before it is sent, so that it is known when its effect is seen. */
static void say_if_stop(struct household *household, int signal)
{
	if (household->state.is_forking && supervisor_is_stop(signal))
		household_say_to_babysitter(household, PARENT_STOPS);
}

void household_carry_out(struct household *household, const struct supervisor_step *step)
{
	if ((step->actions & (SUPERVISOR_FORWARD | SUPERVISOR_FORWARD_GROUP)) != 0)
		say_if_stop(household, step->signal);
	if ((step->actions & SUPERVISOR_FORWARD) != 0)
		(void)forward(&household->main, step->signal);
	if ((step->actions & SUPERVISOR_FORWARD_GROUP) != 0)
		forward_to_group(&household->main, step->signal);
	if ((step->actions & SUPERVISOR_LET_GO) != 0) {
		let_go_of_stderr(household);
		cover_memory(); /* by now whoever is to trace us does */
	}
	if ((step->actions & SUPERVISOR_WARN_ALONE) != 0)
		warn_alone(household);
	if ((step->actions & SUPERVISOR_WARN_LOST) != 0)
		log_warning("the main process, %d, has ended, nobody knows how: taken for a failure",
			    (int)household->state.main_pid);
	if ((step->actions & SUPERVISOR_END_MAIN) != 0)
		end_main(household, SIGTERM);
	if ((step->actions & SUPERVISOR_KILL_MAIN) != 0)
		end_main(household, SIGKILL);
	if (household->state.is_forking)
		step_forking(household, step);
	if ((step->actions & SUPERVISOR_END_DAEMON) != 0)
		signal_daemon(household, SIGTERM);
	if ((step->actions & SUPERVISOR_END) != 0) {
		signal_daemon(household, SIGKILL);
		household_signal_babysitter(household, SIGKILL);
		end_with(household, step->status);
	}
}
