/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Events: a name, an environment, perhaps a descriptor (that of a `socket` event). An event stays
 * pending while somebody blocks it, a job that has not come as far as it should or an expression
 * that waits for its other half, and all that time its descriptor is open in PID 1 and NOT
 * close-on-exec: every job process spawned meanwhile inherits it. That leak is Upstart's.
 */
#pragma once

#include <stdbool.h>

#include "strv.h"

struct job;

enum event_progress {
	EVENT_PENDING,
	EVENT_HANDLING,
	EVENT_FINISHED
};

struct event {
	struct event *next;
	char *name;
	struct strv env;
	int fd;      /* what jobs inherit, not close-on-exec; negative: none. Owned by sockets.c */
	int copy_fd; /* the other copy that Upstart keeps, that of the message; close-on-exec, owned */
	enum event_progress progress;
	int blockers;
	bool has_failed;
	struct job *blocked_job; /* goes on when the event is finished; cleared when the job dies */
	void (*done)(void *data, bool has_failed); /* called at the end, if set */
	void *data;
};

/* Queues an event. Owned by the queue, gone once finished. */
struct event *event_new(const char *name, const struct strv *env);

void event_block(struct event *event);
void event_unblock(struct event *event);

/* Names the function that is told of each event as it ends. */
void events_observe(void (*fn)(const struct event *event));

/* Handles what is pending and finishes what nobody blocks. */
void events_poll(void);
