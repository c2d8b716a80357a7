/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A world for the program under measurement: what a service manager would have prepared, and
 * nothing else that could take time. The benchmark itself is the manager: the parent, the owner of
 * Upstart's socket and of systemd's notification socket, the one that adopts orphans. It lives in
 * namespaces of its own, with a private /run, so that nothing of the machine is touched or seen.
 */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How the subject shows that it is ready; in measure_times() only after a byte on its stdin. */
enum await {
	AWAIT_START,     /* its daemon has begun to run */
	AWAIT_STOP,      /* the child has stopped itself, as Upstart expects */
	AWAIT_NOTIFY,    /* READY=1 has come, as systemd expects */
	AWAIT_HAND_OVER, /* the same, and the child leaves once its barrier is answered */
	AWAIT_EXIT, /* the child has left with 0, as who waits for a pid file expects; the injector's only */
};

struct world;

/* One command in one world. */
struct subject {
	const struct world *world;
	enum await await;
	char **argv;
};

/* What the children share with us. */
struct ends {
	int result_fd, result_write_fd; /* stdout of the daemon */
	int go_fd, go_read_fd;          /* stdin of the daemon */
	uint64_t *started_ns;           /* shared memory: the time just before execve(2) */
};

/* Ends the program with a line on stderr; status 77: the machine cannot do it. */
void __attribute__((noreturn, format(printf, 2, 3))) die(int status, const char *format, ...);

const struct world *world_by_name(const char *name);

/* Makes this process the manager of all worlds; world_leave() undoes what outlives a process. */
void world_enter(void);
void world_leave(void);

/* systemd's notification socket: nothing has been read from it but by world_receive(). */
int world_notify_fd(void);

/*
 * Reads one message and answers a barrier, by closing its descriptor. Returns whether there was
 * one; @ret_is_ready: it says READY=1.
 */
bool world_receive(bool *ret_is_ready);

void ends_open(struct ends *ends);

/* Once all are started: then the end of the last daemon shows as the end of its results. */
void ends_close_theirs(struct ends *ends);

void ends_close(struct ends *ends);

/* Starts @subject; with @gate_fd >= 0, not before a byte comes from it. */
pid_t world_start(const struct subject *subject, const struct ends *ends, int gate_fd);

/* Reads one number that the daemon reported. */
uint64_t read_number(const struct ends *ends);

/* Waits for every child, adopted ones too. */
void reap_all(void);

/* Our child that is not @daemon: the babysitter, if there is one; else 0. */
pid_t find_sibling(pid_t daemon);

uint64_t now_ns(void);

#endif
