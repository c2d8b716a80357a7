/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The command line. Parsing has no effect but on struct options; what the words mean together is
 * decided in decide/decide.c.
 */
#ifndef CIB_OPTIONS_H
#define CIB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/getopt.h"
#include "base/refusal.h"
#include "condition/condition.h"
#include "fd/listen.h"
#include "notify/report.h"
#include "notify/socket.h"
#include "protocol.h"

struct output;

enum action {
	ACTION_RUN,
	ACTION_EXPLAIN,
	ACTION_DETECT,
	ACTION_HELP, /* from here on no option after it counts */
	ACTION_VERSION,
	ACTION_CHECK, /* by a program of its own, which takes all that follows */
	ACTION_PROBE, /* likewise */
};

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
};

/* What has to be so in a run that an option has an effect. */
enum use {
	USE_ALWAYS,
	USE_READINESS,     /* the daemon's readiness is carried */
	USE_LIMIT,         /* and we bound the time until then */
	USE_NOTIFICATIONS, /* and it is said by messages to a socket of ours */
	USE_ATTEND,        /* and a babysitter receives them beside the daemon */
	USE_SUPERVISE,     /* we can stay as its parent */
	USE_RESPAWNS,      /* and the host does not understand when it ends early */
	USE_SOCKETS,       /* sockets are passed on */
	USE_NAMES,         /* and they have names for the daemon */
	USE_LISTEN,        /* the host hands over none */
	USE_ADOPT,         /* or it forgets them sometimes */
	USE_JOB,           /* the daemon is told its job */
	USE_STDERR,        /* it gets another standard error */
	USE_WAIT,          /* something is waited for before it is started */
	USE_HOST_FD,       /* the host may read a newline */
	USE_DAEMON_FD,     /* the daemon may write one */
	USE_FORKING,       /* it goes to the background, and we are its parent */
};

#define NO_START_TIMEOUT (-1)
#define DAEMON_FD 3       /* of a daemon that says by a newline that it is ready, by default */
#define WAIT_TIMEOUT_S 90 /* as long as systemd waits for a device */

/* Sockets that Upstart has forgotten to hand over: are they taken from who holds them? */
enum adopt {
	ADOPT_AUTO, /* where there is a sign of it, and if it can be done */
	ADOPT_NO,
	ADOPT_REQUIRE, /* sockets there must be */
};

/* What the daemon's standard error is. */
enum standard_error {
	STANDARD_ERROR_KEEP,
	STANDARD_ERROR_SOCKET,
	STANDARD_ERROR_NULL,
	STANDARD_ERROR_AS_IS, /* nothing was said: as host and target have it */
};

/* Which processes of a daemon that goes to the background end with its main process. */
enum stragglers {
	STRAGGLERS_GROUP, /* those of its session, or of its process group */
	STRAGGLERS_ALL,
	STRAGGLERS_NO,
};

struct options {
	enum action action;
	bool probe_here;   /* --probe=here */
	uint64_t given;    /* a bit for each option that was, in the order of the table */
	uint64_t repeated; /* likewise, of which only the last argument counts */
	const char *init; /* --init, borrowed from argv: a host's name; NULL: it is to be detected */
	const char *target; /* --target, likewise: its name; NULL: none was given */
	bool notify;
	bool end_after_ready;
	enum notify_access notify_access;
	enum notify_place notify_place;
	enum report_detail log;
	int start_timeout_s; /* 0: none; NO_START_TIMEOUT: nothing was said */
	const char *host_fd; /* --host-fd, borrowed from argv: a number, or a variable's name; or NULL */
	int daemon_fd;       /* --daemon-fd */
	const char *daemon_fd_name;  /* the variable that tells it, borrowed from argv; or NULL */
	const char *daemon_pid_file; /* --daemon-pidfile, borrowed from argv; or NULL */
	enum stragglers stragglers;
	int stdio_null;         /* --stdio: not 0, in the background 0-2 become /dev/null */
	const char *pid_file;   /* --pidfile, borrowed from argv: an absolute path; or NULL */
	const char *ready_file; /* --ready-file, likewise: an absolute path; or NULL */
	bool supervise;
	bool job_respawns;
	bool force_sockets;
	enum standard_error standard_error;
	enum adopt adopt;
	bool verbose;
	enum format format; /* of what is printed instead of a run */
	char *job;          /* --job, owned, without its instance; or NULL */
	const char *job_instance;
	struct listen_address *listen; /* --listen, in order; owned */
	size_t n_listen;
	const char *fd_names;     /* --fdname, borrowed from argv; or NULL */
	struct awaited *wait_for; /* --wait-for, in order; owned */
	size_t n_wait_for;
	int wait_timeout_s;
	struct awaited *ready_when; /* --ready-when, owned with its text; or NULL */
	char **command;             /* borrows from argv; NULL-terminated */
};

/* True if the host is to hear when the daemon is ready. */
static inline bool options_carry_readiness(const struct options *options)
{
	return options->notify || options->ready_when != NULL;
}

/* The option that says so, for messages. */
static inline const char *options_readiness(const struct options *options)
{
	return options->ready_when != NULL ? "--ready-when" : "-N";
}

/*
 * Parses @argv, which stays in use. Options end at the first word that is none.
 * Returns 0, or -EINVAL with the reason in @refusal.
 */
int options_parse(int argc, char **argv, struct options *ret_options, struct refusal *refusal);

/* Frees what options_parse() has allocated. After a failure there is nothing to free. */
void options_done(struct options *options);

/*
 * The name of the next option that was given, of those whose bits @left, at first options->given,
 * still has; and its use in @ret_use. NULL: that was all.
 */
const char *options_next_given(uint64_t *left, enum use *ret_use);

/* Returns all options, @ret_n of them, as constants. */
const struct option_row *options_rows(size_t *ret_n);

/* Prints the text of --help, which lists all @targets, and all @hosts. */
void options_print_help(struct output *out, const char *targets, const char *hosts);

#endif
