/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See probe/pid_file.h. */
#include "probe/pid_file.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/procfs.h"
#include "base/util.h"

#define MAX_DEPTH 3

struct search {
	const struct processes *processes;
	char *buffer;
	size_t size;
};

static bool names_one(const struct search *search, const char *path)
{
	char text[128];
	struct stat st;
	long number;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > 100 ||
	    read_file(path, text, sizeof(text)) <= 0)
		return false;
	number = strtol(text, NULL, 10);
	for (size_t i = 0; i < search->processes->n; i++) {
		if (search->processes->list[i] != number)
			continue;
		(void)snprintf(search->buffer, search->size, "%s", path);
		return true;
	}
	return false;
}

static bool search_in(const struct search *search, const char *directory, int depth)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	bool found = false;

	if (stream == NULL)
		return false;
	while (!found && (entry = readdir(stream)) != NULL) {
		char path[PATH_MAX];
		struct stat st;

		if (entry->d_name[0] == '.' ||
		    (size_t)snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) >=
			    sizeof(path) ||
		    lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH)
			found = search_in(search, path, depth + 1);
		else if (strstr(entry->d_name, "pid") != NULL)
			found = names_one(search, path);
	}
	(void)closedir(stream);
	return found;
}

void pid_file_find(const struct processes *processes, char *const *command, char *buffer, size_t size)
{
	struct search search = { .processes = processes, .buffer = buffer, .size = size };
	static const char *const directories[] = { "/run", "/var/spool", "/var/lib",
						   "/tmp", "/srv",       "/etc" };

	/* "--pidfile=PATH", "-p PATH" and the like. */
	for (; *command != NULL; command++) {
		const char *slash = find_char(*command, '/');

		if (*slash == '/' && strstr(slash, "pid") != NULL && names_one(&search, slash))
			return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		if (search_in(&search, directories[i], 0))
			return;
	}
}
