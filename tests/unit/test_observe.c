/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Observe: the names in the command line are those of the tables of hosts and targets. */
#include "unit.h"

#include "base/util.h"
#include "observe/observe.h"

static void names_are_those_of_the_tables(void **state)
{
	static const struct {
		const char *target, *init, *refusal;
	} cases[] = {
		{ NULL, NULL, "no target: add -t TARGET, which is systemd, upstart or inetd" },
		{ "s7", NULL, "--target: 's7' is not a target, use systemd, upstart or inetd" },
		{ "", NULL, "--target: '' is not a target, use systemd, upstart or inetd" },
		{ "Systemd", NULL,
		  "--target: 'Systemd' is not a target, use systemd, upstart or inetd" },
		{ "auto", NULL, "--target: 'auto' is not a target, use systemd, upstart or inetd" },
		{ "systemd", "sysv",
		  "--init: 'sysv' is not a service manager, use auto, systemd, upstart, inetd or none" },
		{ "systemd", "",
		  "--init: '' is not a service manager, use auto, systemd, upstart, inetd or none" },
		{ "systemd", "none", NULL },
		{ "inetd", "none", NULL },
	};
	char *const env[] = { NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct options options = { .target = cases[i].target, .init = cases[i].init };
		struct refusal refusal = { "" };
		struct arena arena = { 0 };
		struct facts facts;
		int r = observe(&options, env, &arena, &facts, &refusal);

		check_text("refusal", refusal.text, cases[i].refusal != NULL ? cases[i].refusal : "");
		check_int("result", r, cases[i].refusal != NULL ? -EINVAL : 0);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_tables),
	};

	return cmocka_run_group_tests_name("observe", tests, NULL, NULL);
}
