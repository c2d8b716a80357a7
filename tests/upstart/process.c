/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What the changes of a process mean for its job; see process.h. How it is started: spawn.c. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "console.h"
#include "log.h"
#include "loop.h"
#include "spawn.h"

static const char *const process_names[] = { "main", "pre-start", "post-start", "pre-stop",
					     "post-stop" };

const char *process_name(enum process_type type)
{
	return process_names[type];
}

static void close_script(struct job *job, enum process_type type)
{
	if (job->script_fd[type] >= 0)
		(void)close(job->script_fd[type]);
	job->script_fd[type] = -1;
}

void process_forget(struct job *job)
{
	for (int i = 0; i < PROCESS_COUNT; i++) {
		loop_fd_remove(job->exec_watch[i]);
		close_script(job, i);
		console_close(job, i);
	}
	loop_timer_remove(job->kill_timer);
}

/* -- starting: the job goes on when the pipe from the child closes (exec) or speaks (failure) */

static void spawn_failed(struct job *job, enum process_type type, const struct spawn_error *error)
{
	log_line("Failed to spawn %s %s process: unable to %s%s%s", job_label(job),
		 process_names[type], error->step, error->number ? ": " : "",
		 error->number ? strerror(error->number) : "");
	close_script(job, type);
	job->pid[type] = 0; /* its death will be that of a stranger */
	if (type != PROCESS_POST_START && type != PROCESS_PRE_STOP) {
		job_set_failed(job, type, -1);
		job_change_goal(job, GOAL_STOP);
	}
	job_advance(job);
}

static void spawn_succeeded(struct job *job, enum process_type type)
{
	if (job->script_fd[type] >= 0) {
		spawn_send_script(job->script_fd[type], job->class->process[type].text);
		job->script_fd[type] = -1;
	}
	if (type == PROCESS_MAIN && job->state == STATE_SPAWNED && job->class->expect == EXPECT_NONE)
		job_advance(job);
}

static void on_exec_pipe(void *data, int fd, short revents)
{
	struct job *job = data;
	struct spawn_error error;
	enum process_type type = 0;
	ssize_t len = read(fd, &error, sizeof error);

	(void)revents;
	for (int i = 0; i < PROCESS_COUNT; i++)
		if (job->exec_watch[i] && loop_fd_number(job->exec_watch[i]) == fd)
			type = i;
	loop_fd_remove(job->exec_watch[type]);
	job->exec_watch[type] = NULL;
	(void)close(fd);
	if (len == sizeof error)
		spawn_failed(job, type, &error);
	else
		spawn_succeeded(job, type);
}

void process_start(struct job *job, enum process_type type)
{
	struct spawned spawned = spawn_process(job, type);

	log_line("%s %s process (%d)", job_label(job), process_names[type], (int)spawned.pid);
	job->pid[type] = spawned.pid;
	job->script_fd[type] = spawned.script_fd;
	if (type == PROCESS_MAIN) {
		job->trace_forks = 0;
		job->trace_state = spawn_is_traced(job->class) ? TRACE_NEW : TRACE_NONE;
	}
	loop_fd_remove(job->exec_watch[type]);
	job->exec_watch[type] = loop_fd_add(spawned.exec_fd, POLLIN, on_exec_pipe, job);
}

/* -- signals */

static int kill_group(pid_t pid, int signum)
{
	pid_t group = getpgid(pid);

	return kill(group > 0 ? -group : pid, signum);
}

static void log_kill(const struct job *job, int signum)
{
	log_line("Sending %s signal to %s main process (%d)", sigabbrev_np(signum), job_label(job),
		 (int)job->pid[PROCESS_MAIN]);
}

static void on_kill_timer(void *data)
{
	struct job *job = data;

	job->kill_timer = NULL;
	log_kill(job, SIGKILL);
	(void)kill_group(job->pid[PROCESS_MAIN], SIGKILL);
}

void process_kill(struct job *job)
{
	log_kill(job, job->class->kill_signal);
	if (kill_group(job->pid[PROCESS_MAIN], job->class->kill_signal) == 0)
		job->kill_timer = loop_timer_add(job->class->kill_timeout * 1000, on_kill_timer, job);
}

void process_reload(struct job *job)
{
	log_line("Sending %s signal to %s main process (%d)", sigabbrev_np(job->class->reload_signal),
		 job_label(job), (int)job->pid[PROCESS_MAIN]);
	(void)kill(job->pid[PROCESS_MAIN], job->class->reload_signal);
}

/* -- the end of a process */

static bool is_normal_exit(const struct job_class *class, int status)
{
	for (size_t i = 0; i < class->normal_exit_count; i++)
		if (class->normal_exit[i] == status)
			return true;
	return false;
}

static bool respawns_too_fast(struct job *job)
{
	const struct job_class *class = job->class;
	struct timespec now;

	if (!class->respawn_limit || !class->respawn_interval)
		return false;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - job->respawn_time < class->respawn_interval)
		return ++job->respawn_count > class->respawn_limit;
	job->respawn_time = now.tv_sec;
	job->respawn_count = 1;
	return false;
}

/* What follows from the end of a process. */
struct verdict {
	bool has_failed;
	bool stops;    /* the goal becomes stop */
	bool advances; /* the job leaves its state */
};

/*
 * A main process that ends while the job is to run. With `respawn` the job just goes on to the next
 * state: out of `running` that is the way round to a new start, but out of `spawned` it is onwards to
 * `running`, now without any process. That is Upstart's bug, and why it is not special-cased here.
 */
static struct verdict judge_unwanted_end(struct job *job, int status, struct verdict verdict)
{
	const struct job_class *class = job->class;

	verdict.stops = true;
	if (!status && (!class->does_respawn || class->is_task))
		return verdict;
	if (is_normal_exit(class, status))
		return verdict;
	verdict.has_failed = true;
	if (!class->does_respawn)
		return verdict;

	verdict.has_failed = false;
	if (respawns_too_fast(job)) {
		log_line("%s respawning too fast, stopped", job_label(job));
		job_set_failed(job, -1, 0);
		return verdict;
	}
	log_line("%s main process ended, respawning", job_label(job));
	verdict.stops = false;
	if (!verdict.advances)
		job_change_goal(job, GOAL_RESPAWN);
	return verdict;
}

static struct verdict judge_main_end(struct job *job, int status)
{
	struct verdict verdict = { .advances = true };

	/* another process has to end before the job may leave these states */
	if (job->state == STATE_POST_START && job->pid[PROCESS_POST_START] > 0)
		verdict.advances = false;
	if (job->state == STATE_PRE_STOP && job->pid[PROCESS_PRE_STOP] > 0)
		verdict.advances = false;
	if (job->state == STATE_KILLED)
		return verdict;
	if (job->state == STATE_STOPPING) {
		verdict.advances = false;
		return verdict;
	}
	if (job->goal == GOAL_START)
		return judge_unwanted_end(job, status, verdict);
	verdict.stops = true;
	return verdict;
}

static struct verdict judge_end(struct job *job, enum process_type type, int status)
{
	bool counts = type == PROCESS_PRE_START || type == PROCESS_POST_STOP;

	if (type == PROCESS_MAIN)
		return judge_main_end(job, status);
	return (struct verdict){ .has_failed = counts && status,
				 .stops = counts && status,
				 .advances = true };
}

static void process_ended(struct job *job, enum process_type type, int status)
{
	struct verdict verdict = judge_end(job, type, status);

	loop_timer_remove(job->kill_timer);
	job->kill_timer = NULL;
	console_close(job, type);
	job->pid[type] = 0;
	if (verdict.has_failed)
		job_set_failed(job, type, status);
	if (verdict.stops) {
		if (job->state == STATE_RUNNING) /* the change of goal moves it already */
			verdict.advances = false;
		job_change_goal(job, GOAL_STOP);
	}
	if (verdict.advances)
		job_advance(job);
}

static void process_stopped(struct job *job, enum process_type type, int signum)
{
	log_line("%s %s process (%d) stopped by %s signal", job_label(job), process_names[type],
		 (int)job->pid[type], sigabbrev_np(signum));
	if (signum != SIGSTOP || type != PROCESS_MAIN || job->class->expect != EXPECT_STOP)
		return;
	if (job->state != STATE_SPAWNING && job->state != STATE_SPAWNED)
		return;
	(void)kill(job->pid[type], SIGCONT);
	job_advance(job);
}

static void process_changed(struct job *job, enum process_type type, const siginfo_t *info)
{
	const char *label = job_label(job), *name = process_names[type];
	int pid = (int)info->si_pid, status = info->si_status;

	switch (info->si_code) {
	case CLD_EXITED:
		if (status)
			log_line("%s %s process (%d) terminated with status %d", label, name, pid,
				 status);
		else
			log_line("%s %s process (%d) exited normally", label, name, pid);
		process_ended(job, type, status);
		break;
	case CLD_KILLED:
	case CLD_DUMPED:
		log_line("%s %s process (%d) killed by %s signal", label, name, pid,
			 sigabbrev_np(status));
		process_ended(job, type, status << 8);
		break;
	case CLD_STOPPED:
		process_stopped(job, type, status);
		break;
	case CLD_CONTINUED:
		log_line("%s %s process (%d) continued by CONT signal", label, name, pid);
		break;
	case CLD_TRAPPED:
		if (type == PROCESS_MAIN)
			trace_trapped(job, status & 0x7f, status >> 8);
		break;
	default:
		break;
	}
}

void process_collect(void)
{
	for (;;) {
		siginfo_t info = { 0 };
		enum process_type type = 0;
		struct job *job;

		if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG) < 0 ||
		    info.si_pid == 0)
			return;
		job = job_of_pid(info.si_pid, &type);
		if (job)
			process_changed(job, type, &info);
	}
}
