/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a host module is: everything we know about one service manager as the one that started us.
 *
 * To add a host: write hosts/NAME.c with one `const struct host host_NAME`, add its row to
 * HOSTS at the end of this file, and the new file to src/meson.build. Nothing else changes: which shape a run gets follows from
 * `learns` (the table in protocol.c), and every text that lists the hosts is made of the table. Its
 * tests are rows: tests/unit/test_plan_NAME.c, test_detect.c. tests/unit/example has one to begin with.
 */
#ifndef CIB_HOSTS_HOST_H
#define CIB_HOSTS_HOST_H

#include "base/env.h"
#include "base/refusal.h"
#include "base/text.h"
#include "facts.h"
#include "hosts/telling.h"
#include "options.h"
#include "protocol.h"

#define NO_TIME_LIMIT (-1)

struct plan;

struct host {
	const char *name;
	enum learns learns;
	enum socket_protocol gives; /* how it hands over sockets */
	bool is_nested;             /* the host is itself run by another, as one of its services */
	bool forgets_sockets;       /* it hands them over with some starts only: --adopt */
	bool limits_start;          /* it ends a start itself that takes too long */

	/* Variables of this host that must not reach a daemon of another target. */
	const char *const *variables;

	/* Those of them by which a daemon tells this host that it is ready; NULL: none. */
	const char *const *ready_variables;

	/* The one of them that whatever runs below this host has, where others may be anybody's. */
	const char *mark;

	/* What a job or unit needs so that this host waits for readiness, for messages. */
	const char *ready_setting;

	/* Where that is written, for messages: "the unit". Set if any of these texts is. */
	const char *configured_in;

	/* What asks a service for signs of life, for messages; NULL: nothing does. */
	const char *watchdog_setting;

	/*
	 * Observe: looks for evidence of this strength that this host started us.
	 * Returns true and fills in all of @ret_evidence but its host and strength.
	 */
	bool (*recognise)(struct facts *facts, enum strength strength, struct evidence *ret_evidence);

	/*
	 * Observe: fills in what check_readiness() and telling the host need, for a run with
	 * @options. NULL: nothing.
	 */
	void (*observe_readiness)(const struct options *options, struct facts *facts);

	/*
	 * Observe: fills in facts->handover and what check() needs for a run with @options.
	 * Returns 0, or -errno with the reason in @refusal.
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
	 * Decide, pure: a daemon at home on this host is going to be another process than the one
	 * that the host has started, and will not be asked to say anything: edits what the host
	 * told that process about itself. Returns 0 or -ENOMEM. NULL: there is no such thing.
	 */
	int (*rename_main)(const struct facts *facts, struct env_edits *edits);

	/*
	 * Act, from its main process: tells the host, which may be counting the time until the
	 * daemon is ready, that we wait for @what and will say so again within @ms, or with
	 * NO_TIME_LIMIT that we wait as long as it likes; and with @what NULL, that the wait is over
	 * and took @ms. NULL if the host does not count.
	 */
	void (*tell_waiting)(const struct facts *facts, const char *what, int ms);

	/*
	 * Act, for the shapes with a babysitter: what to do next so that the host learns that the
	 * daemon is ready; pure, see hosts/telling.h. NULL if the host cannot learn it that way.
	 */
	struct telling_step (*tell_ready)(struct telling *telling, const struct telling_event *event);

	/*
	 * The same: the question behind TELL_ASK, for @job, as bus-query's words, which are borrowed
	 * from the arguments; false: there is none that this host could answer. And what is to be
	 * thought of @result, bus_read()'s, and the @answer that came with it. NULL if tell_ready
	 * never asks.
	 */
	bool (*question)(const char *job, const char *instance, const char *ret_words[static 4]);
	enum host_answer (*read_answer)(int result, const char *answer);

	/*
	 * The same: what TELL_PROBE sends to the host, @host_pid, and what has become of it since;
	 * @telling remembers it. NULL if tell_ready sends none.
	 */
	void (*send_probe)(struct telling *telling, pid_t host_pid);
	enum host_probe (*look_at_probe)(const struct telling *telling);

	/*
	 * Act, for the shape hand over: tells the host, from its main process, that the daemon is
	 * ready, and that @daemon_pid is the main process from now on; then waits until it has
	 * taken note. With @daemon_pid 0 we stay the main process, and nothing is waited for.
	 * Returns 0, or 1 (told, but it has not confirmed), or -errno (not told).
	 * NULL if the host does not follow.
	 */
	int (*announce)(const struct facts *facts, pid_t daemon_pid);
};

/*
 * The hosts, a row each: the name of its `const struct host host_NAME`. The order is that in which each
 * kind of evidence is sought, and in which texts list them.
 */
#define HOSTS(ROW) \
 ROW(systemd)      \
 ROW(upstart)      \
 ROW(inetd)        \
 ROW(none)

#define DECLARE_HOST(name) extern const struct host host_##name;
HOSTS(DECLARE_HOST)

/* All hosts, NULL-terminated. */
extern const struct host *const hosts[];

/* The host called @name, or NULL. */
const struct host *host_by_name(const char *name);

/* Adds the names of all hosts, with @last (" or ") before the last of them. */
void hosts_list(struct text *text, const char *last);

#endif
