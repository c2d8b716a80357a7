/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The intermediate of the shape hand over: the daemon's parent until the daemon is ready. It sees
 * what only a parent sees, the stop and the end, and is the canary for signals; see act/hand_over/launcher.c.
 */
#include "act/hand_over/channel.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/cover.h"
#include "base/exit_status.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/util.h"
#include "fd/fds.h"

/* Without a launcher that hears of it, the daemon must not stay behind, known to nobody. */
static void report(int channel, pid_t daemon, enum intermediate_report_kind kind, int value)
{
	struct intermediate_report report = { kind, value };

	if (write(channel, &report, sizeof(report)) == sizeof(report))
		return;
	if (daemon > 0)
		(void)kill(daemon, SIGKILL);
	_exit(EXIT_OURS);
}

static void __attribute__((noreturn)) run_daemon(struct launch *launch)
{
	/*
	 * As the host starts it: leader of its session and group. In ours it would be in an
	 * orphaned group once the intermediate has left, where a stop means SIGHUP.
	 */
	(void)sys_setsid();
	(void)sigaction(SIGCHLD, &launch->child_action, NULL);
	_exit(launch_exec(launch, sys_getpid(), NULL));
}

/* Reports the daemon's end and leaves, if it has ended. */
static void check_end(int channel, pid_t daemon)
{
	int status;

	if (waitpid(daemon, &status, WNOHANG) != daemon)
		return;
	report(channel, 0, REPORT_ENDED, status);
	_exit(0);
}

/* Tells the launcher of the stop, and does as it says. Returns false if it meant nothing. */
static bool report_stop(int channel, pid_t daemon)
{
	int status = 0;
	ssize_t n;
	char word;

	report(channel, daemon, REPORT_STOPPED, 0);
	do
		n = read(channel, &word, sizeof(word));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(word)) {
		(void)kill(daemon, SIGKILL);
		(void)waitpid(daemon, &status, 0);
		report(channel, 0, REPORT_ENDED, status); /* should the launcher be there */
		_exit(0);
	}
	if (word != WORD_LEAVE)
		return word == WORD_STAY;
	check_end(channel, daemon);
	_exit(0);
}

/* A daemon that stops again after it was ready stays stopped, as under Upstart. */
static void watch_daemon(int channel, pid_t daemon, bool *is_ready)
{
	int status;

	while (waitpid(daemon, &status, WUNTRACED | WNOHANG) == daemon) {
		if (!WIFSTOPPED(status)) {
			report(channel, 0, REPORT_ENDED, status);
			_exit(0);
		}
		if (WSTOPSIG(status) == SIGSTOP && !*is_ready)
			*is_ready = report_stop(channel, daemon);
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
		if (sys_getppid() != launcher) {
			(void)kill(daemon, SIGKILL);
			_exit(0);
		}
		if (signal == SIGCHLD)
			watch_daemon(channel, daemon, &is_ready);
		else if (signal > 0)
			report(channel, daemon, REPORT_SIGNALED, signal);
	}
}

/*
 * What came before there was a daemon did not reach it; we shall report it as a canary all the
 * same, so the daemon must have it.
 */
static void pass_on(const sigset_t *early, pid_t daemon)
{
	for (int signal = 1; signal < _NSIG; signal++) {
		if (signal != SIGCHLD && sigismember(early, signal) == 1)
			(void)kill(daemon, signal);
	}
}

void intermediate_run(struct launch *launch, int channel, pid_t launcher)
{
	sigset_t early;
	pid_t daemon;

	/* Its own group: a signal to the launcher's group is one that the daemon did not get. */
	(void)sys_setsid();
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)sigpending(&early);
	daemon = sys_getppid() == launcher ? process_clone(SIGCHLD) : -1;
	if (daemon == 0)
		run_daemon(launch);
	if (daemon < 0) {
		report(channel, 0, REPORT_FAILED, errno);
		_exit(EXIT_OURS);
	}
	cover_arguments(launch->facts->handover.job);
	pass_on(&early, daemon);
	report(channel, daemon, REPORT_STARTED, daemon);
	fds_close_all(STDERR_FILENO + 1, &channel, 1);
	watch(channel, daemon, launcher);
}
