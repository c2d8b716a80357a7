/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See babysitter/seen.h. */
#include "babysitter/seen.h"

#include <stdio.h>

#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"
#include "condition/net.h"
#include "hosts/host.h"
#include "targets/target.h"

void seen_add_process(pid_t pid, struct text *text)
{
	char comm[17];

	text_add(text, "process ");
	text_add_number(text, (unsigned long)pid);
	if (process_read_comm(pid, comm) < 0)
		return;
	text_add(text, " (");
	text_add(text, comm);
	text_add(text, ")");
}

/* The target whose daemons stop themselves. */
static const char *stopping_target(void)
{
	for (size_t i = 0; targets[i] != NULL; i++) {
		if (targets[i]->speaks == SPEAKS_STOP)
			return targets[i]->name;
	}
	return NULL;
}

static void add_stop(pid_t pid, const struct target *target, struct text *text)
{
	const char *name = stopping_target();

	if (target->speaks == SPEAKS_STOP || name == NULL || process_read_state(pid) != 'T')
		return;
	text_add(text, "; it has stopped itself, as a daemon for ");
	text_add(text, name);
	text_add(text, " does: -t ");
	text_add(text, name);
}

/* A program that looks whether its manager runs before it speaks to it. */
static void add_habit(pid_t pid, const struct target *target, struct text *text)
{
	const char *const *name = target->shy;

	for (; name != NULL && *name != NULL; name++) {
		if (process_runs(pid, *name) != 1)
			continue;
		text_add(text, "; ");
		text_add(text, *name);
		text_add(text, " sends it only where it sees ");
		text_add(text, target->name);
		text_add(text, " itself: use --ready-when instead of -N");
	}
}

/* "sh -c" without exec, tini, su: who speaks is another than who is looked at. */
static void add_child(pid_t parent, struct text *text)
{
	char path[64], children[64] = "";
	pid_t pid;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	(void)read_file(path, children, sizeof(children)); /* the first of them is enough */
	pid = (pid_t)strtol(children, NULL, 10);
	if (pid <= 0)
		return;
	text_add(text, "; it has a child, ");
	seen_add_process(pid, text);
	if (process_read_state(pid) == 'T')
		text_add(text, ", which has stopped itself: put 'exec' before it");
}

static void add_listeners(pid_t pid, struct text *text)
{
	char what[240];
	struct text names = text_begin(what, sizeof(what));

	if (net_add_listeners(pid, &names) == 0)
		return;
	text_add(text, "; it listens at ");
	text_add(text, what);
	text_add(text, ", which --ready-when can wait for");
}

void seen_add_reasons(pid_t pid, const struct target *target, bool has_sockets, struct text *text)
{
	add_stop(pid, target, text);
	add_habit(pid, target, text);
	add_child(pid, text);
	if (!has_sockets)
		add_listeners(pid, text);
}

void seen_add_patience(const struct host *host, struct text *text)
{
	if (host->patience == PATIENCE_NONE) {
		text_add(text, "nobody waits for that");
		return;
	}
	text_add(text, host->name);
	text_add(text, host->patience == PATIENCE_LIMITED ? " waits as long as its own limit says"
							  : " waits without a limit");
}
