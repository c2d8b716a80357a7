/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Upstart's D-Bus objects: /com/ubuntu/Upstart, its jobs and their instances, as far as a bridge can
 * read them. What would change something is left to the control socket.
 */
#pragma once

#include <dbus/dbus.h>

/* Answers the method calls of one connection. */
DBusHandlerResult objects_filter(DBusConnection *connection, DBusMessage *message, void *data);

/* Sends the signals about jobs and instances from now on. */
void objects_init(void);
