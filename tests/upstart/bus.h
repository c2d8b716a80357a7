/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * D-Bus connections: the private server every init has, and com.ubuntu.Upstart on the system bus. The
 * objects behind them are in objects.c.
 */
#pragma once

#include <dbus/dbus.h>
#include <stdbool.h>

/* Listens on @address; false with the reason logged. */
bool bus_listen(const char *address);

/* Connects to the system bus and takes our name there, unless we have it. */
bool bus_connect_system(void);

/* While hung, nothing on any D-Bus connection is accepted, read or answered. */
void bus_set_hung(bool is_hung);

/* Queues the signal on every connection; the message stays the caller's. */
void bus_broadcast(DBusMessage *signal);

/* Dispatches what was read; called at the end of every round of the loop. */
void bus_poll(void);
