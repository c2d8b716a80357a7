/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Properties as D-Bus values; see properties.h. One table row per property. */
#include "properties.h"

#include <stddef.h>
#include <string.h>

#include "expr.h"
#include "strv.h"

static void append_string(DBusMessageIter *iter, const char *s)
{
	if (!s)
		s = "";
	(void)dbus_message_iter_append_basic(iter, DBUS_TYPE_STRING, &s);
}

static void append_strings(DBusMessageIter *iter, const char *first, const struct strv *more)
{
	DBusMessageIter array;

	(void)dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "s", &array);
	if (first)
		append_string(&array, first);
	for (size_t i = 0; more && i < more->n; i++)
		append_string(&array, more->v[i]);
	(void)dbus_message_iter_close_container(iter, &array);
}

static void append_node(void *data, const struct expr *node)
{
	static const char *const operators[] = { NULL, "/AND", "/OR" };

	append_strings(data, operators[node->type], &node->words);
}

static void append_expression(DBusMessageIter *iter, const struct expr *expr)
{
	DBusMessageIter array;

	(void)dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "as", &array);
	expr_each_node(expr, append_node, &array);
	(void)dbus_message_iter_close_container(iter, &array);
}

static void append_processes(DBusMessageIter *iter, const struct job *job)
{
	DBusMessageIter array, pair;

	(void)dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "(si)", &array);
	for (int i = 0; i < PROCESS_COUNT; i++) {
		dbus_int32_t pid = job->pid[i];

		if (pid <= 0)
			continue;
		(void)dbus_message_iter_open_container(&array, DBUS_TYPE_STRUCT, NULL, &pair);
		append_string(&pair, process_name(i));
		(void)dbus_message_iter_append_basic(&pair, DBUS_TYPE_INT32, &pid);
		(void)dbus_message_iter_close_container(&array, &pair);
	}
	(void)dbus_message_iter_close_container(iter, &array);
}

/* -- properties */

enum {
	PROPERTY_STRING,
	PROPERTY_EXPRESSION,
	PROPERTY_STRINGS,
	PROPERTY_PROCESSES
};

static const char *const signatures[] = { "s", "aas", "as", "a(si)" };

static const char *goal_of(const struct object *object)
{
	return job_goal_name(object->job->goal);
}

static const char *state_of(const struct object *object)
{
	return job_state_name(object->job->state);
}

static const char *name_of(const struct object *object)
{
	return object->job->name;
}

static const char *version_of(const struct object *object)
{
	(void)object;
	return "init (upstart 1.13.2)";
}

static const char *priority_of(const struct object *object)
{
	(void)object;
	return "info";
}

static const struct property {
	const char *interface, *name;
	int type;
	size_t offset;                                      /* in struct job_class... */
	const char *(*string)(const struct object *object); /* ...unless it is computed */
} properties[] = {
	{ MANAGER, "version", PROPERTY_STRING, 0, version_of },
	{ MANAGER, "log_priority", PROPERTY_STRING, 0, priority_of },
	{ JOB, "name", PROPERTY_STRING, offsetof(struct job_class, name), NULL },
	{ JOB, "description", PROPERTY_STRING, offsetof(struct job_class, description), NULL },
	{ JOB, "author", PROPERTY_STRING, offsetof(struct job_class, author), NULL },
	{ JOB, "version", PROPERTY_STRING, offsetof(struct job_class, version), NULL },
	{ JOB, "usage", PROPERTY_STRING, offsetof(struct job_class, usage), NULL },
	{ JOB, "start_on", PROPERTY_EXPRESSION, offsetof(struct job_class, start_on), NULL },
	{ JOB, "stop_on", PROPERTY_EXPRESSION, offsetof(struct job_class, stop_on), NULL },
	{ JOB, "emits", PROPERTY_STRINGS, offsetof(struct job_class, emits), NULL },
	{ INSTANCE, "name", PROPERTY_STRING, 0, name_of },
	{ INSTANCE, "goal", PROPERTY_STRING, 0, goal_of },
	{ INSTANCE, "state", PROPERTY_STRING, 0, state_of },
	{ INSTANCE, "processes", PROPERTY_PROCESSES, 0, NULL },
};
static const size_t property_count = sizeof properties / sizeof properties[0];

const char *object_interface(const struct object *object)
{
	if (object->job)
		return INSTANCE;
	return object->class ? JOB : MANAGER;
}

void property_append(DBusMessageIter *iter, const struct object *object,
		     const struct property *property)
{
	const void *member = (const char *)object->class + property->offset;
	DBusMessageIter variant;

	(void)dbus_message_iter_open_container(iter, DBUS_TYPE_VARIANT, signatures[property->type],
					       &variant);
	if (property->string)
		append_string(&variant, property->string(object));
	else if (property->type == PROPERTY_STRING)
		append_string(&variant, *(char *const *)member);
	else if (property->type == PROPERTY_EXPRESSION)
		append_expression(&variant, *(struct expr *const *)member);
	else if (property->type == PROPERTY_STRINGS)
		append_strings(&variant, NULL, member);
	else
		append_processes(&variant, object->job);
	(void)dbus_message_iter_close_container(iter, &variant);
}

const struct property *property_find(const struct object *object, const char *interface,
				     const char *name)
{
	const char *own = object_interface(object);

	if (interface[0] && strcmp(interface, own) != 0)
		return NULL;
	for (size_t i = 0; i < property_count; i++)
		if (!strcmp(properties[i].interface, own) && !strcmp(properties[i].name, name))
			return &properties[i];
	return NULL;
}

void property_append_all(DBusMessageIter *iter, const struct object *object)
{
	DBusMessageIter array, entry;

	(void)dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "{sv}", &array);
	for (size_t i = 0; i < property_count; i++) {
		if (strcmp(properties[i].interface, object_interface(object)) != 0)
			continue;
		(void)dbus_message_iter_open_container(&array, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
		append_string(&entry, properties[i].name);
		property_append(&entry, object, &properties[i]);
		(void)dbus_message_iter_close_container(&array, &entry);
	}
	(void)dbus_message_iter_close_container(iter, &array);
}
