/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The commands that wait: for a state of a job, or for a line of the log; see commands.h. They look at
 * every transition as it is made, so that no state is too short to be seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "job.h"
#include "log.h"
#include "loop.h"

struct watcher {
	struct watcher *next;
	struct request *request;
	struct loop_timer *timer;
	char *job, *instance, *wanted; /* job NULL: @wanted is part of a log line */
	size_t line;                   /* the next one to look at */
};

static struct watcher *watchers;

static void unlink_watcher(struct watcher *watcher)
{
	struct watcher **p = &watchers;

	while (*p != watcher)
		p = &(*p)->next;
	*p = watcher->next;
	loop_timer_remove(watcher->timer);
	free(watcher->job);
	free(watcher->instance);
	free(watcher->wanted);
	free(watcher);
}

static char *state_text(const struct watcher *watcher)
{
	const struct job_class *class = class_find(watcher->job);
	const struct job *job = class ? job_find(class, watcher->instance) : NULL;

	if (!job)
		return xstrdup("stop/waiting");
	return xasprintf("%s/%s", job_goal_name(job->goal), job_state_name(job->state));
}

/* Answers and forgets the watcher if what it waits for is there. */
static void check(struct watcher *watcher)
{
	char *state;
	const char *text;

	if (!watcher->job) {
		for (; (text = log_get(watcher->line)) != NULL; watcher->line++)
			if (strstr(text, watcher->wanted)) {
				request_answer(watcher->request, 0, "%zu %s\n", watcher->line, text);
				unlink_watcher(watcher);
				return;
			}
		return;
	}
	state = state_text(watcher);
	if (!strcmp(state, watcher->wanted) || !strcmp(strchr(state, '/') + 1, watcher->wanted)) {
		request_answer(watcher->request, 0, "%s\n", state);
		unlink_watcher(watcher);
	}
	free(state);
}

static void check_all(void)
{
	for (struct watcher *watcher = watchers, *next; watcher; watcher = next) {
		next = watcher->next;
		check(watcher);
	}
}

static void on_timeout(void *data)
{
	struct watcher *watcher = data;
	char *state = watcher->job ? state_text(watcher) : xstrdup("not said");

	watcher->timer = NULL;
	request_answer(watcher->request, 1, "timeout: %s\n", state);
	free(state);
	unlink_watcher(watcher);
}

static void add_watcher(struct watcher *watcher, const char *ms)
{
	watcher->timer = loop_timer_add((int)strtol(ms, NULL, 10), on_timeout, watcher);
	watcher->next = watchers;
	watchers = watcher;
	check(watcher);
}

void run_wait(const struct command_line *line)
{
	char **words = line->words->v + 1;
	struct watcher *watcher;

	if (line->words->n != 5) {
		request_answer(line->request, 1, "wait: wrong number of words\n");
		return;
	}
	watcher = xcalloc(1, sizeof *watcher);
	*watcher = (struct watcher){ .request = line->request,
				     .job = xstrdup(words[0]),
				     .instance = xstrdup(words[1]),
				     .wanted = xstrdup(words[2]) };
	add_watcher(watcher, words[3]);
}

void run_wait_log(const struct command_line *line)
{
	char **words = line->words->v + 1;
	struct watcher *watcher;

	if (line->words->n != 4) {
		request_answer(line->request, 1, "wait-log: wrong number of words\n");
		return;
	}
	watcher = xcalloc(1, sizeof *watcher);
	*watcher = (struct watcher){ .request = line->request,
				     .line = strtoul(words[0], NULL, 10),
				     .wanted = xstrdup(words[1]) };
	add_watcher(watcher, words[2]);
}

static void on_change(struct job *job)
{
	(void)job;
	check_all();
}

static void on_instance(struct job *job, bool is_new)
{
	(void)job;
	(void)is_new;
	check_all();
}

void waits_init(void)
{
	job_observe(&(struct job_observer){
		.instance = on_instance, .goal = on_change, .state = on_change });
	log_on_line(check_all);
}
