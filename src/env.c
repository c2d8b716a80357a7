/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See env.h. */
#include "env.h"

#include <stdio.h>

#include "util.h"

/* Length of NAME in "NAME=VALUE". */
static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

static bool is_variable(const char *variable, const char *name)
{
	size_t n = strlen(name);

	return strncmp(variable, name, n) == 0 && variable[n] == '=';
}

const char *env_get(char *const *env, const char *name)
{
	for (; *env != NULL; env++) {
		if (is_variable(*env, name))
			return *env + strlen(name) + 1;
	}
	return NULL;
}

int parse_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	unsigned long number = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++) {
		unsigned long digit;

		if (*text < '0' || *text > '9')
			return -EINVAL;
		digit = (unsigned long)(*text - '0');
		if (digit > max || number > (max - digit) / 10)
			return -ERANGE;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return 0;
}

bool env_names_pid(char *const *env, const char *name, pid_t pid)
{
	const char *text = env_get(env, name);
	unsigned long number;

	return text != NULL && parse_number(text, 0x7fffffff, &number) == 0 &&
	       number == (unsigned long)pid;
}

static struct env_edit *find_edit(const struct env_edits *edits, const char *name, size_t length)
{
	for (size_t i = 0; i < edits->n; i++) {
		struct env_edit *edit = &edits->list[i];

		if (strncmp(edit->name, name, length) == 0 && edit->name[length] == '\0')
			return edit;
	}
	return NULL;
}

/* The edit of the variable that begins at @name, new if there is none; NULL without memory. */
static struct env_edit *obtain_edit(struct env_edits *edits, const char *name, size_t length)
{
	struct env_edit *edit = find_edit(edits, name, length), *list;
	char *copy;

	if (edit != NULL) {
		free(edit->text);
		edit->text = NULL;
		return edit;
	}
	list = realloc(edits->list, (edits->n + 1) * sizeof(*list));
	if (list == NULL)
		return NULL;
	edits->list = list;
	copy = strndup(name, length);
	if (copy == NULL)
		return NULL;
	edit = &list[edits->n++];
	*edit = (struct env_edit){ .name = copy };
	return edit;
}

int env_edits_set(struct env_edits *edits, const char *name, const char *text)
{
	struct env_edit *edit = obtain_edit(edits, name, strlen(name));

	if (edit == NULL)
		return -ENOMEM;
	edit->kind = ENV_TEXT;
	edit->text = strdup(text);
	return edit->text != NULL ? 0 : -ENOMEM;
}

int env_edits_set_later(struct env_edits *edits, const char *name, enum env_value kind)
{
	struct env_edit *edit = obtain_edit(edits, name, strlen(name));

	if (edit == NULL)
		return -ENOMEM;
	edit->kind = kind;
	return 0;
}

static bool matches(const char *name, size_t length, const char *pattern)
{
	size_t n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*')
		return length >= n - 1 && strncmp(name, pattern, n - 1) == 0;
	return length == n && strncmp(name, pattern, n) == 0;
}

static bool matches_any(const char *name, size_t length, const char *const *patterns)
{
	for (; *patterns != NULL; patterns++) {
		if (matches(name, length, *patterns))
			return true;
	}
	return false;
}

int env_edits_remove(struct env_edits *edits, char *const *env, const char *const *patterns)
{
	for (; *env != NULL; env++) {
		size_t length = name_length(*env);
		struct env_edit *edit;

		if (!matches_any(*env, length, patterns))
			continue;
		edit = obtain_edit(edits, *env, length);
		if (edit == NULL)
			return -ENOMEM;
		edit->kind = ENV_REMOVED;
	}
	return 0;
}

void env_edits_done(struct env_edits *edits)
{
	for (size_t i = 0; i < edits->n; i++) {
		free(edits->list[i].name);
		free(edits->list[i].text);
	}
	free(edits->list);
	*edits = (struct env_edits){ 0 };
}

/* "NAME=VALUE" for an edit that sets something, or NULL without memory. */
static char *edit_to_variable(const struct env_edit *edit, const char *pid_text,
			      const char *notify_address)
{
	const char *value = edit->kind == ENV_DAEMON_PID       ? pid_text
			    : edit->kind == ENV_NOTIFY_ADDRESS ? notify_address
							       : edit->text;
	size_t n = strlen(edit->name), m = strlen(value);
	char *variable = malloc(n + m + 2);

	if (variable == NULL)
		return NULL;
	memcpy(variable, edit->name, n);
	variable[n] = '=';
	memcpy(variable + n + 1, value, m + 1);
	return variable;
}

/* @variables, which ends with a NULL, and those of its strings that we made: from @first on. */
static void free_variables(char **variables, size_t first)
{
	while (variables[first] != NULL)
		free(variables[first++]);
	free(variables);
}

int env_build(char *const *env, const struct env_edits *edits, pid_t daemon_pid,
	      const char *notify_address, char ***ret_env)
{
	char pid_text[16], **built;
	size_t n = 0, used = 0, kept;

	(void)snprintf(pid_text, sizeof(pid_text), "%d", (int)daemon_pid);
	while (env[n] != NULL)
		n++;
	built = malloc((n + edits->n + 1) * sizeof(*built));
	if (built == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (find_edit(edits, env[i], name_length(env[i])) == NULL)
			built[used++] = env[i];
	}
	kept = used;
	for (size_t i = 0; i < edits->n; i++) {
		if (edits->list[i].kind == ENV_REMOVED)
			continue;
		built[used] = edit_to_variable(&edits->list[i], pid_text, notify_address);
		if (built[used++] == NULL) {
			free_variables(built, kept);
			return -ENOMEM;
		}
	}
	built[used] = NULL;
	*ret_env = built;
	return 0;
}
