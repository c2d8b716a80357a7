/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See condition/looker.h. */
#include "condition/looker.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/ends.h"
#include "base/events.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/util.h"
#include "condition/watch.h"
#include "fd/fds.h"

#define PATIENCE_MS 200
#define RESTART_MS 1000
#define REAP_TRIES 100 /* of a millisecond */

static const char unanswered[] = "its file system does not answer";
static const char lost[] = "the process that looks has ended";

/* What it sends: a constant of the program that both are. */
struct look {
	const char *reason;
	bool is_answer; /* else it only wakes us */
};

/* ---- the looker ---- */

static void send_look(int fd, const char *reason, bool is_answer)
{
	const struct look look = { reason, is_answer };

	if (send(fd, &look, sizeof(look), MSG_NOSIGNAL) != sizeof(look))
		_exit(0);
}

/* Looks when it is asked, and when something has changed. */
static void __attribute__((noreturn)) serve(struct watch *watch, int fd)
{
	const char *told = unanswered, *reason;
	char question;

	(void)watch_check(watch); /* subscribes */
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = watch->fd, .events = POLLIN },
		};
		bool is_asked;

		if (poll(fds, ARRAY_SIZE(fds), watch->sleep_ms) < 0 && errno != EINTR)
			_exit(0);
		is_asked = fds[0].revents != 0;
		if (is_asked && read(fd, &question, 1) != 1)
			_exit(0);
		reason = watch_check(watch);
		if (is_asked || reason != told)
			send_look(fd, reason, is_asked);
		told = reason;
	}
}

/* Keeps nothing that is the daemon's, since it may have to be left behind. */
static void __attribute__((noreturn))
run(const struct awaited *awaited, pid_t daemon, int fd, pid_t parent)
{
	struct watch watch;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	fds_close_all(0, &fd, 1);
	if (watch_open(awaited, daemon, &watch) < 0)
		_exit(0);
	serve(&watch, fd);
}

/* ---- we ---- */

/* A stuck one does not die before its file system answers: then it is left to whoever reaps us. */
static void end(struct looker *looker)
{
	looker->fd = close_fd(looker->fd);
	if (looker->pid <= 0)
		return;
	(void)kill(looker->pid, SIGKILL); /* our own child, not reaped: the pid is its own */
	for (int i = 0; i < REAP_TRIES && waitpid(looker->pid, NULL, (int)__WCLONE | WNOHANG) == 0;
	     i++)
		events_pause(1);
	looker->pid = 0;
}

/*
 * With no signal at its end it is not a child that anybody else would wait for, nor a fork that Upstart's
 * "expect fork" would count.
 */
static int start(struct watch *watch)
{
	struct looker *looker = &watch->looker;
	cleanup_close int ours = NO_FD, theirs = NO_FD;
	pid_t us = sys_getpid(), pid;
	int r = open_pair(&ours, &theirs);

	if (r < 0)
		return r;
	pid = process_clone(0);
	if (pid < 0)
		return -errno;
	if (pid == 0)
		run(watch->awaited, watch->daemon, theirs, us);
	*looker = (struct looker){ .pid = pid, .fd = take_fd(&ours) };
	watch->fd = looker->fd;
	return 0;
}

/* Takes what it has said. Returns 1 with an answer, 0 when @until_ms is over, or -errno: it has ended. */
static int take_answer(struct looker *looker, long long until_ms, struct look *ret_look)
{
	struct pollfd pollfd = { .fd = looker->fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		long long left_ms = until_ms - now_ms();

		n = recv(looker->fd, ret_look, sizeof(*ret_look), MSG_DONTWAIT);
		if (n == sizeof(*ret_look) && ret_look->is_answer)
			return 1;
		if (n < 0 && errno == EAGAIN && left_ms <= 0)
			return 0;
		if (n < 0 && errno == EAGAIN)
			(void)poll(&pollfd, 1, (int)left_ms);
		else if (n <= 0 && errno != EINTR)
			return -EIO;
	}
}

/*
 * Asks, so that what is told holds now, whatever it has said before. One that was late is not waited for
 * any more: its answer wakes us, and it is asked again.
 */
static int ask(struct looker *looker, struct look *ret_look)
{
	long long until_ms = now_ms() + (looker->is_late ? 0 : PATIENCE_MS);
	int r;

	do {
		bool is_old = looker->is_late;

		if (!looker->is_asked && send(looker->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
			return -EIO;
		looker->is_asked = true;
		r = take_answer(looker, until_ms, ret_look);
		if (r <= 0)
			break;
		looker->is_asked = looker->is_late = false;
		if (!is_old)
			return 1;
		until_ms = now_ms() + PATIENCE_MS;
	} while (true);
	looker->is_late = true;
	return r;
}

static const char *check(struct watch *watch)
{
	struct looker *looker = &watch->looker;
	struct look look;
	int r = 0;

	watch->check_ms = -1;
	if (looker->pid <= 0 && now_ms() >= looker->restart_ms)
		r = start(watch);
	if (looker->pid > 0 && r == 0)
		r = ask(looker, &look);
	if (looker->pid > 0 && r >= 0)
		return r > 0 ? look.reason : unanswered;
	if (r < 0) {
		end(looker);
		watch->fd = NO_FD;
		looker->restart_ms = now_ms() + RESTART_MS;
	}
	watch->check_ms = RESTART_MS;
	return lost;
}

static void close_watch(struct watch *watch)
{
	end(&watch->looker);
	watch->fd = NO_FD;
}

static const struct watch_kind watch_looker = { start, check, close_watch };

int looker_open(const struct awaited *awaited, pid_t daemon, struct watch *ret_watch)
{
	bool is_path = awaited->what[0] == '/';

	watch_init(awaited, daemon, ret_watch);
	if (!is_path || start(ret_watch) < 0)
		return watch_open(awaited, daemon, ret_watch);
	ret_watch->kind = &watch_looker;
	return 0;
}
