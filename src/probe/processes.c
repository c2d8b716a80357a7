/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See probe/processes.h. */
#include "probe/processes.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/procfs.h"
#include "base/text.h"
#include "base/util.h"

#define MAX_ROUNDS 400 /* of processes_end(), 5 ms each */

/* The state and the parent of @pid; returns false: it is not there. */
static bool read_stat(pid_t pid, char *ret_state, pid_t *ret_parent)
{
	char path[40], text[512];
	const char *end;
	int parent;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return false;
	end = strrchr(text, ')');
	/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it */
	if (end == NULL || sscanf(end + 1, " %c %d", ret_state, &parent) != 2)
		return false;
	*ret_parent = parent;
	return true;
}

char process_state(pid_t pid)
{
	char state;
	pid_t parent;

	return (char)(read_stat(pid, &state, &parent) ? state : '\0');
}

void process_name(pid_t pid, char *buffer)
{
	char path[40];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	n = read_file(path, buffer, 17);
	if (n <= 0) {
		memcpy(buffer, "?", 2);
		return;
	}
	buffer[strcspn(buffer, "\n")] = '\0';
	text_make_line(buffer);
}

static bool contains(const struct processes *processes, pid_t pid)
{
	for (size_t i = 0; i < processes->n; i++) {
		if (processes->list[i] == pid)
			return true;
	}
	return false;
}

/* One look at /proc, adding those whose parent is known already. Returns how many. */
static size_t add_children(pid_t root, pid_t other, struct processes *processes)
{
	DIR *stream = opendir("/proc");
	const struct dirent *entry;
	size_t before = processes->n;

	if (stream == NULL)
		return 0;
	while ((entry = readdir(stream)) != NULL && processes->n < MAX_PROCESSES) {
		unsigned long number;
		pid_t parent;
		char state;

		if (parse_number(entry->d_name, 0x7fffffff, &number) < 0 || (pid_t)number == other ||
		    contains(processes, (pid_t)number) || !read_stat((pid_t)number, &state, &parent))
			continue;
		if (state != 'Z' && (parent == root || contains(processes, parent)))
			processes->list[processes->n++] = (pid_t)number;
	}
	(void)closedir(stream);
	return processes->n - before;
}

void processes_find(pid_t root, pid_t other, struct processes *ret)
{
	ret->n = 0;
	while (add_children(root, other, ret) > 0)
		;
}

static bool has_socket(pid_t pid, unsigned long inode)
{
	char path[300], link[64], wanted[40];
	struct dirent *entry;
	bool found = false;
	DIR *stream;

	(void)snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	stream = opendir(path);
	if (stream == NULL)
		return false;
	while (!found && (entry = readdir(stream)) != NULL) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, entry->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		found = is_equal(link, wanted);
	}
	(void)closedir(stream);
	return found;
}

bool processes_have_socket(const struct processes *processes, unsigned long inode)
{
	for (size_t i = 0; i < processes->n; i++) {
		if (has_socket(processes->list[i], inode))
			return true;
	}
	return false;
}

void processes_end(void)
{
	struct processes processes;

	for (int i = 0; i < MAX_ROUNDS; i++) {
		processes_find(getpid(), 0, &processes);
		for (size_t k = 0; k < processes.n; k++)
			(void)kill(processes.list[k], i < 60 && i % 20 == 0 ? SIGTERM
						      : i < 60              ? 0
									    : SIGKILL);
		for (size_t k = 0; i < 60 && i % 20 == 0 && k < processes.n; k++)
			(void)kill(processes.list[k], SIGCONT);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (processes.n == 0)
			return;
		(void)poll(NULL, 0, 5);
	}
}
