/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The condition device:, see condition/condition.h. What systemd calls a plugged device unit, but also for the
 * many devices that no udev rule tags for systemd, and where no udev runs.
 *
 * A node is not a device. The kernel creates it in devtmpfs before udev gives it its owner, mode
 * and links; and static nodes lie in /dev before there is a driver behind them. It is never opened
 * to find out: opening starts watchdogs, rewinds tapes and raises modem lines.
 */
#include "condition/watch.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/procfs.h"
#include "base/util.h"

#define UDEV_CONTROL "/run/udev/control" /* there while udevd runs */
#define UDEV_DATA "/run/udev/data"

static int open_watch(struct watch *watch)
{
	path_watch_open(&watch->path);
	path_watch_add(&watch->path, UDEV_DATA);
	watch->fd = watch->path.fd;
	return 0;
}

static void close_watch(struct watch *watch)
{
	path_watch_close(&watch->path);
	watch->fd = NO_FD;
}

static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (; text != NULL; text = strchr(text, '\n')) {
		if (*text == '\n')
			text++;
		if (strncmp(text, line, n) == 0 && (text[n] == '\n' || text[n] == '\0'))
			return true;
	}
	return false;
}

/*
 * A device's record in udev's database, as systemd reads it: of the tags that a device ever had
 * (G:), it has those that are repeated (Q:), in the versions that do so (V:1, since 247).
 */
static const char *check_record(const char *record)
{
	if (has_line(record, "E:SYSTEMD_READY=0"))
		return "udev says that it is not ready (SYSTEMD_READY=0)";
	if (has_line(record, "V:1") && has_line(record, "G:systemd") && !has_line(record, "Q:systemd"))
		return "udev has taken the tag \"systemd\" from it";
	return NULL;
}

static const char *check_udev(char type, dev_t device)
{
	char path[64], record[16384];
	ssize_t n;

	if (access(UDEV_CONTROL, F_OK) < 0)
		return NULL;
	(void)snprintf(path, sizeof(path), UDEV_DATA "/%c%u:%u", type, major(device), minor(device));
	n = read_file(path, record, sizeof(record));
	if (n == -ENOENT)
		return "udev has not finished with it";
	return n >= 0 || n == -EFBIG ? check_record(record) : NULL;
}

/* What has registered itself with the driver model shows in sysfs, where that is mounted. */
static const char *check_driver(const char *type, dev_t device)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/sys/dev/%s", type);
	if (access(path, F_OK) < 0)
		return NULL;
	(void)snprintf(path, sizeof(path), "/sys/dev/%s/%u:%u", type, major(device), minor(device));
	return access(path, F_OK) == 0 ? NULL : "there is a node, but no driver behind it";
}

static const char *look_at(const char *path)
{
	struct stat st;
	const char *reason;
	bool is_block;

	if (stat(path, &st) < 0)
		return "there is no such file";
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return "it is not a device";
	is_block = S_ISBLK(st.st_mode);
	reason = check_driver(is_block ? "block" : "char", st.st_rdev);
	return reason != NULL ? reason : check_udev(is_block ? 'b' : 'c', st.st_rdev);
}

/* sysfs makes no events: a node whose driver is awaited is looked at more often. */
static const char *check_device(struct watch *watch)
{
	path_watch_aim(&watch->path, watch->awaited->what);
	watch->check_ms = watch->fd < 0 || access(watch->awaited->what, F_OK) == 0 ? WATCH_QUICK_MS
										   : WATCH_SLOW_MS;
	return look_at(watch->awaited->what);
}

const struct watch_kind watch_device = { open_watch, check_device, close_watch };
