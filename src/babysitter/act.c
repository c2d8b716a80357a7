/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Does what the babysitter decides; see babysitter/duty.h. */
#include "babysitter/duty.h"

#include <signal.h>

#include "babysitter/pid_file.h"
#include "babysitter/relay.h"
#include "base/ended.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/util.h"
#include "fd/fds.h"

/* What the daemon says is the daemon's: in its name, and not among our own messages. */
void duty_report(const struct duty *duty, const char *line)
{
	if (line != NULL)
		log_for_daemon(duty->setup->job, duty->report.sender, line);
}

/* As the launcher finds it (act/supervise/start.c). */
static void format_claim(const struct duty *duty, char path[static CLAIM_PATH_MAX])
{
	const struct babysitter_setup *setup = duty->setup;
	char parent[NOTIFY_ADDRESS_MAX];

	(void)claim_format(notify_socket_parent(&setup->socket, parent), setup->job,
			   setup->instance, path);
}

static void take_claim(struct duty *duty)
{
	char path[CLAIM_PATH_MAX];

	if (duty->claim_fd >= 0)
		return;
	format_claim(duty, path);
	duty->claim_fd = path[0] != '\0' ? claim_take(path) : NO_FD;
}

static void drop_claim(struct duty *duty)
{
	char path[CLAIM_PATH_MAX];

	if (duty->claim_fd < 0)
		return;
	format_claim(duty, path);
	claim_drop(path, duty->claim_fd);
	duty->claim_fd = NO_FD;
}

void duty_hold_parent(struct duty *duty)
{
	hold_begin(&duty->hold, duty->setup->tracked.pid, duty->setup->main_watch != NULL);
	if (duty->hold.pid != 0)
		drop_claim(duty);
	else
		take_claim(duty);
}

void duty_let_go_of_parent(struct duty *duty)
{
	if (duty->hold.pid == 0)
		return;
	take_claim(duty);
	hold_end(&duty->hold);
}

static void leave(struct duty *duty)
{
	duty_report(duty, report_take_kept(&duty->report, true, now_ms()));
	if (duty->is_asking)
		bus_cancel(&duty->call);
	if (duty->ready != NULL)
		ready_watch_close(duty->ready);
	notify_socket_remove(&duty->setup->socket);
	/* A parent ends after us, and only the daemon's end lets us leave it. */
	if (duty->setup->pid_file != NULL &&
	    (duty->state.has_parent || process_has_ended(&duty->setup->tracked)))
		pid_file_drop(duty->setup->pid_file, duty->setup->pid_fd);
	duty_say_to_foreground(duty, FOREGROUND_ENDED);
	drop_claim(duty);
	/* Who still closes what was passed has these, too. */
	(void)close_fd(duty->setup->parent_fd);
	(void)close_fd(duty->setup->socket.fd);
	_exit(0);
}

static void end_daemon(const struct duty *duty, int signal)
{
	int r;

	if (duty_awaits_main(duty)) {
		(void)duty_say_to_parent(duty, WORD_SIGNAL, (pid_t)signal);
		return;
	}
	r = process_signal_group(&duty->main, signal);
	(void)process_signal_group(&duty->main, SIGCONT); /* if it is stopped, to see it */
	if (!process_is_forbidden(r))
		return;
	log_error("the daemon, process %d, has become another user's, and we may not end it%s",
		  (int)duty->main.pid, duty->setup->state.has_parent ? "" : "; add --supervise");
	(void)duty_say_to_parent(duty, WORD_GIVE_UP, 0);
}

static void settle(struct duty *duty)
{
	if (duty->state.has_parent && duty->hold.pid == 0)
		duty_hold_parent(duty);
	/* From here on the daemon's stderr is only the daemon's, but where the logger is behind it. */
	if (!log_stays_on_stderr()) {
		log_to_syslog(duty->setup->job);
		fds_let_go_of_stderr();
	}
	(void)duty_say_to_parent(duty, WORD_SETTLED, 0);
}

/* MAINPIDFDID=, where the kernel tells it: the sender may have meant one that has ended. */
static bool is_identified(const struct statement *said, const struct process *process)
{
	unsigned long long id = pidfd_id(process->pidfd);

	return (said->changes & STATE_MAIN_PIDFD_ID) == 0 || id == 0 || id == said->main_pidfd_id;
}

/* The parent follows first: should it not hear of it, both go on with the process they know. */
int duty_follow(struct duty *duty, struct process *process)
{
	/* It may have ended, and been reaped, when the parent hears of it: nothing would tell then. */
	const struct parent_word word = { .kind = WORD_MAIN,
					  .pid = process->pid,
					  .session = getsid(process->pid),
					  .group = getpgid(process->pid) };
	int r = duty_send_word(duty, &word);

	if (r < 0) {
		process_close(process);
		return r;
	}
	if (process_fd(&duty->main) != process_fd(&duty->setup->daemon))
		process_close(&duty->main);
	duty->main = *process;
	if (duty->setup->pid_file != NULL) /* not before it is there */
		(void)pid_file_rewrite(duty->setup->pid_file, duty->setup->pid_fd, process->pid);
	return 0;
}

bool duty_may_go_on(struct duty *duty)
{
	int status = -1;

	if (duty->main_watch == NULL || duty->state.stage == STAGE_LATE)
		return false;
	(void)process_read_end(&duty->main, &status);
	return main_watch_may_go_on(duty->main_watch, status);
}

static void follow(struct duty *duty, const struct statement *said)
{
	pid_t pid = (pid_t)said->main_pid;
	struct process process;
	int r;

	if (pid == duty->main.pid)
		return;
	r = process_open(pid, &process);
	/* In this order: what still runs now was the process we hold when we asked for its parents. */
	if (r == 0 &&
	    (!process_descends_from(pid, duty->setup->tracked.pid) || process_has_ended(&process)))
		r = -ECHILD;
	if (r == 0 && !is_identified(said, &process))
		r = -ESRCH;
	if (r < 0)
		process_close(&process);
	else
		r = duty_follow(duty, &process);
	if (r < 0)
		duty_warn_not_followed(duty, pid, r);
}

static void make_ready_file(struct duty *duty)
{
	const char *path = duty->setup->ready_file;
	int r = path != NULL ? ready_file_make(path, &duty->ready_file) : 0;

	if (r < 0)
		log_errno(LEVEL_ERROR, r, "--ready-file: cannot make %s", path);
}

/* Its own words are the daemon's, and may be anything: they are made anew of what was understood. */
static void relay(struct duty *duty, const struct statement *said)
{
	char text[NOTIFY_MAX];

	if (duty->has_lost_host || !relay_format(said, duty->state.relays_life, text, sizeof(text)))
		return;
	/* Nobody has to read it; but whoever has gone does not come back. */
	switch (duty_send_to_host(duty, text)) {
	case -ECONNREFUSED:
	case -ENOENT:
		duty->has_lost_host = true;
		break;
	}
}

/* By the error that the daemon itself has named, or that there is none. */
static void tell_failure(const struct duty *duty, const struct statement *said)
{
	char error[64];
	struct text text = text_begin(error, sizeof(error));

	if (said != NULL) {
		text_add(&text, "ERRNO=");
		text_add_part(&text, said->error.text, said->error.length);
	}
	(void)duty_send_to_host(duty, said != NULL ? error : duty->state.host->failure);
}

/* What becomes of the readiness besides telling the host. */
static void do_readiness(struct duty *duty, unsigned actions, const struct statement *said)
{
	if ((actions & SIT_READY) != 0)
		make_ready_file(duty);
	if ((actions & SIT_NOT_READY) != 0 && duty->setup->ready_file != NULL)
		ready_file_remove(duty->setup->ready_file, &duty->ready_file);
	if ((actions & SIT_RELAY) != 0 && said != NULL)
		relay(duty, said);
	if ((actions & SIT_TELL_FAILURE) != 0 && duty->state.telling.host_address != NULL)
		tell_failure(duty, said);
}

void duty_step(struct duty *duty, const struct babysitter_event *event)
{
	struct babysitter_step step = babysitter_step(&duty->state, event);

	if ((step.actions & SIT_FOLLOW) != 0 && event->said != NULL)
		follow(duty, event->said);
	do_readiness(duty, step.actions, event->said);
	if ((step.actions & SIT_READY) != 0)
		duty_debug_ready(duty, event->kind == EVENT_NOTIFICATION ? event->sender_pid : 0);
	if ((step.actions & SIT_WARN_REFUSED) != 0) {
		duty->refused_pid = event->sender_pid;
		duty->refused_uid = duty->packet.uid;
	}
	duty->has_spoken = duty->has_spoken || (step.actions & SIT_REPORT) != 0;
	duty_tell(duty, &step.telling);
	duty_warn(duty, step.actions);
	if ((step.actions & SIT_DEBUG_REFUSED) != 0)
		duty_debug_refused(duty, event);
	if ((step.actions & SIT_REPORT) != 0)
		duty_report(duty, report_take(&duty->report, event->said, step.phase,
					      event->sender_pid, event->telling.now_ms));
	if ((step.actions & SIT_TERMINATE) != 0) {
		duty_say_to_foreground(duty, FOREGROUND_GIVEN_UP);
		end_daemon(duty, SIGTERM);
	}
	if ((step.actions & SIT_KILL) != 0)
		end_daemon(duty, SIGKILL);
	if ((step.actions & SIT_KILL_ORPHAN) != 0)
		duty_kill_orphan(duty);
	if (duty->main_watch != NULL && duty->main_watch->has_failed &&
	    (step.actions & SIT_LEAVE) != 0)
		(void)duty_say_to_parent(duty, WORD_FAILED, 0);
	if ((step.actions & SIT_SETTLED) != 0)
		settle(duty);
	if ((step.actions & SIT_LEAVE) != 0)
		leave(duty);
}

void duty_step_with(struct duty *duty, enum babysitter_event_kind kind)
{
	duty_step(duty,
		  &(struct babysitter_event){ .kind = kind, .telling = { .now_ms = now_ms() } });
}
