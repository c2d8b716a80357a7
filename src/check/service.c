/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See check/service.h. */
#include "check/service.h"

#include "base/exit_status.h"
#include "base/log.h"
#include "base/util.h"

static void *get(struct service *service, size_t n, size_t size)
{
	void *memory = arena_get(&service->arena, n, size);

	if (memory == NULL) {
		log_error("out of memory");
		exit(EXIT_OURS);
	}
	return memory;
}

char *service_copy(struct service *service, const char *text, size_t length)
{
	char *copy = get(service, length + 1, 1);

	if (length > 0)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *service_join(struct service *service, const char *const *texts)
{
	size_t length = 0, used = 0;
	char *joined;

	for (const char *const *text = texts; *text != NULL; text++)
		length += strlen(*text);
	joined = get(service, length + 1, 1);
	for (; *texts != NULL; texts++) {
		memcpy(joined + used, *texts, strlen(*texts));
		used += strlen(*texts);
	}
	joined[used] = '\0';
	return joined;
}

static char *copy_text(struct service *service, const char *text)
{
	return service_copy(service, text, strlen(text));
}

int service_add(struct service *service, const char *section, const char *name, const char *value,
		struct place place)
{
	if (service->n_settings == MAX_SETTINGS)
		return -E2BIG;
	service->settings[service->n_settings++] = (struct setting){
		.section = copy_text(service, section),
		.name = copy_text(service, name),
		.value = copy_text(service, value),
		.place = place,
	};
	return 0;
}

int service_add_command(struct service *service, char *const *words, struct command command)
{
	size_t n = 0;

	if (service->n_commands == MAX_COMMANDS)
		return -E2BIG;
	while (words[n] != NULL)
		n++;
	command.words = get(service, n + 1, sizeof(*command.words));
	for (size_t i = 0; i < n; i++)
		command.words[i] = copy_text(service, words[i]);
	command.words[n] = NULL;
	if (command.stays != NULL)
		command.stays = copy_text(service, command.stays);
	service->commands[service->n_commands++] = command;
	return 0;
}

static bool is_called(const struct setting *setting, const char *section, const char *name)
{
	return is_equal(setting->name, name) && is_equal(setting->section, section);
}

const struct setting *service_next(const struct service *service, const char *section,
				   const char *name, const struct setting *previous)
{
	size_t first = previous != NULL ? (size_t)(previous - service->settings) + 1 : 0;

	for (size_t i = first;
	     previous == NULL && service->kind == KIND_UNIT && i < service->n_settings; i++) {
		if (is_called(&service->settings[i], section, name) &&
		    service->settings[i].value[0] == '\0')
			first = i + 1;
	}
	for (size_t i = first; i < service->n_settings; i++) {
		if (is_called(&service->settings[i], section, name))
			return &service->settings[i];
	}
	return NULL;
}

const struct setting *service_find(const struct service *service, const char *section,
				   const char *name)
{
	const struct setting *found = NULL, *next = NULL;

	while ((next = service_next(service, section, name, next)) != NULL)
		found = next;
	return found;
}

const char *service_value(const struct service *service, const char *section, const char *name,
			  const char *otherwise)
{
	const struct setting *setting = service_find(service, section, name);

	return setting != NULL ? setting->value : otherwise;
}

const char *service_variable(const struct service *service, const char *name, size_t length)
{
	for (size_t i = service->n_settings; i-- > 0;) {
		const struct setting *setting = &service->settings[i];

		if (is_equal(setting->section, "variable") && strlen(setting->name) == length &&
		    memcmp(setting->name, name, length) == 0)
			return setting->value;
	}
	return NULL;
}

bool is_bridge(const char *word)
{
	const char *slash = strrchr(word, '/');

	return is_equal(slash != NULL ? slash + 1 : word, BRIDGE_NAME);
}
