/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* notify/kin.c, the pure part: which cgroups are one service's own. Processes are in test_sender.c. */
#include "unit.h"

#include "base/util.h"
#include "notify/kin.h"

#define SYSTEMD "*.service"
#define OPENRC "openrc.*"

static void a_cgroup_counts_where_it_is_one_service_s_own(void **state)
{
	static const struct {
		const char *name, *pattern, *main, *other;
		bool is_shared;
	} rows[] = {
		{ "one unit", SYSTEMD, "0::/system.slice/x.service\n",
		  "0::/system.slice/x.service\n", true },
		{ "no newline", SYSTEMD, "0::/system.slice/x.service", "0::/system.slice/x.service",
		  true },
		{ "below it", SYSTEMD, "0::/system.slice/x.service\n",
		  "0::/system.slice/x.service/sub\n", true },
		{ "above it", SYSTEMD, "0::/system.slice/x.service\n", "0::/system.slice\n", false },
		{ "a longer name", SYSTEMD, "0::/system.slice/x.service\n",
		  "0::/system.slice/x.service2\n", false },
		{ "another unit", SYSTEMD, "0::/system.slice/x.service\n",
		  "0::/system.slice/y.service\n", false },
		{ "the root", SYSTEMD, "0::/\n", "0::/\n", false },
		{ "a slice", SYSTEMD, "0::/system.slice\n", "0::/system.slice\n", false },
		{ "a scope", SYSTEMD, "0::/user.slice/session-1.scope\n",
		  "0::/user.slice/session-1.scope\n", false },
		{ "the suffix alone", SYSTEMD, "0::/.service\n", "0::/.service\n", false },
		{ "a user's unit", SYSTEMD, "0::/user.slice/user@0.service/app.slice/x.service\n",
		  "0::/user.slice/user@0.service/app.slice/x.service\n", true },
		{ "in a unit's slice", SYSTEMD, "0::/user@0.service/app.slice\n",
		  "0::/user@0.service/app.slice\n", false },
		{ "below a unit", SYSTEMD, "0::/x.service/main\n", "0::/x.service/main\n", false },
		{ "version 1", SYSTEMD, "2:cpu:/\n1:name=systemd:/system.slice/x.service\n",
		  "2:cpu:/\n1:name=systemd:/system.slice/x.service\n", true },
		{ "version 1, in one hierarchy only", SYSTEMD,
		  "2:cpu:/\n1:name=systemd:/system.slice/x.service\n",
		  "2:cpu:/system.slice/x.service\n1:name=systemd:/system.slice/y.service\n", false },
		{ "OpenRC", OPENRC, "0::/openrc.x\n", "0::/openrc.x\n", true },
		{ "OpenRC, another", OPENRC, "0::/openrc.x\n", "0::/openrc.y\n", false },
		{ "OpenRC, a longer name", OPENRC, "0::/openrc.x\n", "0::/openrc.xy\n", false },
		{ "OpenRC, no name", OPENRC, "0::/openrc.\n", "0::/openrc.\n", false },
		{ "OpenRC, a container", OPENRC, "0::/docker/1234\n", "0::/docker/1234\n", false },
		{ "nothing", SYSTEMD, "", "", false },
		{ "no cgroups", SYSTEMD, "\n", "\n", false },
		{ "torn", SYSTEMD, "0:x.service", "0:x.service", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_int(rows[i].name,
			  cgroups_share_own(rows[i].main, rows[i].other, rows[i].pattern),
			  rows[i].is_shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cgroup_counts_where_it_is_one_service_s_own),
	};

	return cmocka_run_group_tests_name("kin", tests, NULL, NULL);
}
