/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * systemd as the host, system and user manager: the variables of systemd.exec(5), and the unit's name
 * in /proc/self/cgroup. How it learns of readiness is in hosts/systemd_ready.c.
 */
#include "hosts/systemd.h"

#include <limits.h>
#include <stdio.h>

#include "base/env.h"
#include "base/procfs.h"
#include "base/text.h"
#include "base/util.h"
#include "bus/ask.h"
#include "hosts/listen_fds.h"
#include "notify/socket.h"

/*
 * By their names: others that begin so are the administrator's (LISTEN_ADDRESS, WATCHDOG_INTERVAL).
 * Not INVOCATION_ID, JOURNAL_STREAM and the *_DIRECTORY variables: they stay true for the daemon
 * and speak of its unit, not of a protocol with its manager.
 */
static const env_name_t variables[] = {
	"LISTEN_PID",
	"LISTEN_FDS",
	"LISTEN_FDNAMES",
	"LISTEN_PIDFDID",
	"NOTIFY_SOCKET",
	"WATCHDOG_PID",
	"WATCHDOG_USEC",
	"SYSTEMD_EXEC_PID",
	"MANAGERPID",
	"MANAGERPIDFDID",
	"",
};

static const env_name_t ready_variables[] = { "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "" };

#define WAITING_SEND_TIMEOUT_MS 1000

static bool is_own_pid(const struct facts *facts, const char *name)
{
	return env_names_pid(&facts->env, name, facts->pid);
}

/* SYSTEMD_EXEC_PID, since systemd 248, names the one process that the manager executed. */
static bool recognise_own_pid(struct facts *facts, struct evidence *ret_evidence)
{
	if (is_own_pid(facts, "SYSTEMD_EXEC_PID")) {
		ret_evidence->parentage = PARENT_IS_HOST;
		ret_evidence->what = "SYSTEMD_EXEC_PID names this process";
		return true;
	}
	/*
	 * Process 1 is always named by the first, too; without it that is a container's. Others hand over
	 * sockets in the same way (dinit, Shepherd), and are our parent then.
	 */
	if (is_own_pid(facts, "LISTEN_PID") && facts->pid != 1 && host_of_parent(facts) == NULL) {
		ret_evidence->parentage = env_get(&facts->env, "SYSTEMD_EXEC_PID") != NULL
						  ? PARENT_IS_OTHER
						  : PARENT_UNKNOWN;
		ret_evidence->what = "LISTEN_PID names this process";
		return true;
	}
	return false;
}

static bool is_notify_socket_of_systemd(const struct facts *facts)
{
	const char *address = env_get(&facts->env, "NOTIFY_SOCKET");

	return address != NULL && has_suffix(address, "/systemd/notify");
}

static bool is_parent_called_systemd(const struct facts *facts)
{
	char comm[17];

	return process_read_comm(facts->parent, comm) == 0 && is_equal(comm, "systemd");
}

/*
 * Before 248. A variable that every process below the unit inherits counts only together with the
 * right parent; where SYSTEMD_EXEC_PID is set and names another process, somebody stands between.
 */
static bool recognise_parent(const struct facts *facts, struct evidence *ret_evidence)
{
	bool is_system = facts->parent == 1,
	     is_user = env_names_pid(&facts->env, "MANAGERPID", facts->parent);
	bool has_exec_pid = env_get(&facts->env, "SYSTEMD_EXEC_PID") != NULL;

	ret_evidence->parentage = has_exec_pid ? PARENT_IS_OTHER : PARENT_IS_HOST;
	if (has_exec_pid && env_names_pid(&facts->env, "SYSTEMD_EXEC_PID", facts->parent))
		ret_evidence->what = "SYSTEMD_EXEC_PID names our parent process";
	else if (is_user)
		ret_evidence->what = "MANAGERPID names our parent process";
	else if (is_system && access("/run/systemd/system", F_OK) == 0)
		ret_evidence->what = "our parent is PID 1, and /run/systemd/system exists";
	else if (is_system && is_notify_socket_of_systemd(facts))
		ret_evidence->what = "our parent is PID 1, and NOTIFY_SOCKET is systemd's";
	else if (is_parent_called_systemd(facts))
		ret_evidence->what = "our parent is called systemd";
	else
		return false;
	return true;
}

static bool ends_in(const char *text, size_t length, const char *suffix)
{
	size_t n = strlen(suffix);

	return length > n && memcmp(text + length - n, suffix, n) == 0;
}

static size_t component_length(const char *path)
{
	size_t n = 0;

	while (path[n] != '/' && path[n] != '\n' && path[n] != '\0')
		n++;
	return n;
}

/* Before app.slice came, a user manager had its units straight below its own, user@UID.service. */
static bool is_user_manager(const char *unit)
{
	return has_prefix(unit, "user@");
}

/*
 * The last component of @path that ends in ".service". What is in a scope below it (a login shell
 * below user@UID.service, a container) was not started as that service's process. One straight below
 * another is a group of that unit's own (DelegateSubgroup=): a manager that were run as a unit would
 * have slices below it.
 */
static const char *last_service(const char *path, const char *end, size_t *ret_length)
{
	const char *found = NULL;
	bool is_straight_below = false; /* a service that has no units there */

	while (path < end) {
		size_t n = component_length(path);
		bool is_service = ends_in(path, n, ".service");

		if (is_service && !is_straight_below) {
			found = path;
			*ret_length = n;
		} else if (ends_in(path, n, ".scope")) {
			found = NULL;
		}
		is_straight_below = is_service && found != NULL && !is_user_manager(found);
		path += n + 1;
	}
	/* One '_' in front keeps a name apart from the kernel's own files. */
	if (found != NULL && *found == '_') {
		found++;
		(*ret_length)--;
	}
	return found;
}

/* The path in a line "NUMBER:CONTROLLERS:PATH", cgroups(7), if that hierarchy is systemd's; or NULL. */
static const char *find_path(const char *line)
{
	const char *path = after_prefix(line, "0::");

	return path != NULL ? path : after_prefix(find_char(line, ':'), ":name=systemd:");
}

int systemd_unit_from_cgroup(const char *text, size_t length, char *unit, size_t size)
{
	const char *end_of_text = text + length;

	while (text < end_of_text) {
		const char *path = find_path(text), *name;
		const char *end = find_before(text, end_of_text, '\n');
		size_t name_length = 0;

		name = path != NULL ? last_service(path, end, &name_length) : NULL;
		if (name != NULL && name_length < size) {
			struct text copy = text_begin(unit, size);

			text_add_bytes(&copy, name, name_length);
			return 0;
		}
		text = end + 1;
	}
	return -ENODATA;
}

/* The unit of this process, if it is a service. Fills in @unit. */
static bool ask_unit(struct facts *facts, char *unit, size_t size)
{
	char pid[16];
	const char *const question[] = { "unit", pid, NULL };
	struct bus_call call;
	size_t length;

	(void)snprintf(pid, sizeof(pid), "%d", (int)facts->pid);
	if (host_ask(facts, &host_systemd, question, &call) < 0)
		return false;
	length = strcspn(call.answer, "\n");
	call.answer[length] = '\0';
	if (length >= size || !has_suffix(call.answer, ".service"))
		return false;
	memcpy(unit, call.answer, length + 1);
	return true;
}

/* The unit of this process, if it is a service, by the kernel's word. Fills in @unit. */
static bool read_unit(char *unit, size_t size)
{
	char text[8192];
	ssize_t n = read_file("/proc/self/cgroup", text, sizeof(text));

	return n > 0 && systemd_unit_from_cgroup(text, (size_t)n, unit, size) == 0;
}

/* Further down than our parent's child, or in a wrapper that cleans the environment. */
static bool recognise_cgroup(struct evidence *ret_evidence)
{
	char unit[256];

	if (access("/run/systemd/system", F_OK) < 0 || !read_unit(unit, sizeof(unit)))
		return false;
	ret_evidence->parentage = PARENT_IS_OTHER;
	ret_evidence->what = "our cgroup is a service's, and /run/systemd/system exists";
	return true;
}

/* A shell in a login session belongs to a .scope: that is not a service, so it proves nothing. */
static bool recognise_bus(struct facts *facts, struct evidence *ret_evidence)
{
	char unit[256];

	if (!ask_unit(facts, unit, sizeof(unit)))
		return false;
	/* A user manager would have been recognised as our parent, PID 1 perhaps not. */
	ret_evidence->parentage = facts->parent > 1 || env_get(&facts->env, "SYSTEMD_EXEC_PID") != NULL
					  ? PARENT_IS_OTHER
					  : PARENT_UNKNOWN;
	ret_evidence->what = "systemd says over D-Bus that we belong to a service";
	return true;
}

static bool recognise(struct facts *facts, enum strength strength, struct evidence *ret_evidence)
{
	switch (strength) {
	case STRENGTH_OWN_PID:
		return recognise_own_pid(facts, ret_evidence);
	case STRENGTH_PARENT:
		return recognise_parent(facts, ret_evidence) || recognise_cgroup(ret_evidence);
	case STRENGTH_BUS:
		return recognise_bus(facts, ret_evidence);
	case STRENGTH_PEER:
	case N_STRENGTHS:
		break;
	}
	return false;
}

static void show(const struct facts *facts, host_take_t take, void *arg)
{
	char unit[256];

	(void)facts;
	take(arg, "the service of our cgroup", read_unit(unit, sizeof(unit)) ? unit : "none");
}

void systemd_split_unit(const char *unit, char *job, size_t job_size, char *instance,
			size_t instance_size)
{
	size_t length = strlen(unit);
	struct text of_job = text_begin(job, job_size);
	struct text of_instance = text_begin(instance, instance_size);
	size_t prefix = (size_t)(find_char(unit, '@') - unit);

	if (has_suffix(unit, ".service"))
		length -= strlen(".service");
	if (prefix < length)
		text_add_bytes(&of_instance, unit + prefix + 1, length - prefix - 1);
	else
		prefix = length;
	text_add_bytes(&of_job, unit, prefix);
}

/* The cgroup first: it needs no bus, is right early in boot, and for user units. */
static void identify(struct facts *facts)
{
	char unit[256];

	if (!read_unit(unit, sizeof(unit)) && !ask_unit(facts, unit, sizeof(unit)))
		return;
	systemd_split_unit(unit, facts->job, sizeof(facts->job), facts->instance,
			   sizeof(facts->instance));
	facts->handover.job = facts->job;
	facts->handover.instance = facts->instance;
}

static int observe(const struct options *options, struct facts *facts, struct refusal *refusal)
{
	(void)options;
	return listen_fds_observe(facts, refusal);
}

/*
 * An engine's own init in front of us (tini, dumb-init, catatonit) ends with the process that it has
 * started, and adopts no other in its place. A name that cannot be read says nothing.
 */
static bool is_parent_called_otherwise(const struct facts *facts)
{
	char comm[17];

	return facts->parentage == PARENT_UNKNOWN && facts->parent > 0 &&
	       process_read_comm(facts->parent, comm) == 0 && !is_equal(comm, "systemd");
}

static void observe_readiness(const struct options *options, struct facts *facts)
{
	facts->parent_is_another = options->init != NULL && is_parent_called_otherwise(facts);
	facts->handover.notify_address = env_get(&facts->env, "NOTIFY_SOCKET");
	facts->handover.has_watchdog = env_get(&facts->env, "WATCHDOG_USEC") != NULL;
}

static int check_readiness(const struct options *options, const struct facts *facts,
			   struct refusal *refusal)
{
	const char *address = facts->handover.notify_address, *option = options_readiness(options);

	if (address == NULL)
		return refuse(refusal, EINVAL,
			      "%s, but systemd gave no NOTIFY_SOCKET: set Type=notify in the unit, or leave "
			      "out %s",
			      option, option);
	if (address[0] != '/' && address[0] != '@')
		return refuse(refusal, EAFNOSUPPORT,
			      "%s: NOTIFY_SOCKET=%s is neither a path nor an abstract name, and we can send "
			      "to no other",
			      option, address);
	/* Run by a daemon that is behind a bridge itself: it would be told of a main process. */
	if (notify_address_is_private(address))
		return refuse(refusal, ELOOP,
			      "%s: NOTIFY_SOCKET=%s is not systemd's but the private socket of another "
			      "cross-init-bridge: run only one of the two with %s",
			      option, address, option);
	return 0;
}

/* What names the process that systemd executed, and what asks it to speak. */
static int rename_main(const struct facts *facts, struct env_edits *edits)
{
	static const env_name_t asking[] = { "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
					     "LISTEN_PIDFDID", "" };
	static const env_name_t naming[] = { "LISTEN_PID", "SYSTEMD_EXEC_PID" };
	int r = env_edits_remove(edits, asking);

	for (size_t i = 0; i < ARRAY_SIZE(naming) && r == 0; i++) {
		if (is_own_pid(facts, naming[i]))
			r = env_edits_set_later(edits, naming[i], ENV_DAEMON_PID);
	}
	return r;
}

/*
 * EXTEND_TIMEOUT_USEC= counts from when it is read, and never shortens. A service whose type is not one that
 * systemd waits for shows the status, too, if it has NotifyAccess=.
 */
static void tell_waiting(const struct facts *facts, const char *what, int extend_ms)
{
	const char *address = env_get(&facts->env, "NOTIFY_SOCKET");
	cleanup_close int fd = address != NULL ? notify_client_open() : NO_FD;
	char text[1024]; /* a longer path is cut; systemd takes 4096 */
	int used = 0;

	if (fd < 0)
		return;
	if (extend_ms != NO_TIME_LIMIT)
		used = snprintf(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%lld\n", extend_ms * 1000LL);
	(void)snprintf(text + used, sizeof(text) - (size_t)used, "STATUS=%s%s",
		       what != NULL ? "Waiting for " : "", what != NULL ? what : "");
	(void)notify_send(fd, address, text, NO_FD, WAITING_SEND_TIMEOUT_MS); /* a courtesy */
}

static const char *const *limit_question(const struct facts *facts)
{
	static const char *const question[] = { "start-limit", NULL };

	return env_get(&facts->env, "NOTIFY_SOCKET") != NULL ? question : NULL;
}

/* TimeoutStartUSec, of which the highest number is infinity. */
static int read_limit(const char *answer)
{
	char *end;
	unsigned long long limit_us;

	if (*answer < '0' || *answer > '9')
		return -ENODATA;
	errno = 0;
	limit_us = strtoull(answer, &end, 10);
	if (*end != '\n' || (errno != 0 && errno != ERANGE))
		return -ENODATA;
	return limit_us / 1000 < INT_MAX ? (int)(limit_us / 1000) : NO_TIME_LIMIT;
}

const struct host host_systemd = {
	.name = "systemd",
	.way = &systemd_way,
	.gives = SOCKETS_FROM_3,
	.patience = PATIENCE_LIMITED, /* TimeoutStartSec= */
	.own_cgroup = "*.service",
	.variables = variables,
	.ready_variables = ready_variables,
	.ready_setting = "Type=notify",
	.forking_setting = "Type=forking",
	.pid_file_setting = "PIDFile=",
	.configured_in = "the unit",
	.watchdog_setting = "WatchdogSec=",
	.looks_at = "SYSTEMD_EXEC_PID LISTEN_PID MANAGERPID NOTIFY_SOCKET /run/systemd/system",
	.recognise = recognise,
	.show = show,
	.observe = observe,
	.identify = identify,
	.observe_readiness = observe_readiness,
	.check_readiness = check_readiness,
	.rename_main = rename_main,
	.tell_waiting = tell_waiting,
	.limit_question = limit_question,
	.read_limit = read_limit,
};
