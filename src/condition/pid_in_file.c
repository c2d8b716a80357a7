/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See condition/pid_in_file.h. */
#include "condition/pid_in_file.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"
#include "base/util.h"

/* Daemons end the number with a newline, or not, or pad it with blanks. Returns 0 or -EINVAL. */
static int parse_pid(char *text, struct pid_in_file *found)
{
	char *number = text + strspn(text, " \t");
	char *end = number + strcspn(number, " \t\n");
	unsigned long pid;

	found->is_whole = *end != '\0';
	*end = '\0';
	if (parse_number(number, INT32_MAX, &pid) < 0 || pid == 0)
		return -EINVAL;
	found->pid = (pid_t)pid;
	return 0;
}

/* Without O_PATH, before Linux 2.6.39, this is an open(2) that at least does not block. */
static int pin(const char *path)
{
	return openat(AT_FDCWD, path, O_PATH | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* Opens what was pinned, whatever has its name by now. */
static int open_pinned(int pinned)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", pinned);
	return openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
}

/*
 * Whoever owns the file's directory may have put anything there. To open it may block (a FIFO), or
 * do something (a watchdog's device starts the time to the next reset): only a file is opened.
 */
int pid_in_file(const char *path, struct pid_in_file *ret_found)
{
	cleanup_close int pinned = pin(path), fd = NO_FD;
	char text[64];
	ssize_t n;

	if (pinned < 0 || fstat(pinned, &ret_found->st) < 0)
		return -errno;
	if (!S_ISREG(ret_found->st.st_mode))
		return -EINVAL;
	fd = open_pinned(pinned);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return parse_pid(text, ret_found);
}
