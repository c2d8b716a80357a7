/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See probe/watch.h. */
#include "probe/watch.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/util.h"
#include "probe/bus.h"
#include "probe/give.h"
#include "probe/listeners.h"
#include "probe/pid_file.h"
#include "probe/processes.h"

#define TICK_MS 5
#define SLOW_TICK_MS 25
#define FAST_MS 400    /* at the beginning, where times are wanted exactly */
#define SETTLED_MS 700 /* nothing new for so long after what was looked for: that was all */
#define QUIET_MS 2500  /* and after anything else */

struct watcher {
	const struct probe *probe;
	enum role role;
	struct seen *seen;
	struct gifts gifts;
	struct private_bus bus;
	pid_t pid;
	bool has_ended; /* the first process */
	long long begin, last_news;
	struct processes processes;
};

static int age(const struct watcher *watcher)
{
	return (int)(now_ms() - watcher->begin);
}

static void note_news(struct watcher *watcher)
{
	watcher->last_news = now_ms();
}

/* ---- the daemon's processes ---- */

static void note_stop(struct watcher *watcher, pid_t pid)
{
	struct seen *seen = watcher->seen;

	if (seen->stop_ms == NEVER) {
		seen->stop_ms = age(watcher);
		seen->is_stop_of_child = pid != watcher->pid;
		process_name(pid, seen->stop_by);
		note_news(watcher);
	} else if (pid == watcher->pid && !seen->is_stop_of_child) {
		seen->has_stopped_twice = true;
	}
	(void)kill(pid, SIGCONT);
}

/* What waitpid(2) tells of our children: the daemon, and what it has left to us. */
static void reap(struct watcher *watcher)
{
	siginfo_t info = { .si_pid = 0 };

	while (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG) == 0 && info.si_pid != 0) {
		pid_t pid = info.si_pid;

		if (info.si_code == CLD_STOPPED && info.si_status == SIGSTOP) {
			note_stop(watcher, pid);
		} else if (pid == watcher->bus.pid) {
			watcher->bus.pid = 0;
		} else if (pid == watcher->pid && info.si_code != CLD_STOPPED) {
			watcher->has_ended = true;
			watcher->seen->end_ms = age(watcher);
			watcher->seen->end_status =
				info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
			note_news(watcher);
		}
		info.si_pid = 0;
	}
}

/* A child of the daemon's that stops itself: its own parent is told, and we are not. */
static void find_stopped_child(struct watcher *watcher)
{
	for (size_t i = 0; i < watcher->processes.n; i++) {
		pid_t pid = watcher->processes.list[i];

		if (pid != watcher->pid && process_state(pid) == 'T')
			note_stop(watcher, pid);
	}
}

/* ---- what it says ---- */

static void note_message(struct watcher *watcher, const struct said *said)
{
	struct seen *seen = watcher->seen;

	seen->n_messages++;
	note_news(watcher);
	if (said->has_main_pid) {
		seen->has_main_pid = true;
		seen->is_main_pid_other = said->main_pid != watcher->pid;
	}
	if (said->has_status && seen->ready_ms == NEVER && !said->is_ready)
		seen->has_status_first = true;
	if (!said->is_ready || seen->ready_ms != NEVER)
		return;
	seen->ready_ms = age(watcher);
	seen->is_ready_by_child = said->sender != watcher->pid;
	process_name(said->sender, seen->ready_by);
}

static void listen_to(struct watcher *watcher, int ms)
{
	struct said said;
	int number;

	gifts_wait(&watcher->gifts, ms);
	while (gifts_read_message(&watcher->gifts, &said))
		note_message(watcher, &said);
	number = gifts_read_newline(&watcher->gifts);
	if (number > 0 && watcher->seen->newline_ms == NEVER) {
		watcher->seen->newline_ms = age(watcher);
		watcher->seen->newline_fd = number;
		note_news(watcher);
	}
	gifts_read_output(&watcher->gifts, watcher->seen->output, sizeof(watcher->seen->output));
}

static void look_at_bus(struct watcher *watcher)
{
	struct seen *seen = watcher->seen;

	if (seen->name_ms != NEVER ||
	    !private_bus_find_name(&watcher->bus, seen->name, sizeof(seen->name)))
		return;
	seen->name_ms = age(watcher);
	note_news(watcher);
}

static void look_around(struct watcher *watcher)
{
	size_t n = watcher->seen->n_listeners;

	processes_find(getpid(), watcher->bus.pid, &watcher->processes);
	find_stopped_child(watcher);
	listeners_find(&watcher->processes, age(watcher), watcher->gifts.inode, watcher->seen);
	if (watcher->seen->n_listeners > n)
		note_news(watcher);
	look_at_bus(watcher);
}

/* ---- until when ---- */

static bool is_found(const struct watcher *watcher)
{
	const struct seen *seen = watcher->seen;

	switch (watcher->role) {
	case ROLE_SYSTEMD:
		return seen->ready_ms != NEVER;
	case ROLE_UPSTART:
		return seen->stop_ms != NEVER;
	case ROLE_PLAIN:
	case ROLE_LISTEN_FDS:
	case ROLE_UPSTART_FDS:
	case N_ROLES:
		break;
	}
	return false;
}

static bool is_over(const struct watcher *watcher)
{
	long long now = now_ms(), quiet = now - watcher->last_news;

	if (now - watcher->begin >= 1000LL * watcher->probe->seconds)
		return true;
	if (watcher->has_ended && watcher->processes.n == 0)
		return true;
	return watcher->last_news > watcher->begin &&
	       quiet >= (is_found(watcher) ? SETTLED_MS : QUIET_MS);
}

static void watch_until_over(struct watcher *watcher)
{
	struct seen *seen = watcher->seen;

	do {
		bool is_early = age(watcher) < FAST_MS && !watcher->probe->is_here;

		listen_to(watcher, is_early ? TICK_MS : SLOW_TICK_MS);
		reap(watcher);
		look_around(watcher);
	} while (!is_over(watcher));
	seen->over_ms = age(watcher);
	listeners_settle(seen);
	seen->is_in_background = watcher->has_ended && seen->end_status == 0 &&
				 watcher->processes.n > 0;
	if (seen->is_in_background)
		pid_file_find(&watcher->processes, watcher->probe->command, seen->pid_file,
			      sizeof(seen->pid_file));
}

void watch(const struct probe *probe, enum role role, const struct listener *like,
	   const char *directory, struct seen *seen)
{
	struct watcher watcher = { .probe = probe, .role = role, .seen = seen, .bus = { .fd = NO_FD } };
	sigset_t all;

	/* Who interrupts us interrupts the one that waits for us, and that ends us. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	seen->has_bus = private_bus_start(directory, &watcher.bus);
	seen->error = gifts_prepare(&watcher.gifts, role, like, directory, probe->command);
	if (seen->error == 0) {
		watcher.begin = watcher.last_news = now_ms();
		watcher.pid = gifts_start(&watcher.gifts, probe,
					  seen->has_bus ? watcher.bus.address : NULL);
		if (watcher.pid > 0)
			watch_until_over(&watcher);
		else
			seen->error = -errno;
	}
	if (seen->error < 0)
		(void)snprintf(seen->where, sizeof(seen->where), "what the daemon is given");
	private_bus_end(&watcher.bus);
}
