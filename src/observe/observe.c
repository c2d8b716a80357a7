/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See observe/observe.h. */
#include "observe/observe.h"

#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/process.h"
#include "base/procfs.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"
#include "fd/fds.h"
#include "fd/in_way.h"
#include "fd/locks.h"
#include "hosts/host.h"
#include "hosts/listen_fds.h"
#include "observe/detect.h"
#include "targets/target.h"

#define NAMES_SIZE 512 /* of all hosts, or all targets */

static bool is_job_needed(const struct options *options, const struct facts *facts)
{
	return facts->handover.job == NULL && facts->target->needs_job != NULL &&
	       facts->host->identify != NULL &&
	       facts->target->needs_job(options, facts->handover.n_fds);
}

/* The sockets of --listen, as if they had been handed over. */
static int observe_own_sockets(const struct options *options, struct facts *facts,
			       struct refusal *refusal)
{
	struct handover *handover = &facts->handover;

	handover->fds = arena_get(facts->arena, options->n_listen, sizeof(*handover->fds));
	if (handover->fds == NULL)
		return refuse(refusal, ENOMEM, "out of memory");
	listen_describe(options->listen, options->n_listen, handover->fds);
	handover->n_fds = options->n_listen;
	handover->fds_are_ours = true;
	return 0;
}

/* Where the daemon expects something, whatever we would choose. */
static struct places find_places(const struct options *options, const struct facts *facts)
{
	if (facts->speaks == SPEAKS_NEWLINE && options->notify)
		return (struct places){ options->daemon_fd, 1 };
	if (facts->target->takes == SOCKETS_FROM_3)
		return (struct places){ LISTEN_FDS_START, facts->handover.n_fds };
	return (struct places){ 0, 0 };
}

/* Who is where the sockets are going to be, or what the daemon says on that it is ready. */
static int observe_places(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	struct handover *handover = &facts->handover;
	struct in_way *list = NULL;
	int r;

	if (facts->target->takes == SOCKETS_LISTED && handover->is_on_stdio[0])
		handover->free_fd = fd_find_free(N_STDIO);
	r = fds_find_in_way(handover->fds, handover->n_fds, find_places(options, facts),
			    facts->arena, &list, &facts->n_in_way);
	facts->in_way = list;
	return r < 0 ? refuse(refusal, -r, "out of memory") : 0;
}

static void observe_readiness(const struct options *options, struct facts *facts)
{
	if (facts->host->observe_readiness != NULL)
		facts->host->observe_readiness(options, facts);
}

/* Sockets that are there, and that neither this host has handed over nor the daemon looks for. */
static int find_left_sockets(struct facts *facts, struct refusal *refusal)
{
	if (listen_fds_find_others(facts) < 0)
		return refuse(refusal, ENOMEM, "out of memory");
	for (size_t i = 0; hosts[i] != NULL && facts->handover.fds_not_ours == NULL; i++) {
		if (hosts[i]->find_left_sockets != NULL && hosts[i] != facts->host)
			facts->handover.fds_not_ours = hosts[i]->find_left_sockets(facts);
	}
	return 0;
}

static int observe_handover(const struct options *options, struct facts *facts,
			    struct refusal *refusal)
{
	int r;

	(void)env_index(&facts->env, facts->arena); /* without memory a look-up takes longer */
	r = facts->host->observe != NULL ? facts->host->observe(options, facts, refusal) : 0;
	if (r == 0)
		observe_readiness(options, facts);
	if (r == 0)
		r = find_left_sockets(facts, refusal);
	if (r == 0 && options->n_listen > 0 && facts->handover.n_fds == 0)
		r = observe_own_sockets(options, facts, refusal);
	if (r == 0)
		r = observe_places(options, facts, refusal);
	if (r == 0 && is_job_needed(options, facts))
		facts->host->identify(facts);
	return r;
}

static void assume(struct facts *facts, const struct host *host, const char *what)
{
	facts->host = host;
	if (facts->n_evidence < MAX_EVIDENCE)
		facts->evidence[facts->n_evidence++] =
			(struct evidence){ .host = host, .strength = STRENGTH_OPTION, .what = what };
}

/* No service manager shows itself. Not all can: then it is enough to know what this one waits for. */
static void assume_host(const struct options *options, struct facts *facts)
{
	if (options->host_fd != NULL)
		assume(facts, &host_newline, "--host-fd is what a service manager reads from");
	else if (options->n_listen > 0 && !options_carry_readiness(options) &&
		 options->action != ACTION_DETECT)
		assume(facts, &host_none, "no service manager shows itself, and none is needed");
}

bool is_at_home(const struct facts *facts, const struct target *target)
{
	enum shape shape;

	return (target->takes == SOCKETS_NONE || target->takes == facts->host->gives) &&
	       protocol_find_shape(target->speaks, facts->way->learns, &shape) &&
	       shape == SHAPE_REPLACE;
}

bool needs_host_fd_moved(const struct options *options, const struct facts *facts)
{
	return facts->target->speaks == SPEAKS_NEWLINE && facts->handover.notify_fd > 0 &&
	       (facts->handover.notify_fd != options->daemon_fd || options->host_fd != NULL ||
		options->daemon_fd_name != NULL);
}

bool is_left_alone(const struct options *options, const struct facts *facts)
{
	bool wants_sockets = options->n_listen > 0 ||
			     (options->adopt == ADOPT_REQUIRE && facts->host->forgets_sockets);

	return is_at_home(facts, facts->target) && !wants_sockets;
}

static int find_way(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	facts->way = facts->host->way;
	return facts->host->find_way != NULL ? facts->host->find_way(options, facts, refusal) : 0;
}

/* Whether the daemon is going to be another process than this one. */
static bool is_forked(const struct options *options, const struct facts *facts)
{
	enum speaks speaks = options->ready_when != NULL ? SPEAKS_CONDITION : facts->target->speaks;
	enum shape shape;

	if (!options_carry_readiness(options) ||
	    !protocol_find_shape(speaks, facts->way->learns, &shape) || shape == SHAPE_REPLACE)
		return false;
	return shape != SHAPE_ATTEND || options->supervise || facts->pid == 1 ||
	       facts->way->learns == LEARNS_BY_EXIT;
}

/*
 * Only where they may be lost. None of our own processes is a child of ours yet, and no descriptor was moved.
 */
static int observe_ties(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	siginfo_t info;

	if (!is_forked(options, facts))
		return 0;
	if (facts->way->learns == LEARNS_BY_MAIN_PID) {
		(void)prctl(PR_GET_PDEATHSIG, &facts->parent_death_signal);
		facts->has_child = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
	}
	return fds_find_locked(facts->pid, facts->arena, &facts->locked_fds, &facts->n_locked) < 0
		       ? refuse(refusal, ENOMEM, "out of memory")
		       : 0;
}

/* The argument of -t or --target, if @word is one of them, and @next the next word. */
static const char *target_in(const char *word, const char *next)
{
	const char *value = after_prefix(word, "--target");

	if (value == NULL)
		value = after_prefix(word, "-t");
	if (value == NULL || *value == '\0')
		return value == NULL ? NULL : next;
	return *value == '=' ? value + 1 : value;
}

/* "COMMAND ARG... -t TARGET": the option is COMMAND's own there. */
static const char *find_late_target(const struct options *options)
{
	for (char *const *word = options->command; *word != NULL; word++) {
		const char *name = target_in(*word, word[1]);

		if (name != NULL && target_by_name(name) != NULL)
			return *word;
	}
	return NULL;
}

static int refuse_no_target(const struct options *options, const char *names, struct refusal *refusal)
{
	const char *late = find_late_target(options);

	if (late == NULL)
		return refuse(refusal, EINVAL, "no target: add -t TARGET, which is %s", names);
	return refuse(refusal, EINVAL,
		      "no target: options come before the command, and '%s' comes after '%s', so that it "
		      "is the command's own",
		      late, options->command[0]);
}

/* The names in the command line, which are those of the two tables. */
static int look_up_names(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	char names[NAMES_SIZE];
	struct text text = text_begin(names, sizeof(names));

	if (options->init != NULL) {
		facts->init = host_by_name(options->init);
		if (facts->init == NULL)
			hosts_list(&text, " or ");
		if (facts->init == NULL)
			return refuse(refusal, EINVAL,
				      "--init: '%s' is not a service manager, use auto, %s",
				      options->init, names);
	}
	if (options->target == NULL && options->action == ACTION_DETECT)
		return 0;
	facts->target = options->target != NULL ? target_by_name(options->target) : NULL;
	if (facts->target != NULL)
		facts->speaks = facts->target->speaks;
	if (facts->target != NULL)
		return 0;
	text = text_begin(names, sizeof(names));
	targets_list(&text, " or ");
	if (options->target == NULL)
		return refuse_no_target(options, names, refusal);
	return refuse(refusal, EINVAL, "--target: '%s' is not a target, use %s", options->target,
		      names);
}

static bool lacks_pidfds(pid_t own_pid)
{
	struct process own;
	bool lacks = process_open(own_pid, &own) == 0 && process_poll_fd(&own) < 0;

	process_close(&own);
	return lacks;
}

/*
 * Little is needed to run a daemon where it belongs, with what it is given there: only what it will not
 * find is to be told, and where what the host reads is moved to.
 */
static int observe_at_home(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	int r;

	if (options->ready_when != NULL)
		observe_readiness(options, facts);
	r = find_left_sockets(facts, refusal);
	if (r == 0 && options->notify && needs_host_fd_moved(options, facts))
		r = observe_places(options, facts, refusal);
	return r;
}

static void init(struct facts *facts, char *const *env, struct arena *arena)
{
	memset(facts, 0, offsetof(struct facts, evidence));
	facts->job[0] = facts->instance[0] = '\0';
	facts->env.list = env;
	facts->arena = arena;
	facts->pid = sys_getpid();
	facts->parent = getppid();
	facts->uid = (uid_t)getauxval(AT_EUID);
	facts->bus_budget_ms = BUS_BUDGET_MS;
}

int observe(const struct options *options, char *const *env, struct arena *arena,
	    struct facts *ret_facts, struct refusal *refusal)
{
	int r;

	init(ret_facts, env, arena);
	if (options->action != ACTION_RUN || options->verbose)
		ret_facts->lacks_pidfds = lacks_pidfds(ret_facts->pid);
	r = look_up_names(options, ret_facts, refusal);
	if (r < 0)
		return r;
	detect(ret_facts, options->action == ACTION_DETECT);
	if (ret_facts->host == NULL)
		assume_host(options, ret_facts);
	if (ret_facts->host == NULL)
		return 0;
	if (options->action == ACTION_DETECT) {
		(void)find_way(options, ret_facts, refusal); /* as far as it can be told */
		return 0;
	}
	r = find_way(options, ret_facts, refusal);
	if (r < 0)
		return r;
	r = observe_ties(options, ret_facts, refusal);
	if (r < 0)
		return r;
	/* Who is in between, for the message. */
	if (ret_facts->parentage == PARENT_IS_OTHER && ret_facts->parent_comm[0] == '\0')
		(void)process_read_comm(ret_facts->parent, ret_facts->parent_comm);
	if (is_left_alone(options, ret_facts))
		return observe_at_home(options, ret_facts, refusal);
	return observe_handover(options, ret_facts, refusal);
}
