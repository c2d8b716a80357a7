/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Job classes: loading, looking up, and being started by events; see job.h for the interface. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "expr.h"
#include "job.h"
#include "log.h"
#include "options.h"

struct job_class *class_find(const char *name)
{
	for (struct job_class *class = job_classes; class; class = class->next)
		if (!strcmp(class->name, name))
			return class;
	return NULL;
}

/* Puts @class where the one of its name is, or in the list if there is none. */
static void insert(struct job_class *class)
{
	struct job_class **p = &job_classes;

	while (*p && strcmp((*p)->name, class->name) != 0)
		p = &(*p)->next;
	if (*p && (*p)->instances) {
		if ((*p)->replacement)
			conf_free((*p)->replacement);
		(*p)->replacement = class;
		return;
	}
	if (*p) {
		class->next = (*p)->next;
		conf_free(*p);
	}
	*p = class;
}

bool class_load(const char *directory, const char *name, char **ret_error)
{
	char *path = xasprintf("%s/%s.conf", directory, name);
	struct job_class *class = conf_load(path, name, ret_error);

	free(path);
	if (!class)
		return false;
	insert(class);
	return true;
}

struct strv class_environment(const struct job_class *class)
{
	struct strv env = { 0 };
	const char *term = getenv("TERM");

	if (options.is_session) { /* a session's jobs inherit all that its init has */
		for (char **e = environ; *e; e++)
			strv_set(&env, *e);
	} else {
		strv_set(&env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin");
		if (term)
			strv_setf(&env, "TERM=%s", term);
	}
	strv_set_all(&env, &class->env);
	return env;
}

/* -- starting and stopping by events */

struct collected {
	struct strv *env;
	char *names, *fds; /* of the events, separated by spaces */
};

static void append_word(char **list, const char *word)
{
	char *longer = xasprintf("%s%s%s", *list ? *list : "", *list ? " " : "", word);

	free(*list);
	*list = longer;
}

static void collect(void *data, struct event *event)
{
	struct collected *all = data;
	char number[16];

	strv_set_all(all->env, &event->env); /* the last event's variables prevail */
	append_word(&all->names, event->name);
	if (event->fd < 0)
		return;
	(void)snprintf(number, sizeof number, "%d", event->fd);
	append_word(&all->fds, number);
}

static void block(void *data, struct event *event)
{
	struct job *job = data;

	event_block(event);
	job_add_waiter(job, &(struct waiter){ .event = event });
}

static void start_by_events(struct job_class *class)
{
	struct strv env = class_environment(class);
	struct collected all = { .env = &env };
	struct job *job;
	char *name;

	expr_each_event(class->start_on, collect, &all);
	strv_setf(&env, "UPSTART_EVENTS=%s", all.names);
	if (all.fds)
		strv_setf(&env, "UPSTART_FDS=%s", all.fds);
	free(all.names);
	free(all.fds);

	name = strv_expand(&env, class->instance);
	if (!name) {
		log_line("Failed to obtain %s instance: Unknown parameter", class->name);
		strv_done(&env);
		return;
	}
	job = job_find(class, name);
	if (!job)
		job = job_new(class, name);
	free(name);
	if (job->goal == GOAL_START) {
		strv_done(&env);
		return;
	}
	strv_done(&job->start_env);
	job->start_env = env;
	job->has_start_env = true;
	job_finish(job, false);
	expr_each_event(class->start_on, block, job);
	job_change_goal(job, GOAL_START);
}

static void stop_by_events(struct job_class *class)
{
	struct job *next;

	for (struct job *job = class->instances; job; job = next) {
		next = job->next;
		if (job->goal == GOAL_STOP)
			continue;
		strv_done(&job->stop_env);
		expr_each_event(class->stop_on, collect,
				&(struct collected){ .env = &job->stop_env });
		job_finish(job, false);
		expr_each_event(class->stop_on, block, job);
		job_change_goal(job, GOAL_STOP);
	}
}

void class_handle_event(struct job_class *class, struct event *event)
{
	if (class->stop_on && expr_handle(class->stop_on, event)) {
		stop_by_events(class);
		expr_reset(class->stop_on);
	}
	if (class->start_on && expr_handle(class->start_on, event)) {
		start_by_events(class);
		expr_reset(class->start_on);
	}
}
