/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* How the host, and a parent of ours, are told; see babysitter/duty.h. */
#include "babysitter/duty.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "babysitter/pid_file.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"

#define ASK_TIMEOUT_MS 1000

static void tell(struct duty *duty, struct telling_event event)
{
	event.now_ms = now_ms();
	duty_step(duty, &(struct babysitter_event){ .kind = EVENT_TELLING, .telling = event });
}

static void continue_tracked(const struct duty *duty)
{
	int r = process_signal(&duty->setup->tracked, SIGCONT);

	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot continue process %d",
			  (int)duty->setup->tracked.pid);
}

int duty_send_word(const struct duty *duty, const struct parent_word *word)
{
	if (duty->setup->parent_fd < 0)
		return 0;
	/* It may be stopped, by us or by others, and must not stop us in turn. */
	return send(duty->setup->parent_fd, word, PARENT_WORD_SIZE, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
		       ? -errno
		       : 0;
}

int duty_say_to_parent(const struct duty *duty, enum parent_word_kind kind, pid_t pid)
{
	return duty_send_word(duty, &(struct parent_word){ .kind = kind, .pid = pid });
}

/* An end of the daemon that the host waits for is not ours to bring about either; but that of its parent is. */
static void say_cannot_stop(const struct duty *duty)
{
	const char *host = duty->setup->state.host->name;
	int pid = (int)duty->setup->tracked.pid;

	if (duty->setup->state.has_parent)
		log_error("the daemon is ready, but we may not stop its parent, process %d (seccomp, a security "
			  "module): %s can never be told; ending it",
			  pid, host);
	else
		log_error("the daemon, process %d, has become another user's, and we may not stop it: %s is never "
			  "told that it is ready, and waits for ever; add --supervise",
			  pid, host);
}

static void stop_tracked(const struct duty *duty)
{
	int r = process_signal(&duty->setup->tracked, SIGSTOP);

	if (process_is_forbidden(r)) {
		say_cannot_stop(duty);
		log_to_syslog(duty->setup->job); /* who looks where is not known: there, too */
		say_cannot_stop(duty);
		(void)duty_say_to_parent(duty, WORD_GIVE_UP, 0);
	} else if (r < 0 && r != -ESRCH) {
		log_errno(LEVEL_ERROR, r, "cannot stop process %d", (int)duty->setup->tracked.pid);
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

static void look(struct duty *duty)
{
	const struct way *way = duty->state.way;
	pid_t tracked = duty->setup->tracked.pid;
	bool is_pending = false, runs;
	int state;
	/* First of all: what it says is about the daemon as it is seen afterwards. */
	enum host_probe probe = way->look_at_probe != NULL ? way->look_at_probe(&duty->state.telling)
							   : HOST_PROBE_NONE;

	/*
	 * Only what is seen to run was continued: not a traced or a waiting process. What cannot be read (no
	 * /proc, hidepid=2) is unknown; unless it is our parent, which says it.
	 */
	state = read_state_twice(tracked, &is_pending);
	runs = state == 'R' || state == 'S' || (state < 0 && duty->parent_goes_on);
	tell(duty, (struct telling_event){
			   .kind = HEARD_LOOKED,
			   .daemon_is_stopped = !runs,
			   .is_unknown = !runs && state < 0,
			   .stop_is_pending = runs && is_pending,
			   .stop_is_complete = !runs && process_has_stopped(tracked),
			   .probe = probe,
		   });
}

void duty_tell_answer(struct duty *duty, enum host_answer answer)
{
	tell(duty, (struct telling_event){ .kind = HEARD_ANSWERED, .answer = answer });
}

static void ask(struct duty *duty)
{
	const struct babysitter_setup *setup = duty->setup;
	const struct way *way = duty->state.way;
	const char *words[4];

	if (duty->is_asking)
		return; /* its answer will do */
	if (way->question == NULL || passed_fds_wait(&duty->passed) ||
	    !way->question(setup->job, setup->instance, words) || bus_start(words, &duty->call) < 0) {
		duty_tell_answer(duty, HOST_ANSWER_NONE);
		return;
	}
	duty->is_asking = true;
	duty->ask_until_ms = now_ms() + ASK_TIMEOUT_MS;
}

/* A pipe with space for a byte takes it at once; one without is nobody's who waits for that. */
static int write_to_host(int fd, const char *text)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	if (poll(&pollfd, 1, 0) != 1 || (pollfd.revents & POLLOUT) == 0)
		return -EAGAIN;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int duty_send_to_host(const struct duty *duty, const char *text)
{
	const char *address = duty->state.telling.host_address;
	cleanup_close int fd = NO_FD;

	if (duty->setup->parent_fd >= 0)
		return parent_say(duty->setup->parent_fd, text);
	fd = notify_client_open();
	return fd < 0 ? fd : notify_send(fd, address, text, NO_FD, 0);
}

/* Of our parent, for life, unless the daemon has named another: it passes on what is sent to it. */
static pid_t find_pid_for_file(const struct duty *duty)
{
	return duty->main.pid == duty->setup->daemon.pid ? duty->setup->tracked.pid : duty->main.pid;
}

/* Before it is said that the daemon is ready: what is said then instead, if it is not. */
static const char *write_pid_file(const struct duty *duty)
{
	static const char ready[] = { FOREGROUND_READY, '\0' },
			  no_file[] = { FOREGROUND_NO_FILE, '\0' };
	const char *path = duty->setup->pid_file;
	int r = pid_file_publish(path, duty->setup->pid_fd, find_pid_for_file(duty));

	if (r < 0)
		log_errno(LEVEL_ERROR, r, "--pidfile: cannot write %s, ending the daemon", path);
	return r < 0 ? no_file : ready;
}

void duty_say_to_foreground(const struct duty *duty, enum foreground_word word)
{
	const char text[] = { (char)word, '\0' };

	if (duty->setup->pid_file != NULL && duty->setup->host_fd > 0)
		(void)write_to_host(duty->setup->host_fd, text);
}

static void say(struct duty *duty, const struct say *what)
{
	bool is_awaited = duty->setup->pid_file != NULL;
	const char *text = is_awaited ? write_pid_file(duty) : what->text;
	int r = what->fd > 0 ? write_to_host(what->fd, text) : 0;

	if (what->fd > 0)
		duty->own.host_fd = close_fd(duty->own.host_fd);
	if (what->address != NULL)
		r = duty_send_to_host(duty, text);
	tell(duty, (struct telling_event){ .kind = HEARD_SAID, .result = r });
	if (is_awaited && r < 0)
		duty_step_with(duty, EVENT_HOST_GONE);
}

void duty_tell(struct duty *duty, const struct telling_step *telling)
{
	if (telling->timer_ms > 0)
		duty->timer_ms = now_ms() + telling->timer_ms;
	if ((telling->actions & TELL_STOP) != 0) {
		(void)duty_say_to_parent(duty, WORD_TELLING, 0);
		duty->parent_goes_on = false;
		duty_let_go_of_parent(duty); /* the host shall see this stop as it is */
		stop_tracked(duty);
	}
	if ((telling->actions & TELL_CONTINUE) != 0)
		continue_tracked(duty);
	duty_warn_of_host(duty, telling->actions);
	if ((telling->actions & TELL_PROBE) != 0 && duty->state.way->send_probe != NULL)
		duty->state.way->send_probe(&duty->state.telling, duty->setup->host_pid);
	if ((telling->actions & TELL_LOOK) != 0)
		look(duty);
	if ((telling->actions & TELL_ASK) != 0)
		ask(duty);
	if ((telling->actions & TELL_SAY) != 0)
		say(duty, &telling->say);
}

void duty_tell_timer(struct duty *duty)
{
	tell(duty, (struct telling_event){ .kind = HEARD_TIMER });
}
