/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Job classes and the part of init(5)'s job files that the tests use. A stanza we do not know makes
 * the file an error: a test that relies on something missing here must not pass by accident.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "strv.h"

struct expr;
struct job;

enum expect {
	EXPECT_NONE,
	EXPECT_STOP,
	EXPECT_FORK,
	EXPECT_DAEMON
};
enum console {
	CONSOLE_LOG,
	CONSOLE_NONE,
	CONSOLE_OUTPUT
};
enum process_type {
	PROCESS_MAIN,
	PROCESS_PRE_START,
	PROCESS_POST_START,
	PROCESS_PRE_STOP,
	PROCESS_POST_STOP,
	PROCESS_COUNT,
};

struct command {
	char *text; /* NULL: there is no such process */
	bool is_script;
};

struct job_class {
	struct job_class *next;
	char *name, *description, *author, *version, *usage, *instance, *set_uid, *set_gid, *chdir;
	struct expr *start_on, *stop_on;
	struct command process[PROCESS_COUNT];
	enum expect expect;
	enum console console;
	bool is_task, does_respawn;
	int respawn_limit, respawn_interval; /* times, seconds; 0: no limit */
	int normal_exit[32];                 /* statuses; signals shifted left by 8 */
	size_t normal_exit_count;
	int kill_timeout, kill_signal, reload_signal;
	int umask;                     /* octal in the file */
	long nofile_soft, nofile_hard; /* -1: unchanged */
	struct strv env, export, emits;
	struct job *instances;
	struct job_class *replacement; /* takes our place when the last instance has gone */
};

/* Reads the file @path. Returns NULL with the reason in *@ret_error, which the caller frees. */
struct job_class *conf_load(const char *path, const char *name, char **ret_error);
void conf_free(struct job_class *class);

/* The signal of that name (with or without SIG) or number; -1 if there is none. */
int conf_signal(const char *text);
