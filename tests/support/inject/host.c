/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See host.h. */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_child_signals(void)
{
	sigset_t mask;
	int fd;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die(1, "cannot hear of children");
	return fd;
}

/*
 * As Upstart with "expect stop": the first stop is readiness, all others are the daemon's affair. It is
 * answered before it counts: what is counted makes the injector end the daemon, and a stop that is never
 * answered keeps the babysitter for as long as it waits for a host.
 */
static void take_stop(const struct subject *subject, struct seen *seen, pid_t pid)
{
	if (pid != seen->launcher)
		return;
	if (subject->await == AWAIT_STOP && seen->n_stops == 0)
		(void)kill(pid, SIGCONT);
	seen->n_stops++;
}

/* Returns false if there are no children left. */
static bool take_children(const struct subject *subject, struct seen *seen)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (WIFSTOPPED(status)) {
			take_stop(subject, seen, pid);
		} else if (pid == seen->launcher) {
			seen->status = status;
			seen->has_ended = true;
		}
	}
	return pid == 0;
}

/* Besides what world_enter() makes. */
static void list_left(const char *path, struct seen *seen)
{
	static const char *const own[] = { ".", "..", "systemd", "cgroup", NULL };
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		int i = 0;

		while (own[i] != NULL && strcmp(own[i], entry->d_name) != 0)
			i++;
		if (own[i] != NULL)
			continue;
		(void)strncat(seen->left, entry->d_name, sizeof(seen->left) - strlen(seen->left) - 1);
		(void)strncat(seen->left, ",", sizeof(seen->left) - strlen(seen->left) - 1);
	}
	if (directory != NULL)
		(void)closedir(directory);
}

static void serve(const struct subject *subject, int signal_fd, struct seen *seen)
{
	struct pollfd fds[] = { { .fd = signal_fd, .events = POLLIN },
				{ .fd = world_notify_fd(), .events = POLLIN } };
	struct signalfd_siginfo info;
	bool is_ready;

	while (take_children(subject, seen)) {
		if (poll(fds, 2, -1) < 0)
			continue;
		(void)!read(signal_fd, &info, sizeof(info));
		while (world_receive(&is_ready))
			seen->n_ready += is_ready;
	}
}

void host_run(const struct subject *subject, int gate_fd, struct seen *seen)
{
	struct ends ends;
	int signal_fd;

	world_enter();
	ends_open(&ends);
	seen->launcher = world_start(subject, &ends, gate_fd);
	ends_close_theirs(&ends);
	signal_fd = open_child_signals();
	serve(subject, signal_fd, seen);
	list_left("/run", seen);
	world_leave();
	_exit(0);
}
