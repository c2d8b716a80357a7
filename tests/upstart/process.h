/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The processes of a job: what they are given, and what their ends, stops and traps mean for the job.
 */
#pragma once

#include "job.h"

void process_start(struct job *job, enum process_type type);

/* Sends the kill signal to the main process's group, and KILL after the kill timeout. */
void process_kill(struct job *job);

/* Sends the reload signal to the main process, alone and in whatever state the job is. */
void process_reload(struct job *job);

/* Lets go of everything that belongs to the job's processes; the job is about to be freed. */
void process_forget(struct job *job);

/* Collects all children that changed. */
void process_collect(void);

/* Moves a traced main process on; @signum is what stopped it, @event the ptrace event or 0. */
void trace_trapped(struct job *job, int signum, int event);
