/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What was asked for. */
#ifndef CIB_PROBE_PROBE_H
#define CIB_PROBE_PROBE_H

#include <stdbool.h>
#include <string.h>

struct probe {
	char **command; /* NULL-terminated */
	int seconds;    /* for a run */
	bool is_here;   /* without a room */
};

/* The name of the job that the daemon is told: the last part of the command. */
static inline const char *probe_job(const struct probe *probe)
{
	const char *slash = strrchr(probe->command[0], '/');

	return slash != NULL ? slash + 1 : probe->command[0];
}

#endif
