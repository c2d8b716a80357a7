/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The sockets that Upstart hands over, and whether they are really this job's.
 *
 * UPSTART_FDS lists PID 1's descriptor numbers, separated by spaces, and stays in the environment
 * when a job is respawned: by then the number is closed, or is another job's listener whose event
 * is pending just now, and accepting on that would serve another service's clients. So every
 * socket must be vouched for: one by PROTO, PORT, ADDR and SOCKET_PATH of the event in the
 * environment (they describe the last one, socket-event(7)), each other one by a term of the
 * job's "start on" as Upstart tells it over D-Bus.
 */
#include "hosts/upstart/sockets.h"

#include "base/env.h"
#include "base/text.h"
#include "base/util.h"
#include "bus/ask.h"
#include "fd/fds.h"
#include "fd/info.h"

#define MAX_FD_NUMBER 1048576

/* @fds has space for one more. */
static int add_fd(struct fd_info *fds, size_t *n, unsigned long number, struct refusal *refusal)
{
	for (size_t i = 0; i < *n; i++) {
		if (fds[i].fd == (int)number)
			return refuse(refusal, EINVAL, "UPSTART_FDS names descriptor %lu twice",
				      number);
	}
	fd_describe((int)number, &fds[(*n)++]);
	return 0;
}

/* How many words there are in @list, at most. */
static size_t count_words(const char *list)
{
	size_t n = 1;

	for (; *list != '\0'; list++) {
		if (*list == ' ')
			n++;
	}
	return n;
}

int upstart_read_fds(struct facts *facts, struct refusal *refusal)
{
	const char *list = env_get(&facts->env, "UPSTART_FDS");
	struct fd_info *fds;

	if (list == NULL)
		return 0;
	fds = arena_get(facts->arena, count_words(list), sizeof(*fds));
	if (fds == NULL)
		return refuse(refusal, ENOMEM, "out of memory");
	facts->handover.fds = fds;
	while (*list != '\0') {
		size_t length = strcspn(list, " ");
		char word[16];
		unsigned long number;
		int r;

		if (length > 0) {
			if (length >= sizeof(word))
				return refuse(refusal, EINVAL,
					      "UPSTART_FDS is not a list of descriptors: '%s'",
					      env_get(&facts->env, "UPSTART_FDS"));
			memcpy(word, list, length);
			word[length] = '\0';
			if (parse_number(word, MAX_FD_NUMBER, &number) < 0 ||
			    number < LISTEN_FDS_START)
				return refuse(refusal, EINVAL,
					      "UPSTART_FDS: '%s' is not a descriptor from 3 on",
					      word);
			r = add_fd(fds, &facts->handover.n_fds, number, refusal);
			if (r < 0)
				return r;
		}
		list += length + (list[length] == ' ' ? 1 : 0);
	}
	return 0;
}

const char *upstart_find_left_sockets(const struct facts *facts)
{
	const struct handover *handover = &facts->handover;
	const char *list = env_get(&facts->env, "UPSTART_FDS");

	while (list != NULL && *list != '\0') {
		size_t length = strcspn(list, " ");
		char word[16] = "";
		unsigned long number;

		if (length < sizeof(word))
			memcpy(word, list, length);
		if (parse_number(word, MAX_FD_NUMBER, &number) == 0 && number >= LISTEN_FDS_START &&
		    !fd_is_among((int)number, handover->fds, handover->n_fds) &&
		    fd_is_listener((int)number))
			return "UPSTART_FDS is about sockets that are open here, but Upstart is not who runs us: "
			       "leave out --init, or let what starts us close them";
		list += length + (list[length] == ' ' ? 1 : 0);
	}
	return NULL;
}

struct description upstart_read_event(const struct env *env)
{
	return (struct description){
		.protocol = env_get(env, "PROTO"),
		.port = env_get(env, "PORT"),
		.address = env_get(env, "ADDR"),
		.path = env_get(env, "SOCKET_PATH"),
	};
}

/*
 * An abstract socket's event has an empty SOCKET_PATH: it tells the kind but not the name, so that
 * any job's abstract listener would do. Such a socket needs a term to vouch for it.
 */
static bool names_no_socket(const struct description *event)
{
	return event->protocol != NULL && is_equal(event->protocol, "unix") &&
	       (event->path == NULL || event->path[0] == '\0');
}

void upstart_observe_start_on(struct facts *facts, int patience_ms)
{
	const char *const question[] = { "start-on", facts->handover.job, NULL };
	struct bus_call call;
	struct upstart_facts *own = facts->of_host;
	char *text;
	int r;

	if (own->start_on.is_known || own->start_on.error < 0)
		return;
	r = facts->handover.job != NULL ? bus_ask(question, &patience_ms, &call) : -ENXIO;
	text = r == 0 ? arena_get(facts->arena, call.used + 1, 1) : NULL;
	if (text == NULL) {
		own->start_on.error = r < 0 ? r : -ENOMEM;
		return;
	}
	memcpy(text, call.answer, call.used);
	text[call.used] = '\0';
	own->start_on.text = text;
	own->start_on.length = call.used;
	own->start_on.is_known = true;
}

bool upstart_needs_start_on(const struct facts *facts)
{
	struct description event = { 0 };

	if (facts->handover.n_fds != 1)
		return facts->handover.n_fds > 1;
	event.protocol = env_get(&facts->env, "PROTO");
	event.path = env_get(&facts->env, "SOCKET_PATH");
	return event.protocol == NULL || names_no_socket(&event);
}

static bool is_in_start_on(const struct fd_info *info, const struct start_on *start_on)
{
	const char *text = start_on->text;
	struct term term;

	while (upstart_read_term(start_on, &text, &term)) {
		if (upstart_describes(&term.description, info))
			return true;
	}
	return false;
}

static int refuse_stale(const struct fd_info *info, struct refusal *refusal)
{
	char what[200];

	return refuse(refusal, EPERM,
		      "descriptor %d in UPSTART_FDS is stale: %s; Upstart leaves the variable set when it "
		      "respawns a job: stop the job and let its socket start it again",
		      info->fd, fd_format(info, what, sizeof(what)));
}

static int refuse_foreign(const struct fd_info *info, const char *why, struct refusal *refusal)
{
	char what[200];

	return refuse(refusal, EPERM,
		      "descriptor %d in UPSTART_FDS (%s) is not this job's socket: %s; Upstart leaves "
		      "the variable set when it respawns a job: stop the job and let its socket start "
		      "it again",
		      info->fd, fd_format(info, what, sizeof(what)), why);
}

static int refuse_unconfirmed(const struct fd_info *info, int error, struct refusal *refusal)
{
	char what[200];

	return refuse(refusal, EPERM,
		      "descriptor %d in UPSTART_FDS (%s) cannot be confirmed to be this job's socket: "
		      "Upstart does not tell the job's 'start on' (%s); --force-sockets passes it on",
		      info->fd, fd_format(info, what, sizeof(what)), bus_error(error));
}

/* @by_event: the event in the environment has already vouched for one socket. */
static int check_socket(const struct facts *facts, const struct description *event,
			const struct fd_info *info, bool *by_event, bool force,
			struct refusal *refusal)
{
	const struct start_on *start_on = &upstart_facts(facts)->start_on;

	if (!fd_is_stream_listener(info))
		return refuse_stale(info, refusal);
	if (!*by_event && upstart_describes(event, info)) {
		*by_event = true;
		return 0;
	}
	if (start_on->is_known) {
		if (!is_in_start_on(info, start_on))
			return refuse_foreign(info, "nothing in its 'start on' names it", refusal);
		*by_event = *by_event || names_no_socket(event);
		return 0;
	}
	if (facts->handover.n_fds == 1 && event->protocol != NULL && !names_no_socket(event))
		return refuse_foreign(info, "PROTO, PORT, ADDR or SOCKET_PATH name another", refusal);
	return force ? 0 : refuse_unconfirmed(info, start_on->error, refusal);
}

int upstart_check_sockets(const struct facts *facts, bool force, struct refusal *refusal)
{
	const struct handover *handover = &facts->handover;
	struct description event;
	bool by_event = false;

	if (handover->n_fds == 0)
		return 0;
	event = upstart_read_event(&facts->env);
	for (size_t i = 0; i < handover->n_fds; i++) {
		int r = check_socket(facts, &event, &handover->fds[i], &by_event, force, refusal);

		if (r < 0)
			return r;
	}
	/* Each may be vouched for by a term, but the socket of the event must be among them. */
	if (event.protocol != NULL && !names_no_socket(&event) && !by_event)
		return refuse_foreign(&handover->fds[0],
				      "none in UPSTART_FDS is the one of the event", refusal);
	return 0;
}
