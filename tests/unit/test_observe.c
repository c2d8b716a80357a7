/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Observe: the names in the command line are those of the tables of hosts and targets. */
#include "unit.h"

#include "base/util.h"
#include "hosts/host.h"
#include "observe/observe.h"

/* @refusal with the names of the table instead of HOSTS; in memory that the next call takes back. */
static const char *expected(const char *refusal)
{
	static char line[sizeof(((struct refusal *)0)->text)];
	struct text text = text_begin(line, sizeof(line));
	const char *place = refusal != NULL ? strstr(refusal, "HOSTS") : NULL;

	if (refusal == NULL)
		return "";
	text_add_part(&text, refusal, place != NULL ? (size_t)(place - refusal) : strlen(refusal));
	if (place != NULL)
		hosts_list(&text, " or ");
	return line;
}

static void names_are_those_of_the_tables(void **state)
{
	static char *no_words[] = { NULL };
	static const struct {
		const char *target, *init, *refusal;
	} cases[] = {
		{ NULL, NULL,
		  "no target: add -t TARGET, which is systemd, upstart, inetd, s6 or forking" },
		{ "s7", NULL,
		  "--target: 's7' is not a target, use systemd, upstart, inetd, s6 or forking" },
		{ "", NULL,
		  "--target: '' is not a target, use systemd, upstart, inetd, s6 or forking" },
		{ "Systemd", NULL,
		  "--target: 'Systemd' is not a target, use systemd, upstart, inetd, s6 or forking" },
		{ "auto", NULL,
		  "--target: 'auto' is not a target, use systemd, upstart, inetd, s6 or forking" },
		{ "systemd", "sysv", "--init: 'sysv' is not a service manager, use auto, HOSTS" },
		{ "systemd", "", "--init: '' is not a service manager, use auto, HOSTS" },
		{ "systemd", "none", NULL },
		{ "inetd", "none", NULL },
	};
	char *const env[] = { NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct options options = { .target = cases[i].target,
						 .init = cases[i].init,
						 .command = no_words };
		struct refusal refusal = { "" };
		struct arena arena = { 0 };
		struct facts facts;
		int r = observe(&options, env, &arena, &facts, &refusal);

		check_text("refusal", refusal.text, expected(cases[i].refusal));
		check_int("result", r, cases[i].refusal != NULL ? -EINVAL : 0);
		arena_done(&arena);
	}
}

static void a_target_behind_the_command_is_shown(void **state)
{
#define LATE(word)                                                                            \
 "no target: options come before the command, and '" word "' comes after 'd', so that it is " \
 "the command's own"
#define NONE "no target: add -t TARGET, which is systemd, upstart, inetd, s6 or forking"
	static const struct {
		const char *words[6], *refusal;
	} cases[] = {
		{ { "d", "x", "-t", "systemd" }, LATE("-t") },
		{ { "d", "-tupstart", "-N" }, LATE("-tupstart") },
		{ { "d", "--target", "inetd" }, LATE("--target") },
		{ { "d", "--target=systemd" }, LATE("--target=systemd") },
		{ { "d", "-t", "4", "-t", "upstart" }, LATE("-t") },
		{ { "d", "-t" }, NONE },
		{ { "d", "-t", "4" }, NONE },
		{ { "d", "-tree" }, NONE },
		{ { "d", "--target=x" }, NONE },
		{ { "d", "systemd" }, NONE },
	};
	char *const env[] = { NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct options options = { .command = (char **)(uintptr_t)cases[i].words };
		struct refusal refusal = { "" };
		struct arena arena = { 0 };
		struct facts facts;

		check_int("result", observe(&options, env, &arena, &facts, &refusal), -EINVAL);
		check_text(cases[i].words[1], refusal.text, cases[i].refusal);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_tables),
		cmocka_unit_test(a_target_behind_the_command_is_shown),
	};

	return cmocka_run_group_tests_name("observe", tests, NULL, NULL);
}
