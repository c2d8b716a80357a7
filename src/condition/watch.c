/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See condition/watch.h. */
#include "condition/watch.h"

#include "base/util.h"

#define REST_PER_LOOK 16

static const struct watch_kind *const kinds[] = {
	[AWAITED_DBUS] = &watch_bus,        [AWAITED_SESSION_DBUS] = &watch_bus,
	[AWAITED_DEVICE] = &watch_device,   [AWAITED_PATH] = &watch_path,
	[AWAITED_UNIX] = &watch_unix,       [AWAITED_TCP] = &watch_tcp,
	[AWAITED_PIDFILE] = &watch_pidfile, [AWAITED_NEWLINE] = &watch_newline,
};

int watch_is_possible(const struct awaited *awaited)
{
	return kinds[awaited->kind] == &watch_bus ? bus_is_possible() : 0;
}

void watch_init(const struct awaited *awaited, pid_t daemon, struct watch *ret_watch)
{
	*ret_watch = (struct watch){
		.awaited = awaited,
		.kind = kinds[awaited->kind],
		.daemon = daemon,
		.call = { .fd = NO_FD },
		.fd = NO_FD,
		.path = NO_PATH_WATCH,
		.looker = { .fd = NO_FD },
	};
}

int watch_open(const struct awaited *awaited, pid_t daemon, struct watch *ret_watch)
{
	watch_init(awaited, daemon, ret_watch);
	return ret_watch->kind->open(ret_watch);
}

const char *watch_check(struct watch *watch)
{
	long long began_ms = now_ms();
	const char *reason = watch->kind->check(watch);

	watch->sleep_ms = watch_rest_ms(watch->check_ms, began_ms);
	return reason;
}

int watch_rest_ms(int sleep_ms, long long began_ms)
{
	long long rest_ms = (now_ms() - began_ms) * REST_PER_LOOK;

	if (rest_ms > WATCH_SLOW_MS)
		rest_ms = WATCH_SLOW_MS;
	return sleep_ms < 0 || sleep_ms > rest_ms ? sleep_ms : (int)rest_ms;
}

void watch_close(struct watch *watch)
{
	if (watch->kind != NULL)
		watch->kind->close(watch);
	watch->kind = NULL;
}
