/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Growing NULL-terminated string arrays, which serve as argument vectors and as environments. A test
 * program has nobody to tell about a lack of memory, so allocation failures end it here and nowhere
 * else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct strv {
	char **v; /* NULL-terminated once anything was added; NULL while empty */
	size_t n;
};

void *xcalloc(size_t n, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Adds a copy of @s. */
void strv_add(struct strv *sv, const char *s);

/* Adds @s and owns it from now on. */
void strv_add_consume(struct strv *sv, char *s);

/* Sets the variable @assignment ("NAME=VALUE") in the environment @env, replacing one of that name. */
void strv_set(struct strv *env, const char *assignment);
void strv_setf(struct strv *env, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets every variable of @other in @env. */
void strv_set_all(struct strv *env, const struct strv *other);

/* The whole assignment of the variable named by the first @len bytes of @name, or NULL. */
const char *strv_lookup(const struct strv *env, const char *name, size_t len);

/* Replaces $NAME and ${NAME} by the values in @env. Returns NULL when one is not set; else owned by
 * the caller. */
char *strv_expand(const struct strv *env, const char *text);

void strv_done(struct strv *sv);
