/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What a host module is: everything we know about one service manager as the one that started us.
 *
 * To add a host: a row in hosts/parents.c or hosts/listeners.c if it is known by its name or its socket, else
 * hosts/NAME.c with one `const struct host host_NAME`, named in src/meson.build; and its row in HOSTS at the end
 * of this file. No other source changes: which shape a run gets follows from `learns` (the table in protocol.c),
 * and every text that lists the hosts is made of the table. src/README tells the tests and the documents.
 */
#ifndef CIB_HOSTS_HOST_H
#define CIB_HOSTS_HOST_H

#include "base/env.h"
#include "base/refusal.h"
#include "base/text.h"
#include "facts.h"
#include "hosts/way.h"
#include "options.h"
#include "protocol.h"

#define NO_TIME_LIMIT (-1)

struct bus_call;
struct plan;

/* Whether a host, or who asked it to start the service, waits until that is ready. */
enum patience {
	PATIENCE_NONE,    /* nobody waits */
	PATIENCE_LIMITED, /* as long as a limit of its own says */
	PATIENCE_ENDLESS,
};

/* Is told of a thing that was looked at, and of the answer. */
typedef void (*host_take_t)(void *arg, const char *what, const char *answer);

/*
 * The texts are arrays, not pointers: each pointer in a table is a relocation for the dynamic loader at
 * every start. An empty text is none.
 */
struct host {
	char name[12];
	const struct way *way; /* how it learns that the daemon is ready; find_way() may differ */
	enum socket_protocol gives; /* how it hands over sockets */
	bool is_nested;             /* the host is itself run by another, as one of its services */
	bool forgets_sockets;       /* it hands them over with some starts only: --adopt */
	enum patience patience;     /* with a start that does not come to an end */

	/* Variables of this host that must not reach a daemon of another target; NULL: none. */
	const env_name_t *variables;

	/* The same, of those that it has set only at times, as @env tells; it may return NULL, too. NULL: there are none. */
	const env_name_t *(*find_more_variables)(const struct env *env);

	/*
	 * Observe, on another host and where nothing was handed over: whether variables of this one, that have come
	 * down to us, are about sockets that are open here. Returns why they are not passed on, a constant, or NULL.
	 */
	const char *(*find_left_sockets)(const struct facts *facts);

	/* Those of them by which a daemon tells this host that it is ready; NULL: none. */
	const env_name_t *ready_variables;

	/* A variable that every process below this host has. The others (PORT, ADDR) may come from anywhere. */
	char mark[12];

	/*
	 * What recognise() looks at for evidence, for --detect: names of variables, and paths, with a
	 * blank between them. Not for a host that is known by @comms.
	 */
	char looks_at[80];

	/*
	 * What a parent is called that is this host: without recognise(), that is evidence. Of a longer name
	 * /proc/PID/comm has the first 15 characters.
	 */
	char comms[2][20];

	/* What reads the file of --ready-file there, for messages; empty: anybody. */
	char ready_file_reader[12];

	/*
	 * What the host wants to hear when the daemon has ended before it was ready, in a datagram;
	 * empty: nothing, it sees it by itself.
	 */
	char failure[12];

	bool relays;        /* it reads what the daemon says after it is ready */
	bool reaps_its_own; /* and no other child: one that ends stays, a zombie, until it ends itself */
	bool has_no_syslog; /* its logger is behind standard error: messages stay there */

	/*
	 * The names of cgroups that are one service's own here, with a '*' at the beginning or the
	 * end, as "*.service"; NULL: services share cgroups, or it cannot be told.
	 */
	const char *own_cgroup;

	/* What a job or unit needs so that this host waits for readiness, for messages. */
	char ready_setting[20];

	/* The same for a daemon that goes to the background by itself, and for its pid file; empty: none. */
	char forking_setting[16];
	char pid_file_setting[12];

	/* Where that is written, for messages: "the unit". Set if any of these texts is. */
	char configured_in[28];

	/* What asks a service for signs of life, for messages; empty: nothing does. */
	char watchdog_setting[16];

	/*
	 * Observe: looks for evidence of this strength that this host started us.
	 * Returns true and fills in all of @ret_evidence but its host and strength. NULL: .comms tells.
	 */
	bool (*recognise)(struct facts *facts, enum strength strength, struct evidence *ret_evidence);

	/* For --detect: tells @take of what else recognise() looks at, as it is now. NULL: nothing. */
	void (*show)(const struct facts *facts, host_take_t take, void *arg);

	/*
	 * Observe: finds out how this host learns of readiness in this run, and where: sets
	 * facts->way, and handover.notify_fd or .notify_address; where it was asked to, but cannot be
	 * told, handover.notify_missing. Returns 0, or -errno with the reason in @refusal.
	 * NULL: always by .way.
	 */
	int (*find_way)(const struct options *options, struct facts *facts, struct refusal *refusal);

	/*
	 * Observe: fills in what check_readiness() and telling the host need, for a run with
	 * @options. NULL: nothing.
	 */
	void (*observe_readiness)(const struct options *options, struct facts *facts);

	/*
	 * Observe: fills in facts->handover and what check() needs for a run with @options.
	 * Returns 0, or -errno with the reason in @refusal. NULL: it hands over nothing.
	 */
	int (*observe)(const struct options *options, struct facts *facts, struct refusal *refusal);

	/*
	 * Observe: finds out handover.job and .instance; called only if the target needs them.
	 * NULL: there are none.
	 */
	void (*identify)(struct facts *facts);

	/*
	 * Decide, pure: refuses sockets that may be another's. Returns 0, or -errno with the reason
	 * in @refusal. NULL: there is nothing to refuse.
	 */
	int (*check)(const struct options *options, const struct facts *facts,
		     struct refusal *refusal);

	/* The same for readiness that is to be carried, but that nobody waits for or can hear. */
	int (*check_readiness)(const struct options *options, const struct facts *facts,
			       struct refusal *refusal);

	/* Decide, pure: adds to @plan what no daemon needs but this host. NULL: nothing. */
	void (*add_to_plan)(const struct facts *facts, struct plan *plan);

	/*
	 * Decide, pure: the daemon will not be the process that the host started: rewrites what names that
	 * process (LISTEN_PID), and removes what invites it to notify. Returns 0 or -ENOMEM. NULL: there
	 * is nothing to rewrite.
	 */
	int (*rename_main)(const struct facts *facts, struct env_edits *edits);

	/*
	 * Act, from its main process: tells the host, which may be counting the time until the
	 * daemon is ready, that we wait for @what, or with @what NULL that the wait is over; and that it is to
	 * wait for @extend_ms at least from now on, or with NO_TIME_LIMIT as it would. NULL if the host does
	 * not count.
	 */
	void (*tell_waiting)(const struct facts *facts, const char *what, int extend_ms);

	/*
	 * The same: the question how long it waits for readiness, as bus-query's words, which live as long as
	 * the program; or NULL: it does not. And what the answer says, in milliseconds: NO_TIME_LIMIT, or
	 * -ENODATA. NULL if that cannot be asked.
	 */
	const char *const *(*limit_question)(const struct facts *facts);
	int (*read_limit)(const char *answer);
};

/*
 * The hosts, a row each: the name of its `const struct host host_NAME`. The order is that in which each
 * kind of evidence is sought, and in which texts list them.
 */
#define HOSTS(ROW) \
 ROW(systemd)      \
 ROW(upstart)      \
 ROW(s6)           \
 ROW(nitro)        \
 ROW(dinit)        \
 ROW(openrc)       \
 ROW(finit)        \
 ROW(dpkg)         \
 ROW(runit)        \
 ROW(daemontools)  \
 ROW(supervisord)  \
 ROW(shepherd)     \
 ROW(busybox)      \
 ROW(container)    \
 ROW(inetd)        \
 ROW(newline)      \
 ROW(datagram)     \
 ROW(forking)      \
 ROW(none)

#define DECLARE_HOST(name) extern const struct host host_##name;
HOSTS(DECLARE_HOST)

/* All hosts, NULL-terminated. */
extern const struct host *const hosts[];

/* The host called @name, or NULL. */
const struct host *host_by_name(const char *name);

/* The host that our parent is by what it is called, or NULL. Reads that once, into @facts. */
const struct host *host_of_parent(struct facts *facts);

/* What of its names, in full, a process is called by whose /proc/PID/comm is @comm; or NULL. */
const char *host_find_name(const struct host *host, const char *comm);

/*
 * Act, from the process that the host has started or a child of it: tells it that the daemon will not be ready,
 * where it does not see that by itself. Nothing comes of it where nobody listens any more.
 */
void host_tell_failure(const struct facts *facts);

/* Whether there can be evidence of this strength: what a parent is called is of one only. */
static inline bool host_has_evidence(const struct host *host, enum strength strength)
{
	return host->recognise != NULL || (strength == STRENGTH_PARENT && host->comms[0][0] != '\0');
}

/* As struct host, recognise(): by that function, or by what our parent, or its parent, is called. */
bool host_recognise(struct facts *facts, enum strength strength, struct evidence *ret_evidence);

/* Asks over D-Bus, with the time that @facts have for it, for --detect to tell of. Returns as bus_ask() does. */
int host_ask(struct facts *facts, const struct host *host, const char *const *question,
	     struct bus_call *call);

/* Tells @take of all that is looked at for evidence of @host, as it is now; D-Bus, if it was asked. */
void host_show(const struct facts *facts, const struct host *host, host_take_t take, void *arg);

/* Adds the names of all hosts, with @last (" or ") before the last of them. */
void hosts_list(struct text *text, const char *last);

#endif
