/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * bus-query: asks the running service manager one question over D-Bus and prints its answer.
 *
 * Only this program knows libdbus, and it is a program of its own: loading the library costs more
 * than all else the launcher does, and its timeouts cover neither connecting nor authentication,
 * so that a bus that hangs can only be bounded by killing whoever asks. There is therefore no deadline
 * in here. The caller sets one; should it die first, we die with it (and see bus-query/clock.h).
 *
 *   unit PID                 the systemd unit of PID                       UNIT\n
 *   start-limit              how long systemd waits until the unit of   MICROSECONDS\n
 *                            whoever asks is ready, TimeoutStartUSec
 *   job PID                  the Upstart job instance that PID belongs to  NAME\nINSTANCE\n
 *   job-state JOB INSTANCE   what it is to become, and what it is          GOAL\nSTATE\n
 *   start-on JOB             its "start on", in reverse Polish notation    EVENT\0K=V\0\0/AND\0\0
 *   watch NAME               who owns NAME on the system bus, a line for   PID\n, -\n or !\n
 *   watch-session NAME       each change until nobody reads them; on the
 *                            session bus (bus-query/watch.h)
 *
 * Exit status: 0 answered, 1 the manager knows no such thing, 2 could not ask, 3 not a question of this
 * version's, 4 the answer is longer than BUS_ANSWER_MAX (one line on stderr each of the last three).
 *
 * The questions, the answers and the exit status are an interface between versions: a babysitter lives
 * as long as its daemon, and runs the bus-query of every package that is installed meanwhile. So none
 * of them is ever changed, only added; and what one version does not know must not look
 * like an answer to another (tests/unit/test_bus_query.c has what each version asks).
 *
 * A question names the managers to ask, a manager the routes that lead to it (bus-query/link.h).
 * A route that fails in whatever way gives way to the next. Nothing is printed until the answer is
 * complete.
 */
#include <dbus/dbus.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signal.h>

#include "base/util.h"
#include "bus-query/clock.h"
#include "bus-query/link.h"
#include "bus-query/reply.h"
#include "bus-query/watch.h"

struct inquiry {
	struct link link;
	char **args;
	uint32_t pid; /* the first argument, of a question that takes a pid */
	struct answer answer;
};

struct question {
	const char *name;
	int n_args;
	bool takes_pid;
	const char *usage;
	enum verdict (*ask)(struct inquiry *inquiry); /* NULL: watch_name() on the only route */
	const struct route *managers[2]; /* the next one is asked when one has no answer */
};

static enum verdict malformed(struct inquiry *inquiry, const char *what)
{
	if (inquiry->answer.is_full) {
		(void)link_fail(&inquiry->link, "%s: the answer is longer than %d bytes", what,
				BUS_ANSWER_MAX);
		return TOO_LONG; /* by another route it would be, too */
	}
	return link_fail(&inquiry->link, "%s: the answer is not what it should be", what);
}

/* An object can go away between two of our calls, and then there is no such thing any more. libdbus,
 * and so Upstart, says of an object that is not there that it has no such method. */
#define OBJECT_IS_GONE DBUS_ERROR_UNKNOWN_OBJECT, DBUS_ERROR_UNKNOWN_METHOD

static enum verdict get_property(struct inquiry *inquiry, const char *path, const char *interface,
				 const char *property, DBusMessage **ret_reply)
{
	static const struct method get = { DBUS_INTERFACE_PROPERTIES, "Get", { OBJECT_IS_GONE } };

	return link_call(&inquiry->link, path, &get, ret_reply, DBUS_TYPE_STRING, &interface,
			 DBUS_TYPE_STRING, &property, DBUS_TYPE_INVALID);
}

/* Adds the property, a string, to the answer. */
static enum verdict add_property(struct inquiry *inquiry, const char *path, const char *interface,
				 const char *property)
{
	cleanup_dbus_message DBusMessage *reply = NULL;
	enum verdict verdict = get_property(inquiry, path, interface, property, &reply);

	if (verdict == ANSWERED && !reply_read_line(reply, &inquiry->answer))
		return malformed(inquiry, property);
	return verdict;
}

/* ---- systemd ---- */

#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_NAME "org.freedesktop.systemd1"

/* The object of the unit of our pid; *@ret_unit belongs to *@ret_reply. With 0 it is that of bus-query itself. */
static enum verdict find_unit(struct inquiry *inquiry, DBusMessage **ret_reply, const char **ret_unit)
{
	static const struct method get_unit = {
		SYSTEMD_NAME ".Manager",
		"GetUnitByPID",
		{ SYSTEMD_NAME ".NoUnitForPID", "System.Error.ESRCH" },
	};
	enum verdict verdict = link_call(&inquiry->link, SYSTEMD_PATH, &get_unit, ret_reply,
					 DBUS_TYPE_UINT32, &inquiry->pid, DBUS_TYPE_INVALID);

	if (verdict == ANSWERED && !reply_read_path(*ret_reply, ret_unit))
		return malformed(inquiry, get_unit.name);
	return verdict;
}

static enum verdict ask_unit(struct inquiry *inquiry)
{
	cleanup_dbus_message DBusMessage *reply = NULL;
	const char *unit;
	enum verdict verdict = find_unit(inquiry, &reply, &unit);

	return verdict == ANSWERED ? add_property(inquiry, unit, SYSTEMD_NAME ".Unit", "Id")
				   : verdict;
}

static enum verdict ask_start_limit(struct inquiry *inquiry)
{
	static const char name[] = "TimeoutStartUSec";
	cleanup_dbus_message DBusMessage *unit_reply = NULL, *reply = NULL;
	const char *unit;
	enum verdict verdict = find_unit(inquiry, &unit_reply, &unit);

	if (verdict == ANSWERED)
		verdict = get_property(inquiry, unit, SYSTEMD_NAME ".Service", name, &reply);
	if (verdict == ANSWERED && !reply_read_number(reply, &inquiry->answer))
		return malformed(inquiry, name);
	return verdict;
}

/* ---- Upstart ---- */

#define UPSTART_PATH "/com/ubuntu/Upstart"
#define UPSTART "com.ubuntu.Upstart0_6"
#define UPSTART_JOB UPSTART ".Job"
#define UPSTART_INSTANCE UPSTART ".Instance"

/* Asks the object at @path for the one it calls @name; *@ret_found belongs to *@ret_reply. */
static enum verdict look_up(struct inquiry *inquiry, const char *path, const struct method *method,
			    const char *name, DBusMessage **ret_reply, const char **ret_found)
{
	enum verdict verdict = link_call(&inquiry->link, path, method, ret_reply, DBUS_TYPE_STRING,
					 &name, DBUS_TYPE_INVALID);

	if (verdict == ANSWERED && !reply_read_path(*ret_reply, ret_found))
		return malformed(inquiry, method->name);
	return verdict;
}

static enum verdict look_up_job(struct inquiry *inquiry, DBusMessage **ret_reply, const char **ret_job)
{
	static const struct method get_job = { UPSTART,
					       "GetJobByName",
					       { UPSTART ".Error.UnknownJob" } };

	return look_up(inquiry, UPSTART_PATH, &get_job, inquiry->args[0], ret_reply, ret_job);
}

/* Asks the object at @path for a list of objects, which belong to *@ret_reply. */
static enum verdict list(struct inquiry *inquiry, const char *path, const struct method *method,
			 DBusMessage **ret_reply, DBusMessageIter *ret_paths)
{
	enum verdict verdict = link_call(&inquiry->link, path, method, ret_reply, DBUS_TYPE_INVALID);

	if (verdict == ANSWERED && !reply_open_paths(*ret_reply, ret_paths))
		return malformed(inquiry, method->name);
	return verdict;
}

/* ANSWERED if our pid is one of the instance's. */
static enum verdict match_instance(struct inquiry *inquiry, const char *instance)
{
	cleanup_dbus_message DBusMessage *reply = NULL;
	enum verdict verdict = get_property(inquiry, instance, UPSTART_INSTANCE, "processes", &reply);
	bool is_found;

	if (verdict != ANSWERED)
		return verdict;
	if (!reply_has_process(reply, inquiry->pid, &is_found))
		return malformed(inquiry, "processes");
	return is_found ? ANSWERED : NO_SUCH_THING;
}

/* Looks for our pid among the instances of @job. */
static enum verdict search_job(struct inquiry *inquiry, const char *job)
{
	static const struct method get_all = { UPSTART_JOB, "GetAllInstances", { OBJECT_IS_GONE } };
	cleanup_dbus_message DBusMessage *reply = NULL;
	DBusMessageIter instances;
	const char *instance;
	enum verdict verdict = list(inquiry, job, &get_all, &reply, &instances);

	if (verdict != ANSWERED)
		return verdict;
	while ((instance = reply_next_path(&instances)) != NULL) {
		verdict = match_instance(inquiry, instance);
		if (verdict == ANSWERED)
			verdict = add_property(inquiry, job, UPSTART_JOB, "name");
		if (verdict == ANSWERED)
			return add_property(inquiry, instance, UPSTART_INSTANCE, "name");
		if (verdict != NO_SUCH_THING)
			return verdict;
	}
	return NO_SUCH_THING;
}

static enum verdict ask_job(struct inquiry *inquiry)
{
	static const struct method get_all = { UPSTART, "GetAllJobs", { NULL } };
	cleanup_dbus_message DBusMessage *reply = NULL;
	DBusMessageIter jobs;
	const char *job;
	enum verdict verdict = list(inquiry, UPSTART_PATH, &get_all, &reply, &jobs);

	if (verdict != ANSWERED)
		return verdict;
	while ((job = reply_next_path(&jobs)) != NULL) {
		verdict = search_job(inquiry, job);
		if (verdict != NO_SUCH_THING)
			return verdict;
	}
	return NO_SUCH_THING;
}

static enum verdict ask_job_state(struct inquiry *inquiry)
{
	static const struct method get_instance = {
		UPSTART_JOB,
		"GetInstanceByName",
		{ UPSTART ".Error.UnknownInstance", OBJECT_IS_GONE },
	};
	cleanup_dbus_message DBusMessage *job_reply = NULL, *instance_reply = NULL;
	const char *job, *instance;
	enum verdict verdict = look_up_job(inquiry, &job_reply, &job);

	if (verdict == ANSWERED)
		verdict = look_up(inquiry, job, &get_instance, inquiry->args[1], &instance_reply,
				  &instance);
	if (verdict == ANSWERED)
		verdict = add_property(inquiry, instance, UPSTART_INSTANCE, "goal");
	if (verdict == ANSWERED)
		verdict = add_property(inquiry, instance, UPSTART_INSTANCE, "state");
	return verdict;
}

static enum verdict ask_start_on(struct inquiry *inquiry)
{
	cleanup_dbus_message DBusMessage *job_reply = NULL, *reply = NULL;
	const char *job;
	enum verdict verdict = look_up_job(inquiry, &job_reply, &job);

	if (verdict == ANSWERED)
		verdict = get_property(inquiry, job, UPSTART_JOB, "start_on", &reply);
	if (verdict == ANSWERED && !reply_read_start_on(reply, &inquiry->answer))
		return malformed(inquiry, "start_on");
	return verdict;
}

/* ---- the program ---- */

/* The user's manager first: it knows only what is its own, whereas to the system's manager all
 * that a user manager runs is one unit, user@UID.service. */
static const struct question questions[] = {
	{ "unit", 1, true, "PID", ask_unit, { systemd_user_routes, systemd_routes } },
	{ "start-limit", 0, false, "", ask_start_limit, { systemd_user_routes, systemd_routes } },
	{ "job", 1, true, "PID", ask_job, { upstart_routes } },
	{ "job-state", 2, false, "JOB INSTANCE", ask_job_state, { upstart_routes } },
	{ "start-on", 1, false, "JOB", ask_start_on, { upstart_routes } },
	{ "watch", 1, false, "NAME", NULL, { system_bus_routes } },
	{ "watch-session", 1, false, "NAME", NULL, { session_bus_routes } },
};

static enum verdict ask_by(const struct question *question, const struct route *route,
			   struct inquiry *inquiry)
{
	enum verdict verdict = link_open(&inquiry->link, route);

	if (verdict != ANSWERED)
		return verdict;
	inquiry->answer.length = 0;
	verdict = question->ask(inquiry);
	link_close(&inquiry->link);
	return verdict;
}

static enum verdict ask_manager(const struct question *question, const struct route *routes,
				struct inquiry *inquiry)
{
	enum verdict verdict = CANNOT_ASK;

	for (; routes->label != NULL && verdict == CANNOT_ASK; routes++)
		verdict = ask_by(question, routes, inquiry);
	return verdict;
}

/* The last manager has the last word: that one before it has no answer means nothing. */
static enum verdict ask(const struct question *question, struct inquiry *inquiry)
{
	enum verdict verdict = CANNOT_ASK;

	for (size_t i = 0; i < ARRAY_SIZE(question->managers) && verdict != ANSWERED; i++)
		if (question->managers[i] != NULL)
			verdict = ask_manager(question, question->managers[i], inquiry);
	return verdict;
}

/* Reasons quote what others wrote: they stay on one line and do not speak to the terminal. */
static enum verdict complain(const char *reason)
{
	(void)setvbuf(stderr, NULL, _IOLBF, 0); /* not a system call for each character */
	fputs("bus-query: ", stderr);
	for (; *reason != '\0'; reason++)
		fputc((unsigned char)*reason < ' ' || *reason == '\x7f' ? '?' : *reason, stderr);
	fputc('\n', stderr);
	return CANNOT_ASK;
}

static void print_usage(void)
{
	fputs("bus-query: usage: bus-query", stderr);
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		fprintf(stderr, "%s %s %s", i > 0 ? " |" : "", questions[i].name, questions[i].usage);
	fputc('\n', stderr);
}

static const struct question *find_question(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(questions); i++)
		if (is_equal(questions[i].name, argv[1]) && questions[i].n_args == argc - 2)
			return &questions[i];
	return NULL;
}

static bool parse_pid(const char *text, uint32_t *ret_pid)
{
	unsigned long long pid;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	pid = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || pid == 0 || pid > INT32_MAX)
		return false;
	*ret_pid = (uint32_t)pid;
	return true;
}

static bool is_utf8(char *const *args)
{
	while (*args != NULL && dbus_validate_utf8(*args, NULL))
		args++;
	return *args == NULL;
}

int main(int argc, char **argv)
{
	static struct inquiry inquiry;
	const struct question *question = find_question(argc, argv);
	enum verdict verdict;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (question == NULL) {
		print_usage();
		return UNKNOWN_QUESTION;
	}
	inquiry.args = argv + 2;
	if (question->takes_pid && !parse_pid(inquiry.args[0], &inquiry.pid))
		return complain("not a process id");
	if (!is_utf8(inquiry.args))
		return complain("an argument is not UTF-8"); /* on which libdbus aborts */

	if (question->ask == NULL) {
		clock_start_watch();
		watch_name(question->managers[0], inquiry.args[0]);
		return ANSWERED;
	}
	clock_start_question();
	verdict = ask(question, &inquiry);
	if (verdict == CANNOT_ASK || verdict == TOO_LONG) {
		(void)complain(inquiry.link.reasons);
		return verdict;
	}
	if (verdict == ANSWERED &&
	    (fwrite(inquiry.answer.text, 1, inquiry.answer.length, stdout) != inquiry.answer.length ||
	     fflush(stdout) != 0))
		return complain("cannot write the answer");
	return verdict;
}
