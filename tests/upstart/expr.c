/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Event expressions; see expr.h. */
#include "expr.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

/* -- parsing: expression = term { ("and" | "or") term }, both of the same precedence */

struct words {
	const struct strv *all;
	size_t next;
};

static const char *peek(const struct words *in)
{
	return in->next < in->all->n ? in->all->v[in->next] : NULL;
}

static bool is_word(const char *s, const char *word)
{
	return s && !strcmp(s, word);
}

static bool ends_match(const char *s)
{
	return !s || is_word(s, "and") || is_word(s, "or") || is_word(s, "(") || is_word(s, ")");
}

static struct expr *parse_expression(struct words *in);

static struct expr *parse_term(struct words *in)
{
	struct expr *expr;

	if (is_word(peek(in), "(")) {
		in->next++;
		expr = parse_expression(in);
		if (expr && !is_word(peek(in), ")")) {
			expr_free(expr);
			return NULL;
		}
		in->next++;
		return expr;
	}
	if (ends_match(peek(in)))
		return NULL;
	expr = xcalloc(1, sizeof *expr);
	for (; !ends_match(peek(in)); in->next++)
		strv_add(&expr->words, peek(in));
	return expr;
}

static struct expr *parse_expression(struct words *in)
{
	struct expr *expr = parse_term(in);

	while (expr && (is_word(peek(in), "and") || is_word(peek(in), "or"))) {
		struct expr *both = xcalloc(1, sizeof *both);

		both->type = is_word(peek(in), "and") ? EXPR_AND : EXPR_OR;
		in->next++;
		both->left = expr;
		both->right = parse_term(in);
		if (!both->right) {
			expr_free(both);
			return NULL;
		}
		expr = both;
	}
	return expr;
}

struct expr *expr_parse(const struct strv *words)
{
	struct words in = { .all = words };
	struct expr *expr = parse_expression(&in);

	if (expr && peek(&in)) {
		expr_free(expr);
		return NULL;
	}
	return expr;
}

void expr_free(struct expr *expr)
{
	if (!expr)
		return;
	expr_reset(expr);
	expr_free(expr->left);
	expr_free(expr->right);
	strv_done(&expr->words);
	free(expr);
}

/* -- matching */

/* One argument against the event: NAME=GLOB, NAME!=GLOB, or a GLOB for the variable at @position. */
static bool matches_argument(const char *argument, const struct event *event, size_t position)
{
	size_t len = strcspn(argument, "!=");
	bool is_negated = argument[len] == '!', is_named = argument[len] != '\0';
	const char *glob = is_named ? argument + len + is_negated + 1 : argument;
	const char *actual;

	if (is_named)
		actual = strv_lookup(&event->env, argument, len);
	else
		actual = position < event->env.n ? event->env.v[position] : NULL;
	if (!actual)
		return false;
	return (fnmatch(glob, strchr(actual, '=') + 1, 0) == 0) != is_negated;
}

static bool matches(const struct expr *expr, const struct event *event)
{
	if (strcmp(expr->words.v[0], event->name) != 0)
		return false;
	for (size_t i = 1; i < expr->words.n; i++)
		if (!matches_argument(expr->words.v[i], event, i - 1))
			return false;
	return true;
}

static bool take(struct expr *expr, struct event *event)
{
	if (expr->value || !matches(expr, event))
		return false;
	expr->value = true;
	expr->event = event;
	event_block(event);
	return true;
}

/* Returns whether any match took @event. */
static bool update(struct expr *expr, struct event *event)
{
	bool took;

	if (expr->type == EXPR_MATCH)
		return take(expr, event);
	took = update(expr->left, event);
	took = update(expr->right, event) || took;
	expr->value = expr->type == EXPR_AND ? expr->left->value && expr->right->value
					     : expr->left->value || expr->right->value;
	return took;
}

bool expr_handle(struct expr *expr, struct event *event)
{
	return update(expr, event) && expr->value;
}

void expr_reset(struct expr *expr)
{
	if (!expr)
		return;
	expr_reset(expr->left);
	expr_reset(expr->right);
	expr->value = false;
	if (expr->event)
		event_unblock(expr->event);
	expr->event = NULL;
}

void expr_each_event(struct expr *expr, void (*fn)(void *data, struct event *event), void *data)
{
	if (!expr || !expr->value) /* the half of an `or` that had no part in it */
		return;
	if (expr->type == EXPR_MATCH)
		fn(data, expr->event);
	expr_each_event(expr->left, fn, data);
	expr_each_event(expr->right, fn, data);
}

void expr_each_node(const struct expr *expr, void (*fn)(void *data, const struct expr *node),
		    void *data)
{
	if (!expr)
		return;
	expr_each_node(expr->left, fn, data);
	expr_each_node(expr->right, fn, data);
	fn(data, expr);
}
