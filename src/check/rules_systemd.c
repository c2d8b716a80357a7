/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What is wrong with a unit, and with the .socket beside it. */
#include "check/unit.h"

static const char *type_of(const struct subject *subject)
{
	return unit_value(subject, "Type", unit_find(subject, "BusName") != NULL ? "dbus" : "simple");
}

static bool is_notify(const struct subject *subject)
{
	return has_prefix(type_of(subject), "notify");
}

/* systemd sets NOTIFY_SOCKET. */
static bool has_socket(const struct subject *subject)
{
	return is_notify(subject) || !is_equal(unit_value(subject, "NotifyAccess", "none"), "none");
}

static bool quote_type(struct subject *subject)
{
	subject->quote[0] = options_readiness(subject->options);
	subject->quote[1] = type_of(subject);
	return blame(subject, unit_find(subject, "Type"));
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
	       blame(subject, unit_find(subject, "Type"));
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
	const char *restart = unit_value(subject, "Restart", "no");

	if (!is_by_systemd(subject) ||
	    (!is_equal(restart, "always") && !is_equal(restart, "on-failure")) ||
	    has_word(subject, "RestartPreventExitStatus", "125"))
		return false;
	subject->quote[0] = restart;
	return blame(subject, unit_find(subject, "Restart"));
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
	const struct setting *setting = unit_find(subject, "TimeoutStartSec");
	const char *type = type_of(subject);
	bool is_oneshot = is_equal(type, "oneshot");
	unsigned long limit = is_oneshot ? 0 : 90;

	if (setting == NULL)
		setting = unit_find(subject, "TimeoutSec");
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
	const char *limit = unit_value(subject, "WatchdogSec", "0");

	if (!is_by_systemd(subject) || is_equal(limit, "0") || is_equal(limit, "infinity") ||
	    subject->is_home || subject->target->speaks == SPEAKS_DATAGRAM)
		return false;
	subject->quote[0] = subject->target->name;
	subject->quote[1] = subject->carries ? "the bridge switches it off when the daemon is ready"
					     : "systemd will end the daemon";
	return blame(subject, unit_find(subject, "WatchdogSec"));
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
	       unit_find(subject, "PAMName") != NULL &&
	       blame(subject, unit_find(subject, "PAMName"));
}

static bool loses_terminal(struct subject *subject)
{
	return tells(subject) && subject->leaves &&
	       has_prefix(unit_value(subject, "StandardInput", ""), "tty") &&
	       blame(subject, unit_find(subject, "StandardInput"));
}

static bool is_not_forking(struct subject *subject)
{
	subject->quote[0] = type_of(subject);
	return subject->command->is_main && subject->host != NULL &&
	       subject->host->way->learns == LEARNS_BY_EXIT &&
	       !is_equal(type_of(subject), "forking") && blame(subject, unit_find(subject, "Type"));
}

static bool has_other_pid_file(struct subject *subject)
{
	const struct setting *setting = unit_find(subject, "PIDFile");
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
