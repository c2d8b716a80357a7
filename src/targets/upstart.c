/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A daemon written for Upstart: it finds its sockets by UPSTART_FDS and the variables of
 * socket-event(7), its job by UPSTART_JOB and UPSTART_INSTANCE, and stops itself when it is ready.
 */
#include "targets/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "base/text.h"
#include "base/util.h"
#include "fd/info.h"
#include "plan.h"

static const env_name_t variables[] = { "UPSTART_JOB", "UPSTART_INSTANCE", "UPSTART_EVENTS",
					"UPSTART_FDS", "" };
static const env_name_t socket_variables[] = { "UPSTART_EVENTS", "UPSTART_FDS", "" };

/* Theirs only where there are sockets: elsewhere PORT and the like may be anybody's. */
static const env_name_t event_variables[] = { "PROTO", "PORT", "ADDR", "SOCKET_PATH", "" };

/*
 * Without sockets and -N the daemon is not told of a job unless --job says so: many stop
 * themselves as soon as they see UPSTART_JOB, and nobody would continue them.
 */
static bool needs_job(const struct options *options, size_t n_sockets)
{
	return options->job == NULL && (options->notify || n_sockets > 0);
}

/* As inet_ntop(3), but that musl's takes 2,000 instructions. */
static void add_ipv4(struct text *text, const struct in_addr *address)
{
	const uint8_t *bytes = (const uint8_t *)address;

	for (size_t i = 0; i < sizeof(*address); i++) {
		text_add(text, i > 0 ? "." : "");
		text_add_number(text, bytes[i]);
	}
}

static int set_ip(const struct fd_info *info, struct env_edits *env)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&info->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&info->address;
	bool is_ipv4 = info->family == AF_INET;
	char address[INET6_ADDRSTRLEN], digits[24];
	struct text port = text_begin(digits, sizeof(digits));
	struct text numbers = text_begin(address, sizeof(address));
	int r;

	if (is_ipv4)
		add_ipv4(&numbers, &in->sin_addr);
	else
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, address, sizeof(address));
	text_add_number(&port, ntohs(is_ipv4 ? in->sin_port : in6->sin6_port));
	r = env_edits_set(env, "PROTO", is_ipv4 ? "inet" : "inet6");
	if (r == 0)
		r = env_edits_set(env, "PORT", digits);
	return r < 0 ? r : env_edits_set(env, "ADDR", address);
}

/* An abstract socket's path is empty, as Upstart leaves it. */
static int set_unix(const struct fd_info *info, struct env_edits *env)
{
	struct slice name = fd_unix_name(info);
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	struct text text = text_begin(path, sizeof(path));
	int r;

	text_add_part(&text, name.text, name.length);
	r = env_edits_set(env, "PROTO", "unix");
	return r < 0 ? r : env_edits_set(env, "SOCKET_PATH", path);
}

/* The variables of one event; with several sockets they describe the last, as under Upstart. */
static int set_event(const struct fd_info *info, struct env_edits *env)
{
	int r = env_edits_set(env, "UPSTART_EVENTS", "socket");

	if (r == 0)
		r = env_edits_remove(env, event_variables);
	if (r < 0 || !fd_is_stream_listener(info))
		return r;
	return info->family == AF_UNIX ? set_unix(info, env) : set_ip(info, env);
}

/* "3 4 5", or NULL: out of memory. */
static const char *list_fds(const struct plan *plan)
{
	static const size_t longest = sizeof(" 2147483647") - 1;
	char *list = arena_get(plan->env.arena, plan->n_fds + 1, longest);
	struct text text;

	if (list == NULL)
		return NULL;
	text = text_begin(list, (plan->n_fds + 1) * longest);
	for (size_t i = 0; i < plan->n_fds; i++) {
		text_add(&text, i > 0 ? " " : "");
		text_add_number(&text, (unsigned long)plan_fd_number(plan, i));
	}
	return list;
}

/* Not even by force: a daemon that calls accept(2) on a connection serves nobody. */
static int check_listens(const struct fd_info *info, struct refusal *refusal)
{
	char what[200];

	if (!fd_is_connection(info))
		return 0;
	return refuse(refusal, EINVAL,
		      "descriptor %d (%s) is a single connection, but a daemon for upstart expects the "
		      "listener: set Accept=no in the .socket unit, or 'wait' in inetd.conf",
		      info->fd, fd_format(info, what, sizeof(what)));
}

static int check_kinds(const struct handover *handover, bool force, struct refusal *refusal)
{
	char what[200];

	for (size_t i = 0; i < handover->n_fds; i++) {
		const struct fd_info *info = &handover->fds[i];
		int r = check_listens(info, refusal);

		if (r < 0)
			return r;
		if (!force && !fd_is_stream_listener(info))
			return refuse(refusal, EINVAL,
				      "descriptor %d (%s) cannot be expressed in Upstart's protocol, which knows "
				      "only listening stream sockets: change the %s, or pass it on "
				      "with --force-sockets",
				      info->fd, fd_format(info, what, sizeof(what)),
				      handover->fds_are_ours ? "--listen option" : ".socket unit");
	}
	return 0;
}

static int add_sockets(const struct handover *handover, struct plan *plan)
{
	const char *list;
	int r;

	plan_keep_fds(plan, handover);
	list = list_fds(plan);
	r = list != NULL ? env_edits_set(&plan->env, "UPSTART_FDS", list) : -ENOMEM;
	return r < 0 ? r : set_event(&handover->fds[handover->n_fds - 1], &plan->env);
}

static int add_job(const char *job, const char *instance, struct plan *plan)
{
	int r = env_edits_set(&plan->env, "UPSTART_JOB", job);

	return r < 0 ? r : env_edits_set(&plan->env, "UPSTART_INSTANCE", instance);
}

/* Most daemons only look whether the variable is there, so a wrong name beats none. */
static int add_guessed_job(const struct options *options, const struct handover *handover,
			   struct plan *plan)
{
	const char *slash = strrchr(options->command[0], '/');
	const char *name = slash != NULL ? slash + 1 : options->command[0];

	/* Without a manager that has units there is no name to find. */
	if (!handover->fds_are_ours)
		plan_warn(plan,
			  "cannot find out the name of the unit or job: "
			  "UPSTART_JOB=%s is only the command's, --job=NAME sets it",
			  name);
	return add_job(name, "", plan);
}

static int add_found_job(const struct options *options, const struct handover *handover,
			 struct plan *plan)
{
	if (handover->job == NULL)
		return add_guessed_job(options, handover, plan);
	return add_job(handover->job, handover->instance != NULL ? handover->instance : "", plan);
}

static int translate(const struct options *options, const struct handover *handover,
		     struct plan *plan, struct refusal *refusal)
{
	int r = check_kinds(handover, options->force_sockets, refusal);

	if (r < 0)
		return r;
	if (handover->n_fds > 0)
		r = add_sockets(handover, plan);
	if (r == 0 && options->job != NULL)
		r = add_job(options->job, options->job_instance, plan);
	else if (r == 0 && needs_job(options, handover->n_fds))
		r = add_found_job(options, handover, plan);
	return r < 0 ? refuse(refusal, -r, "out of memory") : 0;
}

const struct target target_upstart = {
	.name = "upstart",
	.speaks = SPEAKS_STOP,
	.takes = SOCKETS_LISTED,
	.variables = variables,
	.socket_variables = socket_variables,
	.names_job = true,
	.needs_job = needs_job,
	.translate = translate,
};
