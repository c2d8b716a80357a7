/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See probe/lines.h. */
#include "probe/lines.h"

#include <limits.h>

#include "base/util.h"
#include "probe/quoting.h"
#include "targets/target.h"

/* Where dinit and OpenRC are to listen; OpenRC loses a number that its own pipe has. */
#define PIPE_FD 9

struct writer {
	FILE *stream;
	char *const *command;
	const struct verdict *verdict;
	char name[64];         /* of the service */
	const char *directory; /* where the host has its services */
};

/* "NAME=VALUE" as one word. */
static void put_option(const struct writer *writer, const char *name, const char *value,
		       enum quoting quoting)
{
	char word[PATH_MAX + 64];

	(void)snprintf(word, sizeof(word), "%s=%s", name, value);
	quoting_put(writer->stream, word, quoting);
}

static void put_command(const struct writer *writer, enum quoting quoting)
{
	for (char *const *word = writer->command; *word != NULL; word++) {
		if (word != writer->command)
			(void)fputc(' ', writer->stream);
		quoting_put(writer->stream, *word, quoting);
	}
}

/* The options for the daemon; false: there is nothing to tell. */
static bool put_options(const struct writer *writer, enum quoting quoting)
{
	const struct verdict *verdict = writer->verdict;

	switch (verdict->says) {
	case SAYS_DATAGRAM:
		(void)fprintf(writer->stream, "-t systemd -N%s",
			      verdict->is_by_child ? " --notify-access=all" : "");
		return true;
	case SAYS_STOP:
		(void)fputs("-t upstart -N", writer->stream);
		return true;
	case SAYS_NEWLINE:
		(void)fprintf(writer->stream, "-t s6 -N --daemon-fd=%d", verdict->newline_fd);
		return true;
	case SAYS_NAME:
	case SAYS_LISTENS:
		(void)fprintf(writer->stream, "-t %s ",
			      verdict->takes_upstart_fds && !verdict->takes_listen_fds ? "upstart"
										       : "systemd");
		put_option(writer, "--ready-when", verdict->condition, quoting);
		return true;
	case SAYS_BACKGROUND:
		(void)fputs("-t forking -N ", writer->stream);
		put_option(writer, "--daemon-pidfile",
			   verdict->pid_file[0] != '\0' ? verdict->pid_file : "PATH", quoting);
		return true;
	case SAYS_NOTHING:
	case SAYS_FAILED:
		break;
	}
	return false;
}

/* A daemon in the background needs a bridge that knows such daemons. */
static bool has_readiness(const struct writer *writer)
{
	return writer->verdict->says < SAYS_NOTHING &&
	       (writer->verdict->says != SAYS_BACKGROUND || target_by_name("forking") != NULL);
}

/* "BRIDGE [OPTIONS] OPTIONS -- COMMAND", or the command alone. */
static void put_line(const struct writer *writer, const char *own, const char *joint,
		     enum quoting quoting)
{
	if (has_readiness(writer)) {
		(void)fprintf(writer->stream, "%s %s%s", BRIDGE_PATH, own, *own != '\0' ? " " : "");
		(void)put_options(writer, quoting);
		(void)fputs(joint, writer->stream);
	}
	put_command(writer, quoting);
	(void)fputc('\n', writer->stream);
}

/* ---- systemd ---- */

static const char *type_of(const struct verdict *verdict)
{
	switch (verdict->says) {
	case SAYS_BACKGROUND:
		return "forking";
	case SAYS_NAME:
		return "dbus";
	case SAYS_NOTHING:
	case SAYS_FAILED:
		return "exec";
	case SAYS_DATAGRAM:
	case SAYS_STOP:
	case SAYS_NEWLINE:
	case SAYS_LISTENS:
		break;
	}
	return "notify";
}

static void print_socket_unit(const struct writer *writer)
{
	const struct listener *socket = writer->verdict->socket;
	const char *address = socket != NULL ? find_char(socket->address, ':') + 1 : "PORT";
	const char *any = after_prefix(address, "*:");
	bool is_datagram = socket != NULL && has_prefix(socket->address, "udp:");

	(void)fprintf(writer->stream,
		      "\n# %s/%s.socket\n# if it is to be started by its first client\n"
		      "[Socket]\nListen%s=%s\n\n[Install]\nWantedBy=sockets.target\n",
		      writer->directory, writer->name, is_datagram ? "Datagram" : "Stream",
		      any != NULL ? any : address);
}

static void print_systemd(const struct writer *writer)
{
	const struct verdict *verdict = writer->verdict;
	bool has_bridge = verdict->says == SAYS_STOP || verdict->says == SAYS_NEWLINE ||
			  verdict->says == SAYS_LISTENS;

	(void)fprintf(writer->stream,
		      "# %s/%s.service\n[Unit]\nDescription=%s\n\n[Service]\nType=%s\n",
		      writer->directory, writer->name, writer->name, type_of(verdict));
	if (verdict->says == SAYS_DATAGRAM && verdict->is_by_child)
		(void)fputs("NotifyAccess=all\n", writer->stream);
	if (verdict->says == SAYS_BACKGROUND && verdict->pid_file[0] != '\0')
		(void)fprintf(writer->stream, "PIDFile=%s\n", verdict->pid_file);
	if (verdict->says == SAYS_NAME)
		(void)fprintf(writer->stream, "BusName=%s\n", verdict->name);
	(void)fputs("ExecStart=", writer->stream);
	if (has_bridge) {
		put_line(writer, "", " -- \\\n    ", QUOTING_SYSTEMD);
		(void)fprintf(writer->stream, "SyslogIdentifier=%s\n", writer->name);
	} else {
		put_command(writer, QUOTING_SYSTEMD);
		(void)fputc('\n', writer->stream);
	}
	(void)fprintf(writer->stream,
		      "Restart=on-failure\n%s\n[Install]\nWantedBy=multi-user.target\n",
		      has_bridge ? "RestartPreventExitStatus=125\n" : "");
	if (verdict->takes_listen_fds || verdict->takes_upstart_fds)
		print_socket_unit(writer);
}

/* ---- Upstart ---- */

static void print_upstart(const struct writer *writer)
{
	bool is_home = writer->verdict->says == SAYS_STOP;

	(void)fprintf(writer->stream,
		      "# %s/%s.conf\ndescription \"%s\"\n\nstart on runlevel [2345]\nstop on runlevel "
		      "[!2345]\n\n%srespawn\n%skill timeout 30\n\nexec ",
		      writer->directory, writer->name, writer->name,
		      has_readiness(writer) ? "expect stop\n" : "",
		      has_readiness(writer) && !is_home ? "normal exit 125\n" : "");
	if (!is_home) {
		put_line(writer, "", " -- \\\n    ", QUOTING_SHELL);
		return;
	}
	put_command(writer, QUOTING_SHELL);
	(void)fputc('\n', writer->stream);
}

/* ---- others ---- */

/* s6, nitro */
static void print_newline_run(const struct writer *writer)
{
	bool is_home = writer->verdict->says == SAYS_NEWLINE;

	(void)fprintf(writer->stream, "#!/bin/sh\n# %s/%s/run\nexec ", writer->directory,
		      writer->name);
	if (is_home) {
		put_command(writer, QUOTING_SHELL);
		(void)fputc('\n', writer->stream);
	} else {
		put_line(writer, "", " -- \\\n    ", QUOTING_SHELL);
	}
	if (has_readiness(writer))
		(void)fprintf(writer->stream, "\n# %s/%s/notification-fd\n%d\n", writer->directory,
			      writer->name, is_home ? writer->verdict->newline_fd : 3);
}

static void print_ready_file_run(const struct writer *writer)
{
	char ready_file[120];

	(void)snprintf(ready_file, sizeof(ready_file), "--ready-file=/run/%s.ready", writer->name);
	(void)fprintf(writer->stream, "#!/bin/sh\n# %s/%s/run\nexec ", writer->directory,
		      writer->name);
	put_line(writer, ready_file, " -- \\\n    ", QUOTING_SHELL);
}

static void print_runit(const struct writer *writer)
{
	print_ready_file_run(writer);
	if (has_readiness(writer))
		(void)fprintf(writer->stream,
			      "\n#!/bin/sh\n# %s/%s/check\nexec test -e /run/%s.ready\n",
			      writer->directory, writer->name, writer->name);
}

/* It has no ./check: whoever waits for the service asks by himself. */
static void print_daemontools(const struct writer *writer)
{
	print_ready_file_run(writer);
	if (has_readiness(writer))
		(void)fprintf(writer->stream, "\n# ready: test -e /run/%s.ready\n", writer->name);
}

static void print_dinit(const struct writer *writer)
{
	char host_fd[32];

	(void)snprintf(host_fd, sizeof(host_fd), "--host-fd=%d", PIPE_FD);
	(void)fprintf(writer->stream, "# %s/%s\ntype = process\ncommand = ", writer->directory,
		      writer->name);
	put_line(writer, host_fd, " -- ", QUOTING_DINIT);
	if (has_readiness(writer))
		(void)fprintf(writer->stream, "ready-notification = pipefd:%d\n", PIPE_FD);
}

static void print_openrc(const struct writer *writer)
{
	struct writer arguments = *writer;

	(void)fprintf(writer->stream,
		      "#!/sbin/openrc-run\n# %s/%s\nsupervisor=supervise-daemon\ncommand=",
		      writer->directory, writer->name);
	if (!has_readiness(writer)) {
		quoting_put(writer->stream, writer->command[0], QUOTING_SHELL);
		(void)fputs("\ncommand_args=\"", writer->stream);
		arguments.command++;
		put_command(&arguments, QUOTING_OPENRC);
		(void)fputs("\"\n", writer->stream);
		return;
	}
	(void)fprintf(writer->stream, "%s\ncommand_args=\"", BRIDGE_PATH);
	(void)put_options(writer, QUOTING_OPENRC);
	(void)fputs(" -- \\\n    ", writer->stream);
	put_command(writer, QUOTING_OPENRC);
	(void)fprintf(writer->stream,
		      "\"\nnotify=fd:%d\noutput_log=/var/log/%s.log\nerror_log=/var/log/%s.log\n",
		      PIPE_FD, writer->name, writer->name);
}

/* It knows no quotes: then a script of its own is what it runs. */
static bool needs_script(const struct writer *writer)
{
	for (char *const *word = writer->command; *word != NULL; word++) {
		if (!quoting_is_needless(*word))
			return true;
	}
	return !quoting_is_needless(
		       writer->verdict->condition[0] != '\0' ? writer->verdict->condition : "-") ||
	       (writer->verdict->says == SAYS_BACKGROUND &&
		!quoting_is_needless(writer->verdict->pid_file[0] != '\0' ? writer->verdict->pid_file
									  : "-"));
}

static void print_finit_script(const struct writer *writer)
{
	bool is_told = has_readiness(writer);

	(void)fprintf(writer->stream,
		      "# %s/%s.conf\nservice %s%s/%s.run%s -- %s\n\n#!/bin/sh\n# %s/%s.run\nexec ",
		      writer->directory, writer->name, is_told ? "notify:s6 " : "",
		      writer->directory, writer->name, is_told ? " %n" : "", writer->name,
		      writer->directory, writer->name);
	put_line(writer, "--host-fd=\"$1\"", " -- \\\n    ", QUOTING_SHELL);
}

static void print_finit(const struct writer *writer)
{
	if (needs_script(writer)) {
		print_finit_script(writer);
		return;
	}
	(void)fprintf(writer->stream, "# %s/%s.conf\nservice %s", writer->directory, writer->name,
		      has_readiness(writer) ? "notify:s6 " : "");
	if (has_readiness(writer)) {
		(void)fprintf(writer->stream, "%s --host-fd=%%n ", BRIDGE_PATH);
		(void)put_options(writer, QUOTING_SHELL);
		(void)fputc(' ', writer->stream);
	}
	put_command(writer, QUOTING_SHELL);
	(void)fprintf(writer->stream, " -- %s\n", writer->name);
}

static void print_supervisord(const struct writer *writer)
{
	char ready_file[120];

	(void)snprintf(ready_file, sizeof(ready_file), "--ready-file=/run/%s.ready", writer->name);
	(void)fprintf(writer->stream, "; %s/%s.conf\n[program:%s]\ncommand=", writer->directory,
		      writer->name, writer->name);
	put_line(writer, ready_file, " --\n    ", QUOTING_SUPERVISORD);
}

static void print_dpkg(const struct writer *writer)
{
	(void)fprintf(writer->stream,
		      "#!/bin/sh\n# %s/%s\npidfile=/run/%s.pid\n\ncase $1 in\nstart)\n    "
		      "start-stop-daemon --start --background --make-pidfile --pidfile $pidfile \\\n        ",
		      writer->directory, writer->name, writer->name);
	if (has_readiness(writer)) {
		(void)fputs("--notify-await --exec ", writer->stream);
		quoting_put(writer->stream, writer->command[0], QUOTING_SHELL);
		(void)fprintf(writer->stream, " --startas %s -- \\\n        ", BRIDGE_PATH);
		(void)put_options(writer, QUOTING_SHELL);
		(void)fputs(" -- \\\n        ", writer->stream);
		put_command(writer, QUOTING_SHELL);
	} else {
		struct writer arguments = *writer;

		arguments.command++;
		(void)fputs("--exec ", writer->stream);
		quoting_put(writer->stream, writer->command[0], QUOTING_SHELL);
		(void)fputs(" -- ", writer->stream);
		put_command(&arguments, QUOTING_SHELL);
	}
	(void)fputs("\n    ;;\nstop)\n    start-stop-daemon --stop --oknodo --retry 5 --remove-pidfile --pidfile "
		    "$pidfile --exec ",
		    writer->stream);
	quoting_put(writer->stream, writer->command[0], QUOTING_SHELL);
	(void)fputs("\n    ;;\n*)\n    echo \"usage: $0 start|stop\" >&2\n    exit 2\n    ;;\nesac\n",
		    writer->stream);
}

static const struct {
	char name[12];
	char directory[24];
	void (*print)(const struct writer *writer);
} writers[] = {
	{ "systemd", "/etc/systemd/system", print_systemd },
	{ "upstart", "/etc/init", print_upstart },
	{ "s6", "/etc/s6", print_newline_run },
	{ "nitro", "/etc/nitro", print_newline_run },
	{ "runit", "/etc/sv", print_runit },
	{ "daemontools", "/etc/service", print_daemontools },
	{ "dinit", "/etc/dinit.d", print_dinit },
	{ "openrc", "/etc/init.d", print_openrc },
	{ "finit", "/etc/finit.d", print_finit },
	{ "dpkg", "/etc/init.d", print_dpkg },
	{ "supervisord", "/etc/supervisor/conf.d", print_supervisord },
};

static int find_writer(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		if (strlen(writers[i].name) == length && memcmp(writers[i].name, name, length) == 0)
			return (int)i;
	}
	return -1;
}

bool lines_is_known(const char *name, size_t length)
{
	return find_writer(name, length) >= 0;
}

void lines_list(FILE *stream)
{
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
		(void)fprintf(stream, "%s%s", i == 0 ? "" : ", ", writers[i].name);
}

void lines_print(FILE *stream, const char *name, size_t length, char *const *command,
		 const struct verdict *verdict)
{
	struct writer writer = { .stream = stream, .command = command, .verdict = verdict };
	const char *slash = strrchr(command[0], '/');
	int number = find_writer(name, length);

	(void)snprintf(writer.name, sizeof(writer.name), "%.63s",
		       slash != NULL ? slash + 1 : command[0]);
	for (char *c = writer.name; *c != '\0'; c++) {
		char one[] = { *c, '\0' };

		if (!quoting_is_needless(one))
			*c = '_';
	}
	(void)fputc('\n', stream);
	if (verdict->says == SAYS_BACKGROUND && !has_readiness(&writer))
		(void)fputs("(It goes into the background; elsewhere than on systemd find its option for the "
			    "foreground first.)\n\n",
			    stream);
	if (number < 0)
		return;
	writer.directory = writers[number].directory;
	writers[number].print(&writer);
}
