/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Terminals of `console log`; see console.h. */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "options.h"

struct terminal {
	struct terminal *next;
	const struct job *job;
	enum process_type type;
	int master_fd, log_fd;
	struct loop_fd *watch;
};

static struct terminal *terminals;

/* Copies what is there; returns false once there is nobody at the other side. */
static bool copy(struct terminal *terminal)
{
	char buffer[4096];
	ssize_t len;

	while ((len = read(terminal->master_fd, buffer, sizeof buffer)) > 0)
		(void)!write(terminal->log_fd, buffer, (size_t)len);
	return len < 0 && errno == EAGAIN;
}

static void free_terminal(struct terminal *terminal)
{
	struct terminal **p = &terminals;

	while (*p != terminal)
		p = &(*p)->next;
	*p = terminal->next;
	loop_fd_remove(terminal->watch);
	(void)close(terminal->master_fd);
	(void)close(terminal->log_fd);
	free(terminal);
}

static void on_output(void *data, int fd, short revents)
{
	struct terminal *terminal = data;

	(void)fd;
	(void)revents;
	if (!copy(terminal))
		loop_fd_set_events(terminal->watch, 0); /* until the process ends */
}

static int open_log(const struct job *job)
{
	const char *dash = job->name[0] ? "-" : "";
	char *file = xasprintf("%s%s%s", job->class->name, dash, job->name);
	char *path;
	int fd;

	for (char *p = file; *p; p++)
		if (*p == '/')
			*p = '_';
	path = xasprintf("%s/%s.log", options.log_dir, file);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	free(path);
	free(file);
	return fd;
}

const char *console_open(const struct job *job, enum process_type type)
{
	struct terminal *terminal;
	int master_fd;

	if (job->class->console != CONSOLE_LOG)
		return NULL;
	master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (master_fd < 0 || grantpt(master_fd) < 0 || unlockpt(master_fd) < 0) {
		log_line("Failed to create pty - disabling logging for job");
		return NULL;
	}
	console_close(job, type); /* of an earlier process that nobody waited for */
	terminal = xcalloc(1, sizeof *terminal);
	*terminal = (struct terminal){ .next = terminals,
				       .job = job,
				       .type = type,
				       .master_fd = master_fd,
				       .log_fd = open_log(job) };
	terminal->watch = loop_fd_add(master_fd, POLLIN, on_output, terminal);
	terminals = terminal;
	return ptsname(master_fd);
}

void console_close(const struct job *job, enum process_type type)
{
	for (struct terminal *terminal = terminals, *next; terminal; terminal = next) {
		next = terminal->next;
		if (terminal->job != job || terminal->type != type)
			continue;
		(void)copy(terminal);
		free_terminal(terminal);
	}
}
