/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See check/builder.h. */
#include "check/builder.h"

#include "base/util.h"

static bool is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

const char *builder_add_variable(struct builder *builder, struct service *service, const char *at,
				 enum variables variables)
{
	bool is_braced = at[1] == '{';
	const char *name = at + (is_braced ? 2 : 1), *end = name, *value;

	if (at[1] == '$' && variables == VARIABLE_BRACED) {
		builder_put(builder, '$');
		return at + 2;
	}
	while (is_of_name(*end))
		end++;
	value = service_variable(service, name, (size_t)(end - name));
	if (is_braced) {
		const char *brace = find_char(end, '}'); /* of ${NAME:-...}, too */

		value = *end == '}' ? value : NULL;
		end = *brace == '}' ? brace + 1 : brace;
	}
	if (value == NULL || (!is_braced && variables == VARIABLE_BRACED))
		builder_add(builder, at, (size_t)(end - at));
	else
		builder_add(builder, value, strlen(value));
	return end;
}
