/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The babysitter as a process: what it takes over, and what it gives back; see babysitter/duty.h. */
#include "babysitter/loop.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/apart.h"
#include "base/cover.h"
#include "base/log.h"
#include "base/stack.h"
#include "base/sys.h"
#include "base/util.h"
#include "fd/fds.h"
#include "notify/left_behind.h"

/* "console none": what is said there is said to nobody. */
static bool is_null_device(int fd)
{
	struct stat st;

	return !fd_may_hang(fd) && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(1, 3);
}

/* The daemon's limit may be too low for the descriptors that come with a notification. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void close_others(const struct babysitter_setup *setup)
{
	const int keep[] = { setup->socket.fd,
			     process_fd(&setup->daemon),
			     setup->parent_fd,
			     setup->exec_fd,
			     setup->pid_fd,
			     setup->host_fd > 0 ? setup->host_fd : NO_FD,
			     awaited_fd(setup->ready_when),
			     setup->state.has_parent ? process_fd(&setup->tracked) : NO_FD };

	fds_close_others(keep, ARRAY_SIZE(keep));
}

/* Keeps nothing that is the daemon's: its sockets, its terminal, its directory, its session. */
static void detach(const struct babysitter_setup *setup)
{
	(void)setsid();
	(void)!chdir("/"); /* a file system that cannot be unmounted is the worst that follows */
	close_others(setup);
	fds_let_go_of_stdio();
}

/*
 * All signals are blocked, and stay so: the group's SIGTERM must not take us before the daemon could say
 * STOPPING=1, nor any other that is sent to all of a job, or that a limit or a write of ours raises.
 * Not ignored, since that would be a call for each of 62, and the C library keeps some to itself.
 */
static void settle_signals(void)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };

	(void)sigaction(SIGCHLD, &action, NULL); /* bus-query's exit status is wanted */
}

/* In a frame of its own: what it takes is for those who need it. */
static void __attribute__((noreturn, noinline)) watch_condition(struct loop *loop)
{
	struct ready_watch ready = {
		.awaited = loop->duty.setup->ready_when,
		.daemon = loop->duty.setup->tracked.pid,
		.exec_fd = loop->duty.setup->exec_fd,
	};

	cover_memory();
	loop->duty.ready = &ready; /* cppcheck-suppress autoVariables ; this never returns */
	loop_check_condition(loop);
	for (;;)
		loop_wake_up(loop);
}

/* The same: a daemon whose main process is to be found out. */
static void __attribute__((noreturn, noinline)) watch_main(struct loop *loop)
{
	struct main_watch watch;

	main_watch_open(loop->duty.setup->main_watch, loop->duty.setup->tracked.pid,
			loop->duty.setup->daemon.pid, &watch);
	(void)duty_say_to_parent(&loop->duty, WORD_HELD, 0);
	cover_memory();
	loop->duty.main_watch = &watch; /* cppcheck-suppress autoVariables ; this never returns */
	for (;;)
		loop_wake_up(loop);
}

/* From where it is covered; too long ones, which there hardly are, to the heap, or else not at all. */
static const char *keep_text(const char *text, char *copy, size_t size)
{
	size_t length = text != NULL ? strlen(text) : 0;

	if (text == NULL)
		return NULL;
	return length < size ? memcpy(copy, text, length + 1) : strdup(text);
}

/* A daemon that goes to the background itself has no pid file of ours: the place is free. */
static void keep_main_watch(struct duty *duty, const struct main_watch_setup *setup)
{
	if (setup == NULL)
		return;
	duty->main_setup = *setup;
	duty->main_setup.path = keep_text(setup->path, duty->pid_path, sizeof(duty->pid_path));
	/* Process 1 is our parent as well. */
	duty->main_setup.others[duty->main_setup.n_others++] = sys_getpid();
	duty->own.main_watch = &duty->main_setup;
}

/* Not what stands at the end: it would all be written to. */
static void init(struct loop *loop, const struct babysitter_setup *setup)
{
	struct duty *duty = &loop->duty;

	memset(loop, 0, offsetof(struct loop, duty.job));
	duty->own = *setup;
	duty->own.job = keep_text(setup->job, duty->job, sizeof(duty->job));
	duty->own.instance = keep_text(setup->instance, duty->instance, sizeof(duty->instance));
	duty->setup = &duty->own;
	duty->state = setup->state;
	duty->state.telling.host_address = keep_text(setup->state.telling.host_address,
						     duty->host_address, sizeof(duty->host_address));
	duty->own.pid_file = keep_text(setup->pid_file, duty->pid_path, sizeof(duty->pid_path));
	duty->own.ready_file =
		keep_text(setup->ready_file, duty->ready_path, sizeof(duty->ready_path));
	keep_main_watch(duty, setup->main_watch);
	duty->main = setup->daemon;
	duty->begin_ms = now_ms();
	duty->state.due_ms[DEADLINE_WORD] = duty->begin_ms + WORD_MS;
	if (setup->start_timeout_ms > 0)
		duty->state.due_ms[DEADLINE_START] = now_ms() + setup->start_timeout_ms;
	memset(&duty->report, 0, offsetof(struct report, line));
	duty->report.detail = setup->detail;
	duty->passed.fds = loop->passed_fds;
	duty->hold.signal_fd = NO_FD;
	duty->claim_fd = NO_FD;
}

static void __attribute__((noinline, noreturn)) live(struct loop *loop)
{
	settle_signals();
	detach(&loop->duty.own);
	raise_descriptor_limit();
	if (loop->duty.own.state.has_parent)
		duty_hold_parent(&loop->duty);
	if (is_null_device(STDERR_FILENO))
		log_to_syslog(loop->duty.own.job);
	else if (loop->duty.state.host->has_no_syslog)
		log_stay_on_stderr(loop->duty.own.job);
	if (loop->duty.own.main_watch != NULL)
		watch_main(loop);
	if (loop->duty.own.ready_when != NULL)
		watch_condition(loop);
	loop_prepare_senders(loop);
	cover_memory();
	notify_remove_left_behind(&loop->duty.own.socket);
	for (;;)
		loop_wake_up(loop);
}

/* All that is kept is in this frame; the pages above it are given back. */
static void __attribute__((noinline, noreturn)) settle_down(const struct babysitter_setup *setup)
{
	struct loop loop;

	init(&loop, setup);
	cover_arguments(loop.duty.own.job);
	log_forget_environment();
	cover_environment(bus_variables);
	stack_drop_callers(&loop.duty.packet); /* from the first thing on that is not in use yet */
	stack_forget_registers();
	stack_drop_unused();
	live(&loop);
}

void babysitter_run(const struct babysitter_setup *setup)
{
	settle_down(setup);
}
