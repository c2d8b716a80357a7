/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The queue of events; see event.h. */
#include "event.h"

#include <stdlib.h>

#include "job.h"
#include "log.h"
#include "sockets.h"

static struct event *events;
static void (*on_end)(const struct event *event);

void events_observe(void (*fn)(const struct event *event))
{
	on_end = fn;
}

struct event *event_new(const char *name, const struct strv *env)
{
	struct event *event = xcalloc(1, sizeof *event), **p = &events;

	event->name = xstrdup(name);
	event->fd = -1;
	event->copy_fd = -1;
	if (env)
		strv_set_all(&event->env, env);
	while (*p)
		p = &(*p)->next;
	*p = event;
	return event;
}

void event_block(struct event *event)
{
	event->blockers++;
}

void event_unblock(struct event *event)
{
	event->blockers--;
}

static void handle(struct event *event)
{
	struct job_class *next;

	log_line("Handling %s event", event->name);
	event->progress = EVENT_HANDLING;
	for (struct job_class *class = job_classes; class; class = next) {
		next = class->next;
		class_handle_event(class, event);
	}
}

static void finish(struct event *event)
{
	struct event **p = &events;
	struct job *job = event->blocked_job;

	event->progress = EVENT_FINISHED;
	if (job) {
		job->blocker = NULL;
		job_advance(job);
	}
	if (event->done)
		event->done(event->data, event->has_failed);
	sockets_release(event);
	if (on_end)
		on_end(event);
	while (*p != event)
		p = &(*p)->next;
	*p = event->next;
	strv_done(&event->env);
	free(event->name);
	free(event);
}

/* The first event that something can be done about. */
static struct event *find_movable(void)
{
	for (struct event *event = events; event; event = event->next)
		if (event->progress == EVENT_PENDING || event->blockers == 0)
			return event;
	return NULL;
}

void events_poll(void)
{
	struct event *event;

	while ((event = find_movable()) != NULL) {
		if (event->progress == EVENT_PENDING)
			handle(event);
		if (event->blockers == 0)
			finish(event);
	}
}
