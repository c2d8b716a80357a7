/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The properties of Upstart's D-Bus objects, and the names of their interfaces. */
#pragma once

#include <dbus/dbus.h>

#include "job.h"

#define MANAGER "com.ubuntu.Upstart0_6"
#define JOB MANAGER ".Job"
#define INSTANCE MANAGER ".Instance"

/* What an object path stands for: nothing set is the manager. */
struct object {
	const struct job_class *class;
	struct job *job;
};

struct property;

/* The interface of Upstart's that the object has. */
const char *object_interface(const struct object *object);

/* NULL if the object has no such property. An empty @interface is any. */
const struct property *property_find(const struct object *object, const char *interface,
				     const char *name);

/* Appends the value as a variant. */
void property_append(DBusMessageIter *iter, const struct object *object,
		     const struct property *property);

/* Appends the dictionary of all. */
void property_append_all(DBusMessageIter *iter, const struct object *object);
