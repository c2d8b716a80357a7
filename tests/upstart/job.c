/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Instances and the state machine; see job.h. What a process does to its job is in process.c. */
#include "job.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "expr.h"
#include "log.h"
#include "loop.h"
#include "process.h"

struct job_class *job_classes;

enum {
	MAX_OBSERVERS = 2,
	NO_PROCESS = PROCESS_COUNT
};
static struct job_observer observers[MAX_OBSERVERS];
static size_t observer_count;

static const char *const goal_names[] = { "stop", "start", "respawn" };

/*
 * What a state does when it is entered, and where it leads. @process runs in it; @rests says that
 * the job stays until that process (in `spawned`, `killed`: the main process) lets it go.
 */
static const struct {
	const char *name;
	int process;            /* started on entry */
	int rests_for;          /* the job stays here if its class has that process */
	enum job_state next[2]; /* by goal: stop, start */
} states[] = {
	[STATE_WAITING] = { "waiting", NO_PROCESS, NO_PROCESS, { STATE_WAITING, STATE_STARTING } },
	[STATE_STARTING] = { "starting",
			     NO_PROCESS,
			     NO_PROCESS,
			     { STATE_STOPPING, STATE_SECURITY_SPAWNING } },
	[STATE_SECURITY_SPAWNING] = { "security-spawning",
				      NO_PROCESS,
				      NO_PROCESS,
				      { STATE_STOPPING, STATE_SECURITY } },
	[STATE_SECURITY] = { "security", NO_PROCESS, NO_PROCESS, { STATE_STOPPING, STATE_PRE_STARTING } },
	[STATE_PRE_STARTING] = { "pre-starting",
				 PROCESS_PRE_START,
				 NO_PROCESS,
				 { STATE_STOPPING, STATE_PRE_START } },
	[STATE_PRE_START] = { "pre-start",
			      NO_PROCESS,
			      PROCESS_PRE_START,
			      { STATE_STOPPING, STATE_SPAWNING } },
	[STATE_SPAWNING] = { "spawning", PROCESS_MAIN, NO_PROCESS, { STATE_STOPPING, STATE_SPAWNED } },
	[STATE_SPAWNED] = { "spawned", NO_PROCESS, PROCESS_MAIN, { STATE_STOPPING, STATE_POST_STARTING } },
	[STATE_POST_STARTING] = { "post-starting",
				  PROCESS_POST_START,
				  NO_PROCESS,
				  { STATE_STOPPING, STATE_POST_START } },
	[STATE_POST_START] = { "post-start",
			       NO_PROCESS,
			       PROCESS_POST_START,
			       { STATE_STOPPING, STATE_RUNNING } },
	[STATE_RUNNING] = { "running", NO_PROCESS, NO_PROCESS, { STATE_PRE_STOPPING, STATE_STOPPING } },
	[STATE_PRE_STOPPING] = { "pre-stopping",
				 PROCESS_PRE_STOP,
				 NO_PROCESS,
				 { STATE_PRE_STOP, STATE_PRE_STOP } },
	[STATE_PRE_STOP] = { "pre-stop", NO_PROCESS, PROCESS_PRE_STOP, { STATE_STOPPING, STATE_RUNNING } },
	[STATE_STOPPING] = { "stopping", NO_PROCESS, NO_PROCESS, { STATE_KILLED, STATE_KILLED } },
	[STATE_KILLED] = { "killed",
			   NO_PROCESS,
			   NO_PROCESS,
			   { STATE_POST_STOPPING, STATE_POST_STOPPING } },
	[STATE_POST_STOPPING] = { "post-stopping",
				  PROCESS_POST_STOP,
				  NO_PROCESS,
				  { STATE_POST_STOP, STATE_POST_STOP } },
	[STATE_POST_STOP] = { "post-stop",
			      NO_PROCESS,
			      PROCESS_POST_STOP,
			      { STATE_WAITING, STATE_STARTING } },
};

const char *job_goal_name(enum job_goal goal)
{
	return goal_names[goal];
}

const char *job_state_name(enum job_state state)
{
	return states[state].name;
}

const char *job_label(const struct job *job)
{
	static char label[256];

	(void)snprintf(label, sizeof label, job->name[0] ? "%s (%s)" : "%s", job->class->name,
		       job->name);
	return label;
}

void job_observe(const struct job_observer *observer)
{
	if (observer_count == MAX_OBSERVERS)
		abort();
	observers[observer_count++] = *observer;
}

#define OBSERVE(what, ...)                    \
 do {                                         \
  for (size_t o = 0; o < observer_count; o++) \
   if (observers[o].what)                     \
    observers[o].what(__VA_ARGS__);           \
 } while (0)

/* -- instances */

struct job *job_find(const struct job_class *class, const char *name)
{
	for (struct job *job = class->instances; job; job = job->next)
		if (!strcmp(job->name, name))
			return job;
	return NULL;
}

struct job *job_new(struct job_class *class, const char *name)
{
	struct job *job = xcalloc(1, sizeof *job);

	job->class = class;
	job->name = xstrdup(name);
	for (int i = 0; i < PROCESS_COUNT; i++)
		job->script_fd[i] = -1;
	job->next = class->instances;
	class->instances = job;
	OBSERVE(instance, job, true);
	return job;
}

struct job *job_of_pid(pid_t pid, enum process_type *ret_type)
{
	for (struct job_class *class = job_classes; class; class = class->next)
		for (struct job *job = class->instances; job; job = job->next)
			for (int i = 0; i < PROCESS_COUNT; i++)
				if (job->pid[i] == pid) {
					*ret_type = i;
					return job;
				}
	return NULL;
}

static void job_free(struct job *job)
{
	struct job **p = &job->class->instances;

	while (*p != job)
		p = &(*p)->next;
	*p = job->next;
	OBSERVE(instance, job, false);
	process_forget(job);
	strv_done(&job->env);
	strv_done(&job->start_env);
	strv_done(&job->stop_env);
	free(job->name);
	free(job);
}

void job_add_waiter(struct job *job, const struct waiter *waiter)
{
	struct waiter *copy = xcalloc(1, sizeof *copy);

	*copy = *waiter;
	copy->next = job->waiters;
	job->waiters = copy;
}

void job_finish(struct job *job, bool has_failed)
{
	struct waiter *waiter = job->waiters, *next;

	job->waiters = NULL;
	for (; waiter; waiter = next) {
		next = waiter->next;
		if (waiter->event) {
			waiter->event->has_failed |= has_failed;
			event_unblock(waiter->event);
		} else {
			waiter->reply(waiter->data, has_failed);
		}
		free(waiter);
	}
}

void job_set_failed(struct job *job, int type, int status)
{
	if (!job->has_failed) {
		job->has_failed = true;
		job->failed_process = type;
		job->exit_status = status;
	}
	job_finish(job, true);
}

/* -- events about the job */

static void add_failure(const struct job *job, struct strv *env)
{
	if (!job->has_failed) {
		strv_set(env, "RESULT=ok");
		return;
	}
	strv_set(env, "RESULT=failed");
	if (job->failed_process < 0) {
		strv_set(env, "PROCESS=respawn");
		return;
	}
	strv_setf(env, "PROCESS=%s", process_name(job->failed_process));
	if (job->exit_status > 0xff)
		strv_setf(env, "EXIT_SIGNAL=%s", sigabbrev_np(job->exit_status >> 8));
	else if (job->exit_status >= 0)
		strv_setf(env, "EXIT_STATUS=%d", job->exit_status);
}

static struct event *emit(struct job *job, const char *name, bool is_about_end)
{
	struct strv env = { 0 };
	struct event *event;

	strv_setf(&env, "JOB=%s", job->class->name);
	strv_setf(&env, "INSTANCE=%s", job->name);
	if (is_about_end)
		add_failure(job, &env);
	for (size_t i = 0; i < job->class->export.n; i++) {
		const char *name_of_variable = job->class->export.v[i];
		const char *found =
			strv_lookup(&job->env, name_of_variable, strlen(name_of_variable));

		if (found)
			strv_set(&env, found);
	}
	event = event_new(name, &env);
	strv_done(&env);
	return event;
}

/* The job goes no further until the event is finished. */
static void emit_and_block(struct job *job, const char *name, bool is_about_end)
{
	job->blocker = emit(job, name, is_about_end);
	job->blocker->blocked_job = job;
}

/* -- the state machine */

static void set_goal(struct job *job, enum job_goal goal)
{
	log_line("%s goal changed from %s to %s", job_label(job), goal_names[job->goal],
		 goal_names[goal]);
	job->goal = goal;
	OBSERVE(goal, job);
}

static enum job_state next_state(struct job *job)
{
	if (job->goal == GOAL_RESPAWN) { /* the main process died during post-start or pre-stop */
		set_goal(job, GOAL_START);
		return STATE_STOPPING;
	}
	/* running, and the main process is gone: nobody to run pre-stop for */
	if (job->state == STATE_RUNNING && job->goal == GOAL_STOP && !job->pid[PROCESS_MAIN])
		return STATE_STOPPING;
	return states[job->state].next[job->goal == GOAL_START];
}

static void enter_starting(struct job *job)
{
	if (job->has_start_env) {
		strv_done(&job->env);
		job->env = job->start_env;
		job->start_env = (struct strv){ 0 };
		job->has_start_env = false;
	}
	strv_done(&job->stop_env);
	job->has_failed = false;
	emit_and_block(job, "starting", false);
}

static void enter_running(struct job *job, enum job_state from)
{
	if (from == STATE_PRE_STOP) { /* somebody started the job again meanwhile */
		strv_done(&job->stop_env);
		job_finish(job, false);
		return;
	}
	(void)emit(job, "started", false);
	if (!job->class->is_task)
		job_finish(job, false);
}

static void enter_waiting(struct job *job)
{
	struct job_class *class = job->class;

	(void)emit(job, "stopped", true);
	job_finish(job, false);
	job_free(job);
	if (class->replacement && !class->instances) {
		struct job_class **p = &job_classes;

		while (*p != class)
			p = &(*p)->next;
		*p = class->replacement;
		class->replacement->next = class->next;
		conf_free(class);
	}
}

/* Does what @state demands on entry. Returns whether the job goes straight on. */
static bool enter(struct job *job, enum job_state from)
{
	int process = states[job->state].process, rests_for = states[job->state].rests_for;

	if (process != NO_PROCESS && job->class->process[process].text)
		process_start(job, process);
	switch ((int)job->state) {
	case STATE_STARTING:
		enter_starting(job);
		return false;
	case STATE_RUNNING:
		enter_running(job, from);
		return false;
	case STATE_STOPPING:
		emit_and_block(job, "stopping", true);
		return false;
	case STATE_KILLED:
		if (job->pid[PROCESS_MAIN] <= 0)
			return true;
		process_kill(job);
		return false;
	default:
		return rests_for == NO_PROCESS || !job->class->process[rests_for].text;
	}
}

void job_advance(struct job *job)
{
	bool goes_on = true;

	while (goes_on) {
		enum job_state from = job->state;

		if (job->blocker) /* only `starting` and `stopping`; their event takes us on */
			return;
		job->state = next_state(job);
		log_line("%s state changed from %s to %s", job_label(job), states[from].name,
			 states[job->state].name);
		OBSERVE(state, job);
		if (job->state == STATE_WAITING) {
			enter_waiting(job);
			return;
		}
		goes_on = enter(job, from);
	}
}

void job_change_goal(struct job *job, enum job_goal goal)
{
	if (job->goal == goal)
		return;
	set_goal(job, goal);
	if ((goal == GOAL_START && job->state == STATE_WAITING) ||
	    (goal == GOAL_STOP && job->state == STATE_RUNNING))
		job_advance(job);
}
