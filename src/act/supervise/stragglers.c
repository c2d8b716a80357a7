/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/supervise/stragglers.h. */
#include "act/supervise/stragglers.h"

#include <signal.h>

#include "base/events.h"
#include "base/process.h"
#include "base/procfs.h"
#include "base/util.h"

#define MAX_SEEN 256 /* of more the last ones may get the signal twice */
#define MAX_WALKS 16
#define TAKE_MS 1000 /* for those that were sent a signal to take it */

struct walk {
	const struct stragglers_scope *scope;
	int signal;
	size_t n;    /* who were not seen before */
	pid_t *seen; /* MAX_SEEN of them */
	size_t n_seen;
};

static bool has_seen(const struct walk *walk, pid_t pid)
{
	for (size_t i = 0; i < walk->n_seen; i++) {
		if (walk->seen[i] == pid)
			return true;
	}
	return false;
}

/* As long as somebody is in a session or a group nobody else's gets its number. */
static bool is_meant(const struct stragglers_scope *scope, pid_t pid)
{
	if (scope->is_all)
		return true;
	return (scope->session > 0 && getsid(pid) == scope->session) ||
	       (scope->group > 0 && getpgid(pid) == scope->group);
}

static bool take(void *userdata, pid_t pid, pid_t parent)
{
	struct walk *walk = userdata;
	struct process process;

	if (!is_meant(walk->scope, pid) || has_seen(walk, pid))
		return true;
	walk->n++;
	if (walk->signal == 0)
		return true;
	/*
	 * It may have ended since it was seen, and the number be another's; or all in between have ended while we asked,
	 * and it is met again.
	 */
	if (process_open(pid, &process) == 0 && descendants_have(&walk->scope->of, pid, &parent)) {
		(void)process_signal(&process, walk->signal);
		(void)process_signal(&process, SIGCONT); /* if it is stopped, to see it */
		if (walk->n_seen < MAX_SEEN)
			walk->seen[walk->n_seen++] = pid;
	}
	process_close(&process);
	return true;
}

static bool is_pending(pid_t pid, int signal)
{
	struct process_status status;

	return process_read_status(pid, &status) == 0 && status.state != 'Z' &&
	       process_has_pending(&status, signal);
}

/* A zombie takes nothing any more, and nobody can keep SIGKILL waiting. */
static bool has_to_take(const struct walk *walk)
{
	for (size_t i = 0; i < walk->n_seen && walk->signal != SIGKILL; i++) {
		if (is_pending(walk->seen[i], walk->signal))
			return true;
	}
	return false;
}

static void let_take(const struct walk *walk, long long until_ms)
{
	while (now_ms() < until_ms && has_to_take(walk))
		events_pause(1);
}

/*
 * Whoever is begun while we look may be missed, and be the only one, if its parent exits meanwhile. One that has
 * taken a signal begins nobody any more, but until then it may: fork(2) blocks all signals meanwhile, in some C
 * libraries. So there is nobody new soon after that, and daemons do not fork and exit more than twice; but there are
 * those who never take it. Of a session or a group nobody has to be found at once: it is looked for again.
 */
size_t stragglers_signal(const struct stragglers_scope *scope, int signal)
{
	pid_t seen[MAX_SEEN];
	struct walk walk = { .scope = scope, .signal = signal, .seen = seen };
	int n_quiet = 0, enough = scope->is_all ? DESCENDANTS_QUIET_LOOKS : 1;
	long long until_ms = now_ms() + TAKE_MS;
	size_t n = 0;

	for (int i = 0; i < MAX_WALKS && n_quiet < enough; i++) {
		if (scope->is_all)
			let_take(&walk, until_ms);
		walk.n = 0;
		descendants_each(&scope->of, take, &walk);
		n += walk.n;
		n_quiet = walk.n == 0 ? n_quiet + 1 : 0;
		if (signal == 0 && n > 0)
			break;
	}
	return n;
}
