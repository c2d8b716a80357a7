/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What a daemon did in one run, with times in milliseconds since it was executed; NEVER: it did not. */
#ifndef CIB_PROBE_SEEN_H
#define CIB_PROBE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define NEVER (-1)
#define MAX_LISTENERS 12
#define MAX_PIPES 8

/* As whom a daemon is run: what its own manager would give it. */
enum role {
	ROLE_PLAIN,   /* nothing but descriptors for a newline, and a bus */
	ROLE_SYSTEMD, /* NOTIFY_SOCKET */
	ROLE_UPSTART, /* UPSTART_JOB */
	ROLE_LISTEN_FDS,
	ROLE_UPSTART_FDS,
	N_ROLES,
};

struct listener {
	char address[120]; /* as --ready-when= takes it: "tcp:127.0.0.1:80", "unix:/run/x"; of datagrams "udp:..." */
	bool is_condition; /* it can be waited for */
	int ms;
};

struct seen {
	bool was_tried;
	int error;      /* a negative errno: the run itself has failed */
	char where[48]; /* with what */
	int over_ms;    /* when it was over */

	/* Messages. */
	int n_messages, ready_ms;
	bool is_ready_by_child, has_status_first, has_main_pid, is_main_pid_other;
	char ready_by[17]; /* who that child is */

	int stop_ms; /* SIGSTOP to itself */
	bool is_stop_of_child, has_stopped_twice;
	char stop_by[17];

	int newline_ms, newline_fd;

	int end_ms;            /* of the first process */
	int end_status;        /* as waitpid(2) has it */
	bool is_in_background; /* it has ended with 0, and others of its own go on */
	char pid_file[120];    /* which names the main one then; empty: none was found */

	size_t n_listeners;
	struct listener listeners[MAX_LISTENERS];
	bool has_ours; /* at the end it still has the socket that it was given */

	bool has_bus; /* there was one for it */
	int name_ms;
	char name[120]; /* that it has taken on the bus */

	char output[400]; /* the end of what it has printed */
};

#endif
