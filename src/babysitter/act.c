/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does what the babysitter decides; see babysitter/loop.h. */
#include "babysitter/loop.h"

#include <signal.h>

#include "babysitter/pid_file.h"
#include "babysitter/relay.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/util.h"

/* What the daemon says is the daemon's: in its name, and not among our own messages. */
void loop_report(const struct loop *loop, const char *line)
{
	if (line != NULL)
		log_for_daemon(loop->setup->job, loop->report.sender, line);
}

/* As the launcher finds it (act/supervise/start.c). */
static void format_claim(const struct loop *loop, char path[static CLAIM_PATH_MAX])
{
	const struct babysitter_setup *setup = loop->setup;
	char parent[NOTIFY_ADDRESS_MAX];

	(void)claim_format(notify_socket_parent(&setup->socket, parent), setup->job,
			   setup->instance, path);
}

void loop_hold_parent(struct loop *loop)
{
	char path[CLAIM_PATH_MAX];

	hold_begin(&loop->hold, loop->setup->tracked.pid);
	if (loop->hold.pid != 0 || loop->claim_fd >= 0)
		return;
	format_claim(loop, path);
	loop->claim_fd = path[0] != '\0' ? claim_take(path) : NO_FD;
}

static void drop_claim(struct loop *loop)
{
	char path[CLAIM_PATH_MAX];

	if (loop->claim_fd < 0)
		return;
	format_claim(loop, path);
	claim_drop(path, loop->claim_fd);
}

static void leave(struct loop *loop)
{
	loop_report(loop, report_take_kept(&loop->report, true, now_ms()));
	if (loop->is_asking)
		bus_cancel(&loop->call);
	if (loop->ready != NULL)
		ready_watch_close(loop->ready);
	notify_socket_remove(&loop->setup->socket);
	if (loop->setup->pid_file != NULL && process_has_ended(&loop->setup->tracked))
		pid_file_remove(loop->setup->pid_file, loop->setup->tracked.pid);
	drop_claim(loop);
	/* Who still closes what was passed has these, too. */
	(void)close_fd(loop->setup->parent_fd);
	(void)close_fd(loop->setup->socket.fd);
	_exit(0);
}

static void end_daemon(const struct loop *loop, int signal)
{
	int r;

	if (loop_awaits_main(loop)) {
		(void)loop_say_to_parent(loop, WORD_SIGNAL, (pid_t)signal);
		return;
	}
	r = process_signal_group(&loop->main, signal);
	(void)process_signal_group(&loop->main, SIGCONT); /* if it is stopped, to see it */
	if (!loop_is_forbidden(r))
		return;
	log_error("the daemon, process %d, has become another user's, and we may not end it%s",
		  (int)loop->main.pid, loop->setup->state.has_parent ? "" : "; add --supervise");
	(void)loop_say_to_parent(loop, WORD_GIVE_UP, 0);
}

static void settle(struct loop *loop)
{
	if (loop->state.has_parent && loop->hold.pid == 0)
		loop_hold_parent(loop);
	/* From here on the daemon's stderr is only the daemon's, but where the logger is behind it. */
	if (!log_stays_on_stderr()) {
		log_to_syslog(loop->setup->job);
		(void)dup2(STDIN_FILENO, STDERR_FILENO);
	}
	(void)loop_say_to_parent(loop, WORD_SETTLED, 0);
}

/* MAINPIDFDID=, where the kernel tells it: the sender may have meant one that has ended. */
static bool is_identified(const struct statement *said, const struct process *process)
{
	unsigned long long id = pidfd_id(process->pidfd);

	return (said->changes & STATE_MAIN_PIDFD_ID) == 0 || id == 0 || id == said->main_pidfd_id;
}

/* The parent follows first: should it not hear of it, both go on with the process they know. */
int loop_follow(struct loop *loop, struct process *process)
{
	/* It may have ended, and been reaped, when the parent hears of it: nothing would tell then. */
	const struct parent_word word = { .kind = WORD_MAIN,
					  .pid = process->pid,
					  .session = getsid(process->pid),
					  .group = getpgid(process->pid) };
	int r = loop_send_word(loop, &word);

	if (r < 0) {
		process_close(process);
		return r;
	}
	if (process_fd(&loop->main) != process_fd(&loop->setup->daemon))
		process_close(&loop->main);
	loop->main = *process;
	return 0;
}

static void follow(struct loop *loop, const struct statement *said)
{
	pid_t pid = (pid_t)said->main_pid;
	struct process process;
	int r;

	if (pid == loop->main.pid)
		return;
	r = process_open(pid, &process);
	/* In this order: what still runs now was the process we hold when we asked for its parents. */
	if (r == 0 &&
	    (!process_descends_from(pid, loop->setup->tracked.pid) || process_has_ended(&process)))
		r = -ECHILD;
	if (r == 0 && !is_identified(said, &process))
		r = -ESRCH;
	if (r < 0)
		process_close(&process);
	else
		r = loop_follow(loop, &process);
	if (r < 0)
		loop_warn_not_followed(loop, pid, r);
}

static void make_ready_file(struct loop *loop)
{
	const char *path = loop->setup->ready_file;
	int r = path != NULL ? ready_file_make(path, &loop->ready_file) : 0;

	if (r < 0)
		log_errno(LEVEL_ERROR, r, "--ready-file: cannot make %s", path);
}

/* Its own words are the daemon's, and may be anything: they are made anew of what was understood. */
static void relay(struct loop *loop, const struct statement *said)
{
	char text[NOTIFY_MAX];

	if (loop->has_lost_host || !relay_format(said, text, sizeof(text)))
		return;
	/* Nobody has to read it; but whoever has gone does not come back. */
	switch (loop_send_to_host(loop, text)) {
	case -ECONNREFUSED:
	case -ENOENT:
		loop->has_lost_host = true;
		break;
	}
}

/* What becomes of the readiness besides telling the host. */
static void do_readiness(struct loop *loop, unsigned actions, const struct statement *said)
{
	if ((actions & SIT_READY) != 0)
		make_ready_file(loop);
	if ((actions & SIT_NOT_READY) != 0 && loop->setup->ready_file != NULL)
		ready_file_remove(loop->setup->ready_file, &loop->ready_file);
	if ((actions & SIT_RELAY) != 0 && said != NULL)
		relay(loop, said);
	if ((actions & SIT_TELL_FAILURE) != 0 && loop->state.telling.host_address != NULL)
		(void)loop_send_to_host(loop, loop->state.host->failure);
}

void loop_step(struct loop *loop, const struct babysitter_event *event)
{
	struct babysitter_step step = babysitter_step(&loop->state, event);

	if ((step.actions & SIT_FOLLOW) != 0 && event->said != NULL)
		follow(loop, event->said);
	do_readiness(loop, step.actions, event->said);
	if ((step.actions & SIT_READY) != 0)
		loop_debug_ready(loop, event->kind == EVENT_MESSAGE ? event->sender_pid : 0);
	if ((step.actions & SIT_WARN_REFUSED) != 0) {
		loop->refused_pid = event->sender_pid;
		loop->refused_uid = loop->packet.uid;
	}
	loop->has_spoken = loop->has_spoken || (step.actions & SIT_REPORT) != 0;
	loop_tell(loop, &step.telling);
	loop_warn(loop, step.actions);
	if ((step.actions & SIT_DEBUG_REFUSED) != 0)
		loop_debug_refused(loop, event);
	if ((step.actions & SIT_REPORT) != 0)
		loop_report(loop, report_take(&loop->report, event->said, step.phase,
					      event->sender_pid, event->telling.now_ms));
	if ((step.actions & SIT_TERMINATE) != 0)
		end_daemon(loop, SIGTERM);
	if ((step.actions & SIT_KILL) != 0)
		end_daemon(loop, SIGKILL);
	if ((step.actions & SIT_KILL_ORPHAN) != 0)
		loop_kill_orphan(loop);
	if (loop->main_watch != NULL && loop->main_watch->has_failed &&
	    (step.actions & SIT_LEAVE) != 0)
		(void)loop_say_to_parent(loop, WORD_FAILED, 0);
	if ((step.actions & SIT_SETTLED) != 0)
		settle(loop);
	if ((step.actions & SIT_LEAVE) != 0)
		leave(loop);
}

void loop_step_with(struct loop *loop, enum babysitter_event_kind kind)
{
	loop_step(loop,
		  &(struct babysitter_event){ .kind = kind, .telling = { .now_ms = now_ms() } });
}
