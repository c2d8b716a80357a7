/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See decide/decide.h. */
#include "decide/decide.h"

#include "base/util.h"
#include "decide/effect.h"
#include "hosts/host.h"
#include "observe/observe.h"
#include "targets/target.h"

/* -N needs the process that the host tracks: ours, and nobody's between the host and us. */
static int check_parentage(const struct options *options, const struct facts *facts,
			   struct refusal *refusal)
{
	/* A parent outside of our PID namespace has no number, and cannot be compared. */
	if (facts->parentage != PARENT_IS_OTHER || facts->parent == 0)
		return 0;
	return refuse(refusal, EINVAL,
		      "%s: our parent, process %d, is not %s itself (%s): put 'exec' before "
		      "cross-init-bridge in the script or wrapper that runs it",
		      options_readiness(options), (int)facts->parent, facts->host->name,
		      facts->n_evidence > 0 ? facts->evidence[facts->n_evidence - 1].what : "");
}

/* There are protocols that know nothing of readiness. */
static int check_speech(const struct options *options, const struct facts *facts,
			const struct plan *plan, struct refusal *refusal)
{
	const char *option = options_readiness(options);

	if (plan->speaks == SPEAKS_NOTHING)
		return refuse(refusal, ENOTSUP,
			      "-N: a daemon that speaks %s's protocol does not say when it is ready: leave "
			      "out -N",
			      plan->target->name);
	if (plan->way->learns != LEARNS_NOTHING || options->ready_file != NULL)
		return 0;
	/* One that could wait, but was not told to, is no reason not to start the daemon. */
	if (facts->handover.notify_missing != NULL && plan->speaks != SPEAKS_STOP)
		return 0;
	return refuse(refusal, ENOTSUP,
		      "%s on host %s: nobody waits until the daemon is ready: %s%s%s%s, or leave out %s",
		      option, plan->host->name,
		      facts->handover.notify_missing != NULL ? facts->handover.notify_missing
							     : "add --ready-file=PATH",
		      plan->host->ready_file_reader[0] != '\0' ? " (for " : "",
		      plan->host->ready_file_reader[0] != '\0' ? plan->host->ready_file_reader : "",
		      plan->host->ready_file_reader[0] != '\0' ? ")" : "", option);
}

static int refuse_pair(const struct options *options, const struct plan *plan, struct refusal *refusal)
{
	return refuse(refusal, ENOTSUP, "%s: no way is known to tell %s of a daemon for %s",
		      options_readiness(options), plan->host->name, plan->target->name);
}

static int refuse_ready_file(const struct plan *plan, struct refusal *refusal)
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
	if (host->patience == PATIENCE_ENDLESS)
		return WAIT_TIMEOUT_S;
	return options->ready_when != NULL && host->patience != PATIENCE_LIMITED ? WAIT_TIMEOUT_S : 0;
}

/* PID 1 of a PID namespace cannot be stopped from inside, signal(7). */
static int check_pid_1(const struct facts *facts, const struct host *host, struct refusal *refusal)
{
	if (facts->pid != 1 || facts->way->learns != LEARNS_BY_STOP)
		return 0;
	return refuse(refusal, ENOTSUP,
		      "-N on %s as PID 1 of a namespace: %s waits for another process, and ours cannot "
		      "stop itself: leave out -N, or the namespace",
		      host->name, host->name);
}

/* What the daemon would have kept in our place, and loses if we leave; or NULL. */
static const char *find_tie(const struct facts *facts)
{
	if (facts->parent_death_signal != 0)
		return "a signal at the end of its parent was asked for (PR_SET_PDEATHSIG), which leaving "
		       "would send it";
	if (facts->has_child)
		return "this process has a child already, which ends with it (PAMName=: the session is "
		       "closed)";
	return NULL;
}

/* As PID 1 of a PID namespace (PrivatePIDs=) we cannot leave without ending it. */
static int find_shape(const struct options *options, const struct facts *facts, struct plan *plan,
		      struct refusal *refusal)
{
	if (!protocol_find_shape(plan->speaks, plan->way->learns, &plan->shape))
		return refuse_pair(options, plan, refusal);
	if (plan->way->learns == LEARNS_NOTHING && options->ready_file == NULL)
		plan->shape = SHAPE_REPLACE;
	if (plan->shape != SHAPE_REPLACE && (options->supervise || facts->pid == 1))
		plan->shape = SHAPE_SUPERVISE;
	plan->stays_for = plan->shape == SHAPE_HAND_OVER ? find_tie(facts) : NULL;
	if (plan->stays_for != NULL)
		plan->shape = SHAPE_SUPERVISE;
	/* A stop is seen by the parent alone, which then is the one to tell it. */
	plan->is_announced = plan->shape != SHAPE_REPLACE &&
			     (plan->way->learns == LEARNS_BY_MAIN_PID || plan->speaks == SPEAKS_STOP);
	if (!has_functions(plan))
		return refuse_pair(options, plan, refusal);
	if (options->ready_file != NULL &&
	    (plan->shape == SHAPE_REPLACE || plan->shape == SHAPE_HAND_OVER))
		return refuse_ready_file(plan, refusal);
	plan->ready_file = options->ready_file;
	plan->stdio_is_null = options->stdio_null != 0;
	plan->pid_file = plan->way->learns == LEARNS_BY_EXIT ? options->pid_file : NULL;
	return 0;
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

static int decide_shape(const struct options *options, const struct facts *facts, struct plan *plan,
			struct refusal *refusal)
{
	int r;

	plan->ready_when = options->ready_when;
	plan->speaks = plan->ready_when != NULL ? SPEAKS_CONDITION : plan->target->speaks;
	if (plan->speaks == SPEAKS_NEWLINE)
		await_newline(options, plan);
	r = check_speech(options, facts, plan, refusal);
	if (r == 0)
		r = check_pid_1(facts, plan->host, refusal);
	if (r == 0)
		r = find_shape(options, facts, plan, refusal);
	if (r < 0)
		return r;
	if (plan->shape == SHAPE_REPLACE && facts->handover.notify_missing != NULL)
		plan_warn(plan,
			  "%s: %s; the daemon is started all the same, but nobody hears that it is ready",
			  plan->host->name, facts->handover.notify_missing);
	plan->start_timeout_s = start_timeout(options, plan->host);
	plan->job_respawns = options->job_respawns;
	/* A daemon that speaks to the host itself does so by what the host gave it. */
	if (plan->shape == SHAPE_REPLACE && plan->way->learns != LEARNS_NOTHING)
		plan->env.kept = plan->host->ready_variables;
	return check_parentage(options, facts, refusal);
}

/* -i forking is all about readiness, and --pidfile is of no use without it. */
static int check_pid_file(const struct options *options, const struct plan *plan,
			  struct refusal *refusal)
{
	bool is_forking = plan->way->learns == LEARNS_BY_EXIT;

	if (is_forking && !options_carry_readiness(options))
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

static int check_options(const struct options *options, struct refusal *refusal)
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
	if (options->ready_file != NULL && options->ready_file[0] != '/')
		return refuse(refusal, EINVAL, "--ready-file: '%s' is not an absolute path",
			      options->ready_file);
	if (options->job_respawns && !options->supervise)
		return refuse(refusal, EINVAL,
			      "--job-respawns without --supervise: only a parent that stays can do it; "
			      "add --supervise, or leave out --job-respawns");
	return 0;
}

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
			  "put 'exec' before cross-init-bridge in the script or wrapper that runs it",
			  plan->host->name, (int)facts->parent);
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
 * What runs below a unit or job inherits its variables: to a service of a host that is itself one
 * they speak of that one, as NOTIFY_SOCKET does of inetd's. What the target's own manager has left
 * there is the target's affair.
 */
static bool is_above(const struct plan *plan, const struct host *host, const struct facts *facts)
{
	return plan->host->is_nested && host->gives != plan->target->takes &&
	       (host->mark[0] == '\0' || env_get(facts->env, host->mark) != NULL);
}

static int remove_variables_of(const struct host *host, const struct facts *facts, struct plan *plan)
{
	int r = host->variables != NULL ? env_edits_remove(&plan->env, host->variables) : 0;

	if (r < 0 || host->find_more_variables == NULL)
		return r;
	return env_edits_remove(&plan->env, host->find_more_variables(facts->env));
}

/* One that tells the host's descriptor, which the daemon does not get. */
static int remove_variable(const struct facts *facts, const char *name, struct plan *plan)
{
	const char **patterns = arena_get(facts->arena, 2, sizeof(*patterns));

	if (patterns == NULL)
		return -ENOMEM;
	patterns[0] = name;
	patterns[1] = NULL;
	return env_edits_remove(&plan->env, patterns);
}

static int remove_variables(const struct options *options, const struct facts *facts,
			    struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; hosts[i] != NULL && r == 0; i++) {
		if (hosts[i] == plan->host || is_above(plan, hosts[i], facts))
			r = remove_variables_of(hosts[i], facts, plan);
	}
	if (r == 0 && options->host_fd != NULL)
		r = remove_variable(facts, options->host_fd, plan);
	return r < 0 ? r : env_edits_remove(&plan->env, plan->target->variables);
}

static bool is_closed_anyway(const struct plan *plan, int fd)
{
	for (size_t i = 0; i < plan->n_close_fds; i++) {
		if (plan->close_fds[i] == fd)
			return true;
	}
	return false;
}

/* "descriptors 3 to 5" */
static const char *format_places(const struct plan *plan, char *buffer, size_t size)
{
	struct text text = text_begin(buffer, size);

	text_add(&text, plan->n_fds == 1 ? "descriptor " : "descriptors ");
	text_add_number(&text, (unsigned long)plan->first_fd);
	if (plan->n_fds > 1) {
		text_add(&text, " to ");
		text_add_number(&text, (unsigned long)plan_fd_number(plan, plan->n_fds - 1));
	}
	return buffer;
}

/* Where it is carried, the babysitter takes it out of the way. */
static int refuse_in_way(const struct plan *plan, int fd, struct refusal *refusal)
{
	const char *where = plan->host->configured_in[0] != '\0' ? plan->host->configured_in
								 : "the service manager";
	char places[64];

	return refuse(refusal, EBUSY,
		      "the daemon expects its sockets at %s, but %s reads from descriptor %d that the "
		      "daemon is ready: give that another number in %s, or add -N or --ready-when",
		      format_places(plan, places, sizeof(places)), plan->host->name, fd, where);
}

/* What is open where the sockets go is lost: nobody misses it, or somebody does not know why. */
static int check_in_way(const struct facts *facts, struct plan *plan, struct refusal *refusal)
{
	char list[256], places[64];
	struct text text;
	int host_fd = facts->handover.notify_fd;
	size_t n = 0;

	if (facts->n_in_way == 0)
		return 0;
	text = text_begin(list, sizeof(list));
	for (size_t i = 0; i < facts->n_in_way; i++) {
		const struct in_way *in_way = &facts->in_way[i];

		if (in_way->fd == host_fd && plan->shape == SHAPE_REPLACE)
			return refuse_in_way(plan, host_fd, refusal);
		if (in_way->fd == host_fd || is_closed_anyway(plan, in_way->fd))
			continue;
		text_add(&text, n++ > 0 ? ", " : "");
		text_add_number(&text, (unsigned long)in_way->fd);
		text_add(&text, " (");
		text_add(&text, in_way->what);
		text_add(&text, ")");
	}
	if (n > 0)
		plan_warn(plan,
			  "the daemon expects its sockets at %s, and what is open there is closed: %s; give "
			  "it another number, if somebody needs it",
			  format_places(plan, places, sizeof(places)), list);
	return 0;
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
				       .readiness = options_carry_readiness(options) };
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
	int r = 0;

	if (!wants->is_home || wants->readiness)
		r = check_options(options, refusal);
	else if (options->ready_file != NULL)
		r = refuse_ready_file(plan, refusal);
	if (r == 0)
		r = check_pid_file(options, plan, refusal);
	if (r == 0 && wants->readiness && plan->host->check_readiness != NULL)
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
	if (r == 0 && wants->host_fd_moved && options->host_fd != NULL)
		r = remove_variable(facts, options->host_fd, plan);
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
	return r == 0 && wants->sockets ? check_in_way(facts, plan, refusal) : r;
}

/* A host that offers a way to say ready mostly waits for it; but it may offer it to others only. */
static void warn_of_forgotten_notify(struct plan *plan, const struct facts *facts)
{
	bool is_offered = plan->way->learns == LEARNS_BY_MAIN_PID &&
			  plan->host->ready_setting[0] != '\0' &&
			  env_get(facts->env, "NOTIFY_SOCKET") != NULL;

	if (is_offered && plan->target->speaks != SPEAKS_NOTHING)
		plan_warn(plan,
			  "NOTIFY_SOCKET is set, but not -N: if %s has %s, %s waits in vain until the "
			  "daemon is ready: add -N, or change that",
			  plan->host->configured_in, plan->host->ready_setting, plan->host->name);
}

/* What worked without a word before there was this warning is not refused. */
static void warn_of_options(const struct options *options, struct plan *plan)
{
	uint64_t left = options->given;
	const char *name;
	enum use use;

	if (options->repeated != NULL)
		plan_warn(plan, "--%s is given more than once: only the last one counts",
			  options->repeated);
	while ((name = options_next_given(&left, &use)) != NULL) {
		const char *why = use == USE_ALWAYS ? NULL : effect_excluded(use, options, plan);

		if (why != NULL)
			plan_warn(plan, "--%s has no effect: %s", name, why);
	}
}

static void warn(const struct options *options, const struct facts *facts, struct plan *plan,
		 const struct wants *wants)
{
	if (wants->sockets) {
		warn_of_lost_sockets(plan, facts);
		warn_of_missing_sockets(plan, facts);
	}
	if (!wants->is_home || wants->readiness)
		warn_of_watchdog(plan, facts);
	if (!wants->is_home && !wants->readiness)
		warn_of_forgotten_notify(plan, facts);
	warn_of_options(options, plan);
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

int decide(const struct options *options, const struct facts *facts, struct plan *ret_plan,
	   struct refusal *refusal)
{
	struct wants wants;
	int r;

	*ret_plan = (struct plan){
		.host = facts->host,
		.target = facts->target,
		.way = facts->way,
		.shape = SHAPE_REPLACE,
		.first_fd = -1,
		.env = { .arena = facts->arena },
		.wait_for = options->wait_for,
		.n_wait_for = options->n_wait_for,
		.wait_timeout_s = options->wait_timeout_s,
		.notify_access = options->notify_access,
		.notify_place = options->notify_place,
		.log = options->log,
		.end_after_ready = options->end_after_ready,
		.command = options->command,
	};
	if (facts->host == NULL)
		return refuse_unknown_host(refusal);
	if (facts->handover.fds_are_ours)
		ret_plan->listen = options->listen;
	wants = collect(options, facts);
	ret_plan->is_untouched = wants.is_home && !wants.sockets && !wants.readiness &&
				 !wants.host_fd_moved;
	r = check(options, facts, ret_plan, &wants, refusal);
	if (r == 0 && wants.readiness)
		r = decide_shape(options, facts, ret_plan, refusal);
	if (r == 0)
		r = check_sockets(options, facts, ret_plan, &wants, refusal);
	if (r == 0)
		r = decide_variables(options, facts, ret_plan, &wants, refusal);
	if (r == 0)
		r = decide_sockets(options, facts, ret_plan, &wants, refusal);
	if (r == 0 && !ret_plan->is_untouched)
		r = decide_stderr(options, ret_plan, refusal);
	if (r == 0)
		warn(options, facts, ret_plan, &wants);
	return r;
}
