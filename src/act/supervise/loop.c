/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The parent's poll loop: from what happens to events for act/supervise/parent.c, whose steps
 * act/supervise/household.c carries out. Like the babysitter it lives as long as the daemon: it keeps nothing
 * that is the daemon's, gives back what the launcher needed, and is idle without a wake-up.
 */
#include "act/supervise/household.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/cover.h"
#include "base/ended.h"
#include "base/events.h"
#include "base/log.h"
#include "base/stack.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"
#include "bus/ask.h"
#include "fd/fds.h"

#define SAY_TIMEOUT_MS 1000 /* for space in the host's queue, once */
#define ASK_TIMEOUT_MS 1000
#define NAME_SIZE 256
#define LEFT_CHECK_MS 100 /* those that are not our children end without a word to us */

/* What stands at the end is written to only when it is needed. */
struct loop {
	struct household household;
	pid_t held;             /* a main process that has ended and is not reaped yet; or 0 */
	long long timer_ms;     /* when SUPERVISOR_TIMER is due; 0: never */
	bool has_told;          /* the host has been sent something, or was not to be reached */
	long long ask_until_ms; /* when the question under way is given up; 0: there is none */
	char job[NAME_SIZE], instance[NAME_SIZE]; /* what @setup points to, as far as it fits */
	struct bus_call call;
};

static void step(struct loop *loop, const struct supervisor_event *event);

/* Whether somebody is left is seen by us alone: our children are the last to go. */
static void check_left(struct loop *loop)
{
	const struct supervisor *state = &loop->household.state;
	bool matters = state->is_ending || (state->main_pid == state->daemon_pid &&
					    state->daemon_ended && !state->main_ended);

	if (state->is_forking && matters && !household_is_any_left(&loop->household))
		step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_NONE_LEFT });
}

static void note_answer(struct loop *loop, int answer)
{
	int last = loop->household.state.asked.signal;

	loop->ask_until_ms = 0;
	step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_ANSWERED, .answer = answer });
	while (supervisor_has_next(&loop->household.state)) {
		household_let_take(&loop->household, last);
		last = loop->household.state.queue[0].signal;
		step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_NEXT });
	}
}

static void ask(struct loop *loop)
{
	const struct supervisor_setup *setup = &loop->household.setup;
	const char *words[4];

	if (!setup->way->question(setup->job, setup->instance, words) ||
	    bus_start(words, &loop->call) < 0)
		note_answer(loop, -EIO);
	else
		loop->ask_until_ms = now_ms() + ASK_TIMEOUT_MS;
}

static void take_answer(struct loop *loop)
{
	int r = bus_read(&loop->call);

	if (r != 0)
		note_answer(loop, loop->household.setup.way->read_stop(r, loop->call.answer));
}

static void give_up_asking(struct loop *loop)
{
	bus_cancel(&loop->call);
	note_answer(loop, -ETIMEDOUT);
}

static void step(struct loop *loop, const struct supervisor_event *event)
{
	struct supervisor_step next = supervisor_step(&loop->household.state, event);

	if (next.timer_ms > 0)
		loop->timer_ms = now_ms() + next.timer_ms;
	if ((next.actions & SUPERVISOR_ASK) != 0)
		ask(loop);
	if ((next.actions & SUPERVISOR_FOLLOW) != 0 && !household_follow(&loop->household))
		step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_MAIN_LOST });
	household_carry_out(&loop->household, &next);
}

/* Without pidfds the babysitter, for which we wait, would look for it once a second only. */
static void say_main_ended(struct loop *loop)
{
	if (loop->household.state.main_ended &&
	    (household_awaits_main(&loop->household) || process_poll_fd(&loop->household.main) < 0))
		household_say_to_babysitter(&loop->household, PARENT_LOST_MAIN);
}

static void take_reaped(struct loop *loop, pid_t pid, int status)
{
	step(loop,
	     &(struct supervisor_event){ .kind = SUPERVISOR_REAPED, .pid = pid, .status = status });
	say_main_ended(loop);
}

/*
 * Once reaped it has no session any more, and the one it was named with may be an earlier one: nginx
 * writes its pid file first. Returns what waitpid(2) does.
 */
static pid_t take_status(struct loop *loop, pid_t pid, int *ret_status)
{
	pid_t session = getsid(pid), group = getpgid(pid);
	pid_t r = waitpid(pid, ret_status, WNOHANG);

	if (loop->household.state.is_forking && r == pid && pid == loop->household.state.main_pid)
		household_note_group(&loop->household, session, group);
	return r;
}

/* With the end of the first process its children have come to us, ended or not. */
static void reap_main(struct loop *loop)
{
	pid_t pid = loop->household.state.main_pid;
	int status;

	if (pid != loop->household.state.daemon_pid && take_status(loop, pid, &status) == pid)
		take_reaped(loop, pid, status);
}

/* As waitpid(2) gives it. */
static int to_status(const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		return (info->si_status & 0xff) << 8;
	return info->si_status | (info->si_code == CLD_DUMPED ? 0x80 : 0);
}

/*
 * The babysitter has yet to read what the main process said last, and knows it by its pid, which
 * nobody else gets before we have reaped it. That it has ended is known meanwhile.
 */
static bool hold(struct loop *loop, const siginfo_t *info)
{
	if (info->si_pid != loop->household.state.main_pid || loop->household.setup.channel < 0)
		return false;
	if (loop->household.state.is_forking && info->si_pid == loop->household.state.daemon_pid)
		return false; /* which says nothing */
	if (loop->household.state.is_forking && loop->held != info->si_pid)
		household_note_group(&loop->household, getsid(info->si_pid),
				     getpgid(info->si_pid)); /* it may have changed them since */
	if (loop->held != info->si_pid) {
		loop->held = info->si_pid;
		take_reaped(loop, info->si_pid, to_status(info));
	}
	return true;
}

/* bus-query has ended; whatever else may hold its pipe is not waited for. */
static void take_last_answer(struct loop *loop)
{
	take_answer(loop);
	if (loop->ask_until_ms != 0)
		give_up_asking(loop);
}

static void reap(struct loop *loop)
{
	siginfo_t info = { .si_signo = 0 };

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0 &&
	       !hold(loop, &info)) {
		pid_t pid = info.si_pid;
		int status;

		info.si_pid = 0;
		if (loop->ask_until_ms != 0 && pid == loop->call.pid) {
			take_last_answer(loop);
			continue;
		}
		if (take_status(loop, pid, &status) != pid)
			continue;
		if (pid == loop->household.state.daemon_pid)
			reap_main(loop);
		take_reaped(loop, pid, status);
	}
	check_left(loop);
}

/* Our end is the babysitter's to hold back again, see babysitter/hold.h. */
static void say_going_on(struct loop *loop)
{
	household_say_to_babysitter(&loop->household, PARENT_GOES_ON);
}

/* Although we may not have heard of it: signals are read in the order of their numbers. */
static bool has_main_ended(const struct household *household)
{
	return !household_awaits_main(household) && process_has_ended(&household->main);
}

static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;
	pid_t host_pid = loop->household.setup.host_pid;

	while (read(loop->household.setup.signal_fd, &info, sizeof(info)) == sizeof(info)) {
		household_signal_babysitter(&loop->household,
					    SIGCONT); /* this may be the end, and it be stopped */
		if (info.ssi_signo == SIGCONT && loop->household.state.is_telling)
			say_going_on(loop);
		if (info.ssi_signo == SIGCHLD)
			reap(loop);
		else
			step(loop, &(struct supervisor_event){
					   .kind = SUPERVISOR_SIGNALED,
					   .signal = (int)info.ssi_signo,
					   .main_has_ended = has_main_ended(&loop->household),
					   .is_from_host = info.ssi_code == SI_USER &&
							   (pid_t)info.ssi_pid == host_pid });
	}
}

/*
 * A host of whom we are the first process hears nobody else. Some read no more once they have what they
 * waited for: what is said later must not keep us from our signals.
 */
static void say_to_host(struct loop *loop, const char *text)
{
	cleanup_close int fd = notify_client_open();

	if (fd >= 0)
		(void)notify_send(fd, loop->household.setup.host_address, text, NO_FD,
				  loop->has_told ? 0 : SAY_TIMEOUT_MS);
	loop->has_told = true;
}

/* The main process before, which was held: another one may get its number now. */
static void let_go_of_last(struct loop *loop)
{
	loop->held = 0;
	reap(loop);
}

static void take_words(struct loop *loop)
{
	struct supervisor_event event = { .kind = SUPERVISOR_TOLD };
	int r;

	while ((r = parent_hear(loop->household.setup.channel, &event.word)) > 0) {
		if (event.word.kind == WORD_SAY) {
			say_to_host(loop, event.word.text);
			continue;
		}
		/* The SIGCONT that goes with it has come before it, and is nobody else's. */
		if (event.word.kind == WORD_SETTLED)
			take_signals(loop);
		if (event.word.kind == WORD_MAIN)
			household_note_group(&loop->household, event.word.session, event.word.group);
		step(loop, &event);
		if (event.word.kind == WORD_MAIN)
			let_go_of_last(loop);
	}
	if (r < 0)
		return;
	loop->household.setup.channel = close_fd(loop->household.setup.channel);
	reap(loop); /* if it has left because all is over, that is to be known first */
	step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_ALONE });
}

/*
 * A process that is our child is seen as such first; this one had a parent of its own. Where that has
 * not reaped it, or the kernel remembers, its status is to be had all the same.
 */
static void check_main(struct loop *loop, const struct pollfd *pollfd)
{
	int status, r;

	if (loop->household.state.main_ended || household_awaits_main(&loop->household) ||
	    (pollfd->fd >= 0 && pollfd->revents == 0) || !process_has_ended(&loop->household.main))
		return;
	r = process_read_end(&loop->household.main, &status);
	reap(loop);
	if (r == 0)
		take_reaped(loop, loop->household.main.pid, status);
	else
		step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_MAIN_LOST });
}

static int next_timeout(const struct loop *loop)
{
	bool checks_left = loop->household.state.is_forking && loop->household.state.is_ending;
	long long now = now_ms(), due_ms = loop->timer_ms;

	if (due_ms == 0 || (loop->ask_until_ms != 0 && loop->ask_until_ms < due_ms))
		due_ms = loop->ask_until_ms;
	if (checks_left && due_ms > now + LEFT_CHECK_MS)
		due_ms = now + LEFT_CHECK_MS;
	if (due_ms != 0)
		return due_ms > now ? (int)(due_ms - now) : 0;
	return loop->household.main.pid != loop->household.state.daemon_pid &&
			       process_poll_fd(&loop->household.main) < 0
		       ? OLD_KERNEL_CHECK_MS
		       : -1;
}

static void wake_up(struct loop *loop)
{
	const struct supervisor *state = &loop->household.state;
	struct pollfd fds[] = {
		{ .fd = loop->household.setup.channel, .events = POLLIN },
		{ .fd = loop->household.setup.signal_fd, .events = POLLIN },
		{ .fd = state->main_ended || household_awaits_main(&loop->household)
				? -1
				: process_poll_fd(&loop->household.main),
		  .events = POLLIN },
		{ .fd = loop->ask_until_ms != 0 ? loop->call.fd : -1, .events = POLLIN },
	};

	(void)events_wait(fds, ARRAY_SIZE(fds), next_timeout(loop));
	/* Words first: what was said of the main process holds before its end is seen. */
	if (fds[0].revents != 0)
		take_words(loop);
	if (fds[1].revents != 0)
		take_signals(loop);
	check_main(loop, &fds[2]);
	if (fds[3].revents != 0 && loop->ask_until_ms != 0)
		take_answer(loop);
	if (loop->ask_until_ms != 0 && now_ms() >= loop->ask_until_ms)
		give_up_asking(loop);
	if (state->is_ending)
		check_left(loop);
	if (loop->timer_ms != 0 && now_ms() >= loop->timer_ms) {
		loop->timer_ms = 0;
		step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_TIMER });
	}
}

/* Keeps nothing of 0-2 that is the daemon's; stderr until it is ready. */
static void detach(const struct household *household)
{
	const bool *is_locked = household->setup.is_locked;

	if (!is_locked[STDIN_FILENO] && !is_locked[STDOUT_FILENO])
		fds_let_go_of_stdio();
	else if (!is_locked[STDOUT_FILENO])
		(void)fd_make_null(STDOUT_FILENO);
	else if (!is_locked[STDIN_FILENO])
		(void)fd_make_null(STDIN_FILENO);
	(void)!chdir("/"); /* a file system that cannot be unmounted is the worst that follows */
}

static void __attribute__((noinline, noreturn)) live(struct loop *loop)
{
	detach(&loop->household);
	for (;;)
		wake_up(loop);
}

static const char *keep_name(const char *name, char copy[static NAME_SIZE])
{
	struct text text = text_begin(copy, NAME_SIZE);

	if (name != NULL)
		text_add(&text, name);
	return name != NULL ? copy : NULL;
}

static void init(struct loop *loop, const struct supervisor_setup *setup)
{
	memset(loop, 0, offsetof(struct loop, job));
	loop->household.setup = *setup;
	loop->household.setup.job = keep_name(setup->job, loop->job);
	loop->household.setup.instance = keep_name(setup->instance, loop->instance);
	loop->household.main = setup->daemon;
	loop->household.state.daemon_pid = loop->household.state.main_pid = setup->daemon.pid;
	loop->household.state.can_ask = setup->way->read_stop != NULL;
	if (setup->main_watch == NULL)
		return;
	loop->household.state.is_forking = true;
	loop->household.n_others = setup->main_watch->n_others;
	memcpy(loop->household.others, setup->main_watch->others, sizeof(loop->household.others));
	loop->household.others[loop->household.n_others++] =
		setup->babysitter; /* process 1 is everybody's parent at last */
}

/* Has everything that is kept in its frame. */
static void __attribute__((noinline, noreturn)) settle_down(const struct supervisor_setup *setup)
{
	struct loop loop;

	init(&loop, setup);
	cover_arguments(loop.household.setup.job);
	log_forget_environment();
	cover_environment(bus_variables);
	stack_drop_callers(&loop.call); /* from the first thing on that is not in use yet */
	stack_forget_registers();
	stack_drop_unused();
	live(&loop);
}

void supervisor_run(const struct supervisor_setup *setup)
{
	settle_down(setup);
}
