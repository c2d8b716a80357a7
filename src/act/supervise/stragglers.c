/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/supervise/stragglers.h. */
#include "act/supervise/stragglers.h"

#include <signal.h>

#include "base/process.h"
#include "base/util.h"

#define MAX_SEEN 256 /* of more the last ones may get the signal twice */
#define MAX_WALKS 16

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
	if (walk->n_seen < MAX_SEEN)
		walk->seen[walk->n_seen++] = pid;
	/* It may have ended since it was seen, and the number be another's. */
	if (process_open(pid, &process) == 0 && descendants_have(&walk->scope->of, pid, &parent)) {
		(void)process_signal(&process, walk->signal);
		(void)process_signal(&process, SIGCONT); /* if it is stopped, to see it */
	}
	process_close(&process);
	return true;
}

/*
 * Whoever is begun while we look may be missed. One that was sent a signal begins nobody before it has taken it,
 * fork(2), so that soon there is nobody new.
 */
size_t stragglers_signal(const struct stragglers_scope *scope, int signal)
{
	pid_t seen[MAX_SEEN];
	struct walk walk = { .scope = scope, .signal = signal, .seen = seen };
	size_t n = 0;

	for (int i = 0; i < MAX_WALKS; i++) {
		walk.n = 0;
		descendants_each(&scope->of, take, &walk);
		n += walk.n;
		if (walk.n == 0 || signal == 0)
			break;
	}
	return n;
}
