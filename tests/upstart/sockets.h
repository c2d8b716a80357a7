/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Socket activation as PID 1 sees it. The listeners belong to another process, named like Upstart's
 * own upstart-socket-bridge (socket_bridge.c); it passes one here with every `socket` event. PID 1
 * then holds two copies until the event is finished: the one it received, and one that is not
 * close-on-exec, whose number it tells the job.
 */
#pragma once

#include "conf.h"

struct event;

/* Sees to the numbers that events will get; call it before anything else is opened. */
void sockets_init(void);

/* Makes the bridge listen for what @class starts on, instead of what it listened for on its behalf. */
void sockets_watch(const struct job_class *class);

/* Ends the bridge and starts another one, which has to bind everything anew. */
void sockets_restart_bridge(void);

/* Takes numbers for the next events; whatever is at them must be ours to use. */
bool sockets_choose_number(int number);

/* Gives @event two copies of @fd. */
void sockets_attach(struct event *event, int fd);

/* Closes the event's descriptors, if it has any. */
void sockets_release(struct event *event);
