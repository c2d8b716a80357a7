/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See plan.h. */
#include "plan.h"

#include <stdarg.h>

#include "base/util.h"
#include "hosts/host.h"
#include "targets/target.h"

/*
 * Which shape carries readiness: by how the daemon says it, and by whether the host can be told of
 * another main process. A datagram can be received by anybody; a stop is seen by the parent only,
 * so somebody of ours must be the parent until then, or for life. A condition is seen by anybody;
 * but a host that is told by its main process would have to be told by one that has become the
 * daemon, so there we stay the main process until then.
 */
static const struct {
	enum ready_by speaks;
	bool follows_main_pid;
	enum shape shape;
} shapes[] = {
	{ READY_BY_DATAGRAM, false, SHAPE_ATTEND },  { READY_BY_DATAGRAM, true, SHAPE_ATTEND },
	{ READY_BY_STOP, true, SHAPE_HAND_OVER },    { READY_BY_STOP, false, SHAPE_SUPERVISE },
	{ READY_BY_CONDITION, false, SHAPE_ATTEND }, { READY_BY_CONDITION, true, SHAPE_HAND_OVER },
};

static enum shape look_up_shape(const struct host *host, enum ready_by speaks)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (shapes[i].speaks == speaks && shapes[i].follows_main_pid == host->follows_main_pid)
			return shapes[i].shape;
	}
	return SHAPE_SUPERVISE;
}

/* They did not come by execve(2): they are close-on-exec, and no variable tells of them. */
static bool are_fds_new(const struct handover *handover)
{
	return handover->fds_are_ours || handover->fds_holder != 0;
}

bool plan_is_announced(const struct plan *plan)
{
	return plan->ready_by == READY_BY_STOP ||
	       (plan->ready_by == READY_BY_CONDITION && plan->host->follows_main_pid);
}

void plan_place_fds(struct plan *plan, const struct handover *handover, int first)
{
	plan->fds = handover->fds;
	plan->n_fds = handover->n_fds;
	plan->first_fd = first;
	plan->fds_are_new = are_fds_new(handover);
}

void plan_keep_fds(struct plan *plan, const struct handover *handover)
{
	plan_place_fds(plan, handover, handover->is_on_stdio[0] ? N_STDIO : -1);
}

int plan_fd_number(const struct plan *plan, size_t i)
{
	return plan->first_fd >= 0 ? plan->first_fd + (int)i : plan->fds[i].fd;
}

void plan_warn(struct plan *plan, const char *format, ...)
{
	va_list args;

	if (plan->warning[0] != '\0')
		return;
	va_start(args, format);
	(void)vsnprintf(plan->warning, sizeof(plan->warning), format, args);
	va_end(args);
}

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
static int check_speech(const struct options *options, const struct plan *plan,
			struct refusal *refusal)
{
	const char *option = options_readiness(options);

	if (plan->ready_by == READY_BY_NOTHING)
		return refuse(refusal, ENOTSUP,
			      "-N: a daemon that speaks %s's protocol does not say when it is ready: leave "
			      "out -N",
			      plan->target->name);
	if (plan->host->learns == READY_BY_NOTHING)
		return refuse(refusal, ENOTSUP,
			      "%s on host %s: nobody waits until the daemon is ready: leave out %s",
			      option, plan->host->name, option);
	return 0;
}

/* A parent that stays passes on readiness as it would without staying; the host must know a way. */
static bool can_supervise(const struct plan *plan)
{
	return plan_is_announced(plan) ? plan->host->announce != NULL
				       : plan->host->tell_ready != NULL;
}

/* A condition says by itself when it has failed only if there is a limit; some hosts have one. */
static int start_timeout(const struct options *options, const struct host *host)
{
	if (options->start_timeout_s != NO_START_TIMEOUT)
		return options->start_timeout_s;
	return options->ready_when != NULL && host->tell_waiting == NULL ? WAIT_TIMEOUT_S : 0;
}

/* PID 1 of a PID namespace cannot be stopped from inside, signal(7). */
static int check_pid_1(const struct facts *facts, const struct host *host, struct refusal *refusal)
{
	if (facts->pid != 1 || host->learns != READY_BY_STOP)
		return 0;
	return refuse(refusal, ENOTSUP,
		      "-N on %s as PID 1 of a namespace: %s waits for another process, and ours cannot "
		      "stop itself: leave out -N, or the namespace",
		      host->name, host->name);
}

static int decide_shape(const struct options *options, const struct facts *facts, struct plan *plan,
			struct refusal *refusal)
{
	int r;

	plan->ready_when = options->ready_when;
	plan->ready_by = plan->ready_when != NULL ? READY_BY_CONDITION : plan->target->speaks;
	r = check_speech(options, plan, refusal);
	if (r == 0)
		r = check_pid_1(facts, plan->host, refusal);
	if (r < 0)
		return r;
	plan->shape = look_up_shape(plan->host, plan->ready_by);
	plan->start_timeout_s = start_timeout(options, plan->host);
	/* As PID 1 of a PID namespace (PrivatePIDs=) we cannot leave without ending it. */
	if (options->supervise || facts->pid == 1)
		plan->shape = SHAPE_SUPERVISE;
	if (plan->shape == SHAPE_SUPERVISE && !can_supervise(plan))
		return refuse(refusal, ENOTSUP, "%s: no way is known to tell %s of a daemon for %s",
			      options_readiness(options), plan->host->name, plan->target->name);
	plan->job_respawns = options->job_respawns;
	return check_parentage(options, facts, refusal);
}

static int decide_readiness(const struct options *options, const struct facts *facts,
			    struct plan *plan, struct refusal *refusal)
{
	int r = 0;

	if (plan->host->check_readiness != NULL)
		r = plan->host->check_readiness(options, facts, refusal);
	return r < 0 ? r : decide_shape(options, facts, plan, refusal);
}

static int check_options(const struct options *options, struct refusal *refusal)
{
	if (options->supervise && !options_carry_readiness(options))
		return refuse(refusal, EINVAL,
			      "--supervise without -N or --ready-when: add one, or leave out "
			      "--supervise");
	if (options->job_respawns && !options->supervise)
		return refuse(refusal, EINVAL,
			      "--job-respawns without --supervise: only a parent that stays can do it; "
			      "add --supervise, or leave out --job-respawns");
	return 0;
}

static void warn_of_watchdog(struct plan *plan, const struct facts *facts)
{
	if (!facts->handover.has_watchdog)
		return;
	if (plan->shape != SHAPE_REPLACE)
		plan_warn(plan,
			  "WatchdogSec= in the unit is switched off: a daemon that speaks %s's "
			  "protocol sends no WATCHDOG=1",
			  plan->target->name);
	else
		plan_warn(plan,
			  "WatchdogSec= in the unit will end the daemon: one that speaks %s's "
			  "protocol sends no WATCHDOG=1; take it out of the unit",
			  plan->target->name);
}

static void warn_of_lost_sockets(struct plan *plan, const struct facts *facts)
{
	if (facts->handover.fds_are_parents)
		plan_warn(plan,
			  "the sockets from %s were meant for our parent, process %d, and are not passed on: "
			  "put 'exec' before cross-init-bridge in the script or wrapper that runs it",
			  plan->host->name, (int)facts->parent);
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
	if (options->standard_error == NULL)
		return 0;
	plan->stdio[STDERR_FILENO] = *options->standard_error;
	if (*options->standard_error == STDIO_SOCKET && plan->n_fds == 0)
		return refuse(refusal, EINVAL,
			      "--stderr=socket, but no socket was handed over: let one start it, or leave "
			      "out --stderr");
	return 0;
}

static void warn_of_missing_sockets(struct plan *plan, const struct facts *facts)
{
	if (facts->handover.fds_missing == NULL)
		return;
	if (facts->handover.fds_are_ours)
		plan_warn(plan,
			  "those of --listen are in place of the sockets that the job starts on: %s",
			  facts->handover.fds_missing);
	else
		plan_warn(plan,
			  "the job was started without the sockets it starts on, and its clients may wait "
			  "for ever: %s",
			  facts->handover.fds_missing);
}

/*
 * What runs below a unit or job inherits its variables: to a service of a host that is itself one
 * they speak of that one, as NOTIFY_SOCKET does of inetd's. What the target's own manager has left
 * there is the target's affair.
 */
static bool is_above(const struct plan *plan, const struct host *host, const struct facts *facts)
{
	return plan->host->is_nested && !is_equal(host->name, plan->target->name) &&
	       (host->mark == NULL || env_get(facts->env, host->mark) != NULL);
}

static int remove_variables(const struct facts *facts, struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; hosts[i] != NULL && r == 0; i++) {
		if (hosts[i] == plan->host || is_above(plan, hosts[i], facts))
			r = env_edits_remove(&plan->env, hosts[i]->variables);
	}
	return r < 0 ? r : env_edits_remove(&plan->env, plan->target->variables);
}

static int translate(const struct options *options, const struct facts *facts, struct plan *plan,
		     struct refusal *refusal)
{
	int r = check_options(options, refusal);

	if (r == 0 && options_carry_readiness(options))
		r = decide_readiness(options, facts, plan, refusal);
	if (r == 0 && plan->host->check != NULL)
		r = plan->host->check(options, facts, refusal);
	if (r < 0)
		return r;
	r = remove_variables(facts, plan);
	if (r < 0)
		return refuse(refusal, -r, "out of memory");
	plan->close_fds = facts->strangers;
	plan->n_close_fds = facts->n_strangers;
	warn_of_lost_sockets(plan, facts);
	warn_of_missing_sockets(plan, facts);
	warn_of_watchdog(plan, facts);
	release_stdio(plan, &facts->handover);
	r = plan->target->translate(options, &facts->handover, plan, refusal);
	return r < 0 ? r : decide_stderr(options, plan, refusal);
}

/*
 * Where the daemon is at home it is given the sockets that are missing, and all else is left as it
 * is: also readiness, which it can say itself.
 */
static int add_missing_sockets(const struct options *options, const struct facts *facts,
			       struct plan *plan, struct refusal *refusal)
{
	struct options sockets_only = *options;
	int r = 0;

	sockets_only.notify = false;
	if (options->adopt == ADOPT_REQUIRE && plan->host->forgets_sockets)
		r = plan->host->check(&sockets_only, facts, refusal);
	plan->is_untouched = !are_fds_new(&facts->handover);
	if (r < 0 || plan->is_untouched)
		return r;
	r = env_edits_remove(&plan->env, plan->target->socket_variables);
	if (r < 0)
		return refuse(refusal, -r, "out of memory");
	warn_of_lost_sockets(plan, facts);
	warn_of_missing_sockets(plan, facts);
	return plan->target->translate(&sockets_only, &facts->handover, plan, refusal);
}

/* A daemon at home that does not say when it is ready. */
static int decide_condition(const struct options *options, const struct facts *facts,
			    struct plan *plan, struct refusal *refusal)
{
	int r = check_options(options, refusal);

	if (r == 0)
		r = decide_readiness(options, facts, plan, refusal);
	if (r == 0 && plan->host->rename_main != NULL && plan->shape != SHAPE_ATTEND)
		r = plan->host->rename_main(facts, &plan->env);
	warn_of_watchdog(plan, facts);
	return r;
}

static int decide_at_home(const struct options *options, const struct facts *facts,
			  struct plan *plan, struct refusal *refusal)
{
	int r = 0;

	plan->is_untouched = facts_is_at_home(options, facts->host);
	if (!plan->is_untouched)
		r = add_missing_sockets(options, facts, plan, refusal);
	if (r < 0 || options->ready_when == NULL)
		return r;
	plan->is_untouched = false;
	return decide_condition(options, facts, plan, refusal);
}

int plan_decide(const struct options *options, const struct facts *facts, struct plan *ret_plan,
		struct refusal *refusal)
{
	*ret_plan = (struct plan){
		.host = facts->host,
		.target = options->target,
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
		return refuse(refusal, ENODATA,
			      "cannot tell which service manager started us, neither systemd nor upstart "
			      "shows itself: run it from a unit or a job, or say --init=NAME (--detect "
			      "prints what was looked at), or leave out -N and say --listen=ADDRESS");
	if (facts->handover.fds_are_ours)
		ret_plan->listen = options->listen;
	if (is_equal(facts->host->name, options->target->name))
		return decide_at_home(options, facts, ret_plan, refusal);
	return translate(options, facts, ret_plan, refusal);
}
