/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Job instances and their state machine. A job has a goal and a state, and goes from state to state
 * towards its goal, resting only where something has to happen first: in `starting` and `stopping`
 * until the event of that name is finished, in `pre-start`, `post-start`, `pre-stop` and `post-stop`
 * until the process has ended, in `spawned` until the main process is up (`expect`), in `killed`
 * until it is dead. A change of goal moves the job only out of `waiting` and `running`; everywhere
 * else it is noticed when whatever the job rests for has happened. Several of Upstart's surprises
 * follow from that, such as a stop that hangs in `spawned`.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "conf.h"
#include "strv.h"

struct event;
struct loop_fd;
struct loop_timer;

enum job_goal {
	GOAL_STOP,
	GOAL_START,
	GOAL_RESPAWN
};

enum job_state {
	STATE_WAITING,
	STATE_STARTING,
	STATE_SECURITY_SPAWNING,
	STATE_SECURITY,
	STATE_PRE_STARTING,
	STATE_PRE_START,
	STATE_SPAWNING,
	STATE_SPAWNED,
	STATE_POST_STARTING,
	STATE_POST_START,
	STATE_RUNNING,
	STATE_PRE_STOPPING,
	STATE_PRE_STOP,
	STATE_STOPPING,
	STATE_KILLED,
	STATE_POST_STOPPING,
	STATE_POST_STOP,
};

enum trace_state {
	TRACE_NONE,
	TRACE_NEW,
	TRACE_NEW_CHILD,
	TRACE_NORMAL
};

/* Who is told that the job came where it was to go: an event that is unblocked, or a caller. */
struct waiter {
	struct waiter *next;
	struct event *event;
	void (*reply)(void *data, bool has_failed);
	void *data;
};

struct job {
	struct job *next;
	struct job_class *class;
	char *name; /* of the instance, often empty */
	enum job_goal goal;
	enum job_state state;
	struct strv env, start_env, stop_env;
	bool has_start_env; /* start_env replaces env at the next start */
	struct event *blocker;
	struct waiter *waiters;
	bool has_failed;
	int failed_process, exit_status; /* -1: respawning too fast; could not be spawned */

	pid_t pid[PROCESS_COUNT];
	struct loop_fd *exec_watch[PROCESS_COUNT]; /* end of file there: exec succeeded */
	int script_fd[PROCESS_COUNT]; /* where the script goes after exec; or negative */
	struct loop_timer *kill_timer;
	long long respawn_time;
	int respawn_count;
	enum trace_state trace_state;
	int trace_forks;
};

extern struct job_class *job_classes;

const char *job_goal_name(enum job_goal goal);
const char *job_state_name(enum job_state state);
const char *process_name(enum process_type type);

/* "NAME" or "NAME (INSTANCE)", in a buffer that the next call overwrites. */
const char *job_label(const struct job *job);

struct job_class *class_find(const char *name);

/* Reads DIRECTORY/NAME.conf. While instances of the old class live, they keep it. */
bool class_load(const char *directory, const char *name, char **ret_error);

/* The instance of that name, or NULL. */
struct job *job_find(const struct job_class *class, const char *name);
struct job *job_new(struct job_class *class, const char *name);
struct job *job_of_pid(pid_t pid, enum process_type *ret_type);

/* The environment every instance of @class begins with. */
struct strv class_environment(const struct job_class *class);

/* The job may be gone after each of these. */
void job_change_goal(struct job *job, enum job_goal goal);
void job_advance(struct job *job);

/* Remembers that @type failed with @status, and tells those who wait. */
void job_set_failed(struct job *job, int type, int status);

/* Tells those who wait, and forgets them. */
void job_finish(struct job *job, bool has_failed);
void job_add_waiter(struct job *job, const struct waiter *waiter);

/* Starts the job if @event was the last thing its `start on` waited for; stops it likewise. */
void class_handle_event(struct job_class *class, struct event *event);

/* Called after every change, by whoever wants to know (the bus, the waiters of the control socket). */
struct job_observer {
	void (*instance)(struct job *job, bool is_new);
	void (*goal)(struct job *job);
	void (*state)(struct job *job);
};
void job_observe(const struct job_observer *observer);
