/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The daemon's processes: all in a PID namespace of its own, else our descendants. */
#ifndef CIB_PROBE_PROCESSES_H
#define CIB_PROBE_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MAX_PROCESSES 512

struct processes {
	pid_t list[MAX_PROCESSES];
	size_t n;
};

/* Those that descend from @root (ourselves), without @others, a process that is not the daemon's, or 0. */
void processes_find(pid_t root, pid_t other, struct processes *ret);

/* True if one of them has the socket with @inode open. */
bool processes_have_socket(const struct processes *processes, unsigned long inode);

/* Ends all that descend from us, whatever they do, and reaps them. */
void processes_end(void);

/* /proc/PID/comm, or "?". @buffer has 17 bytes. */
void process_name(pid_t pid, char *buffer);

/* The state in /proc/PID/stat, 'T' if it is stopped; '\0': there is no such process. */
char process_state(pid_t pid);

#endif
