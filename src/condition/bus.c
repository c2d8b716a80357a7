/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The conditions dbus: and session-dbus:, see condition/condition.h. bus-query watches the name, as a process
 * of its own, and prints a line whenever the owner changes; we only sleep on its pipe.
 */
#include "condition/watch.h"

#include <stdint.h>

#include "base/text.h"
#include "base/util.h"
#include "condition/ownership.h"

#define RESTART_MS 1000 /* after bus-query has crashed, or was killed */

static const char unknown[] = "the bus has not answered";

static int start(struct watch *watch)
{
	const char *const question[] = {
		watch->awaited->kind == AWAITED_DBUS ? "watch" : "watch-session",
		watch->awaited->what,
		NULL,
	};
	int r = bus_start(question, &watch->call);

	watch->answer = unknown;
	watch->check_ms = -1;
	watch->fd = watch->call.fd;
	return r;
}

static int open_watch(struct watch *watch)
{
	return start(watch);
}

static void close_watch(struct watch *watch)
{
	bus_cancel(&watch->call);
	watch->fd = NO_FD;
}

/* The name may be another's, a copy of the daemon that the bus has activated, for example. */
static const char *check_owner(const char *line, pid_t daemon)
{
	unsigned long pid;

	if (daemon == 0)
		return NULL;
	if (parse_number(line, INT32_MAX, &pid) < 0 || pid == 0)
		return "it cannot be told who owns that name";
	return is_process_of((pid_t)pid, daemon)
		       ? NULL
		       : "a process that is not the daemon's owns that name";
}

/* bus-query prints the owner's pid (0: it cannot be told), "-" if there is none, "!" without a bus. */
static const char *interpret(const char *line, pid_t daemon)
{
	switch (*line) {
	case '-':
		return "nobody owns that name";
	case '!':
		return "the bus cannot be reached";
	default:
		return check_owner(line, daemon);
	}
}

static void restart_later(struct watch *watch)
{
	watch->answer = "bus-query has ended";
	watch->fd = NO_FD;
	watch->check_ms = RESTART_MS;
	watch->restart_ms = now_ms() + RESTART_MS;
}

static const char *check_bus(struct watch *watch)
{
	char line[32];
	int r = 0;

	if (watch->call.pid <= 0 && now_ms() >= watch->restart_ms)
		r = start(watch);
	while (r >= 0 && watch->call.pid > 0 &&
	       (r = bus_read_line(&watch->call, line, sizeof(line))) > 0)
		watch->answer = interpret(line, watch->daemon);
	if (r < 0)
		restart_later(watch);
	return watch->answer;
}

const struct watch_kind watch_bus = { open_watch, check_bus, close_watch };
