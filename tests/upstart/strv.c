/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* String arrays and environments; see strv.h. Knows nothing of jobs. */
#include "strv.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check_memory(void *p)
{
	if (!p)
		abort();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	return check_memory(calloc(n, size));
}

char *xstrdup(const char *s)
{
	return check_memory(strdup(s));
}

static char *__attribute__((format(printf, 1, 0))) xvasprintf(const char *format, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, format, ap) < 0)
		abort();
	return s;
}

char *xasprintf(const char *format, ...)
{
	va_list ap;
	char *s;

	va_start(ap, format);
	s = xvasprintf(format, ap);
	va_end(ap);
	return s;
}

void strv_add_consume(struct strv *sv, char *s)
{
	sv->v = check_memory(reallocarray(sv->v, sv->n + 2, sizeof *sv->v));
	sv->v[sv->n++] = s;
	sv->v[sv->n] = NULL;
}

void strv_add(struct strv *sv, const char *s)
{
	strv_add_consume(sv, xstrdup(s));
}

static char **find(const struct strv *env, const char *name, size_t len)
{
	for (size_t i = 0; i < env->n; i++)
		if (!strncmp(env->v[i], name, len) && env->v[i][len] == '=')
			return &env->v[i];
	return NULL;
}

static void set_consume(struct strv *env, char *assignment)
{
	char **old = find(env, assignment, strcspn(assignment, "="));

	if (!old) {
		strv_add_consume(env, assignment);
		return;
	}
	free(*old);
	*old = assignment;
}

void strv_set(struct strv *env, const char *assignment)
{
	set_consume(env, xstrdup(assignment));
}

void strv_setf(struct strv *env, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	set_consume(env, xvasprintf(format, ap));
	va_end(ap);
}

void strv_set_all(struct strv *env, const struct strv *other)
{
	for (size_t i = 0; i < other->n; i++)
		strv_set(env, other->v[i]);
}

const char *strv_lookup(const struct strv *env, const char *name, size_t len)
{
	char **found = find(env, name, len);

	return found ? *found : NULL;
}

/* Reads the variable name at *@p, with or without braces, and moves *@p behind it. */
static const char *expand_one(const struct strv *env, const char **p)
{
	bool braces = **p == '{';
	const char *name = *p + braces, *end = name, *found;

	while (isalnum((unsigned char)*end) || *end == '_')
		end++;
	*p = end + (braces && *end == '}');
	found = strv_lookup(env, name, (size_t)(end - name));
	return found ? strchr(found, '=') + 1 : NULL;
}

char *strv_expand(const struct strv *env, const char *text)
{
	char *out = NULL;
	size_t size = 0;
	FILE *f = check_memory(open_memstream(&out, &size));
	bool is_known = true;

	for (const char *p = text; *p && is_known;) {
		const char *value;

		if (*p != '$') {
			(void)fputc(*p++, f);
			continue;
		}
		p++;
		value = expand_one(env, &p);
		if (value)
			(void)fputs(value, f);
		is_known = value != NULL;
	}
	(void)fclose(f);
	if (!is_known) {
		free(out);
		out = NULL;
	}
	return out;
}

void strv_done(struct strv *sv)
{
	for (size_t i = 0; i < sv->n; i++)
		free(sv->v[i]);
	free(sv->v);
	*sv = (struct strv){ 0 };
}
