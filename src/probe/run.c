/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * See probe/run.h. Three processes: the one that was called, which waits with a limit of its own; the one
 * that makes the room; and the watcher, process 1 in it, which starts the daemon, looks at it, and ends
 * it. Without a room the second is the watcher, and reaps what the daemon leaves behind as a subreaper.
 */
#include "probe/run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/util.h"
#include "probe/processes.h"
#include "probe/room.h"
#include "probe/watch.h"

/* Where what a run needs is; empty: there is none. */
static char place[64];

#define SPARE_S 8 /* to set up and to end, before the one that waits loses patience */

/* In the room, or where it is not to be one, in our own world. */
static void watch_in(const struct probe *probe, enum role role, const struct listener *like,
		     struct seen *seen)
{
	char directory[64] = "/run/cross-init-bridge.probe";

	if (probe->is_here) {
		(void)snprintf(directory, sizeof(directory), "%s", place);
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	} else {
		const char *what;

		seen->error =
			room_furnish(place, role == ROLE_SYSTEMD || role == ROLE_LISTEN_FDS, &what);
		if (seen->error < 0) {
			(void)snprintf(seen->where, sizeof(seen->where), "%s", what);
			return;
		}
		if (mkdir(directory, 0755) < 0)
			seen->error = -errno;
	}
	if (seen->error == 0)
		watch(probe, role, like, directory, seen);
	processes_end();
}

/* The second process: its child is process 1 of the room. */
static void open_room(const struct probe *probe, enum role role, const struct listener *like,
		      struct seen *seen)
{
	pid_t pid;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (probe->is_here) {
		watch_in(probe, role, like, seen);
		_exit(0);
	}
	seen->error = room_open();
	if (seen->error < 0) {
		(void)snprintf(seen->where, sizeof(seen->where), "namespaces");
		_exit(0);
	}
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		watch_in(probe, role, like, seen);
		_exit(0);
	}
	if (pid < 0)
		seen->error = -errno;
	else
		(void)waitpid(pid, NULL, 0);
	_exit(0);
}

/* Waits for @pid, but not for ever: with process 1 all that is in the room ends. */
static void wait_bounded(pid_t pid, int seconds, struct seen *seen)
{
	long long end = now_ms() + 1000LL * (seconds + SPARE_S);

	while (now_ms() < end) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		(void)poll(NULL, 0, 10);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	seen->error = -ETIMEDOUT;
	(void)snprintf(seen->where, sizeof(seen->where), "the run, which did not end by itself");
}

static void remove_place(void)
{
	static const char *const files[] = { "notify", "bus", "bus.conf", "given" };
	char path[100];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", place, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(place);
	place[0] = '\0';
}

void run_end(void)
{
	processes_end();
	if (place[0] != '\0')
		remove_place();
}

void run(const struct probe *probe, enum role role, const struct listener *like, struct seen *seen)
{
	pid_t pid;

	(void)snprintf(place, sizeof(place), "/tmp/cross-init-bridge.probe.XXXXXX");

	*seen = (struct seen){ .was_tried = true,
			       .ready_ms = NEVER,
			       .stop_ms = NEVER,
			       .newline_ms = NEVER,
			       .end_ms = NEVER,
			       .name_ms = NEVER };
	if (mkdtemp(place) == NULL) {
		seen->error = -errno;
		place[0] = '\0';
		(void)snprintf(seen->where, sizeof(seen->where), "a directory in /tmp");
		return;
	}
	if (probe->is_here) /* whoever the daemon becomes has to reach its sockets */
		(void)chmod(place, 0755);
	(void)fflush(NULL);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = fork();
	if (pid == 0)
		open_room(probe, role, like, seen);
	if (pid < 0)
		seen->error = -errno;
	else
		wait_bounded(pid, probe->seconds, seen);
	run_end(); /* also of processes that a watcher which was killed has left */
}
