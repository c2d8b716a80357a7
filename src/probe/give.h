/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What a daemon is given in a run, and our ends of it. */
#ifndef CIB_PROBE_GIVE_H
#define CIB_PROBE_GIVE_H

#include "probe/probe.h"
#include "probe/seen.h"

struct gifts {
	enum role role;
	int notify_fd; /* NO_FD: none */
	char notify_path[100];
	int socket_fd;       /* a socket for the daemon; NO_FD: none */
	unsigned long inode; /* of that */
	int output[2];       /* a pipe */
	size_t n_pipes;      /* for a newline: */
	int pipes[MAX_PIPES][2];
	int numbers[MAX_PIPES]; /* under which the daemon finds them */
};

/* A message of the daemon's, as far as it matters. */
struct said {
	pid_t sender; /* 0: nobody knows */
	bool is_ready, has_status, has_main_pid;
	pid_t main_pid;
};

/* Makes all that @role needs. Returns 0 or -errno. */
int gifts_prepare(struct gifts *ret, enum role role, const struct listener *like,
		  const char *directory, char *const *command);

/* Starts the daemon with them; @bus is the bus's address, or NULL. Returns its process ID, or -1 with errno. */
pid_t gifts_start(struct gifts *gifts, const struct probe *probe, const char *bus);

/* Waits until there is something to read, or @ms are over. */
void gifts_wait(const struct gifts *gifts, int ms);

/* The next message, if there is one. Descriptors that come with it are closed. */
bool gifts_read_message(const struct gifts *gifts, struct said *ret);

/* The number of the descriptor on which a newline has come, or 0. */
int gifts_read_newline(const struct gifts *gifts);

/* Keeps the end of what the daemon prints in @buffer. */
void gifts_read_output(const struct gifts *gifts, char *buffer, size_t size);

#endif
