/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What is wrong with every manager. */
#include "base/util.h"
#include "check/rules.h"

/* The daemon's words: -N needs the process that the manager tracks. */
static bool runs_as_child(struct subject *subject)
{
	const struct options *options = subject->options;
	bool is_tracked = subject->host == NULL || subject->host->way->learns != LEARNS_BY_EXIT;

	if (subject->command->start != START_CHILD || !is_tracked || !subject->command->is_main)
		return false;
	if (subject->host == NULL && subject->service->kind == KIND_SCRIPT && !subject->carries)
		return false;
	subject->quote[0] = subject->command->stays;
	if (!subject->carries || options->init != NULL)
		subject->severity = SEVERITY_WARNING;
	subject->quote[1] = !subject->carries
				    ? "the manager would track that, and sockets would not arrive"
				    : "-N would be refused, since the manager tracks that";
	return true;
}

static bool runs_in_shell(struct subject *subject)
{
	subject->quote[0] = subject->command->stays;
	return subject->command->start == START_SHELL && subject->command->is_main;
}

static bool has_one_word(struct subject *subject)
{
	const char *word = subject->options->command[0];

	subject->quote[0] = word;
	return word != NULL && word[0] == '/' && *find_char(word, ' ') == ' ' &&
	       subject->options->command[1] == NULL && access(word, F_OK) < 0;
}

static bool only_explains(struct subject *subject)
{
	return subject->options->action == ACTION_EXPLAIN;
}

static bool is_of_another(struct subject *subject)
{
	static const char *const ways[] = { "newline", "datagram", "forking", "none", "inetd", NULL };
	const char *init = subject->options->init;
	static const struct {
		enum kind kind;
		const char *name;
	} names[] = {
		{ KIND_UNIT, "systemd" },      { KIND_JOB, "upstart" },
		{ KIND_OPENRC, "openrc" },     { KIND_FINIT, "finit" },
		{ KIND_DINIT, "dinit" },       { KIND_SUPERVISORD, "supervisord" },
		{ KIND_SHEPHERD, "shepherd" },
	};

	if (init == NULL)
		return false;
	for (const char *const *way = ways; *way != NULL; way++) {
		if (is_equal(init, *way))
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].kind != subject->service->kind || is_equal(names[i].name, init))
			continue;
		subject->quote[0] = init;
		subject->quote[1] = names[i].name;
		return true;
	}
	return false;
}

static bool changes_nothing(struct subject *subject)
{
	const struct options *options = subject->options;

	if (!subject->is_home || options->n_listen > 0 || options->n_wait_for > 0 ||
	    options->adopt == ADOPT_REQUIRE || subject->target->speaks == SPEAKS_NEWLINE)
		return false;
	subject->quote[0] = subject->target->name;
	return true;
}

/* Somebody is blocked until its limit, and nobody extends it while the bridge waits. */
static bool waits_too_long(struct subject *subject, unsigned long limit_s)
{
	return subject->options->n_wait_for > 0 && limit_s > 0 &&
	       limit_s <= (unsigned long)subject->options->wait_timeout_s;
}

static bool outlasts_dinit(struct subject *subject)
{
	const struct setting *setting = service_find(subject->service, "", "start-timeout");
	unsigned long limit = setting != NULL ? strtoul(setting->value, NULL, 10) : 60;

	if (service_find(subject->service, "", "ready-notification") == NULL ||
	    !waits_too_long(subject, limit))
		return false;
	subject->quote[0] = "start-timeout";
	subject->quote[1] = format_number(subject, limit);
	return blame(subject, setting);
}

static bool outlasts_s6_rc(struct subject *subject)
{
	const struct setting *setting = service_find(subject->service, "file", "timeout-up");
	unsigned long limit = setting != NULL ? (strtoul(setting->value, NULL, 10) + 999) / 1000 : 0;

	if (setting == NULL || !waits_too_long(subject, limit))
		return false;
	subject->quote[0] = "timeout-up";
	subject->quote[1] = format_number(subject, limit);
	return blame(subject, setting);
}

static bool outlasts_start_stop_daemon(struct subject *subject)
{
	const struct setting *setting =
		service_find(subject->service, "start-stop-daemon", "notify-timeout");
	unsigned long limit = setting != NULL ? strtoul(setting->value, NULL, 10) : 60;

	if (service_find(subject->service, "start-stop-daemon", "notify-await") == NULL ||
	    !waits_too_long(subject, limit))
		return false;
	subject->quote[0] = "--notify-timeout";
	subject->quote[1] = format_number(subject, limit);
	return blame(subject, setting);
}

#define ANY (~0U)
#define TOO_LONG                                                                               \
 "--wait-for may take longer than the limit of %2 s (%1), and nobody extends that meanwhile: " \
 "raise it above --wait-timeout, or lower that"

static const struct rule list[] = {
	{ "exec", ANY, SEVERITY_REFUSED, runs_as_child,
	  "%1 stays as the parent of the bridge: %2: put 'exec' in front of the bridge, or the bridge in front "
	  "of what stays" },
	{ "shell", ANY, SEVERITY_WARNING, runs_in_shell,
	  "'%1 -c' without 'exec': some shells (dash) stay as the parent of the bridge, so that the manager "
	  "tracks the shell: write 'exec cross-init-bridge ...'" },
	{ "quotes", ANY, SEVERITY_WARNING, has_one_word,
	  "'%1' is one word, and no such file is there: the daemon's arguments are words of their own, outside "
	  "of the quotes" },
	{ "explain", ANY, SEVERITY_WARNING, only_explains,
	  "--explain is in the line, so that the daemon is never started: take it out when you have seen the "
	  "plan" },
	{ "other-host", ANY, SEVERITY_WARNING, is_of_another,
	  "-i %1, but this is written for %2: leave out -i, which is found out" },
	{ "at-home", ANY, SEVERITY_WARNING, changes_nothing,
	  "-t %1, which is also what runs it: the bridge changes nothing here: name the protocol that the "
	  "daemon speaks, or leave out the bridge" },
	{ "wait-limit", KIND_DINIT, SEVERITY_WARNING, outlasts_dinit, TOO_LONG },
	{ "wait-limit", KIND_S6 | KIND_RUN, SEVERITY_WARNING, outlasts_s6_rc, TOO_LONG },
	{ "wait-limit", KIND_INIT_SCRIPT, SEVERITY_WARNING, outlasts_start_stop_daemon, TOO_LONG },
};

const struct rules common_rules = { .list = list, .n = ARRAY_SIZE(list) };
