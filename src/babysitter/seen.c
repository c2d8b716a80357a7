/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See babysitter/seen.h. */
#include "babysitter/seen.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/number_dir.h"
#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"
#include "condition/net.h"
#include "hosts/host.h"
#include "notify/socket.h"
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

#define MAX_DEPTH 4 /* a wrapper, a shell, another wrapper, the daemon */

/* The first child of @parent, or, if there is one, the first that is stopped; 0: none is seen. */
static pid_t find_child(pid_t parent)
{
	char path[64], list[256] = "";
	pid_t first = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	(void)read_file(path, list, sizeof(list)); /* the first of them are enough */
	for (char *rest = list, *word; (word = strsep(&rest, " ")) != NULL && rest != NULL;) {
		pid_t pid = (pid_t)strtol(word, NULL, 10);

		if (pid > 0 && process_read_state(pid) == 'T')
			return pid;
		first = first == 0 ? pid : first;
	}
	return first;
}

static bool is_shell(const char *comm)
{
	return has_suffix(comm, "sh"); /* sh, bash, dash, ksh, zsh, busybox's ash */
}

/* What to do that this is not in between. */
static void add_cure(pid_t parent, struct text *text)
{
	char comm[17] = "";

	(void)process_read_comm(parent, comm);
	if (is_shell(comm) || comm[0] == '\0') {
		text_add(text, ": put 'exec' before it");
		return;
	}
	text_add(text, ": but ");
	text_add(text, comm);
	text_add(text, " is the process that counts: leave it out (in place of su: setpriv)");
}

/* "sh -c" without exec, tini, su: who speaks is another than who is looked at. */
static void add_child(pid_t parent, struct text *text)
{
	pid_t pid = find_child(parent), child = pid, above = parent;

	if (pid == 0)
		return;
	for (int depth = 1; depth < MAX_DEPTH && process_read_state(child) != 'T'; depth++) {
		pid_t next = find_child(child);

		if (next == 0)
			break;
		above = child;
		child = next;
	}
	if (process_read_state(child) != 'T') {
		child = pid;
		above = parent;
	}
	text_add(text, above == parent ? "; it has a child, " : "; it has a descendant, ");
	seen_add_process(child, text);
	if (process_read_state(child) != 'T')
		return;
	text_add(text, ", which has stopped itself");
	add_cure(parent, text);
}

void seen_add_listeners(pid_t pid, bool has_sockets, struct text *text)
{
	char what[240];
	struct text names = text_begin(what, sizeof(what));

	if (has_sockets || net_add_listeners(pid, &names) == 0)
		return;
	text_add(text, "; it listens at ");
	text_add(text, what);
}

static void add_listeners(pid_t pid, bool has_sockets, struct text *text)
{
	const char *before = text->next;

	seen_add_listeners(pid, has_sockets, text);
	if (text->next != before)
		text_add(text, ", which --ready-when can wait for");
}

void seen_add_reasons(pid_t pid, const struct target *target, bool has_sockets, struct text *text)
{
	add_stop(pid, target, text);
	add_habit(pid, target, text);
	add_child(pid, text);
	add_listeners(pid, has_sockets, text);
}

/* The variable is anywhere in it, between NULs. */
static bool has_variable(pid_t pid, const char *variable, char *space, size_t size)
{
	char path[32];
	ssize_t n;

	process_format_path(pid, "/environ", path, sizeof(path));
	n = read_file(path, space, size);
	if (n == -EFBIG)
		n = (ssize_t)size - 1;
	for (const char *word = space, *end = space + n; n > 0 && word < end;
	     word += strlen(word) + 1) {
		if (is_equal(word, variable))
			return true;
	}
	return false;
}

static pid_t find_left(const char *variable)
{
	char space[16384];
	struct numbers numbers;
	cleanup_close int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int pid;

	if (fd < 0)
		return 0;
	numbers_begin(&numbers, fd);
	while (numbers_next(&numbers, &pid) > 0) {
		if (has_variable(pid, variable, space, sizeof(space)) &&
		    process_read_state(pid) != 'Z')
			return pid;
	}
	return 0;
}

void seen_add_left(const char *address, struct text *text)
{
	char variable[NOTIFY_ADDRESS_MAX + 16];
	struct text words = text_begin(variable, sizeof(variable));
	pid_t pid;

	text_add(&words, "NOTIFY_SOCKET=");
	text_add(&words, address);
	pid = address[0] != '\0' ? find_left(variable) : 0;
	if (pid == 0)
		return;
	text_add(text, "; ");
	seen_add_process(pid, text);
	text_add(text, " of it goes on: if the daemon has gone into the background, keep it in the "
		       "foreground");
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
