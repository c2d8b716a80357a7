/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What is wrong with the managers that know a newline, a pid file, or nothing. */
#include "base/text.h"
#include "base/util.h"
#include "check/rules.h"

static const char *value_of(const struct subject *subject, const char *section, const char *name)
{
	return service_value(subject->service, section, name, "");
}

/* Readiness is to be told, and neither a descriptor nor a file of ours is there for it. */
static bool has_nowhere(const struct subject *subject)
{
	return subject->carries && subject->options->host_fd == NULL &&
	       subject->options->ready_file == NULL && subject->options->init == NULL;
}

static bool lacks_notification_fd(struct subject *subject)
{
	subject->quote[0] = options_readiness(subject->options);
	return has_nowhere(subject) &&
	       service_find(subject->service, "file", "notification-fd") == NULL;
}

static bool has_bad_number(struct subject *subject)
{
	const struct setting *setting = service_find(subject->service, "file", "notification-fd");
	unsigned long fd;

	if (setting == NULL || subject->options->host_fd != NULL ||
	    (parse_number(setting->value, 1048576, &fd) == 0 && fd > STDERR_FILENO))
		return false;
	subject->quote[0] = setting->value;
	return blame(subject, setting);
}

static bool is_not_told(struct subject *subject)
{
	const struct setting *setting = service_find(subject->service, "file", "notification-fd");

	return setting != NULL && !subject->carries && subject->target->speaks != SPEAKS_NEWLINE &&
	       subject->options->init == NULL && blame(subject, setting);
}

static bool lacks_ready_file(struct subject *subject)
{
	subject->quote[0] = options_readiness(subject->options);
	return has_nowhere(subject);
}

static bool may_lack_both(struct subject *subject)
{
	return service_find(subject->service, "file", "notification-fd") == NULL &&
	       lacks_ready_file(subject);
}

/* ---- dinit ---- */

/* The descriptor or the variable of "ready-notification = pipefd:N | pipevar:NAME"; NULL: there is none. */
static const char *pipe_of(const struct subject *subject)
{
	const char *colon = strchr(value_of(subject, "", "ready-notification"), ':');

	return colon != NULL ? colon + 1 : NULL;
}

static bool lacks_pipe(struct subject *subject)
{
	subject->quote[0] = options_readiness(subject->options);
	return subject->carries && pipe_of(subject) == NULL && subject->options->init == NULL &&
	       subject->options->ready_file == NULL;
}

static bool has_other_pipe(struct subject *subject)
{
	const char *pipe = pipe_of(subject), *host_fd = subject->options->host_fd;

	if (!subject->carries || pipe == NULL || (host_fd != NULL && is_equal(pipe, host_fd)) ||
	    subject->options->init != NULL)
		return false;
	subject->quote[0] = pipe;
	return blame(subject, service_find(subject->service, "", "ready-notification"));
}

static bool has_unused_pipe(struct subject *subject)
{
	return !subject->carries && pipe_of(subject) != NULL &&
	       subject->target->speaks != SPEAKS_NEWLINE &&
	       blame(subject, service_find(subject->service, "", "ready-notification"));
}

static bool is_not_bgprocess(struct subject *subject)
{
	subject->quote[0] = value_of(subject, "", "type");
	return subject->host == &host_forking && !is_equal(subject->quote[0], "bgprocess") &&
	       blame(subject, service_find(subject->service, "", "type"));
}

/* ---- Shepherd ---- */

static bool has_other_pid_file(struct subject *subject)
{
	const struct setting *setting = service_find(subject->service, "", "pid-file");
	const char *own = subject->options->pid_file;

	if (subject->host != &host_forking || own == NULL ||
	    (setting != NULL && is_equal(setting->value, own)))
		return false;
	subject->quote[0] = own;
	return blame(subject, setting);
}

/* ---- OpenRC ---- */

static bool lacks_notify(struct subject *subject)
{
	subject->quote[0] = options_readiness(subject->options);
	return has_nowhere(subject) && value_of(subject, "variable", "notify")[0] == '\0';
}

static bool notifies_by_socket(struct subject *subject)
{
	return has_prefix(value_of(subject, "variable", "notify"), "socket:") &&
	       blame(subject, service_find(subject->service, "variable", "notify"));
}

static bool loses_its_pipe(struct subject *subject)
{
	return has_prefix(value_of(subject, "variable", "notify"), "fd:") &&
	       service_find(subject->service, "variable", "output_logger") != NULL &&
	       blame(subject, service_find(subject->service, "variable", "output_logger"));
}

/* It keeps no pipe for a second life: what is open there by accident is the log. */
static bool loses_respawns(struct subject *subject)
{
	return is_equal(value_of(subject, "variable", "supervisor"), "supervise-daemon") &&
	       has_prefix(value_of(subject, "variable", "notify"), "fd:") &&
	       service_find(subject->service, "variable", "output_log") == NULL &&
	       service_find(subject->service, "variable", "error_log") == NULL &&
	       service_find(subject->service, "variable", "output_logger") == NULL &&
	       blame(subject, service_find(subject->service, "variable", "notify"));
}

/* supervise-daemon(8) up to 0.64.1: dup2(2) of its pipe onto the number that the pipe has already. */
static bool loses_its_number(struct subject *subject)
{
	subject->quote[0] = value_of(subject, "variable", "notify");
	return is_equal(value_of(subject, "variable", "supervisor"), "supervise-daemon") &&
	       (is_equal(subject->quote[0], "fd:4") || is_equal(subject->quote[0], "fd:5")) &&
	       blame(subject, service_find(subject->service, "variable", "notify"));
}

static bool cannot_be_stopped(struct subject *subject)
{
	const struct setting *setting = service_find(subject->service, "variable", "command");

	return setting != NULL && is_bridge(setting->value) &&
	       !is_equal(value_of(subject, "variable", "supervisor"), "supervise-daemon") &&
	       service_find(subject->service, "function", "stop") == NULL && blame(subject, setting);
}

/* ---- finit ---- */

static bool is_without_notify(struct subject *subject)
{
	subject->quote[0] = options_readiness(subject->options);
	return has_nowhere(subject) && value_of(subject, "option", "notify")[0] == '\0';
}

static bool has_unset_number(struct subject *subject)
{
	const char *host_fd = subject->options->host_fd;
	bool is_s6 = is_equal(value_of(subject, "option", "notify"), "s6");
	bool is_number = host_fd != NULL && is_equal(host_fd, "%n");

	if (!subject->carries || is_s6 == is_number || subject->options->init != NULL)
		return false;
	subject->quote[0] = is_s6 ? "notify:s6 without --host-fd=%n"
				  : "--host-fd=%n without notify:s6";
	subject->severity = is_s6 ? SEVERITY_WARNING : SEVERITY_REFUSED;
	return host_fd != NULL || is_s6;
}

/* ---- init scripts ---- */

static const struct setting *exec_of(const struct subject *subject)
{
	const struct setting *setting = NULL;

	while ((setting = service_next(subject->service, "start-stop-daemon", "exec", setting)) !=
	       NULL) {
		if (is_bridge(setting->value))
			return setting;
	}
	return NULL;
}

static bool is_looked_for(struct subject *subject)
{
	return exec_of(subject) != NULL && blame(subject, exec_of(subject));
}

static bool awaits_nothing(struct subject *subject)
{
	bool is_behind = service_find(subject->service, "start-stop-daemon", "start") != NULL;

	subject->quote[0] = options_readiness(subject->options);
	subject->quote[1] = is_behind ? "add --notify-await to start-stop-daemon"
				      : "add -i forking --pidfile=PATH";
	return subject->carries && subject->options->init == NULL &&
	       subject->options->host_fd == NULL &&
	       service_find(subject->service, "start-stop-daemon", "notify-await") == NULL;
}

/* ---- inetd ---- */

static bool accepts_for_upstart(struct subject *subject)
{
	return has_prefix(value_of(subject, "", "wait"), "nowait") &&
	       subject->target->takes == SOCKETS_LISTED &&
	       blame(subject, service_find(subject->service, "", "wait"));
}

static bool has_datagrams_for_upstart(struct subject *subject)
{
	return is_equal(value_of(subject, "", "type"), "dgram") &&
	       subject->target->takes == SOCKETS_LISTED &&
	       blame(subject, service_find(subject->service, "", "type"));
}

static const struct rule list[] = {
	{ "notification-fd", KIND_S6, SEVERITY_WARNING, lacks_notification_fd,
	  "%1, but there is no file notification-fd beside: nobody waits until the daemon is ready: put the "
	  "number of a descriptor into it, such as 3" },
	{ "notification-number", KIND_S6 | KIND_RUN, SEVERITY_WARNING, has_bad_number,
	  "notification-fd holds '%1', which is not the number of a descriptor from 3 on: nobody waits until the "
	  "daemon is ready: write 3" },
	{ "notify-forgotten", KIND_S6 | KIND_RUN, SEVERITY_WARNING, is_not_told,
	  "there is a file notification-fd, but neither -N nor --ready-when: the service never becomes ready: "
	  "add -N, or remove the file" },
	{ "ready-file", KIND_RUNIT | KIND_SUPERVISORD | KIND_INITTAB | KIND_SHEPHERD,
	  SEVERITY_REFUSED, lacks_ready_file,
	  "%1, but nobody waits until the daemon is ready there: add --ready-file=PATH, or leave out %1" },
	{ "ready-file", KIND_RUN, SEVERITY_WARNING, may_lack_both,
	  "%1, but nobody would hear of it: under s6 and nitro put the number of a descriptor into the file "
	  "notification-fd, under runit and daemontools add --ready-file=PATH" },
	{ "ready-notification", KIND_DINIT, SEVERITY_WARNING, lacks_pipe,
	  "%1, but dinit does not wait until the daemon is ready: set ready-notification = pipefd:N, and add "
	  "--host-fd=N" },
	{ "host-fd", KIND_DINIT, SEVERITY_WARNING, has_other_pipe,
	  "dinit reads from %1, and does not say so: without --host-fd=%1 nobody tells it that the daemon is "
	  "ready, and the start fails: add that" },
	{ "notify-forgotten", KIND_DINIT, SEVERITY_WARNING, has_unused_pipe,
	  "ready-notification is set, but neither -N nor --ready-when: dinit waits in vain: add -N, or take it "
	  "out" },
	{ "bgprocess", KIND_DINIT, SEVERITY_WARNING, is_not_bgprocess,
	  "-i forking in a service of type %1: the bridge leaves when the daemon is ready, and dinit takes that "
	  "for its end: set type = bgprocess and pid-file" },
	{ "pid-file", KIND_SHEPHERD, SEVERITY_WARNING, has_other_pid_file,
	  "--pidfile=%1, but Shepherd does not wait for that file, and takes the end of the bridge, which is how "
	  "it says that the daemon is ready, for the end of the service: add #:pid-file \"%1\"" },
	{ "openrc-notify", KIND_OPENRC, SEVERITY_WARNING, lacks_notify,
	  "%1, but OpenRC does not wait until the daemon is ready: set notify=fd:N (OpenRC 0.60 and later), or "
	  "use -i forking --pidfile=$pidfile" },
	{ "openrc-socket", KIND_OPENRC, SEVERITY_WARNING, notifies_by_socket,
	  "notify=socket: with OpenRC the second start fails, and a daemon that dies is not noticed: set "
	  "notify=fd:N" },
	{ "openrc-logger", KIND_OPENRC, SEVERITY_WARNING, loses_its_pipe,
	  "output_logger with notify=fd: OpenRC fails at every respawn: use output_log, or no notify" },
	{ "openrc-respawn", KIND_OPENRC, SEVERITY_WARNING, loses_respawns,
	  "notify=fd: without output_log: a daemon that dies is never started again, since supervise-daemon fails "
	  "at every respawn: set output_log" },
	{ "openrc-number", KIND_OPENRC, SEVERITY_WARNING, loses_its_number,
	  "notify=%1: the pipe of supervise-daemon mostly has that number itself, and up to OpenRC 0.64 it loses "
	  "it then, so that every start fails: set notify=fd:9" },
	{ "openrc-stop", KIND_OPENRC, SEVERITY_WARNING, cannot_be_stopped,
	  "command is the bridge: start-stop-daemon of Debian's OpenRC 0.45 looks for a process that executes it, "
	  "and stops none: set supervisor=supervise-daemon, or write a stop() with --pidfile alone" },
	{ "finit-notify", KIND_FINIT, SEVERITY_WARNING, is_without_notify,
	  "%1, but finit does not wait until the daemon is ready: add notify:s6, and --host-fd=%n" },
	{ "finit-number", KIND_FINIT, SEVERITY_WARNING, has_unset_number,
	  "%1: finit writes the number of the descriptor in place of %n for notify:s6 only, and the bridge needs "
	  "it: use both" },
	{ "start-stop-daemon", KIND_INIT_SCRIPT | KIND_OPENRC, SEVERITY_WARNING, is_looked_for,
	  "start-stop-daemon --exec is the bridge: it is 'already running' as soon as another service has one, "
	  "and is not found at the stop: --exec DAEMON --startas cross-init-bridge" },
	{ "notify-await", KIND_INIT_SCRIPT, SEVERITY_REFUSED, awaits_nothing,
	  "%1 in a script, where no service manager shows itself to the bridge: %2" },
	{ "accept", KIND_INETD, SEVERITY_REFUSED, accepts_for_upstart,
	  "nowait hands over a connection, and Upstart's protocol knows listeners only: write wait" },
	{ "socket-kind", KIND_INETD, SEVERITY_REFUSED, has_datagrams_for_upstart,
	  "dgram, which Upstart's protocol has no word for: choose the target that the daemon was made for" },
};

const struct rules other_rules = { .list = list, .n = ARRAY_SIZE(list) };
