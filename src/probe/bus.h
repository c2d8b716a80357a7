/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* A message bus that only the daemon and we are on, where dbus-daemon(1) is installed. */
#ifndef CIB_PROBE_BUS_H
#define CIB_PROBE_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct private_bus {
	pid_t pid; /* of dbus-daemon; 0: there is none */
	int fd;    /* our connection; NO_FD: there is none */
	char address[160];
};

/* Starts it with its files in @directory. Returns true if it answers. */
bool private_bus_start(const char *directory, struct private_bus *ret);

/* The first name that somebody has taken, if any: true, and it is in @buffer. */
bool private_bus_find_name(const struct private_bus *bus, char *buffer, size_t size);

/* Ends it. */
void private_bus_end(struct private_bus *bus);

#endif
