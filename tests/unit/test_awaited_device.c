/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What awaited_device.c makes of a device's record in udev's database, and of nodes. */
#include "unit.h"

#include "awaited_device.c" /* NOLINT(bugprone-suspicious-include): for its reading of records */

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
		skip();
	assert_null(check_driver("char", makedev(1, 3)));
	assert_non_null(check_driver("char", makedev(511, 77)));
	assert_non_null(check_driver("block", makedev(1, 3)));
	assert_null(check_driver("nonexistent", makedev(1, 3))); /* as where there is no sysfs */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_says_whether_udev_has_finished),
		cmocka_unit_test(a_driver_is_known_by_its_number),
	};

	return cmocka_run_group_tests_name("awaited_device", tests, NULL, NULL);
}
