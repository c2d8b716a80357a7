/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the host, and a parent of ours, are told; see babysitter/loop.h. */
#include "babysitter/loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/procfs.h"
#include "base/threads.h"
#include "base/util.h"

#define ASK_TIMEOUT_MS 1000

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

int loop_send_word(const struct loop *loop, const struct parent_word *word)
{
	if (loop->setup->parent_fd < 0)
		return 0;
	/* It may be stopped, by us or by others, and must not stop us in turn. */
	return send(loop->setup->parent_fd, word, PARENT_WORD_SIZE, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
		       ? -errno
		       : 0;
}

int loop_say_to_parent(const struct loop *loop, enum parent_word_kind kind, pid_t pid)
{
	return loop_send_word(loop, &(struct parent_word){ .kind = kind, .pid = pid });
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

static void stop_tracked(const struct loop *loop)
{
	int r = process_signal(&loop->setup->tracked, SIGSTOP);

	if (loop_is_forbidden(r)) {
		say_cannot_stop(loop);
		log_to_syslog(loop->setup->job); /* who looks where is not known: there, too */
		say_cannot_stop(loop);
		(void)loop_say_to_parent(loop, WORD_GIVE_UP, 0);
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

	if (loop->is_asking)
		return; /* its answer will do */
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

int loop_send_to_host(const struct loop *loop, const char *text)
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
		r = loop_send_to_host(loop, what->text);
	tell(loop, (struct telling_event){ .kind = HEARD_SAID, .result = r });
}

void loop_tell(struct loop *loop, const struct telling_step *telling)
{
	if (telling->timer_ms > 0)
		loop->timer_ms = now_ms() + telling->timer_ms;
	if ((telling->actions & TELL_STOP) != 0) {
		(void)loop_say_to_parent(loop, WORD_TELLING, 0);
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

void loop_tell_timer(struct loop *loop)
{
	tell(loop, (struct telling_event){ .kind = HEARD_TIMER });
}
