/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The babysitter's poll loop: from what happens to events; see babysitter/duty.h. */
#include "babysitter/loop.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/events.h"
#include "base/stack.h"
#include "base/util.h"
#include "notify/filter.h"
#include "notify/passed_fds.h"
#include "notify/sender.h"

#define NOTIFICATIONS_PER_WAKE_UP 32
#define NOTIFICATIONS_AT_THE_END 1024
#define RECEIVE_AGAIN_MS 100
#define HELD_UP_CHECK_MS 250

/* MAINPIDFD=1 beats MAINPID=, and says the more exactly who is meant. */
static void read_pidfd(const struct notify_packet *packet, struct statement *said)
{
	if ((said->changes & STATE_MAIN_PIDFD) == 0 || packet->passed_pid == 0)
		return;
	said->changes |= STATE_MAIN_PID | STATE_MAIN_PIDFD_ID;
	said->main_pid = (unsigned long long)packet->passed_pid;
	said->main_pidfd_id = packet->passed_pidfd_id;
}

/* A pidfd of nobody names somebody unknown. */
static bool names_another(const struct loop *loop, const struct statement *said)
{
	if ((said->changes & STATE_MAIN_PID) != 0)
		return said->main_pid != (unsigned long long)loop->duty.main.pid;
	return (said->changes & STATE_MAIN_PIDFD) != 0;
}

/*
 * Once the host knows that the daemon is ready, what is neither interpreted nor logged need not come
 * at all. Only a parent of ours follows a daemon to another main process.
 */
static void filter(struct loop *loop)
{
	bool wants_nothing = loop->duty.report.detail == REPORT_NONE && !loop->duty.state.has_parent;

	if (loop->is_filtered || loop->duty.state.relays_life ||
	    loop->duty.state.stage != STAGE_SETTLED)
		return;
	loop->is_filtered = true;
	/* Where there are no filters they go on to be received. */
	(void)notify_filter_attach(loop->duty.setup->socket.fd,
				   wants_nothing ? NOTIFY_FILTER_ALL : NOTIFY_FILTER_NOISE);
}

static enum sender find_sender(const struct loop *loop, const struct notify_packet *packet)
{
	const struct service service = {
		.family = { .main = &loop->duty.main,
			    .root = &loop->duty.setup->tracked,
			    .own_cgroup = loop->duty.state.host->own_cgroup },
		.main_has_ended = loop->main_has_ended,
		.has_friends = loop->duty.state.access == NOTIFY_ACCESS_ALL,
		.ambiguous_uid = loop->ambiguous_uid,
	};

	return sender_of(packet, &service);
}

static void take_notification(struct loop *loop, const struct notify_packet *packet)
{
	/*
	 * Signs of life have no watchdog that waits for them, but a container's. A barrier is over once its descriptor
	 * is closed, which notify_receive() has done, after all notifications before it.
	 */
	const bool relays_life = loop->duty.state.relays_life;
	const unsigned ignored = (relays_life ? 0 : STATE_ALIVE) | STATE_TIME | STATE_BARRIER;
	struct statement said;

	if (notify_parse(packet->text, packet->length, &said) < 0)
		return;
	read_pidfd(packet, &said);
	if ((said.changes == STATE_ALIVE && !relays_life) || loop->duty.report.detail == REPORT_NONE)
		filter(loop);
	if (((said.changes & ~ignored) | (said.invalid & STATE_NOTIFY_ACCESS)) == 0)
		return;
	duty_step(&loop->duty, &(struct babysitter_event){
				       .kind = EVENT_NOTIFICATION,
				       .said = &said,
				       .sender = find_sender(loop, packet),
				       .sender_pid = packet->pid,
				       .names_another = names_another(loop, &said),
				       .telling = { .now_ms = now_ms() },
			       });
}

static void identify_senders(struct loop *loop)
{
	if (loop->is_identified)
		return;
	loop->is_identified = true;
	notify_identify_senders(loop->duty.setup->socket.fd);
}

/*
 * After its end the main process's pid can be another's, and only what the kernel says of the sender
 * of each notification tells. To be called when there is one, and before it is received.
 */
static void note_main(struct loop *loop, bool has_ended)
{
	loop->main_has_ended = has_ended;
	if (has_ended)
		identify_senders(loop);
}

/* The more may speak, the more is to be known of whoever does. */
void loop_prepare_senders(struct loop *loop)
{
	if (loop->duty.state.granted != NOTIFY_ACCESS_ALL)
		return;
	identify_senders(loop);
	loop->ambiguous_uid = sender_find_ambiguous_uid();
}

/* Whether @process, which @pollfd is for, has ended; without pidfds that has to be asked. */
static bool has_ended(const struct process *process, const struct pollfd *pollfd)
{
	return (pollfd->fd < 0 || pollfd->revents != 0) && process_has_ended(process);
}

/* poll(2) looks in this order: one that waits, and has the pid of who has not ended, is its own. */
static bool has_notification(struct loop *loop)
{
	struct pollfd fds[] = {
		{ .fd = loop->duty.setup->socket.fd, .events = POLLIN },
		{ .fd = process_poll_fd(&loop->duty.main), .events = POLLIN },
	};

	(void)events_wait(fds, ARRAY_SIZE(fds), 0);
	if (fds[0].revents == 0)
		return false;
	note_main(loop, has_ended(&loop->duty.main, &fds[1]));
	return true;
}

/* What cannot be received makes its descriptor readable all the same. */
static void rest(struct loop *loop, int error)
{
	loop->receive_ms = now_ms() + RECEIVE_AGAIN_MS;
	duty_warn_deaf(&loop->duty, error);
}

/* With note_main() for the first; more than @max wait until the next time. */
static void take_notifications(struct loop *loop, int max)
{
	do {
		switch (notify_receive(loop->duty.setup->socket.fd, &loop->duty.passed,
				       &loop->duty.packet)) {
		case NOTIFY_NOTHING:
			return;
		case NOTIFY_FAILED:
			rest(loop, errno);
			return;
		case NOTIFY_RECEIVED:
			take_notification(loop, &loop->duty.packet);
			break;
		case NOTIFY_TOO_LONG:
			filter(loop);
			duty_warn_too_long(&loop->duty);
			break;
		case NOTIFY_FROM_NOBODY:
			filter(loop);
			duty_warn_from_nobody(&loop->duty);
			break;
		}
		loop->duty.packet.pidfd = close_fd(loop->duty.packet.pidfd);
	} while (--max > 0 && !passed_fds_wait(&loop->duty.passed) && has_notification(loop));
}

/* What came with a notification may take long to close: nothing more is received until then. */
static bool check_held_up(struct loop *loop)
{
	if (!passed_fds_wait(&loop->duty.passed) || !passed_fds_go_on(&loop->duty.passed))
		return false;
	duty_warn_held_up(&loop->duty);
	return true;
}

static bool can_receive(struct loop *loop)
{
	return !check_held_up(loop) && now_ms() >= loop->receive_ms;
}

static void take_answer(struct loop *loop)
{
	int r = bus_read(&loop->duty.call);

	if (r == 0)
		return;
	loop->duty.is_asking = false;
	duty_tell_answer(&loop->duty, loop->duty.state.way->read_answer(r, loop->duty.call.answer));
}

static long long earlier(long long a, long long b)
{
	return b == 0 || (a != 0 && a < b) ? a : b;
}

/* Milliseconds until something is due, or -1: only a descriptor can wake us. */
static int next_timeout(const struct loop *loop)
{
	long long now = now_ms(), due = loop->duty.is_asking ? loop->duty.ask_until_ms : 0;

	due = earlier(due, loop->duty.timer_ms);
	for (size_t i = 0; i < N_DEADLINES; i++)
		due = earlier(due, loop->duty.state.due_ms[i]);
	due = earlier(due, report_due_ms(&loop->duty.report));
	if (loop->duty.main_watch != NULL)
		due = earlier(due, loop->duty.main_watch->check_ms);
	if (loop->duty.ready != NULL && ready_watch_timeout_ms(loop->duty.ready) >= 0)
		due = earlier(due, now + ready_watch_timeout_ms(loop->duty.ready));
	if (process_poll_fd(&loop->duty.setup->tracked) < 0 || process_poll_fd(&loop->duty.main) < 0)
		due = earlier(due, now + OLD_KERNEL_CHECK_MS);
	if (passed_fds_wait(&loop->duty.passed))
		due = earlier(due, now + HELD_UP_CHECK_MS);
	if (loop->receive_ms > now)
		due = earlier(due, loop->receive_ms);
	if (due == 0)
		return -1;
	return due <= now ? 0 : due - now < INT_MAX ? (int)(due - now) : INT_MAX;
}

static void take_timers(struct loop *loop)
{
	long long now = now_ms();

	if (loop->duty.is_asking && now >= loop->duty.ask_until_ms) {
		loop->duty.is_asking = false;
		bus_cancel(&loop->duty.call);
		duty_tell_answer(&loop->duty, HOST_ANSWER_NONE);
	}
	if (loop->duty.timer_ms != 0 && now >= loop->duty.timer_ms) {
		loop->duty.timer_ms = 0;
		duty_tell_timer(&loop->duty);
	}
	for (size_t i = 0; i < N_DEADLINES; i++) {
		if (loop->duty.state.due_ms[i] != 0 && now >= loop->duty.state.due_ms[i])
			duty_step(&loop->duty,
				  &(struct babysitter_event){ .kind = EVENT_DEADLINE,
							      .deadline = (enum deadline)i,
							      .telling = { .now_ms = now } });
	}
	if (report_due_ms(&loop->duty.report) != 0)
		duty_report(&loop->duty, report_take_kept(&loop->duty.report, false, now));
}

/* Of one that goes to the background only the end of a main process counts, and of all. */
static bool is_main_over(struct loop *loop, const struct pollfd *pollfd)
{
	if (babysitter_is_leaving(&loop->duty.state))
		return false;
	if (duty_awaits_main(&loop->duty))
		return loop->duty.main_watch->is_over;
	return has_ended(&loop->duty.main, pollfd);
}

static void take_end(struct loop *loop)
{
	loop_check_main(loop); /* it may have named its successor last */
	if (duty_awaits_main(&loop->duty)) {
		duty_step_with(&loop->duty, EVENT_MAIN_ENDED);
		return;
	}
	if (loop->duty.setup->socket.fd >= 0 && !passed_fds_wait(&loop->duty.passed)) {
		note_main(loop, true);
		take_notifications(loop, NOTIFICATIONS_AT_THE_END);
	}
	/* A newline is in its pipe as a notification is in its socket. */
	if (awaited_fd(loop->duty.setup->ready_when) >= 0)
		loop_check_condition(loop);
	/* The last of them may have named another main process. */
	if (process_has_ended(&loop->duty.main) && !duty_may_go_on(&loop->duty))
		duty_step_with(&loop->duty, EVENT_MAIN_ENDED);
}

/* At every wake-up: a look costs little, and soon there is nothing left to look for. */
void loop_check_condition(struct loop *loop)
{
	if (loop->duty.ready != NULL && ready_watch_check(loop->duty.ready))
		duty_step_with(&loop->duty, EVENT_CONDITION);
}

/* At every wake-up, likewise. What is being ended is ended: with a main process it would begin anew. */
void loop_check_main(struct loop *loop)
{
	bool is_first = duty_awaits_main(&loop->duty);
	struct process process;
	int r;

	if (loop->duty.main_watch == NULL || babysitter_is_leaving(&loop->duty.state) ||
	    loop->duty.state.stage == STAGE_LATE)
		return;
	r = main_watch_look(loop->duty.main_watch, loop->duty.main.pid, &process);
	if (r == -E2BIG) {
		loop->duty.main_watch->is_over = loop->duty.main_watch->has_failed = true;
		duty_step_with(&loop->duty, EVENT_MAIN_ENDED);
	} else if (r > 0 && duty_follow(&loop->duty, &process) == 0 && is_first) {
		duty_step_with(&loop->duty, EVENT_CONDITION);
	}
}

/* From now on little happens: what it took to come here is given back. */
static void trim(struct loop *loop)
{
	if (loop->is_trimmed || loop->duty.state.stage != STAGE_SETTLED)
		return;
	loop->is_trimmed = true;
	stack_drop_unused();
}

/* What it sees of the first process, or does to the main one, and only it. */
static void hear_of_process(struct main_watch *watch, char word)
{
	watch->has_forked = watch->has_forked || word == PARENT_FORKED;
	watch->is_over = watch->is_over || word == PARENT_LOST_MAIN;
	watch->is_stopping = watch->is_stopping || word == PARENT_STOPS;
}

/* It goes on: from now on the host may take note of its end. */
static void take_going_on(struct duty *duty)
{
	duty->parent_goes_on = true;
	if (duty->hold.pid == 0)
		duty_hold_parent(duty);
}

/* All of it: what was said last may explain what is seen next. */
static void hear_parent(struct loop *loop)
{
	char word;
	ssize_t n;

	while ((n = recv(loop->duty.setup->parent_fd, &word, sizeof(word), MSG_DONTWAIT)) > 0) {
		if (loop->duty.main_watch != NULL)
			hear_of_process(loop->duty.main_watch, word);
		if (word == PARENT_GOES_ON)
			take_going_on(&loop->duty);
	}
	if (n == 0 || errno == ECONNRESET)
		loop->parent_is_silent = true;
}

/* What is looked at is one of the two, or nothing. */
static int watched_fd(const struct loop *loop)
{
	if (loop->duty.main_watch != NULL)
		return loop->duty.main_watch->directory.fd;
	return loop->duty.ready != NULL ? ready_watch_fd(loop->duty.ready) : NO_FD;
}

/* Nobody reads any more; asked once more, since where poll(2) fails all seems to have happened. */
static bool is_host_gone(struct duty *duty)
{
	struct pollfd pollfd = { .fd = duty->setup->host_fd };

	if (poll(&pollfd, 1, 0) != 1 || (pollfd.revents & POLLERR) == 0)
		return false;
	duty->own.host_fd = close_fd(duty->own.host_fd);
	duty->state.telling.host_fd = 0;
	return true;
}

/* Of the main process no more is to be seen. */
static bool awaits_successor(const struct duty *duty)
{
	return duty->main_watch != NULL && duty->main_watch->successor_ms != 0;
}

void loop_wake_up(struct loop *loop)
{
	const struct babysitter *state = &loop->duty.state;
	const struct process *tracked = &loop->duty.setup->tracked;
	struct pollfd fds[] = {
		{ .fd = can_receive(loop) ? loop->duty.setup->socket.fd : -1, .events = POLLIN },
		{ .fd = babysitter_is_leaving(state) || duty_awaits_main(&loop->duty) ||
					awaits_successor(&loop->duty)
				? -1
				: process_poll_fd(&loop->duty.main),
		  .events = POLLIN },
		{ .fd = state->has_parent ? process_poll_fd(tracked) : -1, .events = POLLIN },
		{ .fd = loop->duty.is_asking ? loop->duty.call.fd : -1, .events = POLLIN },
		{ .fd = watched_fd(loop), .events = POLLIN },
		{ .fd = loop->duty.hold.signal_fd, .events = POLLIN },
		{ .fd = loop->parent_is_silent ? -1 : loop->duty.setup->parent_fd, .events = POLLIN },
		{ .fd = loop->duty.setup->pid_file != NULL ? loop->duty.setup->host_fd : -1 },
	};

	(void)events_wait(fds, ARRAY_SIZE(fds), next_timeout(loop));
	/* One that has told the daemon's end by its own was not killed: that end is to be seen below. */
	if (fds[7].revents != 0 && is_host_gone(&loop->duty) && !process_has_ended(tracked))
		duty_step_with(&loop->duty, EVENT_HOST_GONE);
	if (fds[5].revents != 0)
		hold_take(&loop->duty.hold);
	duty_take_exit(&loop->duty);
	if (fds[6].revents != 0)
		hear_parent(loop);
	if (fds[0].revents != 0) {
		note_main(loop, babysitter_is_leaving(state) || has_ended(&loop->duty.main, &fds[1]));
		take_notifications(loop, NOTIFICATIONS_PER_WAKE_UP);
	}
	/* In this order: the daemon's first process ends with its parent, others may be left. */
	if (state->has_parent && has_ended(tracked, &fds[2]))
		duty_step_with(&loop->duty, EVENT_PARENT_ENDED);
	loop_check_main(loop);
	if (is_main_over(loop, &fds[1]))
		take_end(loop);
	if (fds[3].revents != 0 && loop->duty.is_asking)
		take_answer(loop);
	loop_check_condition(loop);
	take_timers(loop);
	trim(loop);
}
