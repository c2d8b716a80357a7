/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/env.h. */
#include "base/env.h"

#include <stdint.h>

#include "base/text.h"
#include "base/util.h"

/* The VALUE of "NAME=VALUE", or NULL if the variable is another one. */
static const char *value_of(const char *variable, const char *name)
{
	size_t i = 0;

	while (name[i] != '\0' && variable[i] == name[i])
		i++;
	return name[i] == '\0' && variable[i] == '=' ? variable + i + 1 : NULL;
}

/* The same letters, large or small, are one: what differs is looked at. */
static size_t letter(const char *name)
{
	return (unsigned char)*name % N_ENV_LETTERS;
}

int env_index(struct env *env, struct arena *arena)
{
	uint32_t n = 0, *next;

	if (env->next != NULL)
		return 0;
	while (env->list[n] != NULL)
		n++;
	next = arena_get(arena, (size_t)n + 1, sizeof(*next));
	if (next == NULL)
		return -ENOMEM;
	env->n = n;
	/* From behind: of two that are called alike the first one counts. */
	for (; n > 0; n--) {
		uint32_t *first = &env->first[letter(env->list[n - 1])];

		next[n] = *first;
		*first = n;
	}
	env->next = next;
	return 0;
}

const char *env_search(char *const *list, const char *name)
{
	for (; *list != NULL; list++) {
		const char *value = **list == *name ? value_of(*list, name) : NULL;

		if (value != NULL)
			return value;
	}
	return NULL;
}

const char *env_get(const struct env *env, const char *name)
{
	if (env->next == NULL)
		return env_search(env->list, name);
	for (uint32_t i = env->first[letter(name)]; i != 0; i = env->next[i]) {
		const char *value = value_of(env->list[i - 1], name);

		if (value != NULL)
			return value;
	}
	return NULL;
}

size_t env_name_length(const char *variable)
{
	return (size_t)(find_char(variable, '=') - variable);
}

bool env_names_pid(const struct env *env, const char *name, pid_t pid)
{
	const char *text = env_get(env, name);
	unsigned long number;

	return text != NULL && parse_number(text, 0x7fffffff, &number) == 0 &&
	       number == (unsigned long)pid;
}

/* Room for one more than @n items of @size in *@list; false without memory. */
static bool make_space(struct arena *arena, void **list, size_t n, size_t *space, size_t size)
{
	void *longer;

	if (n < *space)
		return true;
	longer = arena_get(arena, 2 * n + 8, size);
	if (longer == NULL)
		return false;
	if (n > 0)
		memcpy(longer, *list, n * size);
	*list = longer;
	*space = 2 * n + 8;
	return true;
}

/* The edit of variable @name, new if there is none; NULL without memory. */
static struct env_edit *obtain_edit(struct env_edits *edits, const char *name)
{
	void *list = edits->list;
	size_t length = strlen(name);

	/* Many begin alike, few are as long as each other. */
	for (size_t i = 0; i < edits->n; i++) {
		if (edits->list[i].name_length == length && is_equal(edits->list[i].name, name))
			return &edits->list[i];
	}
	if (!make_space(edits->arena, &list, edits->n, &edits->space, sizeof(*edits->list)))
		return NULL;
	edits->list = list;
	edits->list[edits->n].name = name;
	edits->list[edits->n].name_length = length;
	return &edits->list[edits->n++];
}

/* "NAME=VALUE", or NULL without memory. */
static char *make_variable(struct arena *arena, const struct env_edit *edit, const char *value)
{
	size_t value_size = strlen(value) + 1;
	char *variable = arena_get(arena, edit->name_length + 1 + value_size, 1);

	if (variable == NULL)
		return NULL;
	memcpy(variable, edit->name, edit->name_length);
	variable[edit->name_length] = '=';
	memcpy(variable + edit->name_length + 1, value, value_size);
	return variable;
}

int env_edits_set(struct env_edits *edits, const char *name, const char *text)
{
	struct env_edit *edit = obtain_edit(edits, name);

	if (edit == NULL)
		return -ENOMEM;
	edit->kind = ENV_TEXT;
	edit->variable = make_variable(edits->arena, edit, text);
	return edit->variable != NULL ? 0 : -ENOMEM;
}

int env_edits_set_later(struct env_edits *edits, const char *name, enum env_value kind)
{
	struct env_edit *edit = obtain_edit(edits, name);

	if (edit == NULL)
		return -ENOMEM;
	edit->kind = kind;
	return 0;
}

int env_edits_remove(struct env_edits *edits, const env_name_t *patterns)
{
	void *list = edits->removals;

	if (patterns == NULL)
		return 0;
	if (!make_space(edits->arena, &list, edits->n_removals, &edits->removals_space,
			sizeof(const env_name_t *)))
		return -ENOMEM;
	edits->removals = list;
	edits->removals[edits->n_removals++] = patterns;
	return 0;
}

static bool matches(const char *variable, const char *pattern)
{
	size_t i = 0;

	while (pattern[i] != '\0' && variable[i] == pattern[i])
		i++;
	if (pattern[i] == '\0')
		return variable[i] == '=' || variable[i] == '\0';
	return pattern[i] == '*' && pattern[i + 1] == '\0';
}

static bool matches_any(const char *variable, const env_name_t *patterns)
{
	for (; patterns != NULL && **patterns != '\0'; patterns++) {
		if (**patterns == *variable && matches(variable, *patterns))
			return true;
	}
	return false;
}

bool env_edits_drop(const struct env_edits *edits, const char *variable)
{
	bool is_kept = matches_any(variable, edits->kept);

	for (size_t i = 0; i < edits->n_removals && !is_kept; i++) {
		if (matches_any(variable, edits->removals[i]))
			return true;
	}
	if (edits->removed != NULL && !is_kept && matches(variable, edits->removed))
		return true;
	for (size_t i = 0; i < edits->n; i++) {
		if (matches(variable, edits->list[i].name))
			return true;
	}
	return false;
}

/* Of @built, a copy of @env's list, what matches @pattern and not one of @kept becomes NULL. */
static void drop(const struct env *env, const char *pattern, const env_name_t *kept, char **built)
{
	for (uint32_t i = env->first[letter(pattern)]; i != 0; i = env->next[i]) {
		const char *variable = env->list[i - 1];

		if (built[i - 1] != NULL && matches(variable, pattern) && !matches_any(variable, kept))
			built[i - 1] = NULL;
	}
}

/* The same of all that env_edits_drop() is true of. */
static void drop_all(const struct env *env, const struct env_edits *edits, char **built)
{
	for (size_t i = 0; i < edits->n_removals; i++) {
		for (const env_name_t *pattern = edits->removals[i]; **pattern != '\0'; pattern++)
			drop(env, *pattern, edits->kept, built);
	}
	if (edits->removed != NULL)
		drop(env, edits->removed, edits->kept, built);
	for (size_t i = 0; i < edits->n; i++)
		drop(env, edits->list[i].name, NULL, built);
}

static char *make_late_variable(struct arena *arena, const struct env_edit *edit, pid_t daemon_pid,
				const char *notify_address)
{
	char digits[24];
	struct text pid = text_begin(digits, sizeof(digits));

	text_add_number(&pid, (unsigned long)daemon_pid);
	return make_variable(arena, edit, edit->kind == ENV_DAEMON_PID ? digits : notify_address);
}

int env_build(const struct env *env, const struct env_edits *edits, pid_t daemon_pid,
	      const char *notify_address, char ***ret_env)
{
	struct env indexed = *env;
	size_t used = 0;
	char **built;

	if (env_index(&indexed, edits->arena) < 0)
		return -ENOMEM;
	built = arena_get(edits->arena, indexed.n + edits->n + 1, sizeof(*built));
	if (built == NULL)
		return -ENOMEM;
	memcpy(built, env->list, indexed.n * sizeof(*built));
	drop_all(&indexed, edits, built);
	for (size_t i = 0; i < indexed.n; i++) {
		built[used] = built[i];
		used += built[i] != NULL;
	}
	for (size_t i = 0; i < edits->n; i++) {
		const struct env_edit *edit = &edits->list[i];

		built[used] =
			edit->kind == ENV_TEXT
				? edit->variable
				: make_late_variable(edits->arena, edit, daemon_pid, notify_address);
		if (built[used++] == NULL)
			return -ENOMEM;
	}
	built[used] = NULL;
	*ret_env = built;
	return 0;
}
