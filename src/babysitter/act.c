/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does what the babysitter decides; see babysitter/loop.h. */
#include "babysitter/loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "babysitter/parent_word.h"
#include "babysitter/pid_file.h"
#include "babysitter/relay.h"
#include "base/events.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"

#define ASK_TIMEOUT_MS 1000
#define DYING_MS 5000 /* what was killed may have much memory to give back */
#define DYING_STEP_MS 16

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

static void tell(struct loop *loop, struct telling_event event)
{
	event.now_ms = now_ms();
	loop_step(loop, &(struct babysitter_event){ .kind = EVENT_TELLING, .telling = event });
}

static void continue_tracked(const struct loop *loop)
{
	int r = process_signal(&loop->setup->tracked, SIGCONT);

	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot continue process %d",
			  (int)loop->setup->tracked.pid);
}

/* Returns 0, or -errno: the parent, if there is one, has not heard it. */
static int send_word(const struct loop *loop, const struct parent_word *word)
{
	if (loop->setup->parent_fd < 0)
		return 0;
	/* It may be stopped, by us or by others, and must not stop us in turn. */
	return send(loop->setup->parent_fd, word, PARENT_WORD_SIZE, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
		       ? -errno
		       : 0;
}

static int say_to_parent(const struct loop *loop, enum parent_word_kind kind, pid_t pid)
{
	return send_word(loop, &(struct parent_word){ .kind = kind, .pid = pid });
}

/* An end of the daemon that the host waits for is not ours to bring about either; but that of its parent is. */
static void say_cannot_stop(const struct loop *loop)
{
	const char *host = loop->setup->state.host->name;
	int pid = (int)loop->setup->tracked.pid;

	if (loop->setup->state.has_parent)
		log_error("the daemon is ready, but we may not stop its parent, process %d (seccomp, a security "
			  "module): %s can never be told; ending it",
			  pid, host);
	else
		log_error("the daemon, process %d, has become another user's, and we may not stop it: %s is never "
			  "told that it is ready, and waits for ever; add --supervise",
			  pid, host);
}

static bool is_forbidden(int error)
{
	return error == -EPERM || error == -EACCES; /* the second by AppArmor */
}

static void stop_tracked(const struct loop *loop)
{
	int r = process_signal(&loop->setup->tracked, SIGSTOP);

	if (is_forbidden(r)) {
		say_cannot_stop(loop);
		log_to_syslog(loop->setup->job); /* who looks where is not known: there, too */
		say_cannot_stop(loop);
		(void)say_to_parent(loop, WORD_GIVE_UP, 0);
	} else if (r < 0 && r != -ESRCH) {
		log_errno(LEVEL_ERROR, r, "cannot stop process %d", (int)loop->setup->tracked.pid);
	}
}

/*
 * The signals first: a stop that is not pending any more is seen, or has been taken back. Returns the
 * state of the process or -errno.
 */
static int read_state(pid_t pid, bool *ret_stop_is_pending)
{
	struct process_status status;
	int r = process_read_status(pid, &status);

	if (r < 0)
		return r;
	*ret_stop_is_pending = process_has_pending(&status, SIGSTOP);
	return process_read_state(pid);
}

/* What cannot be read would pass for stopped, and be found out late: memory may be back by now. */
static int read_state_twice(pid_t pid, bool *ret_stop_is_pending)
{
	int r = read_state(pid, ret_stop_is_pending);

	return r < 0 ? read_state(pid, ret_stop_is_pending) : r;
}

static void look(struct loop *loop)
{
	const struct way *way = loop->state.way;
	pid_t tracked = loop->setup->tracked.pid;
	bool is_pending = false, runs;
	int state;
	/* First of all: what it says is about the daemon as it is seen afterwards. */
	enum host_probe probe = way->look_at_probe != NULL ? way->look_at_probe(&loop->state.telling)
							   : HOST_PROBE_NONE;

	/*
	 * Only what is seen to run was continued: not a traced or a waiting process. What cannot be read (no
	 * /proc, hidepid=2) is unknown; unless it is our parent, which says it.
	 */
	state = read_state_twice(tracked, &is_pending);
	runs = state == 'R' || state == 'S' || (state < 0 && loop->parent_goes_on);
	tell(loop, (struct telling_event){
			   .kind = HEARD_LOOKED,
			   .daemon_is_stopped = !runs,
			   .is_unknown = !runs && state < 0,
			   .stop_is_pending = runs && is_pending,
			   .stop_is_complete = !runs && process_has_stopped(tracked),
			   .probe = probe,
		   });
}

void loop_tell_answer(struct loop *loop, enum host_answer answer)
{
	tell(loop, (struct telling_event){ .kind = HEARD_ANSWERED, .answer = answer });
}

static void ask(struct loop *loop)
{
	const struct babysitter_setup *setup = loop->setup;
	const struct way *way = loop->state.way;
	const char *words[4];

	if (way->question == NULL || passed_fds_wait(&loop->passed) ||
	    !way->question(setup->job, setup->instance, words) || bus_start(words, &loop->call) < 0) {
		loop_tell_answer(loop, HOST_ANSWER_NONE);
		return;
	}
	loop->is_asking = true;
	loop->ask_until_ms = now_ms() + ASK_TIMEOUT_MS;
}

/* A pipe with room for a byte takes it at once; one without is nobody's who waits for that. */
static int write_to_host(int fd, const char *text)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	if (poll(&pollfd, 1, 0) != 1 || (pollfd.revents & POLLOUT) == 0)
		return -EAGAIN;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* Where we have a parent, that is the host's: some hosts listen to nobody else. */
static int send_to_host(const struct loop *loop, const char *text)
{
	const char *address = loop->state.telling.host_address;
	cleanup_close int fd = NO_FD;

	if (loop->setup->parent_fd >= 0)
		return parent_say(loop->setup->parent_fd, text);
	fd = notify_client_open();
	return fd < 0 ? fd : notify_send(fd, address, text, NO_FD, 0);
}

static void say(struct loop *loop, const struct say *what)
{
	int r = what->fd > 0 ? write_to_host(what->fd, what->text) : 0;

	if (what->fd > 0)
		loop->own.host_fd = close_fd(loop->own.host_fd);
	if (what->address != NULL)
		r = send_to_host(loop, what->text);
	tell(loop, (struct telling_event){ .kind = HEARD_SAID, .result = r });
}

static void end_daemon(const struct loop *loop, int signal)
{
	int r;

	if (loop_awaits_main(loop)) {
		(void)say_to_parent(loop, WORD_SIGNAL, (pid_t)signal);
		return;
	}
	r = process_signal_group(&loop->main, signal);
	(void)process_signal_group(&loop->main, SIGCONT); /* if it is stopped, to see it */
	if (!is_forbidden(r))
		return;
	log_error("the daemon, process %d, has become another user's, and we may not end it%s",
		  (int)loop->main.pid, loop->setup->state.has_parent ? "" : "; add --supervise");
	(void)say_to_parent(loop, WORD_GIVE_UP, 0);
}

static void do_telling(struct loop *loop, const struct telling_step *telling)
{
	if (telling->timer_ms > 0)
		loop->timer_ms = now_ms() + telling->timer_ms;
	if ((telling->actions & TELL_STOP) != 0) {
		(void)say_to_parent(loop, WORD_TELLING, 0);
		loop->parent_goes_on = false;
		hold_end(&loop->hold); /* the host shall see this stop as it is */
		stop_tracked(loop);
	}
	if ((telling->actions & TELL_CONTINUE) != 0)
		continue_tracked(loop);
	loop_warn_of_host(loop, telling->actions);
	if ((telling->actions & TELL_PROBE) != 0 && loop->state.way->send_probe != NULL)
		loop->state.way->send_probe(&loop->state.telling, loop->setup->host_pid);
	if ((telling->actions & TELL_LOOK) != 0)
		look(loop);
	if ((telling->actions & TELL_ASK) != 0)
		ask(loop);
	if ((telling->actions & TELL_SAY) != 0)
		say(loop, &telling->say);
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
	(void)say_to_parent(loop, WORD_SETTLED, 0);
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
	int r = send_word(loop, &word);

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

/* A process of the daemon's, with the group it was in when we last saw it. */
struct orphan {
	const struct process *process;
	pid_t group;
};

/* We may be another user's than it has become; the host would be root. */
static struct orphan kill_with_group(const struct process *process)
{
	struct orphan orphan = { process, getpgid(process->pid) };
	int r = process_kill_with_group(process);

	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot kill process %d", (int)process->pid);
	if (orphan.group < 0)
		orphan.group = process->pid;
	return orphan;
}

/* Nobody is left, not even a zombie: then what they had is free, too. Or it is not ours to end. */
static bool is_gone(const struct orphan *orphan)
{
	if (!process_has_ended(orphan->process) && process_signal(orphan->process, 0) != -EPERM)
		return false;
	return orphan->group <= 1 || orphan->group == getpgrp() || kill(-orphan->group, 0) < 0;
}

/* What the host does when it sees the parent's end, which we hold back, comes after the daemon's. */
static void wait_for_orphans(const struct orphan *orphans, size_t n)
{
	long long deadline_ms = now_ms() + DYING_MS;
	int step_ms = 1;
	size_t i = 0;

	while (i < n && now_ms() < deadline_ms) {
		if (is_gone(&orphans[i])) {
			i++;
			continue;
		}
		events_pause(step_ms);
		step_ms = step_ms < DYING_STEP_MS ? 2 * step_ms : DYING_STEP_MS;
	}
	if (i < n)
		log_error("process %d of the daemon, or its process group, has not ended within %d s",
			  (int)orphans[i].process->pid, DYING_MS / 1000);
}

/* The groups as the host would have signaled them, had the daemon been in its parent's place. */
static void kill_orphan(const struct loop *loop)
{
	struct orphan orphans[2];
	size_t n = 0;

	log_to_syslog(loop->setup->job);
	log_error("the daemon's parent, process %d, has been killed; killing the daemon, process %d",
		  (int)loop->setup->tracked.pid, (int)loop->main.pid);
	orphans[n++] = kill_with_group(&loop->main);
	if (loop->main.pid != loop->setup->daemon.pid)
		orphans[n++] = kill_with_group(&loop->setup->daemon);
	wait_for_orphans(orphans, n);
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
	switch (send_to_host(loop, text)) {
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
		(void)send_to_host(loop, loop->state.host->failure);
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
	do_telling(loop, &step.telling);
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
		kill_orphan(loop);
	if (loop->main_watch != NULL && loop->main_watch->has_failed &&
	    (step.actions & SIT_LEAVE) != 0)
		(void)say_to_parent(loop, WORD_FAILED, 0);
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

void loop_tell_timer(struct loop *loop)
{
	tell(loop, (struct telling_event){ .kind = HEARD_TIMER });
}
