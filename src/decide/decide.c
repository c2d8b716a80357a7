/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See decide/decide.h. */
#include "decide/decide.h"

#include "base/util.h"
#include "decide/effect.h"
#include "decide/in_way.h"
#include "decide/readiness.h"
#include "hosts/host.h"
#include "observe/observe.h"
#include "targets/target.h"

static void warn_of_watchdog(struct plan *plan, const struct facts *facts)
{
	const struct host *host = plan->host;

	if (!facts->handover.has_watchdog || host->watchdog_setting[0] == '\0')
		return;
	if (plan->shape != SHAPE_REPLACE)
		plan_warn(plan,
			  "%s in %s is switched off: a daemon that speaks %s's protocol sends no "
			  "WATCHDOG=1",
			  host->watchdog_setting, host->configured_in, plan->target->name);
	else
		plan_warn(plan,
			  "%s in %s will end the daemon: one that speaks %s's protocol sends no "
			  "WATCHDOG=1; take it out of %s",
			  host->watchdog_setting, host->configured_in, plan->target->name,
			  host->configured_in);
}

static void warn_of_lost_sockets(struct plan *plan, const struct facts *facts)
{
	if (facts->handover.fds_are_parents)
		plan_warn(plan,
			  "the sockets from %s were meant for our parent, process %d, and are not passed on: "
			  "%s",
			  plan->host->name, (int)facts->parent, readiness_exec_advice(facts));
	if (facts->handover.fds_not_ours != NULL)
		plan_warn(plan, "sockets are not passed on: %s", facts->handover.fds_not_ours);
}

/* A socket that the host put on 0-2 is not what the daemon may read or print to. */
static void release_stdio(struct plan *plan, const struct handover *handover)
{
	for (size_t i = 0; i < N_STDIO; i++) {
		if (handover->is_on_stdio[i])
			plan->stdio[i] = STDIO_NULL;
	}
}

static int decide_stderr(const struct options *options, struct plan *plan, struct refusal *refusal)
{
	static const enum stdio stdio[] = {
		[STANDARD_ERROR_KEEP] = STDIO_KEPT,
		[STANDARD_ERROR_SOCKET] = STDIO_SOCKET,
		[STANDARD_ERROR_NULL] = STDIO_NULL,
	};

	if (options->standard_error == STANDARD_ERROR_AS_IS)
		return 0;
	plan->stdio[STDERR_FILENO] = stdio[options->standard_error];
	if (options->standard_error == STANDARD_ERROR_SOCKET && plan->n_fds == 0)
		return refuse(refusal, EINVAL,
			      "--stderr=socket, but no socket was handed over: let one start it, or leave "
			      "out --stderr");
	return 0;
}

static void warn_of_unknown_sockets(struct plan *plan, const struct facts *facts)
{
	const struct handover *handover = &facts->handover;

	if (handover->fds_unknown == NULL || (handover->n_fds > 0 && !handover->fds_are_ours))
		return;
	plan_warn(plan, "whether %s starts on sockets is not known, and %s: %s",
		  plan->host->configured_in,
		  handover->fds_are_ours ? "those of --listen are in place of them"
					 : "the daemon is started without any",
		  handover->fds_unknown);
}

static void warn_of_missing_sockets(struct plan *plan, const struct facts *facts)
{
	const char *what = plan->host->configured_in;

	warn_of_unknown_sockets(plan, facts);
	if (facts->handover.fds_missing == NULL)
		return;
	if (facts->handover.fds_are_ours)
		plan_warn(plan, "those of --listen are in place of the sockets that %s starts on: %s",
			  what, facts->handover.fds_missing);
	else
		plan_warn(plan,
			  "%s was started without the sockets it starts on, and its clients may wait "
			  "for ever: %s",
			  what, facts->handover.fds_missing);
}

/*
 * When the host is itself a service (inetd under systemd), the variables that it inherited describe the
 * host, not the daemon. They are removed, except the target's own, which translate() handles.
 */
static bool is_above(const struct plan *plan, const struct host *host, const struct facts *facts)
{
	return host != plan->host && host->gives != plan->target->takes &&
	       (host->mark[0] == '\0' || env_get(&facts->env, host->mark) != NULL);
}

static int remove_variables_of(const struct host *host, const struct facts *facts, struct plan *plan)
{
	int r = env_edits_remove(&plan->env, host->variables);

	if (r < 0 || host->find_more_variables == NULL)
		return r;
	return env_edits_remove(&plan->env, host->find_more_variables(&facts->env));
}

static int remove_variables(const struct options *options, const struct facts *facts,
			    struct plan *plan)
{
	int r = remove_variables_of(plan->host, facts, plan);

	for (size_t i = 0; plan->host->is_nested && hosts[i] != NULL && r == 0; i++) {
		if (is_above(plan, hosts[i], facts))
			r = remove_variables_of(hosts[i], facts, plan);
	}
	plan->env.removed =
		options->host_fd; /* it tells the host's descriptor, which the daemon does not get */
	return r < 0 ? r : env_edits_remove(&plan->env, plan->target->variables);
}

/*
 * What of the run is ours to do. Where the daemon is at home it is given the sockets that are missing,
 * and else only what it cannot do itself: all the rest is left as it is, also readiness, if it says
 * that itself.
 */
struct wants {
	bool is_home;
	bool sockets;
	bool readiness;
	bool host_fd_moved; /* both mean a newline, but on descriptors of different numbers, or names */
};

static struct wants collect(const struct options *options, const struct facts *facts)
{
	if (!is_at_home(facts, facts->target))
		return (struct wants){ .sockets = true,
				       .readiness = options_carry_readiness(options) ||
						    facts->target->speaks == SPEAKS_EXIT };
	return (struct wants){
		.is_home = true,
		.sockets = !is_left_alone(options, facts) && plan_are_fds_new(&facts->handover),
		.readiness = options->ready_when != NULL,
		.host_fd_moved = options->notify && needs_host_fd_moved(options, facts),
	};
}

/* At home its sockets may be another's only if they did not come by execve(2). */
static bool may_be_anothers(const struct options *options, const struct plan *plan,
			    const struct wants *wants)
{
	if (plan->host->check == NULL)
		return false;
	return !wants->is_home || (options->adopt == ADOPT_REQUIRE && plan->host->forgets_sockets);
}

static int check(const struct options *options, const struct facts *facts, const struct plan *plan,
		 const struct wants *wants, struct refusal *refusal)
{
	int r = facts->target->speaks == SPEAKS_EXIT
			? readiness_check_forking(options, plan, refusal)
			: 0;

	if (r == 0 && (!wants->is_home || wants->readiness))
		r = readiness_check_options(options, plan, refusal);
	else if (r == 0 && options->ready_file != NULL)
		r = readiness_refuse_file(plan, refusal);
	if (r == 0)
		r = readiness_check_background(options, plan, refusal);
	if (r == 0 && wants->readiness && options_carry_readiness(options) &&
	    plan->host->check_readiness != NULL)
		r = plan->host->check_readiness(options, facts, refusal);
	return r;
}

static int check_sockets(const struct options *options, const struct facts *facts,
			 const struct plan *plan, const struct wants *wants, struct refusal *refusal)
{
	return may_be_anothers(options, plan, wants) ? plan->host->check(options, facts, refusal) : 0;
}

static int edit_variables_at_home(const struct options *options, const struct facts *facts,
				  struct plan *plan, const struct wants *wants)
{
	int r = 0;

	if (wants->sockets)
		r = env_edits_remove(&plan->env, plan->target->socket_variables);
	if (r == 0 && wants->readiness && plan->host->rename_main != NULL &&
	    plan->shape != SHAPE_ATTEND)
		r = plan->host->rename_main(facts, &plan->env);
	if (wants->host_fd_moved)
		plan->env.removed = options->host_fd;
	return r;
}

static int decide_variables(const struct options *options, const struct facts *facts,
			    struct plan *plan, const struct wants *wants, struct refusal *refusal)
{
	int r = wants->is_home ? edit_variables_at_home(options, facts, plan, wants)
			       : remove_variables(options, facts, plan);

	return r < 0 ? refuse(refusal, -r, "out of memory") : 0;
}

static int decide_sockets(const struct options *options, const struct facts *facts,
			  struct plan *plan, const struct wants *wants, struct refusal *refusal)
{
	int r;

	if (!wants->is_home && plan->host->add_to_plan != NULL)
		plan->host->add_to_plan(facts, plan);
	if (!wants->is_home)
		release_stdio(plan, &facts->handover);
	if (wants->host_fd_moved) {
		plan->daemon_fd = options->daemon_fd;
		plan->daemon_fd_from = facts->handover.notify_fd;
	}
	if (!wants->sockets && !wants->host_fd_moved)
		return 0;
	r = plan->target->translate(options, &facts->handover, plan, refusal);
	return r == 0 ? decide_in_way(facts, plan, refusal) : r;
}

/* A host that offers a way to say ready mostly waits for it; but it may offer it to others only. */
static void warn_of_forgotten_notify(struct plan *plan, const struct facts *facts)
{
	bool is_offered = plan->way->learns == LEARNS_BY_MAIN_PID &&
			  plan->host->ready_setting[0] != '\0' &&
			  env_get(&facts->env, "NOTIFY_SOCKET") != NULL;

	if (is_offered && plan->target->speaks != SPEAKS_NOTHING)
		plan_warn(plan,
			  "NOTIFY_SOCKET is set, but not -N: if %s has %s, %s waits in vain until the "
			  "daemon is ready: add -N, or change that",
			  plan->host->configured_in, plan->host->ready_setting, plan->host->name);
}

/* Nobody else has the descriptor; a daemon that knows its number may write there, whatever else it speaks. */
static void warn_of_forgotten_newline(struct plan *plan, const struct facts *facts)
{
	if (plan->way->learns == LEARNS_BY_NEWLINE && facts->handover.notify_fd > 0 &&
	    plan->target->speaks != SPEAKS_NOTHING && plan->target->speaks != SPEAKS_NEWLINE)
		plan_warn(plan,
			  "the service manager reads from descriptor %d (%s) that the daemon is ready, but -N is "
			  "missing: unless the daemon writes a newline there by itself, it waits in vain: add -N",
			  facts->handover.notify_fd,
			  facts->handover.notify_source != NULL ? facts->handover.notify_source
								: "?");
}

/* What worked without a word before there was this warning is not refused. */
static void warn_of_options(const struct options *options, struct plan *plan)
{
	uint64_t left = options->given, repeated = options->repeated;
	const char *name;
	enum use use;

	while ((name = options_next_given(&repeated, &use)) != NULL)
		plan_warn(plan, "--%s is given more than once: only the last one counts", name);
	while ((name = options_next_given(&left, &use)) != NULL) {
		const char *why = use == USE_ALWAYS ? NULL : effect_excluded(use, options, plan);

		if (why != NULL)
			plan_warn(plan, "--%s has no effect: %s", name, why);
	}
}

static void warn(const struct options *options, const struct facts *facts, struct plan *plan,
		 const struct wants *wants)
{
	warn_of_lost_sockets(plan, facts);
	if (wants->sockets)
		warn_of_missing_sockets(plan, facts);
	if (!wants->is_home || wants->readiness)
		warn_of_watchdog(plan, facts);
	if (!wants->is_home && !wants->readiness) {
		warn_of_forgotten_notify(plan, facts);
		warn_of_forgotten_newline(plan, facts);
	}
	warn_of_options(options, plan);
}

/* What is put in the place of a locked file has ended its lock. */
static int decide_locks(const struct facts *facts, struct plan *plan, struct refusal *refusal)
{
	int *fds;

	if (facts->n_locked > 0 && plan->pid_file != NULL)
		plan_warn(plan,
			  "this process has a record lock (fcntl(2)), on descriptor %d, which is free as "
			  "soon as it leaves the daemon in the background: lock the file behind "
			  "cross-init-bridge, not before it",
			  facts->locked_fds[0]);
	if (facts->n_locked == 0 || plan->pid_file != NULL || plan->shape == SHAPE_REPLACE ||
	    plan->shape == SHAPE_ATTEND)
		return 0;
	fds = arena_get(facts->arena, facts->n_locked, sizeof(*fds));
	if (fds == NULL)
		return refuse(refusal, ENOMEM, "out of memory");
	for (size_t i = 0; i < facts->n_locked; i++) {
		if (!plan_replaces_fd(plan, facts->locked_fds[i]))
			fds[plan->n_locked++] = facts->locked_fds[i];
	}
	plan->locked_fds = fds;
	return 0;
}

/* Nobody is found: which of those that show themselves were looked for? */
static int refuse_unknown_host(struct refusal *refusal)
{
	char names[512];
	struct text text = text_begin(names, sizeof(names));

	hosts_list(&text, " or ");
	return refuse(refusal, ENODATA,
		      "cannot tell which service manager started us, none shows itself: run it from a unit "
		      "or a job, or say --init=NAME, which is %s (--detect prints what was looked at), or "
		      "leave out -N and say --listen=ADDRESS",
		      names);
}

/* One after the other: each reads what those before it have written. */
static int decide_parts(const struct options *options, const struct facts *facts, struct plan *plan,
			const struct wants *wants, struct refusal *refusal)
{
	int r = check(options, facts, plan, wants, refusal);

	if (r == 0 && wants->readiness)
		r = readiness_decide(options, facts, plan, refusal);
	if (r == 0)
		plan->decided = DECIDED_SHAPE;
	if (r == 0)
		r = check_sockets(options, facts, plan, wants, refusal);
	if (r == 0)
		r = decide_variables(options, facts, plan, wants, refusal);
	if (r == 0)
		r = decide_sockets(options, facts, plan, wants, refusal);
	if (r == 0 && !plan->is_untouched)
		r = decide_stderr(options, plan, refusal);
	return r == 0 ? decide_locks(facts, plan, refusal) : r;
}

/* Without a decision so far. */
static void init(struct plan *plan, const struct options *options, const struct facts *facts)
{
	memset(plan, 0, offsetof(struct plan, warnings));
	plan->warnings[0] = '\0';
	plan->host = facts->host;
	plan->target = facts->target;
	plan->way = facts->way;
	plan->shape = SHAPE_REPLACE;
	plan->first_fd = -1;
	plan->env.arena = facts->arena;
	plan->wait_for = options->wait_for;
	plan->n_wait_for = options->n_wait_for;
	plan->wait_timeout_s = options->wait_timeout_s;
	plan->notify_access = options->notify_access;
	plan->notify_place = options->notify_place;
	plan->log = options->log;
	plan->end_after_ready = options->end_after_ready;
	plan->stdio_is_null = options->stdio_null != 0;
	plan->command = options->command;
}

int decide(const struct options *options, const struct facts *facts, struct plan *ret_plan,
	   struct refusal *refusal)
{
	struct wants wants;
	int r;

	init(ret_plan, options, facts);
	if (facts->host == NULL)
		return refuse_unknown_host(refusal);
	if (facts->handover.fds_are_ours)
		ret_plan->listen = options->listen;
	wants = collect(options, facts);
	ret_plan->is_untouched = wants.is_home && !wants.sockets && !wants.readiness &&
				 !wants.host_fd_moved;
	r = decide_parts(options, facts, ret_plan, &wants, refusal);
	if (r < 0)
		return r;
	ret_plan->decided = DECIDED_ALL;
	ret_plan->may_be_awaited = !wants.is_home && !wants.readiness &&
				   ret_plan->way->question != NULL &&
				   ret_plan->target->speaks != SPEAKS_NOTHING;
	warn(options, facts, ret_plan, &wants);
	return 0;
}
