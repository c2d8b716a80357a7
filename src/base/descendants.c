/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/descendants.h. */
#include "base/descendants.h"

#include <fcntl.h>

#include "base/number_dir.h"
#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"

#define MAX_ANCESTORS 64

static bool is_other(const struct descendants *of, pid_t pid)
{
	for (size_t i = 0; i < of->n_others; i++) {
		if (of->others[i] == pid)
			return true;
	}
	return false;
}

/* Of one whose first thread has ended the others tell. */
static bool has_ended(pid_t pid, char state)
{
	if (state == 'Z')
		state = (char)process_read_state(pid);
	return state == 'Z' || state == 'X';
}

static bool is_below(const struct descendants *of, pid_t pid, pid_t *ret_parent)
{
	struct process_status status = { 0 };

	for (int i = 0; i < MAX_ANCESTORS && pid > 1 && pid != of->root; i++) {
		if (is_other(of, pid) || process_read_status(pid, &status) < 0)
			return false;
		if (i == 0 && has_ended(pid, status.state))
			return false;
		if (i == 0)
			*ret_parent = status.parent;
		if (status.parent == of->root)
			return !process_ends_silently(pid);
		pid = status.parent;
	}
	return false;
}

bool descendants_have(const struct descendants *of, pid_t pid, pid_t *ret_parent)
{
	/* Twice, for a parent in between that has just ended and left its children further up. */
	/* NOLINTNEXTLINE(misc-redundant-expression): it is asked anew */
	return is_below(of, pid, ret_parent) || is_below(of, pid, ret_parent);
}

void descendants_each(const struct descendants *of,
		      bool (*take)(void *userdata, pid_t pid, pid_t parent), void *userdata)
{
	cleanup_close int fd = openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct numbers numbers;
	pid_t parent = 0;
	int pid;

	if (fd < 0)
		return;
	numbers_begin(&numbers, fd);
	while (numbers_next(&numbers, &pid) > 0) {
		if (is_below(of, pid, &parent) && !take(userdata, pid, parent))
			return;
	}
}
