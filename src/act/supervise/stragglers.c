/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/supervise/stragglers.h. */
#include "act/supervise/stragglers.h"

#include <signal.h>

#include "base/process.h"
#include "base/util.h"

struct walk {
	const struct stragglers_scope *scope;
	int signal;
	size_t n;
};

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

	if (!is_meant(walk->scope, pid))
		return true;
	walk->n++;
	if (walk->signal == 0)
		return true;
	/* It may have ended since it was seen, and the number be another's. */
	if (process_open(pid, &process) == 0 && descendants_have(&walk->scope->of, pid, &parent)) {
		(void)process_signal(&process, walk->signal);
		(void)process_signal(&process, SIGCONT); /* if it is stopped, to see it */
	}
	process_close(&process);
	return true;
}

size_t stragglers_signal(const struct stragglers_scope *scope, int signal)
{
	struct walk walk = { .scope = scope, .signal = signal };

	descendants_each(&scope->of, take, &walk);
	return walk.n;
}
