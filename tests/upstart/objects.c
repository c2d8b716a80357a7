/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Upstart's D-Bus objects: paths, methods and signals; see objects.h. Properties: properties.c. */
#include "objects.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "event.h"
#include "job.h"
#include "properties.h"
#include "strv.h"

#define ROOT_PATH "/com/ubuntu/Upstart"

/* -- object paths */

/* Appends @name as one element, escaped: letters and digits stay, the rest becomes _HEX, nothing _. */
static char *append_element(char *path, const char *name)
{
	char *out = xcalloc(strlen(path) + 3 * strlen(name) + 3, 1);
	char *p = out + sprintf(out, "%s/%s", path, name[0] ? "" : "_");

	for (; *name; name++)
		p += isalnum((unsigned char)*name) ? sprintf(p, "%c", *name)
						   : sprintf(p, "_%02x", (unsigned char)*name);
	free(path);
	return out;
}

static char *class_path(const struct job_class *class)
{
	return append_element(xstrdup(ROOT_PATH "/jobs"), class->name);
}

static char *job_path(const struct job *job)
{
	return append_element(class_path(job->class), job->name);
}

static bool is_path(char *candidate_consume, const char *path)
{
	bool is_equal = !strcmp(candidate_consume, path);

	free(candidate_consume);
	return is_equal;
}

static bool find_object(const char *path, struct object *ret)
{
	if (!strcmp(path, ROOT_PATH)) {
		*ret = (struct object){ 0 };
		return true;
	}
	for (struct job_class *class = job_classes; class; class = class->next) {
		*ret = (struct object){ .class = class };
		if (is_path(class_path(class), path))
			return true;
		for (struct job *job = class->instances; job; job = job->next) {
			ret->job = job;
			if (is_path(job_path(job), path))
				return true;
		}
	}
	return false;
}

/* -- methods: each returns the reply, or NULL where the arguments are not as they must be */

struct call {
	DBusMessage *message;
	struct object object;
};

static DBusMessage *error(const struct call *call, const char *name, const char *text,
			  const char *what)
{
	return dbus_message_new_error_printf(call->message, name, "%s: %s", text, what);
}

static DBusMessage *reply_path(const struct call *call, char *path_consume)
{
	DBusMessage *reply = dbus_message_new_method_return(call->message);

	(void)dbus_message_append_args(reply, DBUS_TYPE_OBJECT_PATH, &path_consume,
				       DBUS_TYPE_INVALID);
	free(path_consume);
	return reply;
}

static const char *string_argument(const struct call *call)
{
	const char *s = NULL;

	(void)dbus_message_get_args(call->message, NULL, DBUS_TYPE_STRING, &s, DBUS_TYPE_INVALID);
	return s;
}

static DBusMessage *get_job_by_name(const struct call *call)
{
	const char *name = string_argument(call);
	const struct job_class *class = name ? class_find(name) : NULL;

	if (!name)
		return NULL;
	if (!class)
		return error(call, MANAGER ".Error.UnknownJob", "Unknown job", name);
	return reply_path(call, class_path(class));
}

static DBusMessage *reply_paths(const struct call *call, struct strv *paths)
{
	DBusMessage *reply = dbus_message_new_method_return(call->message);
	DBusMessageIter iter, array;

	dbus_message_iter_init_append(reply, &iter);
	(void)dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "o", &array);
	for (size_t i = 0; i < paths->n; i++)
		(void)dbus_message_iter_append_basic(&array, DBUS_TYPE_OBJECT_PATH, &paths->v[i]);
	(void)dbus_message_iter_close_container(&iter, &array);
	strv_done(paths);
	return reply;
}

static DBusMessage *get_all_jobs(const struct call *call)
{
	struct strv paths = { 0 };

	for (struct job_class *class = job_classes; class; class = class->next)
		strv_add_consume(&paths, class_path(class));
	return reply_paths(call, &paths);
}

static DBusMessage *get_all_instances(const struct call *call)
{
	struct strv paths = { 0 };

	for (struct job *job = call->object.class->instances; job; job = job->next)
		strv_add_consume(&paths, job_path(job));
	return reply_paths(call, &paths);
}

static DBusMessage *reply_instance(const struct call *call, const char *name)
{
	const struct job *job = job_find(call->object.class, name);

	if (!job)
		return error(call, MANAGER ".Error.UnknownInstance", "Unknown instance", name);
	return reply_path(call, job_path(job));
}

static DBusMessage *get_instance_by_name(const struct call *call)
{
	const char *name = string_argument(call);

	return name ? reply_instance(call, name) : NULL;
}

/* The instance that a start with these variables would name. */
static DBusMessage *get_instance(const struct call *call)
{
	struct strv env = class_environment(call->object.class);
	char **given = NULL, *name;
	int count = 0;
	DBusMessage *reply = NULL;

	if (dbus_message_get_args(call->message, NULL, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &given,
				  &count, DBUS_TYPE_INVALID)) {
		for (int i = 0; i < count; i++)
			strv_set(&env, given[i]);
		name = strv_expand(&env, call->object.class->instance);
		reply = name ? reply_instance(call, name)
			     : error(call, DBUS_ERROR_INVALID_ARGS, "Unknown parameter",
				     call->object.class->instance);
		free(name);
		dbus_free_string_array(given);
	}
	strv_done(&env);
	return reply;
}

static DBusMessage *get_property(const struct call *call)
{
	const char *interface = NULL, *name = NULL;
	const struct property *property;
	DBusMessage *reply;
	DBusMessageIter iter;

	if (!dbus_message_get_args(call->message, NULL, DBUS_TYPE_STRING, &interface,
				   DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID))
		return NULL;
	property = property_find(&call->object, interface, name);
	if (!property)
		return NULL;
	reply = dbus_message_new_method_return(call->message);
	dbus_message_iter_init_append(reply, &iter);
	property_append(&iter, &call->object, property);
	return reply;
}

static DBusMessage *get_all_properties(const struct call *call)
{
	DBusMessage *reply = dbus_message_new_method_return(call->message);
	DBusMessageIter iter;

	dbus_message_iter_init_append(reply, &iter);
	property_append_all(&iter, &call->object);
	return reply;
}

static const struct method {
	const char *interface, *name;
	DBusMessage *(*handle)(const struct call *call);
} methods[] = {
	{ MANAGER, "GetJobByName", get_job_by_name },
	{ MANAGER, "GetAllJobs", get_all_jobs },
	{ JOB, "GetInstance", get_instance },
	{ JOB, "GetInstanceByName", get_instance_by_name },
	{ JOB, "GetAllInstances", get_all_instances },
	{ DBUS_INTERFACE_PROPERTIES, "Get", get_property },
	{ DBUS_INTERFACE_PROPERTIES, "GetAll", get_all_properties },
};

static DBusMessage *answer(const struct call *call)
{
	const char *interface = object_interface(&call->object);

	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		DBusMessage *reply;

		if (!dbus_message_is_method_call(call->message, methods[i].interface, methods[i].name))
			continue;
		if (strcmp(methods[i].interface, interface) != 0 &&
		    strcmp(methods[i].interface, DBUS_INTERFACE_PROPERTIES) != 0)
			continue;
		reply = methods[i].handle(call);
		return reply ? reply
			     : dbus_message_new_error(call->message, DBUS_ERROR_INVALID_ARGS,
						      "Invalid arguments");
	}
	return NULL;
}

DBusHandlerResult objects_filter(DBusConnection *connection, DBusMessage *message, void *data)
{
	struct call call = { .message = message };
	DBusMessage *reply;

	(void)data;
	if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_METHOD_CALL ||
	    dbus_message_has_interface(message, DBUS_INTERFACE_PEER))
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
	/* libdbus answers the rest: UnknownMethod, also for objects that do not exist */
	if (!find_object(dbus_message_get_path(message), &call.object))
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
	reply = answer(&call);
	if (!reply)
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
	if (!dbus_message_get_no_reply(message))
		(void)dbus_connection_send(connection, reply, NULL);
	dbus_message_unref(reply);
	return DBUS_HANDLER_RESULT_HANDLED;
}

/* -- signals */

static void send_signal(char *path_consume, const char *interface, const char *name, int type,
			const char *argument)
{
	DBusMessage *signal = dbus_message_new_signal(path_consume, interface, name);

	(void)dbus_message_append_args(signal, type, &argument, DBUS_TYPE_INVALID);
	bus_broadcast(signal);
	dbus_message_unref(signal);
	free(path_consume);
}

static void signal_instance(struct job *job, bool is_new)
{
	char *path = job_path(job);

	send_signal(class_path(job->class), JOB, is_new ? "InstanceAdded" : "InstanceRemoved",
		    DBUS_TYPE_OBJECT_PATH, path);
	free(path);
}

static void signal_goal(struct job *job)
{
	send_signal(job_path(job), INSTANCE, "GoalChanged", DBUS_TYPE_STRING,
		    job_goal_name(job->goal));
}

static void signal_state(struct job *job)
{
	send_signal(job_path(job), INSTANCE, "StateChanged", DBUS_TYPE_STRING,
		    job_state_name(job->state));
}

static void signal_event(const struct event *event)
{
	DBusMessage *signal = dbus_message_new_signal(ROOT_PATH, MANAGER, "EventEmitted");
	char *const *env = event->env.v;

	(void)dbus_message_append_args(signal, DBUS_TYPE_STRING, &event->name, DBUS_TYPE_ARRAY,
				       DBUS_TYPE_STRING, &env, (int)event->env.n, DBUS_TYPE_INVALID);
	bus_broadcast(signal);
	dbus_message_unref(signal);
}

void objects_init(void)
{
	events_observe(signal_event);
	job_observe(&(struct job_observer){
		.instance = signal_instance, .goal = signal_goal, .state = signal_state });
}
