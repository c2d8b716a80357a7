/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* A word while it is put together; what is longer than any real one is cut. */
#ifndef CIB_CHECK_BUILDER_H
#define CIB_CHECK_BUILDER_H

#include "check/service.h"

struct builder {
	size_t n;
	char text[4096];
};

static inline void builder_put(struct builder *builder, char c)
{
	if (builder->n + 1 < sizeof(builder->text))
		builder->text[builder->n++] = c;
}

static inline void builder_add(struct builder *builder, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		builder_put(builder, text[i]);
}

static inline const char *builder_text(struct builder *builder)
{
	builder->text[builder->n] = '\0';
	return builder->text;
}

enum variables {
	VARIABLE_BRACED, /* ${NAME} inside of words, $$ for a '$' */
	VARIABLE_ANY,    /* $NAME, too */
};

/*
 * At the '$' at @at: adds the value of the variable, or, if the file does not set it, its name as it is
 * written. Returns what follows.
 */
const char *builder_add_variable(struct builder *builder, struct service *service, const char *at,
				 enum variables variables);

#endif
