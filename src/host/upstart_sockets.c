/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sockets that Upstart hands over, and whether they are really this job's.
 *
 * UPSTART_FDS lists PID 1's descriptor numbers, separated by spaces, and stays in the environment
 * when a job is respawned: by then the number is closed, or is another job's listener whose event
 * is pending just now, and accepting on that would serve another service's clients. So every
 * socket must be vouched for: one by PROTO, PORT, ADDR and SOCKET_PATH of the event in the
 * environment (they describe the last one, socket-event(7)), each other one by a condition of the
 * job's "start on" as Upstart tells it over D-Bus.
 */
#include "upstart.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "../bus.h"
#include "../env.h"
#include "../fds.h"
#include "../util.h"

#define MAX_FD_NUMBER 1048576

/* What a socket event, or a condition on one, says of a socket; NULL: nothing. */
struct description {
	const char *protocol, *port, *address, *path;
};

static int add_fd(struct handover *handover, unsigned long number, struct refusal *refusal)
{
	struct fd_info *longer;

	for (size_t i = 0; i < handover->n_fds; i++) {
		if (handover->fds[i].fd == (int)number)
			return refuse(refusal, EINVAL, "UPSTART_FDS names descriptor %lu twice",
				      number);
	}
	longer = realloc(handover->fds, (handover->n_fds + 1) * sizeof(*longer));
	if (longer == NULL)
		return refuse(refusal, ENOMEM, "out of memory");
	handover->fds = longer;
	fd_describe((int)number, &longer[handover->n_fds++]);
	return 0;
}

int upstart_read_fds(struct facts *facts, struct refusal *refusal)
{
	const char *list = env_get(facts->env, "UPSTART_FDS");

	while (list != NULL && *list != '\0') {
		size_t length = strcspn(list, " ");
		char word[16];
		unsigned long number;
		int r;

		if (length > 0) {
			if (length >= sizeof(word))
				return refuse(refusal, EINVAL,
					      "UPSTART_FDS is no list of descriptors: '%s'",
					      env_get(facts->env, "UPSTART_FDS"));
			memcpy(word, list, length);
			word[length] = '\0';
			if (parse_number(word, MAX_FD_NUMBER, &number) < 0 ||
			    number < LISTEN_FDS_START)
				return refuse(refusal, EINVAL,
					      "UPSTART_FDS: '%s' is no descriptor from 3 on", word);
			r = add_fd(&facts->handover, number, refusal);
			if (r < 0)
				return r;
		}
		list += length + (list[length] == ' ' ? 1 : 0);
	}
	return 0;
}

static bool is_port(const char *text, in_port_t port)
{
	unsigned long number;

	return text != NULL && parse_number(text, 65535, &number) == 0 &&
	       htons((uint16_t)number) == port;
}

static bool is_inet(const struct fd_info *info, const struct description *description)
{
	const struct sockaddr_in *socket_address = (const struct sockaddr_in *)&info->address;
	const char *text = description->address != NULL ? description->address : "0.0.0.0";
	struct in_addr address;

	return info->family == AF_INET && is_port(description->port, socket_address->sin_port) &&
	       inet_pton(AF_INET, text, &address) == 1 &&
	       address.s_addr == socket_address->sin_addr.s_addr;
}

static bool is_inet6(const struct fd_info *info, const struct description *description)
{
	const struct sockaddr_in6 *socket_address = (const struct sockaddr_in6 *)&info->address;
	const char *text = description->address != NULL ? description->address : "::";
	struct in6_addr address;

	return info->family == AF_INET6 && is_port(description->port, socket_address->sin6_port) &&
	       inet_pton(AF_INET6, text, &address) == 1 &&
	       memcmp(&address, &socket_address->sin6_addr, sizeof(address)) == 0;
}

/*
 * @path is a path or "@name". Upstart binds abstract names padded with NULs to the whole of
 * sun_path, others may not: trailing NULs do not count.
 */
static bool is_unix(const struct fd_info *info, const struct description *description)
{
	const struct sockaddr_un *socket_address = (const struct sockaddr_un *)&info->address;
	size_t offset = offsetof(struct sockaddr_un, sun_path);
	size_t length = info->address_length > offset ? info->address_length - offset : 0;
	const char *path = description->path;

	if (info->family != AF_UNIX || path == NULL || length == 0)
		return false;
	while (length > 1 && socket_address->sun_path[length - 1] == '\0')
		length--;
	if (strlen(path) != length || (path[0] == '@') != (socket_address->sun_path[0] == '\0'))
		return false;
	return memcmp(path + 1, socket_address->sun_path + 1, length - 1) == 0 &&
	       (path[0] == '@' || path[0] == socket_address->sun_path[0]);
}

static bool is_described(const struct fd_info *info, const struct description *description)
{
	static const struct {
		const char *protocol;
		bool (*matches)(const struct fd_info *, const struct description *);
	} protocols[] = { { "inet", is_inet }, { "inet6", is_inet6 }, { "unix", is_unix } };

	for (size_t i = 0; description->protocol != NULL && i < ARRAY_SIZE(protocols); i++) {
		if (is_equal(protocols[i].protocol, description->protocol))
			return protocols[i].matches(info, description);
	}
	return false;
}

static struct description read_event(char *const *env)
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
 * any job's abstract listener would do. Such a socket needs a condition to vouch for it.
 */
static bool names_no_socket(const struct description *event)
{
	return event->protocol != NULL && is_equal(event->protocol, "unix") &&
	       (event->path == NULL || event->path[0] == '\0');
}

bool upstart_needs_conditions(const struct facts *facts)
{
	struct description event = read_event(facts->env);

	return facts->handover.n_fds > 1 ||
	       (facts->handover.n_fds == 1 && (event.protocol == NULL || names_no_socket(&event)));
}

static bool read_matcher(const char *matcher, struct description *description)
{
	const struct {
		const char *name;
		const char **value;
	} fields[] = {
		{ "PROTO=", &description->protocol },   { "PORT=", &description->port },
		{ "ADDR=", &description->address },     { "PATH=", &description->path },
		{ "SOCKET_PATH=", &description->path },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!has_prefix(matcher, fields[i].name))
			continue;
		*fields[i].value = matcher + strlen(fields[i].name);
		return true;
	}
	return false; /* upstart-socket-bridge(8) opens no socket for a condition with anything else */
}

/*
 * Reads one condition, strings up to an empty one, as bus-query prints them.
 * Returns where the next begins; @ret_is_socket: it describes a socket.
 */
static const char *read_condition(const char *text, const char *end,
				  struct description *ret_description, bool *ret_is_socket)
{
	bool is_socket = is_equal(text, "socket");

	*ret_description = (struct description){ 0 };
	for (text += strlen(text) + 1; text < end && *text != '\0'; text += strlen(text) + 1)
		is_socket = is_socket && read_matcher(text, ret_description);
	*ret_is_socket = is_socket;
	return text + 1;
}

/* bus-query's answer ends with a NUL at answer[length], whatever it holds. */
static bool is_in_conditions(const struct fd_info *info, const struct conditions *conditions)
{
	const char *text = conditions->text, *end = conditions->text + conditions->length;

	while (text < end) {
		struct description condition;
		bool is_socket;

		text = read_condition(text, end, &condition, &is_socket);
		if (is_socket && is_described(info, &condition))
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
static int check_socket(const struct facts *facts, const struct fd_info *info, bool *by_event,
			bool force, struct refusal *refusal)
{
	struct description event = read_event(facts->env);

	if (!fd_is_stream_listener(info))
		return refuse_stale(info, refusal);
	if (!*by_event && is_described(info, &event)) {
		*by_event = true;
		return 0;
	}
	if (facts->conditions.is_known) {
		if (!is_in_conditions(info, &facts->conditions))
			return refuse_foreign(info, "no condition of its 'start on' names it",
					      refusal);
		*by_event = *by_event || names_no_socket(&event);
		return 0;
	}
	if (facts->handover.n_fds == 1 && event.protocol != NULL && !names_no_socket(&event))
		return refuse_foreign(info, "PROTO, PORT, ADDR or SOCKET_PATH name another", refusal);
	return force ? 0 : refuse_unconfirmed(info, facts->conditions.error, refusal);
}

int upstart_check_sockets(const struct facts *facts, bool force, struct refusal *refusal)
{
	const struct handover *handover = &facts->handover;
	struct description event = read_event(facts->env);
	bool by_event = false;

	for (size_t i = 0; i < handover->n_fds; i++) {
		int r = check_socket(facts, &handover->fds[i], &by_event, force, refusal);

		if (r < 0)
			return r;
	}
	/* Each may be vouched for by a condition, but the socket of the event must be among them. */
	if (handover->n_fds > 0 && event.protocol != NULL && !names_no_socket(&event) && !by_event)
		return refuse_foreign(&handover->fds[0],
				      "none in UPSTART_FDS is the one of the event", refusal);
	return 0;
}
