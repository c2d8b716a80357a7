/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * `start on` and `stop on`: a tree of event matches joined by `and` and `or`. It remembers the events
 * that matched, and blocks them, until the whole of it is true.
 */
#pragma once

#include <stdbool.h>

#include "strv.h"

struct event;

enum expr_type {
	EXPR_MATCH,
	EXPR_AND,
	EXPR_OR
};

struct expr {
	enum expr_type type;
	struct strv words; /* EXPR_MATCH: the event's name, then its arguments */
	struct expr *left, *right;
	bool value;
	struct event *event; /* blocked while it is here */
};

/* Parses the words of a stanza; NULL when they make no expression. Owned by the caller. */
struct expr *expr_parse(const struct strv *words);
void expr_free(struct expr *expr);

/* Takes @event in. Returns whether the expression is true now and @event had a part in it. */
bool expr_handle(struct expr *expr, struct event *event);

/* Forgets and unblocks the events that matched. */
void expr_reset(struct expr *expr);

/* Calls @fn for the events that made a true expression true, in the order they are written. */
void expr_each_event(struct expr *expr, void (*fn)(void *data, struct event *event), void *data);

/* Calls @fn for every node in reverse Polish order, as the property start_on lists them. */
void expr_each_node(const struct expr *expr, void (*fn)(void *data, const struct expr *node),
		    void *data);
