/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See decide/readiness.h. */
#include "decide/readiness.h"

#include "base/util.h"
#include "hosts/host.h"
#include "observe/observe.h"
#include "targets/target.h"

/* A shell can give its place to us; su(1), sudo(8), tini and their like stay, to do something afterwards. */
const char *readiness_exec_advice(const struct facts *facts)
{
	const char *comm = facts->parent_comm;

	if (comm[0] == '\0' || comm[0] == '?')
		return "put 'exec' before cross-init-bridge in the script or wrapper that runs it (su, "
		       "sudo and tini stay in between: use setpriv(1), or leave them out)";
	if (has_suffix(comm, "sh"))
		return "put 'exec' before cross-init-bridge in the script that runs it";
	return "put 'exec' before cross-init-bridge if that is a script; what stays in between, as su, "
	       "sudo and tini do, cannot be there: use setpriv(1), or leave it out";
}

static const char *name_of_parent(const struct facts *facts, char *buffer, size_t size)
{
	struct text text = text_begin(buffer, size);

	if (facts->parent_comm[0] != '\0' && facts->parent_comm[0] != '?') {
		text_add(&text, " (");
		text_add(&text, facts->parent_comm);
		text_add(&text, ")");
	}
	return buffer;
}

/* -N needs the process that the host tracks: ours, and nobody's between the host and us. */
static int check_parentage(const struct options *options, const struct facts *facts,
			   struct refusal *refusal)
{
	char name[24];

	/* A parent outside of our PID namespace has no number, and cannot be compared. */
	if (facts->parentage != PARENT_IS_OTHER || facts->parent == 0)
		return 0;
	return refuse(refusal, EINVAL, "%s: our parent, process %d%s, is not %s itself (%s): %s",
		      options_readiness(options), (int)facts->parent,
		      name_of_parent(facts, name, sizeof(name)), facts->host->name,
		      facts->n_evidence > 0 ? facts->evidence[facts->n_evidence - 1].what : "",
		      readiness_exec_advice(facts));
}

/*
 * A container in which nobody listens, as was said: whatever the daemon says of its readiness, somebody has to
 * reap its orphans and to pass its signals on.
 */
static bool is_plain_init(const struct options *options, const struct facts *facts,
			  const struct plan *plan)
{
	return facts->pid == 1 && options->init != NULL && plan->way->learns == LEARNS_NOTHING;
}

/* There are protocols that know nothing of readiness. */
static int check_speech(const struct options *options, const struct facts *facts,
			const struct plan *plan, struct refusal *refusal)
{
	const char *option = options_readiness(options);

	if (!options_carry_readiness(options))
		return 0;
	if (plan->speaks == SPEAKS_NOTHING)
		return refuse(refusal, ENOTSUP,
			      "-N: a daemon that speaks %s's protocol does not say when it is ready: leave "
			      "out -N",
			      plan->target->name);
	if (plan->way->learns != LEARNS_NOTHING || options->ready_file != NULL ||
	    is_plain_init(options, facts, plan))
		return 0;
	/* One that could wait, but was not told to, is not a reason not to start the daemon. */
	if (facts->handover.notify_missing != NULL)
		return 0;
	return refuse(refusal, ENOTSUP,
		      "%s on host %s: nobody waits until the daemon is ready: add --ready-file=PATH%s%s%s, or "
		      "leave out %s",
		      option, plan->host->name,
		      plan->host->ready_file_reader[0] != '\0' ? " (for " : "",
		      plan->host->ready_file_reader[0] != '\0' ? plan->host->ready_file_reader : "",
		      plan->host->ready_file_reader[0] != '\0' ? ")" : "", option);
}

static int refuse_pair(const struct options *options, const struct plan *plan, struct refusal *refusal)
{
	return refuse(refusal, ENOTSUP, "%s: no way is known to tell %s of a daemon for %s",
		      options_readiness(options), plan->host->name, plan->target->name);
}

int readiness_refuse_file(const struct plan *plan, struct refusal *refusal)
{
	return refuse(refusal, ENOTSUP,
		      "--ready-file on host %s for %s: nobody of ours stays who could make and remove the "
		      "file: leave it out",
		      plan->host->name, plan->target->name);
}

/* Whether the host has what the shape of @plan needs of it. */
static bool has_functions(const struct plan *plan)
{
	if (plan->shape == SHAPE_REPLACE)
		return true;
	return plan->is_announced ? plan->way->announce != NULL : plan->way->tell_ready != NULL;
}

/*
 * Who waits without a limit, an administrator at "start" or a boot, would wait for ever for a daemon
 * that never says that it is ready; and a condition says by itself when it has failed only if there
 * is one. Some hosts have one of their own.
 */
static int start_timeout(const struct options *options, const struct host *host)
{
	if (options->start_timeout_s != NO_START_TIMEOUT)
		return options->start_timeout_s;
	if (!options_carry_readiness(options))
		return 0;
	if (host->patience == PATIENCE_ENDLESS)
		return WAIT_TIMEOUT_S;
	return options->ready_when != NULL && host->patience != PATIENCE_LIMITED ? WAIT_TIMEOUT_S : 0;
}

/* PID 1 of a PID namespace cannot be stopped from inside, signal(7). */
static int check_pid_1(const struct options *options, const struct facts *facts,
		       const struct host *host, struct refusal *refusal)
{
	if (!options_carry_readiness(options) || facts->pid != 1 ||
	    facts->way->learns != LEARNS_BY_STOP)
		return 0;
	return refuse(refusal, ENOTSUP,
		      "-N on %s as PID 1 of a namespace: %s waits for another process, and ours cannot "
		      "stop itself: leave out -N, or the namespace",
		      host->name, host->name);
}

/* What the daemon would have kept in our place, or needs us for, and loses if we leave; or NULL. */
static const char *find_tie(const struct options *options, const struct facts *facts)
{
	if (options->ready_file != NULL)
		return "somebody has to remove the file of --ready-file";
	if (facts->parent_death_signal != 0)
		return "a signal at the end of its parent was asked for (PR_SET_PDEATHSIG), which leaving "
		       "would send it";
	if (facts->has_child)
		return "this process has a child already, which ends with it (PAMName=: the session is "
		       "closed)";
	if (facts->n_locked > 0)
		return "this process has a record lock (fcntl(2)), which ends with it";
	if (facts->parent_is_another)
		return "our parent is called otherwise than the service manager that --init names, and may "
		       "end with us (an init of a container's engine does)";
	return NULL;
}

/*
 * What has to go on although nobody hears of it: a daemon that goes to the background wants its parent, one
 * that stops itself somebody who continues it, and one that writes to a descriptor must find it open.
 */
static bool needs_a_partner(enum speaks speaks)
{
	return speaks == SPEAKS_EXIT || speaks == SPEAKS_STOP || speaks == SPEAKS_NEWLINE;
}

/* As PID 1 of a PID namespace (PrivatePIDs=) we cannot leave without ending it. */
static int find_shape(const struct options *options, const struct facts *facts, struct plan *plan,
		      struct refusal *refusal)
{
	if (!protocol_find_shape(plan->speaks, plan->way->learns, &plan->shape))
		return refuse_pair(options, plan, refusal);
	if (plan->way->learns == LEARNS_NOTHING && options->ready_file == NULL &&
	    !needs_a_partner(plan->speaks) && !is_plain_init(options, facts, plan))
		plan->shape = SHAPE_REPLACE;
	if (plan->shape != SHAPE_REPLACE && (options->supervise || facts->pid == 1))
		plan->shape = SHAPE_SUPERVISE;
	plan->stays_for = plan->shape == SHAPE_HAND_OVER ? find_tie(options, facts) : NULL;
	if (plan->stays_for != NULL)
		plan->shape = SHAPE_SUPERVISE;
	/* A stop is seen by the parent alone, which then is the one to tell it. */
	plan->is_announced = plan->shape != SHAPE_REPLACE &&
			     (plan->way->learns == LEARNS_BY_MAIN_PID || plan->speaks == SPEAKS_STOP);
	if (!has_functions(plan))
		return refuse_pair(options, plan, refusal);
	if (options->ready_file != NULL && plan->shape == SHAPE_REPLACE)
		return readiness_refuse_file(plan, refusal);
	plan->ready_file = options->ready_file;
	if (plan->way->learns == LEARNS_BY_EXIT && plan->shape != SHAPE_REPLACE)
		plan->pid_file = options->pid_file;
	return 0;
}

/* We stay for it in any case; that somebody is told is another matter. */
static void decide_forking(const struct options *options, struct plan *plan)
{
	if (plan->shape == SHAPE_REPLACE)
		return;
	if (!options->notify)
		plan->way = &way_nothing;
	plan->daemon_pid_file = options->daemon_pid_file;
	plan->stragglers = options->stragglers;
}

/* A condition like others, that the daemon brings about on a pipe of ours. */
static void await_newline(const struct options *options, struct plan *plan)
{
	struct text text = text_begin(plan->newline_text, sizeof(plan->newline_text));

	text_add(&text, "newline:");
	text_add_number(&text, (unsigned long)options->daemon_fd);
	plan->newline = (struct awaited){
		.kind = AWAITED_NEWLINE, .text = plan->newline_text, .what = "", .fd = -1
	};
	plan->ready_when = &plan->newline;
	plan->daemon_fd = options->daemon_fd;
}

/* Who looks at a ready file hears it from that; but a descriptor that was named has somebody behind it. */
static void warn_unheard(const struct options *options, const struct facts *facts, struct plan *plan)
{
	bool has_file = plan->shape != SHAPE_REPLACE && options->ready_file != NULL;

	if (!options_carry_readiness(options) || facts->handover.notify_missing == NULL)
		return;
	if (!has_file || options->host_fd != NULL)
		plan_warn(plan,
			  "%s: %s; the daemon is started all the same, but %s hears that it is ready",
			  plan->host->name, facts->handover.notify_missing,
			  has_file ? "only who looks at the ready file" : "nobody");
}

int readiness_decide(const struct options *options, const struct facts *facts, struct plan *plan,
		     struct refusal *refusal)
{
	int r;

	plan->ready_when = options->ready_when;
	plan->speaks = plan->ready_when != NULL ? SPEAKS_CONDITION : plan->target->speaks;
	if (plan->speaks == SPEAKS_NEWLINE)
		await_newline(options, plan);
	r = check_speech(options, facts, plan, refusal);
	if (r == 0)
		r = check_pid_1(options, facts, plan->host, refusal);
	if (r == 0)
		r = find_shape(options, facts, plan, refusal);
	if (r < 0)
		return r;
	if (plan->speaks == SPEAKS_EXIT)
		decide_forking(options, plan);
	warn_unheard(options, facts, plan);
	plan->start_timeout_s = start_timeout(options, plan->host);
	plan->job_respawns = options->job_respawns;
	/* A daemon that speaks to the host itself does so by what the host gave it. */
	if (plan->shape == SHAPE_REPLACE && plan->way->learns != LEARNS_NOTHING)
		plan->env.kept = plan->host->ready_variables;
	return options_carry_readiness(options) ? check_parentage(options, facts, refusal) : 0;
}

/* -i forking is all about readiness, and --pidfile is of no use without it. */
int readiness_check_background(const struct options *options, const struct plan *plan,
			       struct refusal *refusal)
{
	bool is_forking = plan->way->learns == LEARNS_BY_EXIT;

	if (is_forking && !options_carry_readiness(options) && plan->target->speaks != SPEAKS_EXIT)
		return refuse(refusal, EINVAL,
			      "--init=%s without -N or --ready-when: we would leave at once, and nobody would "
			      "know when the daemon is ready: add one of them",
			      plan->host->name);
	if (options->stdio_null != 0 && !is_forking)
		return refuse(refusal, EINVAL,
			      "--stdio=null on host %s: only for a daemon in the background, -i forking",
			      plan->host->name);
	if (options->pid_file != NULL && !is_forking)
		return refuse(refusal, EINVAL,
			      "--pidfile on host %s: only with -i forking do we leave the daemon in the "
			      "background: add that, or leave out --pidfile",
			      plan->host->name);
	return 0;
}

/*
 * Where the host follows such a daemon by itself it is the better one to do it, and takes what was said
 * to it for another protocol's.
 */
int readiness_check_forking(const struct options *options, const struct plan *plan,
			    struct refusal *refusal)
{
	const struct host *host = plan->host;

	if (options->ready_when != NULL)
		return refuse(refusal, EINVAL,
			      "--ready-when with --target=%s: the daemon is ready when its first process exits: "
			      "leave out --ready-when",
			      plan->target->name);
	if (options->daemon_pid_file != NULL && options->daemon_pid_file[0] != '/')
		return refuse(refusal, EINVAL, "--daemon-pidfile: '%s' is not an absolute path",
			      options->daemon_pid_file);
	if (options->notify && host->forking_setting[0] != '\0')
		return refuse(refusal, ENOTSUP,
			      "-N: %s itself waits for a daemon that goes to the background: put '%s' and "
			      "'%s%s' into %s, and leave out -N",
			      host->name, host->forking_setting, host->pid_file_setting,
			      options->daemon_pid_file != NULL ? options->daemon_pid_file : "PATH",
			      host->configured_in);
	return 0;
}

/* The one is empty, and gone when the daemon is not ready; the other names a process. */
static int check_ready_path(const struct options *options, struct refusal *refusal)
{
	const char *path = options->ready_file;
	const struct {
		const char *option, *path;
	} others[] = { { "pidfile", options->pid_file },
		       { "daemon-pidfile", options->daemon_pid_file } };

	if (path == NULL)
		return 0;
	if (path[0] != '/')
		return refuse(refusal, EINVAL, "--ready-file: '%s' is not an absolute path", path);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (others[i].path != NULL && is_equal(others[i].path, path))
			return refuse(refusal, EINVAL,
				      "--ready-file and --%s are the same file, %s: each needs one of its own",
				      others[i].option, path);
	}
	return 0;
}

int readiness_check_options(const struct options *options, const struct plan *plan,
			    struct refusal *refusal)
{
	if (options->supervise && !options_carry_readiness(options))
		return refuse(refusal, EINVAL,
			      "--supervise without -N or --ready-when: add one, or leave out "
			      "--supervise");
	if (options->ready_file != NULL && !options_carry_readiness(options))
		return refuse(refusal, EINVAL,
			      "--ready-file without -N or --ready-when: add one, or leave out --ready-file");
	if (options->pid_file != NULL && options->pid_file[0] != '/')
		return refuse(refusal, EINVAL, "--pidfile: '%s' is not an absolute path",
			      options->pid_file);
	if (options->job_respawns && !options->supervise && plan->target->speaks != SPEAKS_EXIT)
		return refuse(refusal, EINVAL,
			      "--job-respawns without --supervise: only a parent that stays can do it; "
			      "add --supervise, or leave out --job-respawns");
	return check_ready_path(options, refusal);
}
