/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The worlds that plans are made for, each a row of a table: options, environment, sockets, and
 * what else is known. For plan_rows.h, which has the plan of each, and test_plan_matrix.c, which
 * knows what all plans have in common.
 */
#ifndef CIB_TEST_PLAN_WORLD_H
#define CIB_TEST_PLAN_WORLD_H

#include "base/env.h"
#include "base/output.h"
#include "base/util.h"
#include "decide/decide.h"
#include "decide/print.h"
#include "hosts/host.h"
#include "hosts/upstart/own_facts.h"
#include "observe/observe.h"
#include "options.h"
#include "plan.h"
#include "sockets.h"
#include "targets/target.h"

#define OWN_PID 4711
#define PARENT_PID 815
#define HOLDER_PID 57
#define MAX_WORDS 9
#define MAX_VARIABLES 24 /* with the NULL that ends them */
#define MAX_SOCKETS 3

/* What the managers put into the environment; of systemd's sockets, of Upstart's event. */
#define UNIT_ENV "PATH=/bin", "SYSTEMD_EXEC_PID=4711"
#define SOCKET_ENV UNIT_ENV, "LISTEN_PID=4711", "LISTEN_FDS=1", "LISTEN_FDNAMES=web"
#define NOTIFY_ENV UNIT_ENV, "NOTIFY_SOCKET=/run/systemd/notify"
#define JOB_ENV "UPSTART_JOB=foo", "UPSTART_INSTANCE=", "PATH=/bin"
#define EVENT_ENV JOB_ENV, "UPSTART_EVENTS=socket", "UPSTART_FDS=10", "PROTO=inet", "PORT=80"

enum which {
	NO_SOCKET,
	WEB,      /* 0.0.0.0:80 */
	WEB6,     /* [::1]:443 */
	PATH,     /* /run/d */
	ABSTRACT, /* @d */
	DATAGRAM,
	SEQPACKET,
	CONNECTED,
	FIFO,
	NETLINK,
	QUEUE, /* a message queue, a device */
};

static inline struct fd_info make_info(enum which which)
{
	struct fd_info info;

	switch (which) {
	case NO_SOCKET:
	case WEB:
		break;
	case WEB6:
		return inet6_info("::1", 443);
	case PATH:
		return unix_info("/run/d", 7);
	case ABSTRACT:
		return unix_info("\0d", 2);
	case DATAGRAM:
		return as_type(inet_info("0.0.0.0", 53), SOCK_DGRAM);
	case SEQPACKET:
		info = unix_info("/run/d", 7);
		info.type = SOCK_SEQPACKET;
		return info;
	case CONNECTED:
		return as_type(unix_info("/run/d", 7), SOCK_STREAM);
	case FIFO:
		return (struct fd_info){ .kind = FD_KIND_FIFO };
	case NETLINK:
		return (struct fd_info){ .kind = FD_KIND_NETLINK };
	case QUEUE:
		return (struct fd_info){ .kind = FD_KIND_OTHER };
	}
	return inet_info("0.0.0.0", 80);
}

struct row {
	const char *name;
	const char *notify_missing;   /* what the host lacks to be told */
	const char *words[MAX_WORDS]; /* the options; the command is always the same */
	const char *env[MAX_VARIABLES];
	enum which sockets[MAX_SOCKETS];
	int first_fd, fd_step; /* where they are; 0: from 3 on, one after the other */
	const char *job, *instance;
	bool is_told_over_init; /* by --init, without evidence */
	bool has_watchdog, is_parent_other, is_traced_by_parent, is_traced_by_another, is_pid_1;
	bool fds_are_parents, has_start_on;
	enum adoption_result adoption; /* why it has failed is always the same */
	bool is_stdio[N_STDIO]; /* the first socket is this one of 0-2, which is where it is */
	struct peer peer;
	int strangers[2];
	struct in_way in_way[2];
	/*
	 * Between "target:" and "command:"; what is said of options; what warns, without the '\n' of the
	 * last line; or what is refused.
	 */
	const char *plan, *idle, *warning, *refusal;
};

#define START_ON "socket\0PROTO=inet\0PORT=80\0\0socket\0PROTO=unix\0PATH=@d\0\0/AND\0"

/* What came of --adopt, as Upstart's own facts and the neutral ones have it. */
static inline void set_adoption(const struct row *row, struct upstart_facts *own,
				struct handover *handover)
{
	struct adoption *adoption = &own->adoption;

	adoption->result = row->adoption;
	if (row->adoption == ADOPTION_DONE)
		handover->fds_holder = HOLDER_PID;
	if (row->adoption > ADOPTION_DONE)
		(void)snprintf(adoption->refusal.text, sizeof(adoption->refusal.text),
			       "there are none");
	if (row->adoption == ADOPTION_FAILED)
		handover->fds_missing = adoption->refusal.text;
	else if (row->adoption > ADOPTION_DONE)
		handover->fds_not_taken = adoption->refusal.text;
	if (row->adoption == ADOPTION_UNKNOWN)
		handover->fds_unknown = adoption->refusal.text;
}

static inline void set_sockets(const struct row *row, struct handover *handover, struct fd_info *infos)
{
	handover->free_fd = row->is_stdio[0] ? 3 : 0;
	handover->fds = infos;
	for (size_t i = 0; i < MAX_SOCKETS && row->sockets[i] != NO_SOCKET; i++) {
		infos[i] = make_info(row->sockets[i]);
		infos[i].fd = row->first_fd != 0 ? row->first_fd + (int)i * row->fd_step : 3 + (int)i;
		if (row->is_stdio[0])
			infos[i].fd = (int)i;
		handover->n_fds++;
	}
	handover->fds_are_parents = row->fds_are_parents;
	handover->notify_missing = row->notify_missing;
	handover->peer = row->peer;
	memcpy(handover->is_on_stdio, row->is_stdio, sizeof(row->is_stdio));
}

/* What each kind of host has beside. */
static inline void set_of_host(const struct host *host, const struct row *row, struct facts *facts)
{
	struct handover *handover = &facts->handover;

	if (host->way->learns == LEARNS_BY_MAIN_PID || host->way->learns == LEARNS_BY_DATAGRAM)
		handover->notify_address = env_get(&facts->env, "NOTIFY_SOCKET");
	if (host->way->learns == LEARNS_BY_NEWLINE)
		handover->notify_fd = 9;
	if (host->gives == SOCKETS_FROM_3)
		handover->fd_names = env_get(&facts->env, "LISTEN_FDNAMES");
	if (host->gives == SOCKETS_ON_STDIO && row->sockets[0] == CONNECTED)
		handover->fd_names = "connection";
}

static inline void make_facts(const struct host *host, const struct row *row, struct facts *facts,
			      struct fd_info *infos)
{
	struct handover *handover = &facts->handover;
	static struct upstart_facts own; /* of the world made last */

	own = (struct upstart_facts){
		.strangers = row->strangers,
		.tracer = row->is_traced_by_parent    ? PARENT_PID
			  : row->is_traced_by_another ? 666
						      : 0,
	};
	*facts = (struct facts){
		.env.list = (char *const *)(uintptr_t)row->env,
		.pid = row->is_pid_1 ? 1 : OWN_PID,
		.parent = PARENT_PID,
		.host = host,
		.way = host != NULL ? host->way : NULL,
		.parentage = row->is_parent_other ? PARENT_IS_OTHER : PARENT_IS_HOST,
		.of_host = host != NULL && host->forgets_sockets ? &own : NULL,
	};
	if (!row->is_told_over_init)
		facts->evidence[facts->n_evidence++] =
			(struct evidence){ .host = host, .what = "evidence" };
	while (own.n_strangers < ARRAY_SIZE(row->strangers) && row->strangers[own.n_strangers] != 0)
		own.n_strangers++;
	facts->in_way = row->in_way;
	while (facts->n_in_way < ARRAY_SIZE(row->in_way) && row->in_way[facts->n_in_way].fd != 0)
		facts->n_in_way++;
	set_sockets(row, handover, infos);
	set_adoption(row, &own, handover);
	handover->job = row->job;
	handover->instance = row->instance;
	handover->has_watchdog = row->has_watchdog;
	own.start_on.error = -EIO;
	own.start_on.is_known = row->has_start_on;
	own.start_on.length = sizeof(START_ON);
	own.start_on.text = START_ON;
	if (host != NULL)
		set_of_host(host, row, facts);
}

static inline void parse(const struct row *row, struct options *ret_options, struct facts *facts)
{
	static char *argv[MAX_WORDS + 4];
	struct refusal refusal;
	int argc = 0;

	argv[argc++] = (char *)(uintptr_t) "cross-init-bridge";
	for (size_t i = 0; i < MAX_WORDS && row->words[i] != NULL; i++)
		argv[argc++] = (char *)(uintptr_t)row->words[i];
	argv[argc++] = (char *)(uintptr_t) "/usr/sbin/d";
	argv[argc++] = (char *)(uintptr_t) "-x";
	argv[argc] = NULL;
	if (options_parse(argc, argv, ret_options, &refusal) < 0)
		fail_msg("%s: %s", row->name, refusal.text);
	facts->target = target_by_name(ret_options->target);
	assert_non_null(facts->target);
	facts->speaks = facts->target->speaks;
}

/* As observe/observe.c does it where the host has handed over none, but at numbers that are always the same. */
static inline void add_own_sockets(const struct options *options, struct facts *facts)
{
	struct handover *handover = &facts->handover;

	if (handover->n_fds > 0 || options->n_listen == 0)
		return;
	for (size_t i = 0; i < options->n_listen; i++) {
		handover->fds[i] = options->listen[i].info;
		handover->fds[i].fd = 3 + 2 * (int)i;
	}
	handover->n_fds = options->n_listen;
	handover->fds_are_ours = true;
}

static inline char *print(const struct plan *plan, const struct options *options,
			  const struct facts *facts)
{
	struct output out = { 0 };

	plan_print(&out, plan, options, facts);
	return out.text;
}

#endif
