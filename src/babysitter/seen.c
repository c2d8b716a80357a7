/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is seen of a daemon that is not ready: for the line that an administrator reads who looks why a
 * start does not come to an end. Only looks, and takes no longer than /proc does.
 */
#include <stdio.h>

#include "babysitter/loop.h"
#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"
#include "condition/net.h"
#include "targets/target.h"

static void add_pid(struct text *text, pid_t pid)
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

static void add_messages(const struct loop *loop, struct text *text)
{
	if (loop->refused_pid != 0) {
		add_pid(text, loop->refused_pid);
		text_add(text, " has, which may not: --notify-access=all allows it");
	} else {
		text_add(text, loop->has_spoken ? "it has sent other notifications"
						: "it has sent nothing");
	}
}

/* The name of the target whose daemons stop themselves, which one of this target has no reason to. */
static const char *stopping_target(const struct loop *loop)
{
	for (size_t i = 0; targets[i] != NULL; i++) {
		if (targets[i]->speaks == SPEAKS_STOP && targets[i] != loop->setup->target)
			return targets[i]->name;
	}
	return NULL;
}

static void add_stop(const struct loop *loop, struct text *text)
{
	const char *target = stopping_target(loop);

	if (target == NULL || process_read_state(loop->main.pid) != 'T')
		return;
	text_add(text, "; it has stopped itself, as a daemon for ");
	text_add(text, target);
	text_add(text, " does: -t ");
	text_add(text, target);
}

/* A program that looks whether its manager runs before it speaks to it. */
static void add_habit(const struct loop *loop, struct text *text)
{
	const char *const *name = loop->setup->target->shy;

	for (; name != NULL && *name != NULL; name++) {
		if (process_runs(loop->main.pid, *name) != 1)
			continue;
		text_add(text, "; ");
		text_add(text, *name);
		text_add(text, " sends it only where it sees ");
		text_add(text, loop->setup->target->name);
		text_add(text, " itself: use --ready-when instead of -N");
	}
}

/* "sh -c" without exec, tini, su: who speaks is another than who is looked at. */
static void add_child(const struct loop *loop, struct text *text)
{
	char path[64], children[64] = "";
	int pid = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)loop->main.pid,
		       (int)loop->main.pid);
	/* The first of them is enough. */
	if (read_file(path, children, sizeof(children)) == -ENOENT ||
	    sscanf(children, "%d", &pid) != 1)
		return;
	text_add(text, "; it has a child, ");
	add_pid(text, pid);
	if (process_read_state(pid) == 'T')
		text_add(text, ", which has stopped itself: put 'exec' before it");
}

static void add_listeners(const struct loop *loop, struct text *text)
{
	char what[240];
	struct text names = text_begin(what, sizeof(what));

	if (net_add_listeners(loop->main.pid, &names) == 0)
		return;
	text_add(text, "; it listens at ");
	text_add(text, what);
	text_add(text, ", which --ready-when can wait for");
}

void loop_describe(const struct loop *loop, struct text *text)
{
	if (loop->ready != NULL) {
		text_add(text, loop->ready->reason != NULL ? loop->ready->reason
							   : "it was not looked at yet");
		return;
	}
	add_messages(loop, text);
	add_stop(loop, text);
	add_habit(loop, text);
	add_child(loop, text);
	if (!loop->setup->has_sockets)
		add_listeners(loop, text);
}
