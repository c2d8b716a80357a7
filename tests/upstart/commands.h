/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The commands of the control socket, and how they answer. Those of initctl are in job_commands.c,
 * those that wait for something in waits.c, the rest and the table of all in commands.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "strv.h"

struct request;

/* A command with its words: a job's name and variables, or whatever it takes. */
struct command_line {
	struct request *request;
	const char *name;
	const char *first; /* the first word after the options, or NULL */
	const struct strv *words;
	size_t rest; /* index of the word after the first */
	bool does_wait;
};

/* Runs the command; it answers at once or later, but always. */
void commands_run(struct request *request, const struct strv *words);

/* Answers with text and status; the request is gone then. */
void request_answer(struct request *request, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A descriptor that came with the request, borrowed; or negative. */
int request_fd(const struct request *request);

void run_start(const struct command_line *line);
void run_stop(const struct command_line *line);
/* stop-instance JOB INSTANCE: by its name, where the variables that make the name are not known. */
void run_stop_instance(const struct command_line *line);
void run_restart(const struct command_line *line);
void run_reload(const struct command_line *line);
void run_status(const struct command_line *line);
/* All instances that there are, one status line each. */
void run_list(const struct command_line *line);

/* wait JOB INSTANCE [GOAL/]STATE MILLISECONDS: a state that is passed through counts. */
void run_wait(const struct command_line *line);
/* wait-log FIRST-LINE TEXT MILLISECONDS: answers with the number of the line and the line. */
void run_wait_log(const struct command_line *line);
/* Lets the commands that wait see what happens. */
void waits_init(void);
