/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Supervise: the end of a daemon whose parent was killed; see babysitter/duty.h. */
#include "babysitter/duty.h"

#include <signal.h>

#include "base/events.h"
#include "base/log.h"
#include "base/util.h"

#define DYING_MS 5000 /* what was killed may have much memory to give back */
#define DYING_STEP_MS 16

/* A process of the daemon's, with the group it was in when we last saw it. */
struct orphan {
	const struct process *process;
	pid_t group;
};

/*
 * We may be another user's than it has become; the host would be root. The first process leads a session, which
 * cannot leave its group: but until it has made it that is its parent's, and may be the service manager's own.
 */
static struct orphan kill_with_group(const struct duty *duty, const struct process *process)
{
	bool leads = process->pid == duty->setup->daemon.pid;
	struct orphan orphan = { process, leads ? process->pid : getpgid(process->pid) };
	int r = process_kill_with_group(process, leads);

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

struct walk {
	const struct main_watch *watch;
	bool is_all; /* or only those who may be the next main process */
	unsigned n;
};

static bool kill_one(void *userdata, pid_t pid, pid_t parent)
{
	struct walk *walk = userdata;
	struct process process;

	if (!walk->is_all && !main_watch_may_succeed(walk->watch, pid, parent))
		return true;
	walk->n++;
	if (process_open(pid, &process) == 0 && descendants_have(&walk->watch->of, pid, &parent))
		(void)process_signal(&process, SIGKILL);
	process_close(&process);
	return true;
}

/* The last main process has ended, and the next one has no name yet. */
static bool awaits_successor(struct duty *duty)
{
	return duty->main_watch != NULL && !duty_awaits_main(duty) &&
	       process_has_ended(&duty->main) && duty_may_go_on(duty);
}

/* Which process is the main one is not known; and once the parent has ended, not even which are the daemon's. */
void duty_take_exit(struct duty *duty)
{
	bool is_all = duty->main_watch != NULL && duty_awaits_main(duty);
	long long deadline_ms = now_ms() + DYING_MS;
	struct walk walk;
	int n_quiet = 0;

	if (!duty->hold.is_exiting)
		return;
	if (!is_all && !awaits_successor(duty))
		n_quiet = DESCENDANTS_QUIET_LOOKS;
	while (now_ms() < deadline_ms && n_quiet < DESCENDANTS_QUIET_LOOKS) {
		walk = (struct walk){ .watch = duty->main_watch, .is_all = is_all };
		descendants_each(&walk.watch->of, kill_one, &walk);
		n_quiet = walk.n == 0 ? n_quiet + 1 : 0;
		events_pause(1);
	}
	hold_let_exit(&duty->hold);
}

/* The groups as the host would have signaled them, had the daemon been in its parent's place. */
void duty_kill_orphan(const struct duty *duty)
{
	struct orphan orphans[2];
	size_t n = 0;

	log_to_syslog(duty->setup->job);
	log_error("the daemon's parent, process %d, has been killed; killing the daemon, process %d",
		  (int)duty->setup->tracked.pid, (int)duty->main.pid);
	orphans[n++] = kill_with_group(duty, &duty->main);
	if (duty->main.pid != duty->setup->daemon.pid)
		orphans[n++] = kill_with_group(duty, &duty->setup->daemon);
	wait_for_orphans(orphans, n);
}
