/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See probe/verdict.h. */
#include "probe/verdict.h"

#include "base/text.h"
#include "base/util.h"

static bool goes_on(const struct seen *seen)
{
	return seen->was_tried && seen->error == 0 &&
	       (seen->end_ms == NEVER || seen->is_in_background);
}

static const struct listener *find_listener(const struct seen *seen)
{
	const struct listener *found = NULL;

	for (size_t i = 0; i < seen->n_listeners; i++) {
		const struct listener *one = &seen->listeners[i];
		bool is_better =
			found == NULL || (one->is_condition && !found->is_condition) ||
			(has_prefix(one->address, "tcp:") && has_prefix(found->address, "unix:"));

		if (is_better)
			found = one;
	}
	return found;
}

static bool listens_on(const struct seen *seen, const char *address)
{
	for (size_t i = 0; i < seen->n_listeners; i++) {
		if (is_equal(seen->listeners[i].address, address))
			return true;
	}
	return false;
}

/* It has kept the one that it was given, and did without its own. */
static bool takes_sockets(const struct seen *plain, const struct seen *given)
{
	const struct listener *own = find_listener(plain);

	if (!goes_on(given) || !given->has_ours)
		return false;
	return own != NULL && goes_on(plain) ? !listens_on(given, own->address) : !goes_on(plain);
}

bool verdict_tries_sockets(const struct seen *seen, const struct listener **ret_like)
{
	const struct seen *plain = &seen[ROLE_PLAIN];

	*ret_like = find_listener(plain);
	return *ret_like != NULL || !goes_on(plain);
}

/* The run in which it has said READY=1: the one with a socket, if it does not run without. */
static const struct seen *find_ready(const struct seen *seen)
{
	if (seen[ROLE_SYSTEMD].ready_ms != NEVER)
		return &seen[ROLE_SYSTEMD];
	return seen[ROLE_LISTEN_FDS].was_tried && seen[ROLE_LISTEN_FDS].ready_ms != NEVER
		       ? &seen[ROLE_LISTEN_FDS]
		       : NULL;
}

static bool stops(const struct seen *seen)
{
	return seen->was_tried && seen->stop_ms != NEVER && !seen->is_stop_of_child;
}

static enum says find_best(const struct verdict *verdict, const struct seen *seen)
{
	bool runs = false;

	for (size_t i = 0; i < N_ROLES; i++)
		runs = runs || goes_on(&seen[i]);
	if (find_ready(seen) != NULL)
		return SAYS_DATAGRAM;
	if (stops(&seen[ROLE_UPSTART]) || stops(&seen[ROLE_UPSTART_FDS]))
		return SAYS_STOP;
	if (seen[ROLE_PLAIN].newline_ms != NEVER)
		return SAYS_NEWLINE;
	if (verdict->is_in_background)
		return SAYS_BACKGROUND;
	if (runs && verdict->name[0] != '\0')
		return SAYS_NAME;
	if (runs && verdict->socket != NULL && verdict->socket->is_condition)
		return SAYS_LISTENS;
	return runs ? SAYS_NOTHING : SAYS_FAILED;
}

/* "tcp:*:80" as somebody would connect to it. */
static void write_condition(struct verdict *verdict)
{
	struct text text = text_begin(verdict->condition, sizeof(verdict->condition));
	const char *rest;

	if (verdict->name[0] != '\0') {
		text_add(&text, "dbus:");
		text_add(&text, verdict->name);
	} else if (verdict->socket != NULL && verdict->socket->is_condition) {
		rest = after_prefix(verdict->socket->address, "tcp:*:");
		text_add(&text, rest != NULL ? "tcp:localhost:" : "");
		text_add(&text, rest != NULL ? rest : verdict->socket->address);
	}
}

struct verdict verdict_of(const struct seen *seen)
{
	const struct seen *plain = &seen[ROLE_PLAIN], *systemd = &seen[ROLE_SYSTEMD];
	struct verdict verdict = {
		.is_by_child = find_ready(seen) != NULL && find_ready(seen)->is_ready_by_child,
		.newline_fd = plain->newline_fd,
		.pid_file = plain->pid_file,
		.name = plain->name_ms != NEVER     ? plain->name
			: systemd->name_ms != NEVER ? systemd->name
						    : "",
		.is_in_background = plain->is_in_background,
		.takes_listen_fds = takes_sockets(plain, &seen[ROLE_LISTEN_FDS]),
		.takes_upstart_fds = takes_sockets(plain, &seen[ROLE_UPSTART_FDS]),
		.socket = find_listener(plain),
	};

	if (verdict.socket == NULL)
		verdict.socket = find_listener(systemd);
	verdict.says = find_best(&verdict, seen);
	write_condition(&verdict);
	return verdict;
}

/* ---- what was seen, in words ---- */

static void print_messages(FILE *stream, const struct seen *seen)
{
	if (seen->ready_ms == NEVER) {
		(void)fprintf(stream,
			      seen->n_messages > 0 ? "%d messages, but no READY=1" : "no message",
			      seen->n_messages);
		return;
	}
	(void)fprintf(stream, "READY=1 after %d ms from %s%s%s, %sSTATUS= before it, %sMAINPID=%s",
		      seen->ready_ms,
		      seen->is_ready_by_child ? "another process (" : "its main process",
		      seen->is_ready_by_child ? seen->ready_by : "",
		      seen->is_ready_by_child ? ")" : "", seen->has_status_first ? "" : "no ",
		      seen->has_main_pid ? "" : "no ",
		      seen->is_main_pid_other ? " of another process" : "");
}

static void print_stop(FILE *stream, const struct seen *seen)
{
	if (seen->stop_ms == NEVER)
		(void)fputs("does not stop itself", stream);
	else if (seen->is_stop_of_child)
		(void)fprintf(stream,
			      "a child of it (%s) stops itself after %d ms, not its main process",
			      seen->stop_by, seen->stop_ms);
	else
		(void)fprintf(stream, "stops itself after %d ms%s", seen->stop_ms,
			      seen->has_stopped_twice ? ", and again" : "");
}

static void print_end(FILE *stream, const struct seen *seen)
{
	if (seen->is_in_background)
		(void)fprintf(stream, "; goes into the background after %d ms, %s%s", seen->end_ms,
			      seen->pid_file[0] != '\0' ? "pid file " : "no pid file was found",
			      seen->pid_file);
	else if (seen->end_ms != NEVER && seen->end_status > 128)
		(void)fprintf(stream, "; ended by signal %d after %d ms", seen->end_status - 128,
			      seen->end_ms);
	else if (seen->end_ms != NEVER)
		(void)fprintf(stream, "; ended with status %d after %d ms", seen->end_status,
			      seen->end_ms);
}

static void print_listeners(FILE *stream, const struct seen *seen)
{
	for (size_t i = 0; i < seen->n_listeners; i++)
		(void)fprintf(stream, "%s%s after %d ms", i == 0 ? "; listens on " : ", ",
			      seen->listeners[i].address, seen->listeners[i].ms);
}

static const char *const titles[N_ROLES] = {
	[ROLE_PLAIN] = "plain",
	[ROLE_SYSTEMD] = "NOTIFY_SOCKET",
	[ROLE_UPSTART] = "UPSTART_JOB",
	[ROLE_LISTEN_FDS] = "LISTEN_FDS",
	[ROLE_UPSTART_FDS] = "UPSTART_FDS",
};

/* The end of what it has printed, where that may say why. */
static void print_output(FILE *stream, const struct seen *seen)
{
	char text[sizeof(seen->output)], *line = text, *last = NULL;

	memcpy(text, seen->output, sizeof(text));
	for (char *one; (one = strsep(&line, "\n")) != NULL;) {
		if (*one != '\0')
			last = one;
	}
	if (last == NULL)
		return;
	text_make_line(last);
	(void)fprintf(stream, "; its last words: '%.200s'", last);
}

void print_seen(FILE *stream, enum role role, const struct seen *seen)
{
	(void)fprintf(stream, "%s: ", titles[role]);
	if (seen->error < 0) {
		(void)fprintf(stream, "not tried: %s: %s\n", seen->where, strerror(-seen->error));
		return;
	}
	if (role == ROLE_SYSTEMD)
		print_messages(stream, seen);
	else if (role == ROLE_UPSTART)
		print_stop(stream, seen);
	else if (role == ROLE_PLAIN && seen->newline_ms != NEVER)
		(void)fprintf(stream, "a newline on descriptor %d after %d ms", seen->newline_fd,
			      seen->newline_ms);
	else if (role == ROLE_PLAIN)
		(void)fputs("no newline on a descriptor", stream);
	else
		(void)fputs(seen->has_ours ? "still has the socket that it was given"
					   : "has closed the socket that it was given",
			    stream);
	if (role == ROLE_LISTEN_FDS && seen->n_messages > 0) {
		(void)fputs("; ", stream);
		print_messages(stream, seen);
	}
	if (role == ROLE_UPSTART_FDS && seen->stop_ms != NEVER) {
		(void)fputs("; ", stream);
		print_stop(stream, seen);
	}
	print_end(stream, seen);
	print_listeners(stream, seen);
	if (seen->name_ms != NEVER)
		(void)fprintf(stream, "; takes the name %s on the bus after %d ms", seen->name,
			      seen->name_ms);
	if (seen->end_ms != NEVER && !seen->is_in_background)
		print_output(stream, seen);
	(void)fprintf(stream, "; watched for %d ms\n", seen->over_ms);
}

/* ---- what follows ---- */

static const char *const conclusions[] = {
	[SAYS_DATAGRAM] = "it says READY=1 (-t systemd -N)",
	[SAYS_STOP] = "it stops itself when it is ready (-t upstart -N)",
	[SAYS_NEWLINE] = "it writes a newline when it is ready (-t s6 -N)",
	[SAYS_BACKGROUND] =
		"its first process ends when it is ready, or before: it goes into the background",
	[SAYS_NAME] = "it says nothing, but takes a name on the bus (--ready-when)",
	[SAYS_LISTENS] = "it says nothing, but listens (--ready-when)",
	[SAYS_NOTHING] =
		"it says nothing that was seen here: whether it is ready cannot be told; if it has an option "
		"for it, such as '--supervised', '-Ws', '--systemd', give it that",
	[SAYS_FAILED] =
		"it did not go on running in any run, so that what it speaks is not known: see its last words; what its unit "
		"or script prepares, such as a directory in /run, has to be there: --probe -- sh -c 'mkdir -p "
		"/run/x && exec COMMAND'",
};

static const char *say_sockets(const struct verdict *verdict, const struct seen *seen)
{
	if (!seen[ROLE_LISTEN_FDS].was_tried)
		return "not tried: it opens none";
	if (verdict->takes_listen_fds)
		return verdict->takes_upstart_fds ? "takes LISTEN_FDS and UPSTART_FDS"
						  : "takes LISTEN_FDS";
	return verdict->takes_upstart_fds ? "takes UPSTART_FDS"
					  : "takes none that it is given, as it is started here";
}

void print_verdict(FILE *stream, const struct verdict *verdict, const struct seen *seen)
{
	(void)fprintf(stream, "readiness: %s\n", conclusions[verdict->says]);
	(void)fprintf(stream, "sockets: %s\n", say_sockets(verdict, seen));
	(void)fprintf(stream, "bus: %s%s\n",
		      !seen[ROLE_PLAIN].has_bus
			      ? "not tried: dbus-daemon is not installed, or did not start"
		      : verdict->name[0] != '\0' ? ""
						 : "no name is taken",
		      verdict->name);
	if (verdict->is_in_background && verdict->says != SAYS_BACKGROUND)
		(void)fputs("background: it goes there where nothing is asked of it\n", stream);
}
