/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * `expect fork` and `expect daemon`: the main process is traced from its exec on, and each fork moves
 * the job's attention to the child, until there were enough. Nobody asks what the child is for: a
 * helper that the daemon forks first is followed like the daemon itself. Interface in process.h.
 */
#include <signal.h>
#include <sys/ptrace.h>

#include "log.h"
#include "process.h"

static void carry_on(const struct job *job, int signum)
{
	(void)ptrace(PTRACE_CONT, job->pid[PROCESS_MAIN], NULL, signum);
}

static void let_go(struct job *job)
{
	(void)ptrace(PTRACE_DETACH, job->pid[PROCESS_MAIN], NULL, 0);
	job->trace_state = TRACE_NONE;
	job_advance(job);
}

static void begin(struct job *job)
{
	(void)ptrace(PTRACE_SETOPTIONS, job->pid[PROCESS_MAIN], NULL,
		     PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC);
	job->trace_state = TRACE_NORMAL;
	carry_on(job, 0);
}

static void begin_child(struct job *job)
{
	job->trace_forks++;
	if (job->trace_forks > 1 || job->class->expect == EXPECT_FORK)
		let_go(job);
	else
		begin(job);
}

static void follow_fork(struct job *job)
{
	pid_t parent = job->pid[PROCESS_MAIN];
	unsigned long child = 0;

	if (ptrace(PTRACE_GETEVENTMSG, parent, NULL, &child) < 0)
		return;
	log_line("%s main process (%d) became new process (%d)", job_label(job), (int)parent,
		 (int)child);
	(void)ptrace(PTRACE_DETACH, parent, NULL, 0);
	job->pid[PROCESS_MAIN] = (pid_t)child;
	job->trace_state = TRACE_NEW_CHILD;
	/* its first stop may have been reported before we knew the pid: then this succeeds */
	if (ptrace(PTRACE_SETOPTIONS, job->pid[PROCESS_MAIN], NULL, 0) == 0)
		begin_child(job);
}

/* An exec after a fork means that there will be no more forks. */
static void see_exec(struct job *job)
{
	log_line("%s main process (%d) executable changed", job_label(job),
		 (int)job->pid[PROCESS_MAIN]);
	if (job->trace_forks > 0)
		let_go(job);
	else
		carry_on(job, 0);
}

void trace_trapped(struct job *job, int signum, int event)
{
	if (job->state != STATE_SPAWNING && job->state != STATE_SPAWNED)
		return;
	if (job->trace_state == TRACE_NEW && signum == SIGTRAP) {
		begin(job);
	} else if (job->trace_state == TRACE_NEW_CHILD && signum == SIGSTOP) {
		begin_child(job);
	} else if (job->trace_state != TRACE_NORMAL) {
		return;
	} else if (event == PTRACE_EVENT_FORK) {
		follow_fork(job);
	} else if (event == PTRACE_EVENT_EXEC) {
		see_exec(job);
	} else {
		carry_on(job, signum);
	}
}
