/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/ended.h. */
#include "base/ended.h"

#include <limits.h>

#include "base/kernel.h"
#include "base/procfs.h"
#include "base/util.h"

#define STATE_FIELD 3 /* as proc(5) counts them */
#define EXIT_CODE_FIELD 52

/* To others everybody's status is 0. Whom we might not trace, of him we may not read this, either. */
static bool may_trace(pid_t pid)
{
	char path[48], link[48];

	process_format_path(pid, "/ns/user", path, sizeof(path));
	return readlink(path, link, sizeof(link)) >= 0;
}

static int read_zombie(pid_t pid, int *ret_status)
{
	char path[48], text[1024];
	const char *state, *field;
	unsigned long status;
	ssize_t n;

	process_format_path(pid, "/stat", path, sizeof(path));
	n = read_file(path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	state = process_find_field(text, STATE_FIELD);
	field = process_find_field(text, EXIT_CODE_FIELD);
	if (state == NULL || field == NULL)
		return -ENOSYS;
	if (*state != 'Z')
		return -ESRCH;
	if (!may_trace(pid))
		return -EACCES;
	status = strtoul(field, NULL, 10);
	if (status > INT_MAX)
		return -EBADMSG;
	*ret_status = (int)status;
	return 0;
}

static int ask_pidfd(int pidfd, int *ret_status)
{
	struct kernel_pidfd_info info = { .mask = PIDFD_INFO_EXIT };

	if (pidfd < 0 || ioctl(pidfd, PIDFD_GET_INFO, &info) < 0)
		return -ESRCH;
	if ((info.mask & PIDFD_INFO_EXIT) == 0)
		return -ESRCH;
	*ret_status = info.exit_code;
	return 0;
}

/* While it is there nobody else can have got its number. */
static bool is_reaped(const struct process *process)
{
	return process->pidfd >= 0 && process_signal(process, 0) < 0;
}

int process_read_end(const struct process *process, int *ret_status)
{
	int status, r = read_zombie(process->pid, &status);

	if (r == 0 && is_reaped(process))
		r = -ESRCH;
	if (r < 0)
		return ask_pidfd(process->pidfd, ret_status) == 0 ? 0 : r;
	*ret_status = status;
	return 0;
}
