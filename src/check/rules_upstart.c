/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What is wrong with a job. */
#include "base/text.h"
#include "base/util.h"
#include "check/rules.h"

#define KILL_TIMEOUT_S 5 /* Upstart's own, where systemd's is 90 */

static const struct setting *find(const struct subject *subject, const char *stanza)
{
	return service_find(subject->service, "", stanza);
}

static const char *value_of(const struct subject *subject, const char *stanza)
{
	return service_value(subject->service, "", stanza, "");
}

static bool is_by_upstart(const struct subject *subject)
{
	return subject->host == &host_upstart && subject->command->is_main;
}

static bool tells(const struct subject *subject)
{
	return is_by_upstart(subject) && subject->carries && !subject->is_home;
}

static bool quote_expect(struct subject *subject)
{
	subject->quote[0] = options_readiness(subject->options);
	subject->quote[1] = value_of(subject, "expect");
	return blame(subject, find(subject, "expect"));
}

static bool lacks_expect(struct subject *subject)
{
	return tells(subject) && find(subject, "expect") == NULL && quote_expect(subject);
}

static bool expects_fork(struct subject *subject)
{
	const char *expect = value_of(subject, "expect");

	return tells(subject) && (is_equal(expect, "fork") || is_equal(expect, "daemon")) &&
	       quote_expect(subject);
}

static bool waits_in_vain(struct subject *subject)
{
	return is_by_upstart(subject) && !subject->carries && !subject->is_home &&
	       is_equal(value_of(subject, "expect"), "stop") && quote_expect(subject);
}

static bool respawns_refusals(struct subject *subject)
{
	const struct setting *setting = NULL;

	while ((setting = service_next(subject->service, "", "normal exit", setting)) != NULL) {
		if (strstr(setting->value, "125") != NULL)
			return false;
	}
	return is_by_upstart(subject) && find(subject, "respawn") != NULL &&
	       blame(subject, find(subject, "respawn"));
}

/* These save what they have when they are told to end, or see their clients off. */
static const char *const slow[] = { "mariadbd",
				    "mysqld",
				    "postgres",
				    "mongod",
				    "redis-server",
				    "slapd",
				    "squid",
				    "haproxy",
				    "java",
				    "dockerd",
				    "etcd",
				    "rabbitmq-server",
				    "influxd",
				    "prometheus",
				    "libvirtd",
				    "beam.smp",
				    "qemu-system-x86_64",
				    NULL };

static bool is_killed_early(struct subject *subject)
{
	const struct setting *setting = find(subject, "kill timeout");
	const char *path = subject->options->command[0], *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	if (!is_by_upstart(subject) ||
	    (setting != NULL && strtoul(setting->value, NULL, 10) > KILL_TIMEOUT_S))
		return false;
	for (const char *const *one = slow; *one != NULL; one++) {
		if (!is_equal(name, *one))
			continue;
		subject->quote[0] = *one;
		return blame(subject, setting);
	}
	return false;
}

static bool starts_on_socket(const struct subject *subject)
{
	const struct setting *setting = NULL;

	while ((setting = service_next(subject->service, "", "start on", setting)) != NULL) {
		if (strstr(setting->value, "socket") != NULL &&
		    strstr(setting->value, "PROTO=") != NULL)
			return true;
	}
	return false;
}

static bool cannot_adopt(struct subject *subject)
{
	return is_by_upstart(subject) && starts_on_socket(subject) &&
	       find(subject, "setuid") != NULL && subject->options->adopt != ADOPT_NO &&
	       !subject->is_home && subject->target->takes != SOCKETS_NONE &&
	       blame(subject, find(subject, "setuid"));
}

static bool has_script_on_socket(struct subject *subject)
{
	return is_by_upstart(subject) && starts_on_socket(subject) &&
	       is_equal(subject->command->stanza, "script") &&
	       subject->target->takes != SOCKETS_NONE && blame(subject, find(subject, "script"));
}

static bool has_few_processes(struct subject *subject)
{
	const struct setting *setting = find(subject, "limit nproc");

	subject->quote[0] = value_of(subject, "limit nproc");
	return setting != NULL && setting->value[0] != 'u' && find(subject, "setuid") != NULL &&
	       tells(subject) && strtoul(setting->value, NULL, 10) < 16 && blame(subject, setting);
}

static bool lacks_job_respawns(struct subject *subject)
{
	return tells(subject) && subject->options->supervise && !subject->options->job_respawns &&
	       find(subject, "respawn") != NULL && blame(subject, find(subject, "respawn"));
}

static bool hides_failures(struct subject *subject)
{
	return tells(subject) && subject->options->supervise && subject->options->job_respawns &&
	       find(subject, "respawn") == NULL;
}

static const struct rule list[] = {
	{ "expect-stop", KIND_JOB, SEVERITY_WARNING, lacks_expect,
	  "%1 in a job without 'expect stop': Upstart does not wait until the daemon is ready: add 'expect "
	  "stop'" },
	{ "expect-fork", KIND_JOB, SEVERITY_REFUSED, expects_fork,
	  "%1 in a job with 'expect %2', where the fork itself means ready: change it to 'expect stop', or leave "
	  "out %1" },
	{ "expect-unused", KIND_JOB, SEVERITY_WARNING, waits_in_vain,
	  "'expect stop', but neither -N nor --ready-when: nobody stops the daemon for Upstart, and 'initctl "
	  "start' hangs: add -N, or take out 'expect stop'" },
	{ "respawn", KIND_JOB, SEVERITY_WARNING, respawns_refusals,
	  "respawn without 'normal exit 125': what the bridge refuses once it would refuse again and again: add "
	  "that" },
	{ "kill-timeout", KIND_JOB, SEVERITY_WARNING, is_killed_early,
	  "%1 may take longer to end than the 5 s that Upstart gives it, and would be killed: add a longer 'kill "
	  "timeout'" },
	{ "setuid-sockets", KIND_JOB, SEVERITY_WARNING, cannot_adopt,
	  "setuid in a job that starts on a socket: started by hand or respawned it gets none from Upstart, and "
	  "may not take them: let the daemon, or setpriv(1) behind the bridge, change the user" },
	{ "script-sockets", KIND_JOB, SEVERITY_WARNING, has_script_on_socket,
	  "a script in a job that starts on a socket: Upstart puts the text of a script of several lines on "
	  "descriptor 9, in place of a socket of that number: use the exec stanza" },
	{ "nproc", KIND_JOB, SEVERITY_WARNING, has_few_processes,
	  "limit nproc %1 counts the babysitter, too, for the user of setuid: allow for one or two more" },
	{ "job-respawns", KIND_JOB, SEVERITY_WARNING, lacks_job_respawns,
	  "respawn with --supervise, but not --job-respawns: Upstart does not start a daemon again that ends "
	  "before it is ready: add --job-respawns" },
	{ "job-respawns-unused", KIND_JOB, SEVERITY_WARNING, hides_failures,
	  "--job-respawns in a job without respawn hides that the daemon has failed: leave it out" },
};

const struct rules upstart_rules = { .list = list, .n = ARRAY_SIZE(list) };
