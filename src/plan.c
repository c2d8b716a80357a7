/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What target modules need to put a plan together; see plan.h. */
#include "plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* They did not come by execve(2): they are close-on-exec, and no variable tells of them. */
bool plan_are_fds_new(const struct handover *handover)
{
	return handover->fds_are_ours || handover->fds_holder != 0;
}

void plan_place_fds(struct plan *plan, const struct handover *handover, int first)
{
	plan->fds = handover->fds;
	plan->n_fds = handover->n_fds;
	plan->first_fd = first;
	plan->fds_are_new = plan_are_fds_new(handover);
}

void plan_keep_fds(struct plan *plan, const struct handover *handover)
{
	plan_place_fds(plan, handover, handover->is_on_stdio[0] ? handover->free_fd : -1);
}

int plan_fd_number(const struct plan *plan, size_t i)
{
	return plan->first_fd >= 0 ? plan->first_fd + (int)i : plan->fds[i].fd;
}

bool plan_fills_daemon_fd(const struct plan *plan)
{
	if (plan->daemon_fd_from > 0)
		return plan->daemon_fd_from != plan->daemon_fd;
	return plan->daemon_fd > 0 && plan->shape != SHAPE_REPLACE;
}

bool plan_replaces_fd(const struct plan *plan, int fd)
{
	if ((plan_fills_daemon_fd(plan) && fd == plan->daemon_fd) ||
	    (fd < N_STDIO && plan->stdio[fd] != STDIO_KEPT))
		return true;
	for (size_t i = 0; i < plan->n_fds; i++) {
		if (plan_fd_number(plan, i) == fd)
			return true;
	}
	return false;
}

void plan_warn(struct plan *plan, const char *format, ...)
{
	size_t used = strlen(plan->warnings), size = sizeof(plan->warnings) - used;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(plan->warnings + used, size, format, args);
	va_end(args);
	text_make_line(plan->warnings + used);
	if (length >= 0 && (size_t)length + 1 < size)
		memcpy(plan->warnings + used + length, "\n", sizeof("\n"));
	else if (used > 0)
		plan->warnings[used] = '\0'; /* a whole line, or none */
	else
		plan->warnings[size - 2] = '\n';
}
