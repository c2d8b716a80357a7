/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The edge of the babysitter, of which babysitter/step.c is the pure inside; private to these files:
 *
 *   babysitter/process.c  becomes the process: its signals, descriptors and pages
 *   babysitter/loop.c     wakes up, and turns what happened into events
 *   babysitter/act.c      gives them to babysitter_step(), and does what that decides
 *   babysitter/telling.c  of that, how the host and a parent of ours are told
 *   babysitter/orphans.c  of that, the end of a daemon whose parent was killed
 *   babysitter/messages.c what the administrator is told
 *   babysitter/seen.c     what is seen of a daemon that is not ready, for them
 *   babysitter/hold.c     supervise: keeps the parent's end from the host until the daemon's
 *   babysitter/claim.c    where that cannot be: keeps the next start waiting
 *
 * Nothing here allocates, and nothing wakes up while there is nothing to do.
 */
#ifndef CIB_BABYSITTER_DUTY_H
#define CIB_BABYSITTER_DUTY_H

#include "babysitter/claim.h"
#include "babysitter/hold.h"
#include "babysitter/main_watch.h"
#include "babysitter/parent_word.h"
#include "babysitter/ready_file.h"
#include "babysitter/step.h"
#include "bus/ask.h"
#include "condition/ready_when.h"

#define NAME_SIZE 256

/*
 * All that is known of the daemon, its host and what they have been told, in the order in which it is
 * used: of what stands at the end only the pages count that have been written to.
 */
struct duty {
	const struct babysitter_setup *setup;
	struct babysitter state;
	struct process main;    /* the daemon's main process now */
	long long begin_ms;     /* when we began to wait for the daemon */
	long long timer_ms;     /* when HEARD_TIMER is due; 0: never */
	long long ask_until_ms; /* when the question under way is given up */
	struct ready_file ready_file;
	long long refused_ms; /* when the next debug line on a stranger may follow */
	pid_t refused_pid;    /* whose READY=1 was refused; 0: nobody's */
	uid_t refused_uid;
	bool has_spoken;           /* the daemon has sent something that counts */
	struct ready_watch *ready; /* NULL: what counts is what the daemon says */
	struct main_watch *main_watch; /* NULL: its first process is the main one, unless it says otherwise */
	struct passed_fds passed;
	struct hold hold;    /* supervise: of the parent's end */
	int claim_fd;        /* where that cannot be held back; or NO_FD */
	unsigned n_held_up;  /* how often it was found to wait */
	unsigned n_failed;   /* how often nothing could be received */
	bool is_asking;      /* @call is under way */
	bool has_lost_host;  /* it takes no more of what the daemon says */
	bool parent_goes_on; /* it has, since it was stopped last */
	bool has_dropped, has_warned_of_pid, has_warned_of_passed;
	struct babysitter_setup own; /* what @setup points to, and: */
	char job[NAME_SIZE], instance[NAME_SIZE], host_address[NOTIFY_ADDRESS_MAX],
		ready_path[NAME_SIZE], pid_path[NAME_SIZE]; /* whose, tells @setup */
	struct main_watch_setup main_setup;
	struct report report;
	struct notify_packet packet;
	struct bus_call call;
};

/* Takes @event to babysitter_step(), and does what it says. */
void duty_step(struct duty *duty, const struct babysitter_event *event);

/* The same for an event that is nothing but its @kind. */
void duty_step_with(struct duty *duty, enum babysitter_event_kind kind);

/* The same for events of the host's own state machine: the time asked for is over; its answer. */
void duty_tell_timer(struct duty *duty);
void duty_tell_answer(struct duty *duty, enum host_answer answer);

/* Carries out @telling, what the host's own state machine has decided. */
void duty_tell(struct duty *duty, const struct telling_step *telling);

/*
 * Sends @text to the host; where we have a parent by that, which is the host's: some hosts listen to nobody
 * else. Returns 0 or -errno.
 */
int duty_send_to_host(const struct duty *duty, const char *text);

/* Says @word to who waits in the foreground, if somebody still does. */
void duty_say_to_foreground(const struct duty *duty, enum foreground_word word);

/*
 * Sends a word to the parent: @word as it is, or one that is nothing but @kind and @pid. Returns 0, also
 * if there is no parent, or -errno: it has not heard it.
 */
int duty_send_word(const struct duty *duty, const struct parent_word *word);
int duty_say_to_parent(const struct duty *duty, enum parent_word_kind kind, pid_t pid);

/* Kills the daemon, as the host would have done with its parent in its place, and waits for its end. */
void duty_kill_orphan(const struct duty *duty);

/* Of a main process that has ended: may it have left the daemon to another one, which is about to say so? */
bool duty_may_go_on(struct duty *duty);

/* Where the parent is seen to end: kills what it would leave, as long as only its children are known. */
void duty_take_exit(struct duty *duty);

/* Logs @line, which the daemon has said; or nothing, if it is NULL. */
void duty_report(const struct duty *duty, const char *line);

/* Says what @actions, bits of enum babysitter_action, and enum telling_action, want said. */
void duty_warn(struct duty *duty, unsigned actions);
void duty_warn_of_host(const struct duty *duty, unsigned telling_actions);
void duty_warn_not_followed(struct duty *duty, pid_t pid, int error);
void duty_warn_too_long(struct duty *duty);
void duty_warn_from_nobody(struct duty *duty);
void duty_warn_held_up(struct duty *duty);
void duty_warn_deaf(struct duty *duty, int error);

/* With --verbose only: the daemon is ready, as @sender has said, or with 0 as the condition tells. */
void duty_debug_ready(const struct duty *duty, pid_t sender);

/* With --verbose only, and not as often as a stranger likes. */
void duty_debug_refused(struct duty *duty, const struct babysitter_event *event);

/* Supervise: from now on the parent's end is held back, or what comes after it is. */
void duty_hold_parent(struct duty *duty);

/* And from now on it is not, for a stop of it that the host shall see: the next start waits instead. */
void duty_let_go_of_parent(struct duty *duty);

/* True as long as that is not known, and the first process does not count. */
static inline bool duty_awaits_main(const struct duty *duty)
{
	return duty->main_watch != NULL && !duty->main_watch->is_known;
}

/* Follows the daemon to @process, ours from now on. Returns 0, or -errno: the parent has not heard of it. */
int duty_follow(struct duty *duty, struct process *process);

#endif
