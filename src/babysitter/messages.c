/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What the babysitter tells the administrator; see babysitter/duty.h. */
#include "babysitter/duty.h"

#include "babysitter/seen.h"
#include "base/log.h"
#include "base/util.h"

#define HELD_UP_MAX 4             /* times that it was looked at */
#define FAILED_MAX 4              /* times that it was tried */
#define REFUSED_INTERVAL_MS 60000 /* between two debug lines on notifications of strangers */

static void warn_not_waiting(const struct duty *duty)
{
	const struct host *host = duty->setup->state.host;

	log_warning("%s did not wait for the daemon to be ready, so it was stopped for a moment for "
		    "nothing: put '%s' into %s, or leave out %s",
		    host->name, host->ready_setting, host->configured_in, duty->setup->option);
}

/* Advises what has not been tried yet. */
static void warn_refused(const struct duty *duty)
{
	const struct babysitter *state = &duty->state;
	int main = (int)duty->main.pid, sender = (int)duty->packet.pid;

	if (sender == main)
		log_warning("a READY=1 was ignored that was read when the daemon's main process, %d, had "
			    "ended: it may be another's that has the same process ID",
			    main);
	else if (state->granted < NOTIFY_ACCESS_ALL)
		log_warning("a READY=1 was ignored that did not come from the daemon's main process, %d, "
			    "but from process %d: if it is meant to count, use --notify-access=all",
			    main, sender);
	else if (state->access < state->granted)
		log_warning("a READY=1 was ignored that came from process %d: the daemon, process %d, has "
			    "narrowed who may speak for it (NOTIFYACCESS=)",
			    sender, main);
	else
		log_warning("a READY=1 was ignored that came from process %d, user %u: neither root's, nor "
			    "of the user of the daemon's main process, %d, nor known to be one of its "
			    "processes",
			    sender, (unsigned)duty->packet.uid, main);
}

static const char *why_not_ready(const struct duty *duty)
{
	return duty->ready->reason != NULL ? duty->ready->reason : "it was not looked at yet";
}

static void add_notifications(const struct duty *duty, struct text *text)
{
	if (duty->refused_pid != 0) {
		seen_add_process(duty->refused_pid, text);
		text_add(text, ", user ");
		text_add_number(text, (unsigned long)duty->refused_uid);
		text_add(text, ", has, which may not");
		if (duty->setup->state.granted != NOTIFY_ACCESS_ALL)
			text_add(text, ": --notify-access=all allows it");
	} else {
		text_add(text, duty->has_spoken ? "it has sent other notifications"
						: "it has sent nothing");
	}
}

/* Of one that goes to the background: what is missing. */
static void add_start(const struct duty *duty, struct text *text)
{
	const struct main_watch *watch = duty->main_watch;

	if (watch->has_forked && watch->setup->path != NULL) {
		text_add(text, watch->setup->path);
		text_add(text, ": ");
	}
	text_add(text, watch->reason);
}

/* All that is seen of the daemon, which is not ready, as a line. */
static void describe(const struct duty *duty, char *line, size_t size)
{
	const struct babysitter_setup *setup = duty->setup;
	struct text text = text_begin(line, size);

	if (duty->main_watch != NULL) {
		add_start(duty, &text);
	} else if (duty->ready != NULL) {
		text_add(&text, why_not_ready(duty));
		if (setup->ready_when->kind == AWAITED_NEWLINE)
			seen_add_reasons(duty->main.pid, setup->target, setup->has_sockets, &text);
		else
			seen_add_listeners(duty->main.pid, setup->has_sockets, &text);
	} else {
		add_notifications(duty, &text);
		seen_add_reasons(duty->main.pid, setup->target, setup->has_sockets, &text);
	}
	text_make_line(line);
}

/* How long it can go on like this. */
static void add_limit(const struct duty *duty, struct text *text)
{
	long long due_ms = duty->state.due_ms[DEADLINE_START];

	if (due_ms != 0) {
		text_add(text, "it is ended in ");
		text_add_number(text, (unsigned long)(due_ms - now_ms() + 999) / 1000);
		text_add(text, " s if nothing changes (--start-timeout; with 0, never)");
	} else {
		seen_add_patience(duty->setup->state.host, text);
	}
}

static void say_waiting(const struct duty *duty, const char *what)
{
	char limit[100];
	struct text text = text_begin(limit, sizeof(limit));

	add_limit(duty, &text);
	if (duty->main_watch != NULL)
		log_warning("the daemon has not gone to the background within %d s (%s): %s; %s",
			    WORD_MS / 1000, duty->setup->option, what, limit);
	else if (duty->ready != NULL)
		log_warning("%s has not held for %d s (%s): %s; %s", duty->setup->ready_when->text,
			    WORD_MS / 1000, duty->setup->option, what, limit);
	else
		log_warning("the daemon, process %d, has not sent %s within %d s: %s; %s",
			    (int)duty->main.pid, duty->setup->says, WORD_MS / 1000, what, limit);
}

/* What would be a hang without a word. */
static void warn_waiting(const struct duty *duty)
{
	char what[700];

	describe(duty, what, sizeof(what));
	say_waiting(duty, what);
}

/* The other way round: the host goes on without it. */
static void warn_unawaited(const struct duty *duty)
{
	const struct host *host = duty->setup->state.host;
	char what[700], line[1000];
	struct text text = text_begin(line, sizeof(line));

	describe(duty, what, sizeof(what));
	text_add(&text, what);
	text_add(&text, "; ");
	text_add(&text, host->name);
	text_add(&text, " does not wait for it: it has stopped itself, as a daemon made for ");
	text_add(&text, host->name);
	text_add(&text, " does, which needs no bridge here, or '");
	text_add(&text, host->ready_setting);
	text_add(&text, "' is missing in ");
	text_add(&text, host->configured_in);
	say_waiting(duty, line);
}

/* Which is the main one of several nothing tells; else the parent says how it ended. */
static void warn_no_main(const struct duty *duty)
{
	char what[700];

	describe(duty, what, sizeof(what));
	if (duty->main_watch->has_failed)
		log_error(
			"the daemon's first process has exited with 0, and several of its processes go on, of "
			"which none is known to be the main one: add --daemon-pidfile=PATH, and all are ended");
	else
		log_warning("the daemon, first process %d, has ended before it was in the background (%s): %s",
			    (int)duty->setup->daemon.pid, duty->setup->option, what);
}

/* With the job's process the host may have closed what stderr leads to; a user's job may have no syslog. */
static void warn_ended_early(const struct duty *duty)
{
	char what[200];
	struct text text = text_begin(what, sizeof(what));

	log_to_both(duty->setup->job);
	if (duty->main_watch != NULL) {
		warn_no_main(duty);
		return;
	}
	if (duty->ready != NULL) {
		log_warning("the daemon, process %d, has ended before %s held (%s): %s",
			    (int)duty->main.pid, duty->setup->ready_when->text, duty->setup->option,
			    why_not_ready(duty));
		return;
	}
	seen_add_left(duty->setup->socket.address, &text);
	text_make_line(what);
	log_warning("the daemon, process %d, has ended before it sent %s%s", (int)duty->main.pid,
		    duty->setup->says, what);
}

static void warn_forgotten(const struct duty *duty)
{
	const struct host *host = duty->setup->state.host;

	log_to_both(duty->setup->job);
	log_warning("%s has waited for %d s until the daemon, process %d, is ready, and nobody will tell it, "
		    "since -N is missing: add -N, or take '%s' out of %s; to end it now, kill the daemon",
		    host->name, WORD_MS / 1000, (int)duty->main.pid, host->ready_setting,
		    host->configured_in);
}

static void warn_late(const struct duty *duty)
{
	char what[700];

	log_to_both(duty->setup->job);
	describe(duty, what, sizeof(what));
	if (duty->ready != NULL)
		log_warning("%s did not hold within %d s (%s, --start-timeout): %s; ending the daemon "
			    "(process %d)",
			    duty->setup->ready_when->text, duty->setup->start_timeout_ms / 1000,
			    duty->setup->option, what, (int)duty->main.pid);
	else if (duty->main_watch != NULL)
		log_warning("the daemon has not gone to the background within %d s (--start-timeout): %s; ending "
			    "it",
			    duty->setup->start_timeout_ms / 1000, what);
	else
		log_warning("the daemon, process %d, has not sent %s within %d s (--start-timeout): ending it; "
			    "%s",
			    (int)duty->main.pid, duty->setup->says,
			    duty->setup->start_timeout_ms / 1000, what);
}

static void warn_host_gone(const struct duty *duty)
{
	log_to_both(duty->setup->job);
	log_error("who waited for the daemon in the foreground has been killed: nobody will hear that the daemon, "
		  "process %d, is ready; ending it",
		  (int)duty->main.pid);
}

static void warn_main_pid(const struct duty *duty)
{
	log_warning("the daemon, process %d, names another main process (MAINPID=), which %s does not "
		    "follow: use --supervise",
		    (int)duty->main.pid, duty->setup->state.host->name);
}

static void warn_fd_store(const struct duty *duty)
{
	log_warning("the daemon, process %d, wants descriptors to be kept (FDSTORE=1), which %s does "
		    "not do: they are closed",
		    (int)duty->main.pid, duty->setup->state.host->name);
}

void duty_debug_ready(const struct duty *duty, pid_t sender)
{
	long long ms = now_ms() - duty->begin_ms;

	if (sender != 0)
		log_debug("ready after %lld.%03lld s, said by process %d", ms / 1000, ms % 1000,
			  (int)sender);
	else if (duty->ready != NULL)
		log_debug("ready after %lld.%03lld s: %s holds", ms / 1000, ms % 1000,
			  duty->setup->ready_when->text);
}

void duty_debug_refused(struct duty *duty, const struct babysitter_event *event)
{
	long long now = event->telling.now_ms;

	if (now < duty->refused_ms)
		return;
	duty->refused_ms = now + REFUSED_INTERVAL_MS;
	log_debug("ignored a notification of process %d, which may not speak for the daemon",
		  (int)event->sender_pid);
}

/* Once: what a daemon says over and over again shall not fill the log. */
void duty_warn_not_followed(struct duty *duty, pid_t pid, int error)
{
	if (duty->has_warned_of_pid)
		return;
	duty->has_warned_of_pid = true;
	log_warning("MAINPID=%d is not followed, nor are others like it: %s", (int)pid,
		    error == -ECHILD ? "it is not one of the daemon's processes" : strerror(-error));
}

/* systemd drops them, too; but a lost READY=1 is worth a line. One of the two is enough. */
static bool warns_of_dropped(struct duty *duty)
{
	bool is_first = !duty->has_dropped;

	duty->has_dropped = true;
	return is_first;
}

void duty_warn_too_long(struct duty *duty)
{
	if (warns_of_dropped(duty))
		log_warning("dropped a notification of process %d: it has %zu bytes, and %d are "
			    "allowed; others will be dropped silently",
			    (int)duty->packet.pid, duty->packet.length, NOTIFY_MAX);
}

void duty_warn_from_nobody(struct duty *duty)
{
	if (warns_of_dropped(duty))
		log_warning("dropped a notification: its sender is in a pid namespace that cannot be "
			    "seen from here; others will be dropped silently");
}

/* Once: whoever sends such things can do so again. And not of what passes. */
void duty_warn_held_up(struct duty *duty)
{
	bool passes = duty->passed.n_left < MAX_CLOSERS_LEFT && ++duty->n_held_up < HELD_UP_MAX;

	if (passes || duty->has_warned_of_passed)
		return;
	duty->has_warned_of_passed = true;
	log_warning("descriptors that came with notifications of process %d cannot be closed: no more "
		    "notifications are taken until they are",
		    (int)duty->packet.pid);
}

/* Once, and not of what passes. */
void duty_warn_deaf(struct duty *duty, int error)
{
	if (++duty->n_failed != FAILED_MAX)
		return;
	log_errno(LEVEL_WARNING, error,
		  "cannot receive what the daemon says, trying again and again");
}

void duty_warn_of_host(const struct duty *duty, unsigned telling_actions)
{
	if ((telling_actions & TELL_WARN_NOT_WAITING) != 0)
		warn_not_waiting(duty);
	if ((telling_actions & TELL_WARN_NO_REACTION) != 0)
		log_warning("%s has not reacted to the daemon being ready for 10 s; the daemon goes on",
			    duty->setup->state.host->name);
}

void duty_warn(struct duty *duty, unsigned actions)
{
	static const struct {
		enum babysitter_action action;
		void (*warn)(const struct duty *);
	} warnings[] = {
		{ SIT_WARN_REFUSED, warn_refused },     { SIT_WARN_ENDED_EARLY, warn_ended_early },
		{ SIT_WARN_MAIN_PID, warn_main_pid },   { SIT_WARN_FD_STORE, warn_fd_store },
		{ SIT_WARN_HOST_GONE, warn_host_gone }, { SIT_WARN_LATE, warn_late },
		{ SIT_WARN_WAITING, warn_waiting },     { SIT_WARN_FORGOTTEN, warn_forgotten },
		{ SIT_WARN_UNAWAITED, warn_unawaited },
	};

	for (size_t i = 0; i < ARRAY_SIZE(warnings); i++) {
		if ((actions & warnings[i].action) != 0)
			warnings[i].warn(duty);
	}
}
