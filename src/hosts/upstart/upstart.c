/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Upstart as the host, init(8) of PID 1 and of user sessions: what it leaves in the environment of
 * its jobs, how its socket proves that it is our parent, and what -N needs of the job.
 */
#include "hosts/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/env.h"
#include "base/procfs.h"
#include "base/util.h"
#include "bus/ask.h"
#include "fd/fds.h"
#include "hosts/upstart/adopt.h"
#include "hosts/upstart/probe.h"
#include "hosts/upstart/ready.h"
#include "hosts/upstart/sockets.h"
#include "plan.h"

#define SYSTEM_ADDRESS "unix:abstract=/com/ubuntu/upstart"
#define PATIENCE_S 2 /* until its queue has space */

static const env_name_t variables[] = { "UPSTART_JOB",         "UPSTART_INSTANCE",
					"UPSTART_EVENTS",      "UPSTART_FDS",
					"UPSTART_STOP_EVENTS", "UPSTART_SESSION",
					"UPSTART_NO_SESSIONS", "" };

/* socket-event(7) */
static const env_name_t event_variables[] = { "PROTO", "PORT", "ADDR", "SOCKET_PATH", "" };

/*
 * Every event of a socket has a PROTO. Without one the others are the administrator's own: env PORT=80,
 * initctl start JOB PORT=80.
 */
static const env_name_t *find_more_variables(const struct env *env)
{
	static const char protocols[][8] = { "inet", "inet6", "unix" };
	const char *protocol = env_get(env, "PROTO");

	for (size_t i = 0; protocol != NULL && i < ARRAY_SIZE(protocols); i++) {
		if (is_equal(protocol, protocols[i]))
			return event_variables;
	}
	return NULL;
}

/*
 * A D-Bus address of the two kinds that Upstart uses; the names it makes need no escapes.
 * Returns the length of the socket address, or 0.
 */
static socklen_t parse_address(const char *text, struct sockaddr_un *ret_address)
{
	const char *name = after_prefix(text, "unix:abstract=");
	size_t length = 0, start = name != NULL ? 1 : 0;

	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (name == NULL)
		name = after_prefix(text, "unix:path=");
	if (name == NULL)
		return 0;
	for (; name[length] != '\0' && name[length] != ',' && name[length] != ';'; length++) {
		if (length + start + 1 >= sizeof(ret_address->sun_path))
			return 0;
		ret_address->sun_path[start + length] = name[length];
	}
	return length == 0 ? 0
			   : (socklen_t)(offsetof(struct sockaddr_un, sun_path) + start + length +
					 (start == 1 ? 0 : 1));
}

/*
 * An Upstart that starts many jobs at once takes no connections meanwhile, and its queue is short:
 * where that is full, we wait, too.
 */
static int connect_or_queue(int fd, const struct sockaddr_un *address, socklen_t length)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int r = connect(fd, (const struct sockaddr *)address, length);

	if (r == 0 || errno != EAGAIN)
		return r;
	/* socket(7): the time for sending holds for connecting, too. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    fcntl(fd, F_SETFL, 0) < 0)
		return -1;
	return connect(fd, (const struct sockaddr *)address, length);
}

/* Whether @r says that we are at our limits, or Upstart is; not that nobody is there. */
static bool is_no_answer(int r)
{
	return r == -EAGAIN || r == -EINTR || r == -EMFILE || r == -ENFILE || r == -ENOBUFS ||
	       r == -ENOMEM;
}

/*
 * Who listens at @text? connect(2) alone tells, for any uid; anybody may squat an abstract name,
 * so only root and we ourselves are believed. Returns 0 or -errno.
 */
static int ask_peer(const char *text, struct ucred *ret_peer)
{
	struct sockaddr_un address;
	socklen_t length = parse_address(text, &address), peer_length = sizeof(*ret_peer);
	cleanup_close int fd = NO_FD; /* not left to execve(2): UPSTART_FDS may have its number */

	if (length == 0)
		return -EINVAL;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect_or_queue(fd, &address, length) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_peer, &peer_length) < 0)
		return -errno;
	return ret_peer->uid == 0 || ret_peer->uid == geteuid() ? 0 : -EPERM;
}

static bool recognise_peer(const struct facts *facts, struct evidence *ret_evidence)
{
	const char *session;
	struct ucred peer = { 0 };
	int r;

	if (env_get(&facts->env, "UPSTART_JOB") == NULL)
		return false;
	session = env_get(&facts->env, "UPSTART_SESSION");
	r = ask_peer(session != NULL ? session : SYSTEM_ADDRESS, &peer);
	if (is_no_answer(r)) {
		ret_evidence->parentage = PARENT_UNKNOWN;
		ret_evidence->what = "UPSTART_JOB is set and Upstart's socket cannot be asked now";
		return true;
	}
	if (r < 0)
		return false;
	/* pid 0: it lives in another pid namespace, and cannot be compared. */
	if (peer.pid == 0) {
		ret_evidence->parentage = PARENT_UNKNOWN;
		ret_evidence->what = "UPSTART_JOB is set and Upstart's socket answers";
	} else if (peer.pid == facts->parent) {
		ret_evidence->parentage = PARENT_IS_HOST;
		ret_evidence->what = "UPSTART_JOB is set and Upstart's socket belongs to our parent";
	} else {
		ret_evidence->parentage = PARENT_IS_OTHER;
		ret_evidence->what =
			"UPSTART_JOB is set and Upstart's socket answers, but is not our parent's";
	}
	return true;
}

/* Where its socket is out of reach (another network namespace): PID 1 called "init". */
static bool recognise_parent(const struct facts *facts, struct evidence *ret_evidence)
{
	char comm[17];

	if (env_get(&facts->env, "UPSTART_JOB") == NULL || facts->parent != 1 ||
	    access("/run/systemd/system", F_OK) == 0 || process_read_comm(1, comm) < 0 ||
	    !is_equal(comm, "init"))
		return false;
	ret_evidence->parentage = PARENT_IS_HOST;
	ret_evidence->what = "UPSTART_JOB is set and our parent is PID 1, called init";
	return true;
}

/* Copies the line at *@text to @line and moves on to the next; false if it is too long. */
static bool take_line(const char **text, char *line, size_t size)
{
	size_t length = (size_t)(find_char(*text, '\n') - *text);

	if (length >= size)
		return false;
	memcpy(line, *text, length);
	line[length] = '\0';
	*text += length + ((*text)[length] == '\n' ? 1 : 0);
	return true;
}

static bool recognise_bus(struct facts *facts, struct evidence *ret_evidence)
{
	char pid[16];
	const char *const question[] = { "job", pid, NULL };
	struct bus_call call;
	const char *text = call.answer;

	(void)snprintf(pid, sizeof(pid), "%d", (int)facts->pid);
	if (host_ask(facts, &host_upstart, question, &call) < 0 ||
	    !take_line(&text, facts->job, sizeof(facts->job)) ||
	    !take_line(&text, facts->instance, sizeof(facts->instance)))
		return false;
	ret_evidence->parentage = PARENT_IS_HOST;
	ret_evidence->what = "Upstart says over D-Bus that we are a job's process";
	return true;
}

static bool recognise(struct facts *facts, enum strength strength, struct evidence *ret_evidence)
{
	switch (strength) {
	case STRENGTH_PEER:
		return recognise_peer(facts, ret_evidence);
	case STRENGTH_PARENT:
		return recognise_parent(facts, ret_evidence);
	case STRENGTH_BUS:
		return recognise_bus(facts, ret_evidence);
	case STRENGTH_OWN_PID: /* Upstart puts no pid into the environment */
	case N_STRENGTHS:
		break;
	}
	return false;
}

static void show(const struct facts *facts, host_take_t take, void *arg)
{
	const char *session = env_get(&facts->env, "UPSTART_SESSION");
	struct ucred peer = { 0 };
	char answer[48];
	int r;

	if (env_get(&facts->env, "UPSTART_JOB") == NULL) {
		take(arg, "its socket", "not asked");
		return;
	}
	r = ask_peer(session != NULL ? session : SYSTEM_ADDRESS, &peer);
	(void)snprintf(answer, sizeof(answer), "process %d listens", (int)peer.pid);
	take(arg, "its socket", r == 0 ? answer : strerror(-r));
}

static void identify(struct facts *facts)
{
	const char *job = env_get(&facts->env, "UPSTART_JOB");
	const char *instance = env_get(&facts->env, "UPSTART_INSTANCE");

	facts->handover.job = job != NULL ? job : facts->job[0] != '\0' ? facts->job : NULL;
	facts->handover.instance = instance != NULL ? instance : facts->instance;
}

/* Only for root could it have made a difference; that there is no such job is an answer. */
static bool is_unanswered(const struct facts *facts)
{
	const struct upstart_facts *own = facts->of_host;

	return own->adoption.result == ADOPTION_UNKNOWN && facts->uid == 0 &&
	       own->start_on.error != -ENXIO;
}

/* What was not handed over, and what came of trying to get it. */
static void observe_adoption(const struct options *options, struct facts *facts)
{
	struct upstart_facts *own = facts->of_host;
	struct handover *handover = &facts->handover;

	if (upstart_misses_sockets(options, facts))
		upstart_adopt(facts);
	if (own->adoption.result == ADOPTION_FAILED)
		handover->fds_missing = own->adoption.refusal.text;
	else if (own->adoption.result > ADOPTION_DONE)
		handover->fds_not_taken = own->adoption.refusal.text;
	if (is_unanswered(facts))
		handover->fds_unknown = own->adoption.refusal.text;
	if (own->adoption.result > ADOPTION_DONE && options->n_listen > 0)
		handover->n_fds = 0; /* stale, and there is something better */
}

static int observe(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	struct upstart_facts *own = upstart_obtain_facts(facts);
	int r;

	if (own == NULL)
		return refuse(refusal, ENOMEM, "out of memory");
	identify(facts); /* costs nothing here, and the questions below need it */
	r = upstart_read_fds(facts, refusal);
	if (r < 0)
		return r;
	if (upstart_needs_start_on(facts))
		upstart_observe_start_on(facts,
					 options->force_sockets ? BUS_BUDGET_MS : BUS_PATIENCE_MS);
	/* That they are not is said by check_adoption(), if no others are found. */
	own->sockets_are_right = facts->handover.n_fds > 0 &&
				 upstart_check_sockets(facts, options->force_sockets, refusal) == 0;
	observe_adoption(options, facts);
	r = fds_find_listeners(facts->handover.fds, facts->handover.n_fds, facts->arena,
			       &own->strangers, &own->n_strangers);
	if (r < 0)
		return refuse(refusal, -r, "cannot look through the inherited descriptors: %s",
			      strerror(-r));
	return 0;
}

/* init(5), "expect fork" and "expect daemon": the process is traced, and its forks are followed. */
static const struct way way_fork = {
	.learns = LEARNS_BY_FORK,
	.what = "the forks of the process that it started",
};

static void find_if_forks_count(struct facts *facts)
{
	pid_t tracer = 0;

	if (process_read_own_tracer(&tracer) == 0 && tracer != 0 && tracer == facts->parent)
		facts->way = &way_fork;
}

static void observe_readiness(const struct options *options, struct facts *facts)
{
	struct upstart_facts *own;

	if (facts->speaks == SPEAKS_EXIT)
		find_if_forks_count(facts);

	if (!options_carry_readiness(options))
		return;
	if (facts->handover.job == NULL)
		identify(facts); /* the babysitter may have to ask for the job's state */
	own = upstart_obtain_facts(facts);
	if (own != NULL)
		(void)process_read_own_tracer(&own->tracer); /* without /proc: 0, nobody's */
}

/* What was adopted is what start_on names; of what was handed over that is to be seen. */
static int check_adoption(const struct options *options, const struct facts *facts,
			  struct refusal *refusal)
{
	const struct upstart_facts *own = upstart_facts(facts);
	enum adoption_result result = own->adoption.result;
	size_t used;
	int r;

	if (options->adopt == ADOPT_REQUIRE && result > ADOPTION_DONE)
		return refuse(refusal, ENOENT, "--adopt=require, but there are no sockets: %s",
			      own->adoption.refusal.text);
	if (result == ADOPTION_DONE || facts->handover.fds_are_ours || own->sockets_are_right)
		return 0;
	r = upstart_check_sockets(facts, options->force_sockets, refusal);
	if (r < 0 && (result == ADOPTION_FAILED || result == ADOPTION_UNKNOWN) &&
	    strstr(refusal->text, own->adoption.refusal.text) == NULL) {
		used = strlen(refusal->text);
		(void)snprintf(refusal->text + used, sizeof(refusal->text) - used,
			       "; the right one cannot be taken, either: %s",
			       own->adoption.refusal.text);
	}
	return r;
}

/* Upstart's own listeners, which leak into every job, may be another job's. */
static void add_to_plan(const struct facts *facts, struct plan *plan)
{
	plan->close_fds = upstart_facts(facts)->strangers;
	plan->n_close_fds = upstart_facts(facts)->n_strangers;
}

static int check_readiness(const struct options *options, const struct facts *facts,
			   struct refusal *refusal)
{
	const char *option = options_readiness(options);
	pid_t tracer = upstart_facts(facts)->tracer;

	/*
	 * init(5), "expect fork" and "expect daemon": Upstart traces the process and takes its forks
	 * for readiness. A debugger that traces us is not our parent and no reason.
	 */
	if (tracer != 0 && tracer == facts->parent)
		return refuse(refusal, EINVAL,
			      "%s cannot work in a job with 'expect fork' or 'expect daemon', where the "
			      "fork itself means ready: change it to 'expect stop', or leave out %s",
			      option, option);
	return 0;
}

static const struct way way = {
	.learns = LEARNS_BY_STOP,
	.what = "a stop of the tracked process",
	.tell_ready = upstart_tell_ready,
	.question = upstart_question,
	.read_answer = upstart_read_answer,
	.has_gone_on = upstart_has_gone_on,
	.read_stop = upstart_read_stop,
	.send_probe = upstart_send_probe,
	.look_at_probe = upstart_look_at_probe,
};

const struct host host_upstart = {
	.name = "upstart",
	.way = &way,
	.gives = SOCKETS_LISTED,
	.forgets_sockets = true,
	.patience = PATIENCE_ENDLESS,
	.variables = variables,
	.find_more_variables = find_more_variables,
	.find_left_sockets = upstart_find_left_sockets,
	.mark = "UPSTART_JOB",
	.ready_setting = "expect stop",
	.configured_in = "the job",
	.looks_at = "UPSTART_JOB UPSTART_SESSION",
	.recognise = recognise,
	.show = show,
	.observe = observe,
	.identify = identify,
	.observe_readiness = observe_readiness,
	.check = check_adoption,
	.check_readiness = check_readiness,
	.add_to_plan = add_to_plan,
};
