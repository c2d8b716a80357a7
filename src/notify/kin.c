/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See notify/kin.h. */
#include "notify/kin.h"

#include <unistd.h>

#include "base/procfs.h"
#include "base/util.h"

/* The last part of the path that is the @length characters from @path on. */
static const char *find_base(const char *path, size_t length)
{
	const char *base = path + length;

	while (base > path && base[-1] != '/')
		base--;
	return base;
}

static bool matches(const char *pattern, const char *name, size_t length)
{
	size_t n = strlen(pattern) - 1;

	if (length <= n)
		return false;
	return pattern[0] == '*' ? memcmp(name + length - n, pattern + 1, n) == 0
				 : pattern[n] == '*' && memcmp(name, pattern, n) == 0;
}

/* What follows "NUMBER:CONTROLLERS:", cgroups(7), which has no colon but these. */
static const char *find_path(const char *line)
{
	for (int i = 0; i < 2; i++) {
		line = find_char(line, ':');
		if (*line++ == '\0')
			return NULL;
	}
	return line;
}

static bool is_own(const char *line, size_t length, const char *pattern)
{
	const char *path = find_path(line), *base;

	if (path == NULL || path >= line + length)
		return false;
	base = find_base(path, (size_t)(line + length - path));
	return matches(pattern, base, (size_t)(line + length - base));
}

/* A line of @text that is the @length characters of @line, or goes on with a cgroup below. */
static bool has_line(const char *text, const char *line, size_t length)
{
	while (*text != '\0') {
		const char *end = find_char(text, '\n');

		if ((size_t)(end - text) >= length && memcmp(text, line, length) == 0 &&
		    (text + length == end || text[length] == '/'))
			return true;
		text = *end == '\n' ? end + 1 : end;
	}
	return false;
}

bool cgroups_share_own(const char *main, const char *other, const char *own_cgroup)
{
	while (*main != '\0') {
		const char *end = find_char(main, '\n');
		size_t length = (size_t)(end - main);

		/* One hierarchy is enough: in others it may be in none of its own. */
		if (is_own(main, length, own_cgroup) && has_line(other, main, length))
			return true;
		main = *end == '\n' ? end + 1 : end;
	}
	return false;
}

static bool read_cgroups(pid_t pid, char *text, size_t size)
{
	char path[32];

	process_format_path(pid, "/cgroup", path, sizeof(path));
	return read_file(path, text, size) > 0;
}

static bool shares_own_cgroup(const struct family *family, pid_t pid)
{
	char main[4096], other[4096];

	return family->own_cgroup != NULL && read_cgroups(family->main->pid, main, sizeof(main)) &&
	       read_cgroups(pid, other, sizeof(other)) &&
	       cgroups_share_own(main, other, family->own_cgroup);
}

static bool looks_like_kin(const struct family *family, pid_t pid)
{
	pid_t main = family->main->pid;

	return pid > 1 && (getsid(pid) == main || getpgid(pid) == main ||
			   process_descends_from(pid, family->root->pid) ||
			   process_descends_from(pid, main) || shares_own_cgroup(family, pid));
}

/* In this order: what was seen under numbers that are still theirs was theirs. */
bool family_includes(const struct family *family, const struct process *process)
{
	return looks_like_kin(family, process->pid) && !process_has_ended(process) &&
	       !process_has_ended(family->main) && !process_has_ended(family->root);
}
