/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The shape supervise, with a daemon that speaks in datagrams, or goes to the background: how it is started.
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
#include "act/shape.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "act/supervise/between.h"
#include "act/supervise/parent.h"
#include "babysitter/claim.h"
#include "babysitter/main_watch.h"
#include "babysitter/step.h"
#include "base/ends.h"
#include "base/env.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"
#include "condition/pid_in_file.h"

#define WAIT_FOR_EARLIER_MS 5000

static int fail(int error)
{
	return launch_fail(error, "cannot prepare to supervise the daemon");
}

/*
 * Waits for its parent's word, its own pid, which does not come if that is killed. Returns only if
 * it cannot be executed.
 */
static int become_daemon(struct launch *launch, const char *address, int start_fd, pid_t parent)
{
	pid_t pid;
	ssize_t n;

	(void)setsid();
	/* Should our parent and the babysitter be killed at once. A change of user clears it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		return EXIT_OURS;
	n = read(start_fd, &pid, sizeof(pid));
	if (n < 0)
		return fail(errno);
	if (n != sizeof(pid))
		return EXIT_OURS;
	if (parent == 1 && launch->plan->speaks == SPEAKS_EXIT) {
		int r = between_begin();

		if (r < 0)
			return fail(r);
		pid = sys_getpid();
	}
	return launch_exec_child(launch, pid, address);
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
static int let_start(int start_fd, pid_t pid)
{
	int status = 0;
	ssize_t n;

	if (send(start_fd, &pid, sizeof(pid), MSG_NOSIGNAL) != sizeof(pid))
		return errno == EPIPE ? 0 : fail(errno); /* killed: that will be seen as its end */
	do
		n = read(start_fd, &status, sizeof(status));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(status) ? status : 0;
}

/* Starts the daemon's process, which waits at @ret_start_fd. Returns its pid or -errno. */
static pid_t fork_daemon(struct launch *launch, const char *address, int *ret_start_fd)
{
	cleanup_close int ours = NO_FD, theirs = NO_FD;
	pid_t parent = sys_getpid(), pid;
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

/* What the daemon leaves behind comes to us, and is waited for. Returns 0 or the exit status. */
static int become_subreaper(const struct launch *launch)
{
	int r = process_try_waiting();

	if (r < 0)
		return fail(r);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 || launch->facts->pid == 1)
		return 0;
	if (launch->plan->speaks == SPEAKS_EXIT)
		return launch_fail(errno,
				   "cannot keep a daemon that goes to the background: the kernel has no "
				   "child subreapers, which came with Linux 3.4");
	log_warning("the kernel has no child subreapers, which came with Linux 3.4: how a main process ends that "
		    "the daemon has named may not be known, and is taken for a failure then");
	return 0;
}

/* What it starts in the background would be nobody's, were we killed before the babysitter holds our end back. */
static int wait_for_hold(const struct supervisor_setup *setup)
{
	struct parent_word word;
	ssize_t n;

	do
		n = recv(setup->channel, &word, sizeof(word), 0);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)PARENT_WORD_SIZE ? 0 : fail(n < 0 ? errno : ECHILD);
}

/*
 * With the daemon's process waiting, the babysitter is started, which knows both of us; then the
 * daemon. Returns 0, or the exit status, and has undone what it did.
 */
static int start_both(const struct launch *launch, struct babysitter_setup *sitter,
		      struct supervisor_setup *setup, int start_fd)
{
	pid_t babysitter;
	int status;

	setup->signal_fd = launch_open_signal_fd();
	if (setup->signal_fd < 0)
		return fail(setup->signal_fd);
	/* It is to trace us, babysitter/hold.h; Yama lets only ancestors, or who is named. */
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	babysitter = launch_babysitter(launch, sitter);
	if (babysitter < 0)
		return fail(errno);
	(void)prctl(PR_SET_PTRACER, babysitter);
	setup->babysitter = babysitter;
	sitter->parent_fd = close_fd(sitter->parent_fd);
	/* Not before, or the babysitter would come to us as well. */
	status = become_subreaper(launch);
	if (status == 0 && setup->main_watch != NULL)
		status = wait_for_hold(setup);
	if (status == 0)
		status = let_start(start_fd, setup->daemon.pid);
	if (status != 0) {
		launch_cancel_babysitter(babysitter, &sitter->socket);
		if (setup->claim[0] != '\0')
			claim_remove(setup->claim);
	}
	return status;
}

static int start(struct launch *launch, struct babysitter_setup *sitter,
		 struct supervisor_setup *setup)
{
	cleanup_close int start_fd = NO_FD;
	int status, r;
	pid_t daemon = fork_daemon(launch, sitter->socket.address, &start_fd);

	if (daemon < 0)
		return fail(daemon);
	/* Not before: the end of the babysitter's would not be seen as long as the daemon's process had it, too. */
	r = open_pair(&setup->channel, &sitter->parent_fd);
	if (r == 0)
		r = process_open(daemon, &setup->daemon);
	sitter->daemon = setup->daemon;
	status = r < 0 ? fail(r) : start_both(launch, sitter, setup, start_fd);
	if (status != 0)
		take_back_daemon(daemon);
	return status;
}

static void say_waiting(void)
{
	log_warning("waiting for the daemon of the instance before, which is still ending (%d s at most): "
		    "its parent was killed, and the kernel does not let us hold its end back (ptrace)",
		    WAIT_FOR_EARLIER_MS / 1000);
}

static const char *find_claim_parent(const struct facts *facts)
{
	return facts->uid == 0 ? "/run" : env_get(&facts->env, "XDG_RUNTIME_DIR");
}

void supervise_wait_for_earlier(const struct facts *facts)
{
	char path[CLAIM_PATH_MAX];

	if (claim_format(find_claim_parent(facts), facts->handover.job, facts->handover.instance,
			 path) == 0 &&
	    claim_wait(path, WAIT_FOR_EARLIER_MS, say_waiting) == -ETIMEDOUT)
		log_warning("it has not ended; starting all the same");
}

/* Whether @word is one of the command line's of process @pid. */
static bool has_word(pid_t pid, const char *word)
{
	char path[32], words[4096];
	const char *at = words, *end;
	ssize_t n;

	process_format_path(pid, "/cmdline", path, sizeof(path));
	n = read_file(path, words, sizeof(words));
	end = words + (n == -EFBIG ? (ssize_t)sizeof(words) - 1 : n);
	while (at < end && !is_equal(at, word))
		at += strlen(at) + 1;
	return at < end;
}

/*
 * Is it the service manager's own? The daemon would put its number in the place of that by which
 * supervise-daemon(8) is found when the service is stopped, and which starts the next one then. A number
 * alone, left by an earlier boot, may be anybody's.
 */
static int check_pid_file(const struct launch *launch)
{
	const char *path = launch->plan->daemon_pid_file;
	pid_t parent = launch->facts->parent;
	struct pid_in_file file;
	char comm[17] = "?";

	if (path == NULL || pid_in_file(path, &file) < 0 || file.pid != parent ||
	    !has_word(parent, path))
		return 0;
	(void)process_read_comm(parent, comm);
	log_error("--daemon-pidfile: %s is our parent's own, process %d (%s), which could not be stopped any more: "
		  "give the daemon another one",
		  path, (int)parent, comm);
	return EXIT_OURS;
}

/* What the parent keeps for life. */
static void close_others(const struct launch *launch, struct supervisor_setup *setup)
{
	const int keep[] = { setup->channel, setup->signal_fd, process_fd(&setup->daemon),
			     setup->pid_fd };
	const struct plan *plan = launch->plan;

	launch_close_daemons(launch, keep, ARRAY_SIZE(keep));
	for (size_t i = 0; i < plan->n_locked; i++) {
		if (plan->locked_fds[i] < N_STDIO)
			setup->is_locked[plan->locked_fds[i]] = true;
	}
}

int supervise(struct launch *launch)
{
	struct supervisor_setup setup;
	struct babysitter_setup sitter;
	struct main_watch_setup main_watch;
	int status = check_pid_file(launch);

	if (status == 0)
		status = launch_prepare_babysitter(launch, &sitter);
	if (status != 0)
		return status;
	setup = (struct supervisor_setup){ .socket = sitter.socket,
					   .pid_file = launch->plan->pid_file != NULL
							       ? strdup(launch->plan->pid_file)
							       : NULL,
					   .pid_fd = launch->pid_fd,
					   .host_pid = sitter.host_pid,
					   .way = launch->plan->way,
					   .job = sitter.job,
					   .instance = sitter.instance };
	if (sitter.state.telling.host_address != NULL)
		(void)snprintf(setup.host_address, sizeof(setup.host_address), "%s",
			       sitter.state.telling.host_address);
	if (launch->plan->speaks == SPEAKS_EXIT) {
		main_watch_prepare(launch->plan->daemon_pid_file, &main_watch);
		setup.main_watch = sitter.main_watch = &main_watch;
		setup.stragglers = launch->plan->stragglers;
	}
	sitter.state.has_parent = true;
	(void)claim_format(find_claim_parent(launch->facts), sitter.job, sitter.instance,
			   setup.claim);
	sitter.state.job_respawns = launch->plan->job_respawns;
	launch_become_parent(launch, SA_NOCLDSTOP);
	status = start(launch, &sitter, &setup);
	if (status == 0) {
		close_others(launch, &setup);
		supervisor_run(&setup);
	}
	notify_socket_remove(&sitter.socket);
	return status;
}
