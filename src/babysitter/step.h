/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The babysitter: the process of ours that stays beside the daemon, owns the private notify socket
 * and carries state changes to the host.
 *
 * It is pure inside. babysitter_step() takes one event and says what is to be done; what is
 * around it (babysitter/duty.h) turns descriptors into events, and does it. In one wake-up the order is:
 * notifications first, so that what the daemon said last is known when its end is seen; then the
 * daemon's end; then the host's answers; then timers. A bounded number of notifications is taken
 * in one wake-up, so that a flood of them delays the rest but never starves it.
 *
 * After the daemon has been executed nothing here gives up: a bad notification, a missing peer and a
 * host that does not answer are all only noted.
 */
#ifndef CIB_BABYSITTER_STEP_H
#define CIB_BABYSITTER_STEP_H

#include <stdbool.h>

#include "base/process.h"
#include "condition/condition.h"
#include "hosts/host.h"
#include "notify/report.h"
#include "notify/sender.h"
#include "notify/socket.h"
#include "protocol.h"

enum babysitter_event_kind {
	EVENT_NOTIFICATION, /* a datagram has arrived */
	EVENT_MAIN_ENDED,
	EVENT_PARENT_ENDED, /* supervise: the tracked process has, and could not tell the daemon */
	EVENT_CONDITION,    /* --ready-when holds */
	EVENT_DEADLINE,     /* one of enum deadline is over */
	EVENT_HOST_GONE,    /* who waits for the daemon in the foreground: nobody will hear */
	EVENT_TELLING,      /* for the host's own state machine */
};

/* What is to have happened by some time. */
enum deadline {
	DEADLINE_WORD,  /* the daemon is ready, or there is a word about it */
	DEADLINE_START, /* --start-timeout: the daemon is ready, or it is ended */
	DEADLINE_KILL,  /* it has ended when it was told to, or it is killed */
	N_DEADLINES
};

struct babysitter_event {
	enum babysitter_event_kind kind;
	/* EVENT_NOTIFICATION: */
	const struct statement *said;
	enum sender sender;
	pid_t sender_pid;
	bool names_another; /* as the main process: not the one that it is */
	/* EVENT_DEADLINE: */
	enum deadline deadline;
	/* EVENT_TELLING; the time in it, always: */
	struct telling_event telling;
};

enum babysitter_action {
	SIT_WARN_REFUSED = 1 << 0,     /* a READY=1 came from somebody who may not send it */
	SIT_WARN_ENDED_EARLY = 1 << 1, /* the daemon ended and was never ready */
	SIT_SETTLED = 1 << 2,          /* the host knows: let go of stderr */
	SIT_LEAVE = 1 << 3,            /* remove the socket and end */
	SIT_REPORT = 1 << 4,           /* log what was said, as far as that is wanted */
	SIT_DEBUG_REFUSED = 1 << 5,    /* a notification came from somebody who may not send any */
	SIT_WARN_MAIN_PID = 1 << 6,    /* the host cannot follow to another main process */
	SIT_WARN_FD_STORE = 1 << 7,    /* the descriptors were not kept */
	SIT_WARN_LATE = 1 << 8,        /* the start timeout has passed */
	SIT_TERMINATE = 1 << 9,        /* end the daemon */
	SIT_KILL = 1 << 10,            /* the same, it has not ended by itself */
	SIT_FOLLOW = 1 << 11,          /* another main process, if it is one of the daemon's */
	SIT_KILL_ORPHAN = 1 << 12,     /* nobody else is left to end the daemon */
	SIT_READY = 1 << 13,           /* it is ready, whether or not the host knows already */
	SIT_NOT_READY = 1 << 14,       /* it is not any more, and will not be */
	SIT_RELAY = 1 << 15,           /* the host may like to hear what was said */
	SIT_TELL_FAILURE = 1 << 16, /* the host does not see by itself that the daemon has ended */
	SIT_WARN_WAITING = 1 << 17, /* the daemon is not ready yet: say what is seen */
	SIT_WARN_HOST_GONE = 1 << 20, /* nobody will hear that the daemon is ready: it is ended */
	SIT_WARN_FORGOTTEN = 1 << 18, /* the host waits for what nobody will tell it */
	SIT_WARN_UNAWAITED =
		1 << 19, /* the daemon is not ready yet, but the host does not wait for it */
};

/* Between SIT_TERMINATE and SIT_KILL: Upstart's own default, init(5) "kill timeout". */
#define TERMINATE_MS 5000

/* How long a start may take without a word. */
#define WORD_MS 10000

struct babysitter_step {
	unsigned actions;  /* of enum babysitter_action */
	const char *phase; /* what the daemon is now, if that has changed; for SIT_REPORT */
	struct telling_step telling;
};

/* How far it has come with its one task. */
enum stage {
	STAGE_WAITING,      /* for the daemon to be ready */
	STAGE_LATE,         /* it was not in time, and is being ended */
	STAGE_TELLING,      /* the host */
	STAGE_SETTLED,      /* the host knows */
	STAGE_LAST_TELLING, /* the daemon has ended, and its parent waits for the host */
	STAGE_OVER,         /* nothing is left to do */
};

/* What the daemon says that it does. */
enum daemon_phase {
	PHASE_STARTING,
	PHASE_READY,
	PHASE_RELOADING,
	PHASE_STOPPING,
};

/* The memory of babysitter_step(). Set what comes before the blank line, the rest zero. */
struct babysitter {
	const struct host *host;
	const struct way *way;
	bool only_asks; /* nothing is carried: once, whether the host waits all the same */
	bool end_after_ready;
	bool has_parent;   /* supervise: the tracked process is a parent of ours, not the daemon */
	bool relays_life;  /* the host hears of WATCHDOG=1, too */
	bool job_respawns; /* supervise: a daemon that ends early is to be called ready first */
	enum notify_access granted, access; /* the most, and as the daemon has narrowed it */
	long long due_ms[N_DEADLINES];      /* of enum deadline; 0: never */

	enum stage stage;
	enum daemon_phase phase;
	unsigned done_once; /* of enum babysitter_action */
	struct telling telling;
};

/* True if nothing is to be expected of the daemon any more: it has ended. */
static inline bool babysitter_is_leaving(const struct babysitter *sitter)
{
	return sitter->stage == STAGE_LAST_TELLING || sitter->stage == STAGE_OVER;
}

/* What to do about @event. Pure. */
struct babysitter_step babysitter_step(struct babysitter *sitter,
				       const struct babysitter_event *event);

struct main_watch_setup;
struct target;

/* What the launcher hears that waits in the foreground, of a pipe whose other end is closed without, if we are killed. */
enum foreground_word {
	FOREGROUND_READY = '\n',
	FOREGROUND_NO_FILE = '!',  /* ready, but there is no pid file */
	FOREGROUND_GIVEN_UP = 'x', /* it is being ended: how it ends is no success */
	FOREGROUND_ENDED = 'e',    /* the daemon has ended, and was not ready */
};

/* Everything the process needs, made by the launcher before there is a babysitter. */
struct babysitter_setup {
	struct babysitter state;
	struct notify_socket socket;
	struct process tracked; /* what the host watches */
	struct process daemon;  /* its main process at first: the same one, but in supervise */
	int parent_fd;          /* supervise: to the parent, see act/supervise/parent.h; or NO_FD */
	const struct awaited *ready_when; /* instead of notifications; or NULL */
	int exec_fd;                      /* for condition/ready_when.h; or NO_FD */
	int start_timeout_ms;             /* 0: none */
	enum report_detail detail;        /* of what the daemon says, for the log */
	pid_t host_pid;
	const struct main_watch_setup *main_watch; /* supervise: the daemon goes to the background; or NULL */
	const char *ready_file;                    /* to make and remove; or NULL */
	const char *pid_file;        /* to write, for a host that waits for our exit; or NULL */
	int pid_fd;                  /* of it, see babysitter/pid_file.h; or NO_FD */
	int host_fd;                 /* where the host reads that the daemon is ready; 0: nowhere */
	const struct target *target; /* what it speaks, for messages */
	bool has_sockets;            /* it was handed some, and listens from the beginning */
	const char *says;            /* likewise, what the daemon sends when it is ready: READY=1 */
	const char *option;          /* by which that is carried, likewise: -N */
	const char *job, *instance;  /* for questions to the host, and messages; or NULL */
};

/*
 * Is the babysitter until the daemon has ended. Expects to be a process of its own with all
 * signals blocked, and never returns.
 */
void babysitter_run(const struct babysitter_setup *setup) __attribute__((noreturn));

#endif
