/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See watch.h. */
#include "watch.h"

#include "util.h"

static const struct watch_kind *const kinds[] = {
	[AWAITED_DBUS] = &watch_bus,        [AWAITED_SESSION_DBUS] = &watch_bus,
	[AWAITED_DEVICE] = &watch_device,   [AWAITED_PATH] = &watch_path,
	[AWAITED_UNIX] = &watch_unix,       [AWAITED_TCP] = &watch_tcp,
	[AWAITED_PIDFILE] = &watch_pidfile,
};

int watch_is_possible(const struct awaited *awaited)
{
	return kinds[awaited->kind] == &watch_bus ? bus_is_possible() : 0;
}

int watch_open(const struct awaited *awaited, pid_t daemon, struct watch *ret_watch)
{
	*ret_watch = (struct watch){
		.awaited = awaited,
		.kind = kinds[awaited->kind],
		.daemon = daemon,
		.fd = NO_FD,
		.path = NO_PATH_WATCH,
		.call = NO_BUS_CALL,
	};
	return ret_watch->kind->open(ret_watch);
}

const char *watch_check(struct watch *watch)
{
	return watch->kind->check(watch);
}

void watch_close(struct watch *watch)
{
	if (watch->kind != NULL)
		watch->kind->close(watch);
	watch->kind = NULL;
}
