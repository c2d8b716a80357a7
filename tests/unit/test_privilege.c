/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* base/privilege.c: which of the kernel's reasons for AT_SECURE are ours to refuse. */
#include "unit.h"

#include "base/privilege.h"
#include "base/util.h"

static void only_rights_that_its_starter_lacks_are_refused(void **state)
{
	static const struct {
		const char *name;
		struct privilege privilege;
		const char *expected;
	} rows[] = {
		{ "an ordinary start", { false, 1000, 1000, 1000, 1000, false }, "" },
		{ "root", { false, 0, 0, 0, 0, false }, "" },
		{ "set-user-ID", { true, 1000, 0, 1000, 1000, false }, "set-user-ID" },
		{ "set-user-ID to a user", { true, 0, 1000, 0, 0, false }, "set-user-ID" },
		{ "set-group-ID", { true, 1000, 1000, 1000, 4, false }, "set-group-ID" },
		{ "both", { true, 1000, 0, 1000, 4, true }, "set-user-ID" },
		{ "file capabilities",
		  { true, 1000, 1000, 1000, 1000, true },
		  "with file capabilities" },
		{ "a policy's transition", { true, 1000, 1000, 1000, 1000, false }, "" },
		{ "a policy's transition of root", { true, 0, 0, 0, 0, false }, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *reason = privilege_refuse(&rows[i].privilege);

		check_text(rows[i].name, reason != NULL ? reason : "", rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_rights_that_its_starter_lacks_are_refused),
	};

	return cmocka_run_group_tests_name("privilege", tests, NULL, NULL);
}
