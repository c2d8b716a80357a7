/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The log of PID 1; see log.h. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "strv.h"

static struct strv lines;
static int log_fd = -EBADF;
static void (*on_line)(void);

void log_open(const char *path)
{
	log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

void log_line(const char *format, ...)
{
	va_list ap;
	char *line = NULL;

	va_start(ap, format);
	if (vasprintf(&line, format, ap) < 0)
		abort();
	va_end(ap);
	strv_add_consume(&lines, line);
	if (log_fd >= 0)
		(void)dprintf(log_fd, "%s\n", line);
	if (on_line)
		on_line();
}

const char *log_get(size_t i)
{
	return i < lines.n ? lines.v[i] : NULL;
}

void log_on_line(void (*fn)(void))
{
	on_line = fn;
}
