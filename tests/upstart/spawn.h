/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* From a job's stanzas to a running process: fork, what the child sets up, exec. */
#pragma once

#include "job.h"

/* What the child writes into its pipe when it fails before or in exec. */
struct spawn_error {
	char step[32];
	int number; /* errno */
};

struct spawned {
	pid_t pid;
	int exec_fd;   /* end of file: exec succeeded; a spawn_error: it did not. The caller's. */
	int script_fd; /* the caller's: where to send the script after exec; negative if none */
};

struct spawned spawn_process(struct job *job, enum process_type type);

/* Whether main processes of this class are traced with ptrace(2) until they have forked enough. */
bool spawn_is_traced(const struct job_class *class);

/* Feeds the shell that reads fd 9, then closes @fd. */
void spawn_send_script(int fd, const char *script);
