/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The hosts that are known by what our parent is called, and differ in little else: whether one of them
 * can be told that the daemon is ready, and how it lets us know. Whatever NOTIFY_SOCKET was inherited is
 * an outer manager's, and means nothing here.
 */
#include "hosts/host.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/env.h"
#include "base/procfs.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"
#include "hosts/host_fd.h"
#include "hosts/listen_fds.h"
#include "hosts/stdin_socket.h"

#define MAX_FD 1048576

static const env_name_t listen_variables[] = { "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "" };

static int observe_listen_fds(const struct options *options, struct facts *facts,
			      struct refusal *refusal)
{
	(void)options;
	return listen_fds_observe(facts, refusal);
}

/* The last part of @path, as long as that names a directory; "", ".", "..", and "/" do not. */
static void take_job(struct facts *facts, const char *path)
{
	struct text job = text_begin(facts->job, sizeof(facts->job));
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

	if (name[strspn(name, ".")] == '\0')
		return;
	text_add(&job, name);
	facts->handover.job = facts->job;
	facts->handover.instance = "";
}

/* Our directory is the service's, unless the script that executed us has left it. */
static void identify_by_directory(struct facts *facts)
{
	char path[256];

	if (getcwd(path, sizeof(path)) != NULL)
		take_job(facts, path);
}

/* s6-supervise(8), runsv(8) and supervise(8) have the service for their argument, wherever we are. */
static void identify_by_argument(struct facts *facts)
{
	char words[256] = "", path[32];
	ssize_t n;

	process_format_path(facts->parent, "/cmdline", path, sizeof(path));
	n = read_file(path, words, sizeof(words) - 1); /* the rest is NULs */
	if (n > 0)
		take_job(facts, words + strlen(words) + 1);
	if (facts->handover.job == NULL)
		identify_by_directory(facts);
}

static void observe_name(const struct options *options, struct facts *facts)
{
	(void)options;
	if (facts->handover.job == NULL && facts->host->identify != NULL)
		facts->host->identify(facts);
}

/* --host-fd, or nothing with what it takes. */
static int find_option(const struct options *options, struct facts *facts, const char *missing,
		       struct refusal *refusal)
{
	int r = host_fd_from_option(options, facts, refusal);

	if (r != 0)
		return r < 0 ? r : 0;
	facts->way = &way_nothing;
	facts->handover.notify_missing = missing;
	return 0;
}

/*
 * The service's directory is that of s6-supervise(8), and ours unless the script that executed us has left
 * it. nitro(8) stays in that of all services. Returns as read_file() does; *@ret_is_hidden if it may be there.
 */
static ssize_t read_notification_fd(pid_t parent, char *text, size_t size, bool *ret_is_hidden)
{
	char path[64];
	ssize_t n;

	process_format_path(parent, "/cwd/notification-fd", path, sizeof(path));
	n = read_file(path, text, size);
	*ret_is_hidden = n == -EACCES;
	return n == -EACCES || n == -ENOENT ? read_file("notification-fd", text, size) : n;
}

/* A file that does not say it is none: s6-supervise(8) itself warns of it, and starts the service. */
static int find_notification_fd(const struct options *options, struct facts *facts,
				struct refusal *refusal)
{
	bool is_hidden = false;
	char text[32];
	unsigned long fd;
	ssize_t n = options->host_fd == NULL
			    ? read_notification_fd(facts->parent, text, sizeof(text), &is_hidden)
			    : 0;

	if (n <= 0)
		return find_option(options, facts,
				   n == -ENOENT && is_hidden
					   ? "notification-fd is not in this directory, and the service's "
					     "cannot be seen by this user: add --host-fd=N with its number, or "
					     "change the directory later"
					   : "nobody waits for it: put the number of a descriptor into the file "
					     "notification-fd of the service's directory",
				   refusal);
	text[strcspn(text, "\n")] = '\0';
	if (parse_number(text, MAX_FD, &fd) < 0)
		return find_option(options, facts,
				   "nobody waits for it: the file notification-fd holds something else than "
				   "the number of a descriptor and a newline",
				   refusal);
	host_fd_take(facts, fd, "notification-fd");
	return 0;
}

static int find_pipe_option(const struct options *options, struct facts *facts,
			    struct refusal *refusal)
{
	return find_option(options, facts,
			   "nobody waits for it: set ready-notification = pipefd:N, and add --host-fd=N",
			   refusal);
}

/* The word after --notify in a command line of words that NULs end; or NULL. */
static const char *find_notify_word(const char *words, size_t length)
{
	const char *end = words + length;

	while (words < end) {
		const char *next = words + strlen(words) + 1;

		if (is_equal(words, "--notify") && next < end)
			return next;
		if (has_prefix(words, "--notify="))
			return words + strlen("--notify=");
		words = next;
	}
	return NULL;
}

/* The program after the options is the service's own, and may have any words. */
static const char *read_notify_word(pid_t pid, char *buffer, size_t size)
{
	char path[32];
	ssize_t n;

	process_format_path(pid, "/cmdline", path, sizeof(path));
	n = read_file(path, buffer, size);
	if (n == -EFBIG)
		n = (ssize_t)size - 1;
	return n > 0 ? find_notify_word(buffer, (size_t)n) : NULL;
}

/*
 * supervise-daemon(8) and start-stop-daemon(8) of OpenRC 0.60 and later: "--notify fd:N" among their
 * own words, also when the service is started again; or a socket of theirs below /run/openrc.
 */
static int find_openrc(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	const char *address = env_get(&facts->env, "NOTIFY_SOCKET");
	char words[2048];
	const char *word = options->host_fd == NULL
				   ? read_notify_word(facts->parent, words, sizeof(words))
				   : NULL;
	const char *number = word != NULL ? after_prefix(word, "fd:") : NULL;
	unsigned long fd;

	if (number != NULL && parse_number(number, MAX_FD, &fd) == 0) {
		host_fd_take(facts, fd, "--notify, in the command line of our parent");
		return 0;
	}
	if (options->host_fd == NULL && address != NULL && has_prefix(address, "/run/openrc/")) {
		facts->way = &way_datagram;
		facts->handover.notify_address = address;
		return 0;
	}
	return find_option(options, facts,
			   "nobody waits for it: set notify=fd:N in the service script (OpenRC 0.60 and "
			   "later)",
			   refusal);
}

/* The listener of an fcgi-program is standard input; that of any other program is a pipe. */
static int observe_fcgi_socket(const struct options *options, struct facts *facts,
			       struct refusal *refusal)
{
	(void)options;
	return stdin_socket_is_listener() ? stdin_socket_observe(facts, refusal) : 0;
}

/* What supervisord calls its process. */
static void identify_by_variable(struct facts *facts)
{
	facts->handover.job = env_get(&facts->env, "SUPERVISOR_PROCESS_NAME");
	facts->handover.instance = "";
}

static int find_nothing(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	int r = host_fd_from_option(options, facts, refusal);

	return r < 0 ? r : 0;
}

#define KNOWN_BY_PARENT(...)                                         \
 .is_nested = true, .has_no_syslog = true, .comms = { __VA_ARGS__ }, \
 .observe_readiness = observe_name

const struct host host_s6 = {
	.name = "s6",
	KNOWN_BY_PARENT("s6-supervise"),
	.way = &way_newline,
	.find_way = find_notification_fd,
	.identify = identify_by_argument,
	.ready_setting = "notification-fd",
	.configured_in = "the service directory",
};

const struct host host_nitro = {
	.name = "nitro",
	KNOWN_BY_PARENT("nitro"),
	.way = &way_newline,
	.find_way = find_notification_fd,
	.identify = identify_by_directory,
	.ready_setting = "notification-fd",
	.configured_in = "the service directory",
};

const struct host host_dinit = {
	.name = "dinit",
	KNOWN_BY_PARENT("dinit"),
	.variables = listen_variables,
	.way = &way_newline,
	.find_way = find_pipe_option,
	.gives = SOCKETS_FROM_3,
	.patience = PATIENCE_LIMITED,
	.observe = observe_listen_fds,
	.ready_setting = "ready-notification",
	.configured_in = "the service description",
};

const struct host host_openrc = {
	.name = "openrc",
	KNOWN_BY_PARENT("supervise-daemon", "start-stop-daemon"),
	.way = &way_newline,
	.find_way = find_openrc,
	.own_cgroup = "openrc.*",
	.reaps_its_own = true, /* supervise-daemon */
	.patience = PATIENCE_ENDLESS,
	.ready_setting = "notify=fd:N",
	.configured_in = "the service script",
};

const struct host host_runit = {
	.name = "runit",
	KNOWN_BY_PARENT("runsv"),
	.way = &way_nothing,
	.find_way = find_nothing,
	.identify = identify_by_argument,
	.ready_file_reader = "./check",
};

const struct host host_daemontools = {
	.name = "daemontools",
	KNOWN_BY_PARENT("supervise"),
	.way = &way_nothing,
	.find_way = find_nothing,
	.identify = identify_by_argument,
};

const struct host host_supervisord = {
	.name = "supervisord",
	KNOWN_BY_PARENT("supervisord"),
	.way = &way_nothing,
	.find_way = find_nothing,
	.gives = SOCKETS_ON_STDIO,
	.identify = identify_by_variable,
	.observe = observe_fcgi_socket,
};

const struct host host_shepherd = {
	.name = "shepherd",
	KNOWN_BY_PARENT("shepherd"),
	.variables = listen_variables,
	.way = &way_nothing,
	.find_way = find_nothing,
	.gives = SOCKETS_FROM_3,
	.observe = observe_listen_fds,
};

const struct host host_busybox = {
	.name = "busybox",
	KNOWN_BY_PARENT("busybox"),
	.way = &way_nothing,
	.find_way = find_nothing,
};
