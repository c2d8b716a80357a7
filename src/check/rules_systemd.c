/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What is wrong with a unit, and with the .socket beside it. */
#include "base/util.h"
#include "check/rules.h"

#define FEW_TASKS 16 /* fewer, and three of ours may be the ones that are too many */
#define FEW_FILES 9  /* fewer, and hosts/systemd_ready.c refuses */
#define OUR_TASKS 3  /* in hand over: the launcher, the intermediate, the daemon */

static const struct setting *find(const struct subject *subject, const char *name)
{
	return service_find(subject->service, "Service", name);
}

static const char *value_of(const struct subject *subject, const char *name, const char *otherwise)
{
	return service_value(subject->service, "Service", name, otherwise);
}

static const char *type_of(const struct subject *subject)
{
	return value_of(subject, "Type", find(subject, "BusName") != NULL ? "dbus" : "simple");
}

static bool is_notify(const struct subject *subject)
{
	return has_prefix(type_of(subject), "notify");
}

/* systemd sets NOTIFY_SOCKET. */
static bool has_socket(const struct subject *subject)
{
	return is_notify(subject) || !is_equal(value_of(subject, "NotifyAccess", "none"), "none");
}

static bool is_by_systemd(const struct subject *subject)
{
	return subject->host == &host_systemd && subject->command->is_main;
}

/* It is for the bridge to tell systemd. */
static bool tells(const struct subject *subject)
{
	return is_by_systemd(subject) && subject->carries && !subject->is_home;
}

static bool quote_type(struct subject *subject)
{
	subject->quote[0] = options_readiness(subject->options);
	subject->quote[1] = type_of(subject);
	return blame(subject, find(subject, "Type"));
}

static bool lacks_type_notify(struct subject *subject)
{
	return tells(subject) && !has_socket(subject) && quote_type(subject);
}

static bool is_told_in_vain(struct subject *subject)
{
	return tells(subject) && has_socket(subject) && !is_notify(subject) && quote_type(subject);
}

static bool waits_in_vain(struct subject *subject)
{
	if (!is_by_systemd(subject) || subject->carries || subject->is_home || !is_notify(subject))
		return false;
	(void)quote_type(subject);
	subject->quote[0] = subject->target->speaks == SPEAKS_NOTHING
				    ? "set Type=exec, or add --ready-when"
				    : "add -N, or set Type=exec";
	return true;
}

static bool cannot_reload(struct subject *subject)
{
	subject->quote[1] = subject->target->name;
	return tells(subject) && is_equal(type_of(subject), "notify-reload") &&
	       blame(subject, find(subject, "Type"));
}

/* @word is one of the blank-separated words of any setting @name. */
static bool has_word(const struct subject *subject, const char *name, const char *word)
{
	const struct setting *setting = NULL;

	while ((setting = service_next(subject->service, "Service", name, setting)) != NULL) {
		const char *at = setting->value;

		while ((at = strstr(at, word)) != NULL) {
			char end = at[strlen(word)];

			if ((at == setting->value || at[-1] == ' ') && (end == '\0' || end == ' '))
				return true;
			at++;
		}
	}
	return false;
}

static bool restarts_refusals(struct subject *subject)
{
	const char *restart = value_of(subject, "Restart", "no");

	if (!is_by_systemd(subject) ||
	    (!is_equal(restart, "always") && !is_equal(restart, "on-failure")) ||
	    has_word(subject, "RestartPreventExitStatus", "125"))
		return false;
	subject->quote[0] = restart;
	return blame(subject, find(subject, "Restart"));
}

/* systemd.time(7): a number of seconds, or numbers with units; 0: no limit, or it cannot be read. */
static unsigned long seconds_of(const char *text)
{
	static const struct {
		const char *unit;
		unsigned long seconds;
	} units[] = { { "min", 60 }, { "ms", 0 },   { "us", 0 },   { "s", 1 },
		      { "m", 60 },   { "h", 3600 }, { "d", 86400 } };
	unsigned long sum = 0;

	while (*text != '\0') {
		char *end;
		unsigned long number = strtoul(text, &end, 10), factor = 1;

		if (end == text)
			return 0;
		end += strspn(end, " ");
		for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
			if (!has_prefix(end, units[i].unit))
				continue;
			factor = units[i].seconds;
			end += strcspn(end, " 0123456789");
			break;
		}
		text = end + strspn(end, " ");
		sum += number * factor;
	}
	return sum;
}

static bool outlasts_systemd(struct subject *subject)
{
	const struct setting *setting = find(subject, "TimeoutStartSec");
	const char *type = type_of(subject);
	bool is_oneshot = is_equal(type, "oneshot");
	unsigned long limit = is_oneshot ? 0 : 90;

	if (setting == NULL)
		setting = find(subject, "TimeoutSec");
	if (setting != NULL)
		limit = seconds_of(setting->value);
	if (!is_by_systemd(subject) || has_socket(subject) ||
	    (!is_oneshot && !is_equal(type, "forking") && !is_equal(type, "dbus")) ||
	    subject->options->n_wait_for == 0 || limit == 0 ||
	    limit > (unsigned long)subject->options->wait_timeout_s)
		return false;
	subject->quote[0] = format_number(subject, limit);
	return blame(subject, setting);
}

static bool has_watchdog(struct subject *subject)
{
	const char *limit = value_of(subject, "WatchdogSec", "0");

	if (!is_by_systemd(subject) || is_equal(limit, "0") || is_equal(limit, "infinity") ||
	    subject->is_home || subject->target->speaks == SPEAKS_DATAGRAM)
		return false;
	subject->quote[0] = subject->target->name;
	subject->quote[1] = subject->carries ? "the bridge switches it off when the daemon is ready"
					     : "systemd will end the daemon";
	return blame(subject, find(subject, "WatchdogSec"));
}

static bool is_yes(const char *text)
{
	return is_equal(text, "yes") || is_equal(text, "true") || is_equal(text, "1") ||
	       is_equal(text, "on");
}

static bool accepts_for_upstart(struct subject *subject)
{
	const struct setting *accept = service_find(subject->service, "Socket", "Accept");

	return is_by_systemd(subject) && accept != NULL && is_yes(accept->value) &&
	       subject->target->takes == SOCKETS_LISTED && blame(subject, accept);
}

/* The directives for sockets, and whether Upstart's protocol and inetd's have a word for them. */
static const struct {
	const char *name;
	bool is_listed, is_stdio;
} sockets[] = {
	{ "ListenStream", true, true },
	{ "ListenDatagram", false, true },
	{ "ListenSequentialPacket", false, true },
	{ "ListenFIFO", false, false },
	{ "ListenSpecial", false, false },
	{ "ListenNetlink", false, false },
	{ "ListenMessageQueue", false, false },
};

static bool has_strange_socket(struct subject *subject)
{
	enum socket_protocol takes = subject->target->takes;

	if (!is_by_systemd(subject) || subject->options->force_sockets)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		const struct setting *setting =
			service_find(subject->service, "Socket", sockets[i].name);
		bool is_right = takes == SOCKETS_LISTED     ? sockets[i].is_listed
				: takes == SOCKETS_ON_STDIO ? sockets[i].is_stdio
							    : takes == SOCKETS_FROM_3;

		if (setting == NULL || is_right)
			continue;
		subject->quote[0] = sockets[i].name;
		subject->quote[1] = subject->target->name;
		return blame(subject, setting);
	}
	return false;
}

static bool has_many_sockets(struct subject *subject)
{
	const struct setting *setting = NULL, *last = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		while ((setting = service_next(subject->service, "Socket", sockets[i].name,
					       setting)) != NULL) {
			last = setting;
			n++;
		}
	}
	return is_by_systemd(subject) && n > 1 && subject->target->takes == SOCKETS_ON_STDIO &&
	       blame(subject, last);
}

static bool has_pam(struct subject *subject)
{
	return tells(subject) && subject->leaves && !subject->options->supervise &&
	       find(subject, "PAMName") != NULL && blame(subject, find(subject, "PAMName"));
}

static bool lacks_unix_family(struct subject *subject)
{
	const struct setting *setting = NULL, *last = NULL;
	bool is_allowed = false, is_list = false;

	while ((setting = service_next(subject->service, "Service", "RestrictAddressFamilies",
				       setting)) != NULL) {
		bool is_inverted = setting->value[0] == '~',
		     names = strstr(setting->value, "AF_UNIX") != NULL;

		if (!is_list)
			is_allowed = is_inverted;
		is_list = true;
		if (names)
			is_allowed = !is_inverted;
		last = setting;
	}
	return tells(subject) && is_list && !is_allowed && blame(subject, last);
}

/* What clones a process is in @process, which @system-service has. */
static bool may_clone(const struct setting *setting)
{
	static const char *const names[] = { "@process", "@system-service", "clone", "@known" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strstr(setting->value, names[i]) != NULL)
			return true;
	}
	return false;
}

static bool lacks_process_calls(struct subject *subject)
{
	const struct setting *setting = NULL, *last = NULL;
	bool is_allowed = true, is_list = false;

	while ((setting = service_next(subject->service, "Service", "SystemCallFilter", setting)) !=
	       NULL) {
		bool is_inverted = setting->value[0] == '~';

		if (!is_list && !is_inverted)
			is_allowed = false;
		is_list = true;
		if (may_clone(setting) &&
		    !(is_inverted && strstr(setting->value, "@system-service") != NULL &&
		      strstr(setting->value, "@process") == NULL))
			is_allowed = !is_inverted;
		last = setting;
	}
	return is_by_systemd(subject) && !subject->is_home && subject->needs_process && is_list &&
	       !is_allowed && blame(subject, last);
}

static bool loses_domain(struct subject *subject)
{
	return is_by_systemd(subject) && subject->service->has_selinux &&
	       find(subject, "SELinuxContext") == NULL;
}

/* systemd sets the domain for what it executes, and that is the bridge. */
static bool has_domain(struct subject *subject)
{
	return is_by_systemd(subject) && find(subject, "SELinuxContext") != NULL &&
	       blame(subject, find(subject, "SELinuxContext"));
}

static bool has_few_tasks(struct subject *subject)
{
	const struct setting *setting = find(subject, "TasksMax");
	unsigned long n = FEW_TASKS;

	if (setting == NULL)
		setting = find(subject, "LimitNPROC");
	if (setting == NULL || !tells(subject) || !subject->needs_process ||
	    setting->value[strspn(setting->value, "0123456789")] != '\0')
		return false;
	n = strtoul(setting->value, NULL, 10);
	if (n >= FEW_TASKS)
		return false;
	if (n < OUR_TASKS && is_equal(setting->name, "TasksMax"))
		subject->severity = SEVERITY_REFUSED;
	subject->quote[0] = setting->name;
	subject->quote[1] = setting->value;
	return blame(subject, setting);
}

/* "soft" or "soft:hard". */
static bool has_few_files(struct subject *subject)
{
	const struct setting *setting = find(subject, "LimitNOFILE");

	if (setting == NULL || !tells(subject) || setting->value[0] < '0' ||
	    setting->value[0] > '9' || strtoul(setting->value, NULL, 10) >= FEW_FILES)
		return false;
	subject->quote[0] = setting->value;
	return blame(subject, setting);
}

/* "/run:mode=0755 -/srv": whether one of the paths is @path, or above it. */
static bool covers(const char *list, const char *path)
{
	while (*list != '\0') {
		const char *word = list + strspn(list, " \t+-");
		size_t length = strcspn(word, " \t:");

		if (length > 0 && strncmp(word, path, length) == 0 &&
		    (length == 1 || path[length] == '/' || path[length] == '\0'))
			return true;
		list = word + strcspn(word, " \t");
	}
	return false;
}

static const struct setting *find_covering(const struct subject *subject, const char *name)
{
	const struct setting *setting = NULL;

	while ((setting = service_next(subject->service, "Service", name, setting)) != NULL) {
		if (covers(setting->value, "/run/systemd/notify"))
			return setting;
	}
	return NULL;
}

/* systemd binds it into a root directory of the unit's only where it mounts /run there. */
static bool hides_socket(struct subject *subject)
{
	static const char *const roots[] = { "RootDirectory", "RootImage", "TemporaryFileSystem",
					     "InaccessiblePaths" };

	if (!tells(subject) || find_covering(subject, "BindPaths") != NULL ||
	    find_covering(subject, "BindReadOnlyPaths") != NULL)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		bool is_root = has_prefix(roots[i], "Root");
		const struct setting *setting = is_root ? find(subject, roots[i])
							: find_covering(subject, roots[i]);

		if (setting == NULL || (is_root && is_yes(value_of(subject, "MountAPIVFS", "yes"))))
			continue;
		subject->quote[0] = roots[i];
		return blame(subject, setting);
	}
	return false;
}

/* A daemon that changes its user before it stops itself can be continued only with CAP_KILL. */
static bool lacks_cap_kill(struct subject *subject)
{
	const struct setting *setting = find(subject, "CapabilityBoundingSet");
	bool is_inverted = setting != NULL && setting->value[0] == '~';

	return setting != NULL && setting->value[0] != '\0' && tells(subject) &&
	       subject->target->speaks == SPEAKS_STOP && find(subject, "User") == NULL &&
	       (strstr(setting->value, "CAP_KILL") != NULL) == is_inverted &&
	       blame(subject, setting);
}

static bool loses_terminal(struct subject *subject)
{
	return tells(subject) && subject->leaves &&
	       has_prefix(value_of(subject, "StandardInput", ""), "tty") &&
	       blame(subject, find(subject, "StandardInput"));
}

static bool is_not_forking(struct subject *subject)
{
	subject->quote[0] = type_of(subject);
	return subject->command->is_main && subject->host != NULL &&
	       subject->host->way->learns == LEARNS_BY_EXIT &&
	       !is_equal(type_of(subject), "forking") && blame(subject, find(subject, "Type"));
}

static bool has_other_pid_file(struct subject *subject)
{
	const struct setting *setting = find(subject, "PIDFile");
	const char *path = subject->options->pid_file;

	if (!subject->command->is_main || path == NULL || !is_equal(type_of(subject), "forking") ||
	    (setting != NULL && has_suffix(path, setting->value)))
		return false;
	subject->quote[0] = path;
	return blame(subject, setting);
}

static const struct rule list[] = {
	{ "notify-type", KIND_UNIT, SEVERITY_REFUSED, lacks_type_notify,
	  "%1 in a unit of Type=%2, for which systemd sets no NOTIFY_SOCKET: set Type=notify, or leave out %1" },
	{ "notify-unused", KIND_UNIT, SEVERITY_WARNING, is_told_in_vain,
	  "%1 in a unit of Type=%2: systemd is told, but does not wait until the daemon is ready: set "
	  "Type=notify" },
	{ "notify-forgotten", KIND_UNIT, SEVERITY_WARNING, waits_in_vain,
	  "Type=%2, but neither -N nor --ready-when: systemd waits in vain until the daemon is ready, and ends "
	  "it: %1" },
	{ "notify-reload", KIND_UNIT, SEVERITY_WARNING, cannot_reload,
	  "Type=notify-reload with a daemon for %2, which does not say RELOADING=1: a reload would end by "
	  "timeout: set Type=notify, and ExecReload=/bin/kill -HUP $MAINPID" },
	{ "restart", KIND_UNIT, SEVERITY_WARNING, restarts_refusals,
	  "Restart=%1 without RestartPreventExitStatus=125: what the bridge refuses once it would refuse again "
	  "and again: add that" },
	{ "wait-limit", KIND_UNIT, SEVERITY_WARNING, outlasts_systemd,
	  "--wait-for may take longer than systemd's limit of %1 s, which nothing extends in a unit without "
	  "NOTIFY_SOCKET: raise TimeoutStartSec= above --wait-timeout, or set NotifyAccess=main" },
	{ "watchdog", KIND_UNIT, SEVERITY_WARNING, has_watchdog,
	  "WatchdogSec= with a daemon for %1, which sends no WATCHDOG=1: %2: take it out" },
	{ "accept", KIND_UNIT, SEVERITY_REFUSED, accepts_for_upstart,
	  "Accept=yes hands over a connection, and Upstart's protocol knows listeners only: set Accept=no" },
	{ "socket-kind", KIND_UNIT, SEVERITY_REFUSED, has_strange_socket,
	  "%1= opens what a daemon for %2 is never given: take it out, or choose the target that the daemon was "
	  "made for" },
	{ "socket-count", KIND_UNIT, SEVERITY_REFUSED, has_many_sockets,
	  "more than one socket, and a daemon for inetd takes one: give each a .socket and a .service of its "
	  "own" },
	{ "pam", KIND_UNIT, SEVERITY_WARNING, has_pam,
	  "PAMName=: the session is closed when the first process ends, so the bridge stays as the daemon's "
	  "parent, as with --supervise: leave it out, if the daemon needs no session" },
	{ "families", KIND_UNIT, SEVERITY_REFUSED, lacks_unix_family,
	  "RestrictAddressFamilies= without AF_UNIX: the bridge cannot tell systemd that the daemon is ready: "
	  "add AF_UNIX" },
	{ "process-calls", KIND_UNIT, SEVERITY_REFUSED, lacks_process_calls,
	  "SystemCallFilter= takes away what starts a process (@process), which the bridge has to: allow "
	  "@process" },
	{ "selinux", KIND_UNIT, SEVERITY_WARNING, loses_domain,
	  "SELinux is in use, and the daemon's domain hangs on the file that systemd executes, which is the "
	  "bridge now: see CONFINEMENT in cross-init-bridge(7), and look at the domain with 'ps -eZ'" },
	{ "selinux-context", KIND_UNIT, SEVERITY_WARNING, has_domain,
	  "SELinuxContext= is for what systemd executes, which is the bridge: that domain must allow the bridge "
	  "as an entry point, and to execute the daemon: see CONFINEMENT in cross-init-bridge(7)" },
	{ "tasks", KIND_UNIT, SEVERITY_WARNING, has_few_tasks,
	  "%1=%2 counts the processes of the bridge, too, two or three until the daemon is ready: allow for them" },
	{ "open-files", KIND_UNIT, SEVERITY_REFUSED, has_few_files,
	  "LimitNOFILE=%1 is too few to tell systemd of readiness: set 9 or more" },
	{ "hidden-socket", KIND_UNIT, SEVERITY_REFUSED, hides_socket,
	  "%1= hides NOTIFY_SOCKET, so that the bridge cannot tell systemd that the daemon is ready: add "
	  "BindPaths=/run/systemd/notify" },
	{ "cap-kill", KIND_UNIT, SEVERITY_WARNING, lacks_cap_kill,
	  "CapabilityBoundingSet= without CAP_KILL: if the daemon changes its user before it stops itself, the "
	  "bridge may not continue it: add CAP_KILL, or set User=" },
	{ "terminal", KIND_UNIT, SEVERITY_WARNING, loses_terminal,
	  "StandardInput= is a terminal, and the daemon leads a session of its own: it loses it as its "
	  "controlling terminal" },
	{ "forking-type", KIND_UNIT, SEVERITY_WARNING, is_not_forking,
	  "-i forking in a unit of Type=%1: the bridge leaves when the daemon is ready, and systemd takes that "
	  "for its end: set Type=forking and PIDFile=, or use Type=notify without -i and --pidfile" },
	{ "forking-pidfile", KIND_UNIT, SEVERITY_WARNING, has_other_pid_file,
	  "--pidfile=%1, but PIDFile= does not name it: systemd has to guess which process is the main one: set "
	  "PIDFile=%1" },
};

const struct rules systemd_rules = { .list = list, .n = ARRAY_SIZE(list) };
