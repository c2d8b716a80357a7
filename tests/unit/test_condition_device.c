/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What condition/device.c makes of a device's record in udev's database, and of nodes. */
#include "unit.h"

#include "condition/device.c" /* NOLINT(bugprone-suspicious-include): for its reading of records */

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#define NOT_READY "udev says that it is not ready (SYSTEMD_READY=0)"
#define UNTAGGED "udev has taken the tag \"systemd\" from it"

static void a_record_says_whether_udev_has_finished(void **state)
{
	static const struct {
		const char *record, *expected;
	} cases[] = {
		{ "", NULL },
		{ "I:1234\n", NULL },
		{ "S:disk/by-id/x\nL:10\nW:3\nI:12\nE:ID_FS_TYPE=ext4\nG:systemd\nQ:systemd\nV:1\n",
		  NULL },
		{ "I:1\nE:SYSTEMD_READY=1\nG:systemd\nQ:systemd\nV:1\n", NULL },
		{ "I:1\nE:SYSTEMD_READY=0\nG:systemd\nQ:systemd\nV:1\n", NOT_READY },
		{ "I:1\nE:SYSTEMD_READY=0", NOT_READY },
		{ "E:SYSTEMD_READY=0\nI:1\n", NOT_READY },
		{ "I:1\nE:SYSTEMD_READY=00\nE:X=E:SYSTEMD_READY=0\n", NULL },
		/* before 247 no tag was repeated */
		{ "I:1\nG:systemd\n", NULL },
		{ "I:1\nG:systemd\nG:uaccess\nQ:uaccess\nV:1\n", UNTAGGED },
		{ "I:1\nG:uaccess\nQ:uaccess\nV:1\n", NULL },
		{ "I:1\nG:systemd-x\nV:1\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *reason = check_record(cases[i].record);

		check_text(cases[i].record, reason != NULL ? reason : "fine",
			   cases[i].expected != NULL ? cases[i].expected : "fine");
	}
}

static void a_driver_is_known_by_its_number(void **state)
{
	(void)state;
	if (access("/sys/dev/char", F_OK) < 0)
		skip_because("there is no /sys/dev/char");
	assert_null(check_driver("char", makedev(1, 3)));
	assert_non_null(check_driver("char", makedev(511, 77)));
	assert_non_null(check_driver("block", makedev(1, 3)));
	assert_null(check_driver("nonexistent", makedev(1, 3))); /* as where there is no sysfs */
}

/* ---- A real driver: loop(4), which makes a device when it is asked for one ---- */

static void control_loop(unsigned long request, int number)
{
	int fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, request, number) < 0)
		skip_because("no loop device can be made");
	(void)close(fd);
}

/* As act/wait_for.c does it, and not longer than a test may take. */
static const char *wait_for(struct watch *watch)
{
	const char *reason = watch_check(watch);

	for (int i = 0; reason != NULL && i < 200; i++) {
		struct pollfd ready = { .fd = watch->fd, .events = POLLIN };

		(void)poll(&ready, 1, watch->check_ms);
		reason = watch_check(watch);
	}
	return reason;
}

static void a_driver_that_comes_late_is_awaited(void **state)
{
	int number = 1000 + (int)getpid() % 10000;
	char dir[] = "/tmp/cib-device-XXXXXX", path[64], text[80];
	struct awaited awaited;
	struct watch watch;

	(void)state;
	control_loop(LOOP_CTL_ADD, number); /* skips, where that is not allowed */
	control_loop(LOOP_CTL_REMOVE, number);
	if (access("/sys/dev/block", F_OK) < 0)
		skip_because("there is no /sys/dev/block");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/loop", dir);
	(void)snprintf(text, sizeof(text), "device:%s", path);
	assert_null(awaited_parse(text, &awaited));
	assert_int_equal(watch_open(&awaited, 0, &watch), 0);
	check_text("nothing", watch_check(&watch), "there is no such file");
	assert_int_equal(mknod(path, S_IFBLK | 0600, makedev(LOOP_MAJOR, (unsigned)number)), 0);
	check_text("a node", watch_check(&watch), "there is a node, but no driver behind it");
	control_loop(LOOP_CTL_ADD, number);
	assert_null(wait_for(&watch));
	control_loop(LOOP_CTL_REMOVE, number);
	check_text("no driver any more", watch_check(&watch),
		   "there is a node, but no driver behind it");
	watch_close(&watch);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_says_whether_udev_has_finished),
		cmocka_unit_test(a_driver_is_known_by_its_number),
		cmocka_unit_test(a_driver_that_comes_late_is_awaited),
	};

	return cmocka_run_group_tests_name("awaited_device", tests, NULL, NULL);
}
