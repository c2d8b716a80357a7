/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The world in which bus-query is tested: a directory, an environment that is bus-query's whole
 * environment, managers that answer as Upstart and systemd do or as a test wants it
 * (bus_peer.h), and a dbus-daemon of its own. And runs of bus-query in it, as its caller sees them.
 */
#ifndef CIB_BUS_WORLD_H
#define CIB_BUS_WORLD_H

#include "../unit/unit.h"

#include <stdbool.h>

#include "bus_peer.h"

#define MAX_ARGS 4
#define MAX_OUTPUT 10000

struct world {
	char dir[64];
	char env[4][256]; /* of bus-query, and nothing else */
	size_t n_env;
	struct peer peer;
	char peer_address[128];
	struct peer bus_peer;
	pid_t daemon; /* a dbus-daemon */
	char bus_address[256];
};

/*
 * An Upstart with two jobs: hello, whose only instance has no name and the process 100, and worker
 * with the instances a/b (processes 200 and 201) and c (stopping). And a systemd for which all
 * processes belong to a.service.
 */
#define UPSTART_PATH "/com/ubuntu/Upstart"
#define JOBS UPSTART_PATH "/jobs"
extern const struct peer_answer upstart_answers[];
extern const struct peer_answer systemd_answers[];

int world_setup(void **state);
int world_teardown(void **state);
#define WORLD_TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

/* One more "NAME=VALUE". */
void world_set_env(struct world *world, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Starts the peer, listening at @name in the directory; answers and quirks as in struct peer. */
void world_listen(struct world *world, const char *name, const struct peer_answer *answers,
		  const struct peer_answer *quirks);

/* A session init, the one Upstart whose address can be chosen; and its end. */
void world_start_upstart(struct world *world, const struct peer_answer *quirks);
void world_stop_upstart(struct world *world);

/* For a test that has something started before world_start_bus(), which would be left. */
void need_dbus_daemon(void);

/* A bus at "bus" in the directory, on which @answers speaks as @name (NULL: nobody does). */
void world_start_bus(struct world *world, const char *name, const struct peer_answer *answers);

void world_write_file(const struct world *world, const char *name, const char *text);

/* Is there a manager on this machine that would answer instead of ours? */
void skip_if_reachable(const char *path, bool is_abstract);
void skip_unless_root(void);

/* One run of bus-query. */
struct run {
	pid_t pid;
	int out_fd, err_fd;
	int status;
	char out[MAX_OUTPUT], err[MAX_OUTPUT];
	size_t out_length, err_length;
};

void run_start(struct run *run, struct world *world, const char *const *args);
void run_finish(struct run *run);
/* Waits until @signal is, or is not, in the set @field of the run's /proc/PID/status. */
void run_wait_signal(const struct run *run, const char *field, int signal, bool is_in);
void run_query(struct run *run, struct world *world, const char *const *args);
#define RUN_QUERY(run, world, ...) \
 run_query(run, world, (const char *const[MAX_ARGS]){ __VA_ARGS__ })

/* Becomes bus-query, in the world's directory. */
void run_exec(struct world *world, const char *const *args, int out_fd, int err_fd)
	__attribute__((noreturn));

/* What must hold of a run; @name is printed when it does not. */
void expect_answer(const struct run *run, const char *answer, size_t length, const char *name);
void expect_no_such_thing(const struct run *run, const char *name);
void expect_failure(const struct run *run, const char *reason, const char *name);

/* A literal, which may contain NULs, and its length. */
#define TEXT(literal) literal, sizeof(literal) - 1

#endif
