/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The intermediate of the shape hand over: the daemon's parent until the daemon is ready. It sees
 * what only a parent sees, the stop and the end, and is the canary for signals; see act/hand_over/launcher.c.
 */
#include "act/hand_over/channel.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "act/hand_over/canary.h"
#include "babysitter/ready_file.h"
#include "base/apart.h"
#include "base/cover.h"
#include "base/ends.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/util.h"
#include "fd/fds.h"

/* The launcher's, which can be killed: then nobody else would remove it. */
static struct {
	char *path; /* or NULL */
	struct ready_file file;
} ready;

static void __attribute__((noreturn)) leave(int status)
{
	if (ready.path != NULL)
		ready_file_remove(ready.path, &ready.file);
	_exit(status);
}

/* Without a launcher that hears of it, the daemon must not stay behind, known to nobody. */
static void say(int channel, pid_t daemon, enum intermediate_word_kind kind, int value)
{
	struct intermediate_word word = { kind, value };

	if (write(channel, &word, sizeof(word)) == sizeof(word))
		return;
	if (daemon > 0)
		(void)kill(daemon, SIGKILL);
	leave(EXIT_OURS);
}

/* Signals that the daemon is to have. */
struct early {
	int n;
	sigset_t set;
};

/* In the daemon's process, which has them all blocked: what it has got meanwhile is not doubled. */
static void raise_missing(const struct early *missing)
{
	sigset_t pending;

	(void)sigpending(&pending);
	for (int signal = 1; signal < _NSIG; signal++) {
		if (sigismember(&missing->set, signal) == 1 && sigismember(&pending, signal) == 0)
			(void)kill(sys_getpid(), signal);
	}
}

/* Waits for its parent's word, which does not come if that is killed. */
static void wait_for_word(int gate_fd, struct early *ret_missing)
{
	ssize_t n;

	do
		n = read(gate_fd, ret_missing, sizeof(*ret_missing));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		(void)launch_fail(errno, "cannot start the daemon in its process");
	if (n != (ssize_t)sizeof(*ret_missing))
		_exit(EXIT_OURS);
}

static void __attribute__((noreturn)) run_daemon(struct launch *launch, const int gate[static 2])
{
	struct early missing;

	(void)close(gate[1]);
	/*
	 * As the host starts it: leader of its session and group. In ours it would be in an
	 * orphaned group once the intermediate has left, where a stop means SIGHUP.
	 */
	(void)setsid();
	wait_for_word(gate[0], &missing);
	if (missing.n > 0)
		raise_missing(&missing);
	/* What fork(2) drops: it comes from us, who stay for it. */
	if (launch->facts->parent_death_signal != 0)
		(void)prctl(PR_SET_PDEATHSIG, launch->facts->parent_death_signal);
	_exit(launch_exec_child(launch, sys_getpid(), NULL));
}

/* Reports the daemon's end and leaves, if it has ended. */
static void check_end(int channel, pid_t daemon)
{
	int status;

	if (waitpid(daemon, &status, WNOHANG) != daemon)
		return;
	say(channel, 0, INTERMEDIATE_ENDED, status);
	_exit(0);
}

/*
 * A daemon that has asked for a signal at the end of its parent (PR_SET_PDEATHSIG) means the host's. Ours would
 * send it, too; but the kernel asks whether the parent may signal it, and root can become somebody who
 * may not. Whether it has asked nothing tells.
 */
static void __attribute__((noreturn)) leave_without_a_signal(void)
{
	static const uid_t strangers[] = { (uid_t)-3, 65533 }; /* the second where few are mapped */

	apart_let_go();
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
		if (setresuid(strangers[i], strangers[i], strangers[i]) == 0)
			break;
	}
	_exit(0);
}

/* Nothing of it is needed any more: the host has been told. */
void hand_over_cover_environment(void)
{
	static const char *const none[] = { NULL };

	log_forget_environment();
	cover_environment(none);
}

/* Tells the launcher of the stop, and does as it says. Returns false if it meant nothing. */
static bool say_stop(int channel, pid_t daemon)
{
	int status = 0;
	ssize_t n;
	char word;

	say(channel, daemon, INTERMEDIATE_STOPPED, 0);
	do
		n = read(channel, &word, sizeof(word));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(word)) {
		(void)kill(daemon, SIGKILL);
		(void)waitpid(daemon, &status, 0);
		say(channel, 0, INTERMEDIATE_ENDED, status); /* should the launcher be there */
		_exit(0);
	}
	if (word == WORD_STAY) {
		hand_over_cover_environment();
		if (ready.path != NULL)
			ready_file_note(ready.path, &ready.file);
	}
	if (word != WORD_LEAVE)
		return word == WORD_STAY;
	check_end(channel, daemon);
	leave_without_a_signal();
}

/* A daemon that stops again after it was ready stays stopped, as under Upstart. */
static void watch_daemon(int channel, pid_t daemon, bool *is_ready)
{
	int status;

	while (waitpid(daemon, &status, WUNTRACED | WNOHANG) == daemon) {
		if (!WIFSTOPPED(status)) {
			if (ready.path != NULL)
				ready_file_remove(ready.path, &ready.file);
			say(channel, 0, INTERMEDIATE_ENDED, status);
			_exit(0);
		}
		if (WSTOPSIG(status) == SIGSTOP && !*is_ready)
			*is_ready = say_stop(channel, daemon);
	}
}

static void __attribute__((noreturn)) watch(int channel, pid_t daemon, pid_t launcher)
{
	bool is_ready = false;
	sigset_t all;

	(void)sigfillset(&all);
	for (;;) {
		int signal = sigwaitinfo(&all, NULL);

		/* Our parent has been killed: so would the daemon have been in its place. */
		if (getppid() != launcher) {
			(void)kill(daemon, SIGKILL);
			leave(0);
		}
		if (signal == SIGCHLD)
			watch_daemon(channel, daemon, &is_ready);
		else if (signal > 0)
			say(channel, daemon, INTERMEDIATE_SIGNALED, signal);
	}
}

static void __attribute__((noreturn)) give_up(int channel)
{
	say(channel, 0, INTERMEDIATE_FAILED, errno);
	_exit(EXIT_OURS);
}

/* Adds to @taken what has come to us so far, or comes within @timeout_ms. A filter of system calls may forbid that. */
static void take_signals(int channel, struct early *taken, int timeout_ms)
{
	const struct timespec timeout = { 0, timeout_ms * 1000000L };
	sigset_t all;
	int signal;

	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGCHLD);
	while ((signal = sigtimedwait(&all, NULL, &timeout)) > 0)
		taken->n += sigaddset(&taken->set, signal) == 0;
	if (errno != EAGAIN && errno != EINTR)
		give_up(channel); /* and the daemon's process, which has not begun, with us */
}

/*
 * What has come to us before there was a daemon did not reach that, and will all the same pass for
 * what it has got as well. So it is to have what came up to now; unless the host, which goes through the
 * cgroup until it finds nobody new, gets to it by itself. After that our word is a canary's.
 */
static void take_early(int channel, pid_t daemon, struct early *ret_taken)
{
	ret_taken->n = 0;
	(void)sigemptyset(&ret_taken->set);
	take_signals(channel, ret_taken, 0);
	if (ret_taken->n == 0)
		return;
	take_signals(channel, ret_taken, CANARY_MS);
	for (int signal = 1; signal < _NSIG; signal++) {
		if (sigismember(&ret_taken->set, signal) == 1)
			say(channel, daemon, INTERMEDIATE_SIGNALED, signal);
	}
}

/*
 * The daemon's process begins only when the launcher can know of it: up to there our end is its end,
 * after it the launcher ends it.
 */
static void let_start(int channel, pid_t daemon, const int gate[static 2])
{
	struct early missing;
	ssize_t n;

	take_early(channel, daemon, &missing);
	say(channel, daemon, INTERMEDIATE_STARTED, daemon);
	do
		n = write(gate[1], &missing, sizeof(missing));
	while (n < 0 && errno == EINTR);
	if (n < 0) /* or it has been killed, and its end will be seen */
		(void)launch_fail(errno, "cannot start the daemon in its process");
}

static pid_t start_daemon(struct launch *launch, pid_t launcher, int gate[static 2])
{
	pid_t daemon;

	if (getppid() != launcher) {
		errno = ESRCH;
		return -1;
	}
	/* No child of ours: a filter of system calls would have us never know how the daemon is. */
	if (waitpid(launcher, NULL, WNOHANG) < 0 && errno != ECHILD)
		return -1;
	if (open_pipe(&gate[0], &gate[1]) < 0)
		return -1;
	daemon = process_clone(SIGCHLD);
	if (daemon == 0)
		run_daemon(launch, gate);
	return daemon;
}

void intermediate_run(struct launch *launch, int channel, pid_t launcher)
{
	int gate[2] = { NO_FD, NO_FD };
	pid_t daemon;

	/* Its own group: a signal to the launcher's group is one that the daemon did not get. */
	(void)setsid();
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	daemon = start_daemon(launch, launcher, gate);
	if (daemon < 0)
		give_up(channel);
	let_start(channel, daemon, gate);
	if (launch->plan->ready_file != NULL)
		ready.path =
			strdup(launch->plan->ready_file); /* our arguments are going to be covered */
	cover_arguments(launch->facts->handover.job);
	cover_memory();
	fds_close_others(&channel, 1);
	watch(channel, daemon, launcher);
}
