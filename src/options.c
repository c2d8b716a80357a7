/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See options.h. */
#include "options.h"

#include "base/getopt.h"
#include "base/output.h"
#include "base/text.h"
#include "base/usage.h"
#include "base/util.h"
#include "fd/names.h"

enum group {
	GROUP_RUN,
	GROUP_READINESS,
	GROUP_SOCKETS,
	GROUP_CONDITIONS,
	GROUP_LOOKING,
};

enum call {
	CALL_INIT,
	CALL_JOB,
	CALL_LISTEN,
	CALL_FDNAME,
	CALL_WAIT_FOR,
	CALL_READY_WHEN,
	CALL_DAEMON_FD,
	CALL_PROBE,
};

#define SET(member) .where = offsetof(struct options, member)

/*
 * Every option. The parser, --help, what is refused and the test that compares them with the
 * manual read this table; whoever adds a row adds what it sets to struct options, and no more.
 */
static const struct option_row rows[] = {
	{ "target", 't', OPTION_TEXT, 0, GROUP_RUN, USE_ALWAYS, SET(target), "TARGET",
	  "the protocol that COMMAND speaks" },
	{ "init", 'i', OPTION_CALL, CALL_INIT, GROUP_RUN, USE_ALWAYS, SET(init), "HOST",
	  "the service manager that runs us (default: auto, which finds out)" },
	{ "job", 0, OPTION_CALL, CALL_JOB, GROUP_RUN, USE_JOB, SET(job), "NAME[/INSTANCE]",
	  "UPSTART_JOB and UPSTART_INSTANCE for COMMAND" },
	{ "stderr", 0, OPTION_CHOICE, 0, GROUP_RUN, USE_STDERR, SET(standard_error),
	  "keep|socket|null", "what COMMAND's standard error is" },

	{ "notify", 'N', OPTION_FLAG, 0, GROUP_READINESS, USE_READINESS, SET(notify), "",
	  "carry COMMAND's readiness to the service manager" },
	{ "ready-when", 0, OPTION_CALL, CALL_READY_WHEN, GROUP_READINESS, USE_READINESS,
	  SET(ready_when), "CONDITION", "instead of -N: COMMAND is ready when this holds" },
	{ "ready-file", 0, OPTION_TEXT, 0, GROUP_READINESS, USE_ALWAYS, SET(ready_file), "PATH",
	  "a file that is there as long as COMMAND is ready" },
	{ "host-fd", 0, OPTION_TEXT, 0, GROUP_READINESS, USE_HOST_FD, SET(host_fd), "N|NAME",
	  "the descriptor from which the service manager reads a newline, or the variable with its "
	  "number" },
	{ "pidfile", 0, OPTION_TEXT, 0, GROUP_READINESS, USE_ALWAYS, SET(pid_file), "PATH",
	  "with -i forking: where COMMAND's process ID is, as long as it runs" },
	{ "stdio", 0, OPTION_CHOICE, 0, GROUP_READINESS, USE_ALWAYS, SET(stdio_null), "keep|null",
	  "with -i forking: COMMAND's standard input, output and error" },
	{ "daemon-fd", 0, OPTION_CALL, CALL_DAEMON_FD, GROUP_READINESS, USE_DAEMON_FD,
	  SET(daemon_fd), "N[:NAME]",
	  "with -t s6: the descriptor that COMMAND writes to (default: 3), and the "
	  "variable that tells it" },
	{ "daemon-pidfile", 0, OPTION_TEXT, 0, GROUP_READINESS, USE_FORKING, SET(daemon_pid_file),
	  "PATH", "with -t forking: where COMMAND puts the process ID of its main process" },
	{ "kill-stragglers", 0, OPTION_CHOICE, STRAGGLERS_GROUP, GROUP_READINESS, USE_FORKING,
	  SET(stragglers), "group|all|no",
	  "with -t forking: which processes end with the main one: its session's and process group's "
	  "(default), all, or none" },
	{ "start-timeout", 0, OPTION_SECONDS, 0, GROUP_READINESS, USE_LIMIT, SET(start_timeout_s),
	  "SECONDS", "end COMMAND if it is not ready by then" },
	{ "notify-access", 0, OPTION_CHOICE, NOTIFY_ACCESS_MAIN, GROUP_READINESS, USE_NOTIFICATIONS,
	  SET(notify_access), "main|all",
	  "who may send READY=1: COMMAND's main process (default), or any process of root or of "
	  "COMMAND's user" },
	{ "notify-socket", 0, OPTION_CHOICE, NOTIFY_PLACE_AUTO, GROUP_READINESS, USE_NOTIFICATIONS,
	  SET(notify_place), "auto|path|abstract",
	  "where the socket of NOTIFY_SOCKET is (default: auto)" },
	{ "supervise", 0, OPTION_FLAG, 0, GROUP_READINESS, USE_SUPERVISE, SET(supervise), "",
	  "stay as COMMAND's parent, and follow its MAINPID=" },
	{ "job-respawns", 0, OPTION_FLAG, 0, GROUP_READINESS, USE_RESPAWNS, SET(job_respawns), "",
	  "with --supervise: the Upstart job has 'respawn'" },
	{ "end-after-ready", 0, OPTION_FLAG, 0, GROUP_READINESS, USE_ATTEND, SET(end_after_ready),
	  "", "no babysitter stays once COMMAND is ready" },
	{ "log", 0, OPTION_CHOICE, REPORT_NONE, GROUP_READINESS, USE_NOTIFICATIONS, SET(log),
	  "none|status|all", "which of COMMAND's notifications are logged (default: status)" },

	{ "listen", 0, OPTION_CALL, CALL_LISTEN, GROUP_SOCKETS, USE_LISTEN, SET(listen),
	  "[KIND:]ADDRESS", "open a socket if the service manager hands over none" },
	{ "fdname", 0, OPTION_CALL, CALL_FDNAME, GROUP_SOCKETS, USE_NAMES, SET(fd_names),
	  "NAME[:NAME...]", "LISTEN_FDNAMES for COMMAND" },
	{ "adopt", 0, OPTION_CHOICE, ADOPT_AUTO, GROUP_SOCKETS, USE_ADOPT, SET(adopt),
	  "auto|no|require", "take the sockets that Upstart forgets to hand over (default: auto)" },
	{ "force-sockets", 0, OPTION_FLAG, 0, GROUP_SOCKETS, USE_SOCKETS, SET(force_sockets), "",
	  "pass on sockets that cannot be confirmed or described" },

	{ "wait-for", 0, OPTION_CALL, CALL_WAIT_FOR, GROUP_CONDITIONS, USE_ALWAYS, SET(wait_for),
	  "CONDITION", "start COMMAND when this holds; can be given several times" },
	{ "wait-timeout", 0, OPTION_SECONDS, 1, GROUP_CONDITIONS, USE_WAIT, SET(wait_timeout_s),
	  "SECONDS", "but wait no longer than this (default: 90)" },

	{ "explain", 0, OPTION_VALUE, ACTION_EXPLAIN, GROUP_LOOKING, USE_ALWAYS, SET(action), "",
	  "print what would be done, and exit" },
	{ "detect", 0, OPTION_VALUE, ACTION_DETECT, GROUP_LOOKING, USE_ALWAYS, SET(action), "",
	  "print which service manager runs us and why, and exit" },
	{ "format", 0, OPTION_CHOICE, FORMAT_TEXT, GROUP_LOOKING, USE_ALWAYS, SET(format),
	  "text|json", "how --explain and --detect print it (default: text)" },
	{ "check", 0, OPTION_VALUE, ACTION_CHECK, GROUP_LOOKING, USE_ALWAYS, SET(action), "",
	  "check units, jobs or scripts, the files that follow, and exit" },
	{ "probe", 0, OPTION_MAYBE, CALL_PROBE, GROUP_LOOKING, USE_ALWAYS, SET(action), "[=here]",
	  "run COMMAND for a moment as each service manager would, print what it speaks and what to "
	  "write, and exit" },
	{ "verbose", 'v', OPTION_FLAG, 0, GROUP_LOOKING, USE_ALWAYS, SET(verbose), "",
	  "say what is done" },
	{ "help", 'h', OPTION_VALUE, ACTION_HELP, GROUP_LOOKING, USE_ALWAYS, SET(action), "",
	  "print this text, and exit" },
	{ "version", 'V', OPTION_VALUE, ACTION_VERSION, GROUP_LOOKING, USE_ALWAYS, SET(action), "",
	  "print the version, and exit" },
};

_Static_assert(ARRAY_SIZE(rows) <= 64, "struct options has a bit for each");

/* ---- what more is to be done for an option than to store its argument ---- */

static int set_job(struct options *options, const char *text, struct refusal *refusal)
{
	char *slash;

	free(options->job);
	options->job = strdup(text);
	if (options->job == NULL)
		return refuse(refusal, ENOMEM, "--job: out of memory");
	slash = strchr(options->job, '/');
	options->job_instance = slash != NULL ? slash + 1 : "";
	if (slash != NULL)
		*slash = '\0';
	if (options->job[0] == '\0')
		return refuse(refusal, EINVAL,
			      "--job: '%s' begins with no name, use NAME[/INSTANCE]", text);
	return 0;
}

#define MAX_DAEMON_FD 65535

/* "N" or "N:NAME". */
static int set_daemon_fd(struct options *options, const char *text, struct refusal *refusal)
{
	const char *colon = find_char(text, ':');
	char digits[8] = "";
	unsigned long fd = 0;

	if ((size_t)(colon - text) < sizeof(digits))
		memcpy(digits, text, (size_t)(colon - text));
	if (parse_number(digits, MAX_DAEMON_FD, &fd) < 0 || fd <= STDERR_FILENO ||
	    (*colon == ':' && (colon[1] == '\0' || strchr(colon, '=') != NULL)))
		return refuse(refusal, EINVAL,
			      "--daemon-fd: '%s' is not N or N:NAME, a descriptor from 3 to %d and the name "
			      "of a variable",
			      text, MAX_DAEMON_FD);
	options->daemon_fd = (int)fd;
	options->daemon_fd_name = *colon == ':' ? colon + 1 : NULL;
	return 0;
}

static int add_listen(struct options *options, const char *text, struct refusal *refusal)
{
	struct listen_address *longer =
		realloc(options->listen, (options->n_listen + 1) * sizeof(*longer));
	int r;

	if (longer == NULL)
		return refuse(refusal, ENOMEM, "--listen: out of memory");
	options->listen = longer;
	longer += options->n_listen;
	r = listen_parse(text, longer, refusal);
	if (r < 0)
		return r;
	options->n_listen++;
	return attributes_find_accounts(&longer->attributes, text, refusal);
}

static int set_fd_names(struct options *options, const char *names, struct refusal *refusal)
{
	options->fd_names = names;
	if (fd_names_check(names) < 0)
		return refuse(refusal, EINVAL,
			      "--fdname: '%s' is not a list NAME[:NAME...] of names of at most 255 "
			      "printable ASCII characters",
			      names);
	return 0;
}

static int add_condition(struct options *options, const char *text, struct refusal *refusal)
{
	struct awaited *longer;
	const char *wrong;

	if (options->n_wait_for == MAX_AWAITED)
		return refuse(refusal, E2BIG, "--wait-for: more than %d conditions", MAX_AWAITED);
	longer = realloc(options->wait_for, (options->n_wait_for + 1) * sizeof(*longer));
	if (longer == NULL)
		return refuse(refusal, ENOMEM, "--wait-for: out of memory");
	options->wait_for = longer;
	wrong = awaited_parse(text, &longer[options->n_wait_for]);
	if (wrong != NULL)
		return refuse(refusal, EINVAL, "--wait-for: '%s': %s", text, wrong);
	options->n_wait_for++;
	return 0;
}

/* With a text of its own: whoever looks whether it holds has covered its arguments. */
static int set_ready_when(struct options *options, const char *text, struct refusal *refusal)
{
	size_t size = strlen(text) + 1;
	const char *wrong;
	char *copy;

	if (options->ready_when != NULL)
		return refuse(refusal, EINVAL, "--ready-when: only one condition can mean ready");
	options->ready_when = malloc(sizeof(*options->ready_when) + size);
	if (options->ready_when == NULL)
		return refuse(refusal, ENOMEM, "--ready-when: out of memory");
	copy = memcpy(options->ready_when + 1, text, size);
	wrong = awaited_parse(copy, options->ready_when);
	return wrong == NULL ? 0 : refuse(refusal, EINVAL, "--ready-when: '%s': %s", text, wrong);
}

static int set_probe(struct options *options, const char *where, struct refusal *refusal)
{
	if (where != NULL && !is_equal(where, "here"))
		return refuse(refusal, EINVAL, "--probe: '%s' is not here", where);
	options->action = ACTION_PROBE;
	options->probe_here = where != NULL;
	return 0;
}

static int call(enum call number, struct options *options, const char *argument,
		struct refusal *refusal)
{
	switch (number) {
	case CALL_INIT:
		options->init = is_equal(argument, "auto") ? NULL : argument;
		return 0;
	case CALL_JOB:
		return set_job(options, argument, refusal);
	case CALL_LISTEN:
		return add_listen(options, argument, refusal);
	case CALL_FDNAME:
		return set_fd_names(options, argument, refusal);
	case CALL_WAIT_FOR:
		return add_condition(options, argument, refusal);
	case CALL_READY_WHEN:
		return set_ready_when(options, argument, refusal);
	case CALL_DAEMON_FD:
		return set_daemon_fd(options, argument, refusal);
	case CALL_PROBE:
		return set_probe(options, argument, refusal);
	}
	return refuse(refusal, EINVAL, "nobody takes '%s'", argument);
}

/* ---- the command line ---- */

/* Given once more, it counts instead of what was said before. */
static bool is_single(const struct option_row *row)
{
	bool is_list = row->kind == OPTION_CALL &&
		       (row->number == CALL_LISTEN || row->number == CALL_WAIT_FOR);

	return row->argument[0] != '\0' && !is_list;
}

static int take(struct options *options, int option, const struct words *words,
		struct refusal *refusal)
{
	const struct option_row *row;

	if (option < 0)
		return option_refuse(words, option, refusal);
	row = &rows[option];
	if ((options->given & UINT64_C(1) << option) != 0 && is_single(row))
		options->repeated |= UINT64_C(1) << option;
	options->given |= UINT64_C(1) << option;
	if (row->kind >= OPTION_CALL)
		return call((enum call)row->number, options, words->argument, refusal);
	return option_take(row, words->argument, options, refusal);
}

static int check_complete(const struct options *options, struct refusal *refusal)
{
	if (options->notify && options->ready_when != NULL)
		return refuse(refusal, EINVAL,
			      "-N and --ready-when: either the daemon says that it is ready, or the "
			      "condition does");
	if (options->format != FORMAT_TEXT && options->action == ACTION_RUN)
		return refuse(refusal, EINVAL,
			      "--format=json without --explain or --detect: nothing is printed: add one of "
			      "them, or leave it out");
	if (options->action != ACTION_RUN && options->action != ACTION_EXPLAIN)
		return 0;
	if (options->command[0] == NULL)
		return refuse(refusal, EINVAL, "no command to run");
	return 0;
}

static void print_names(struct output *out, const char *begin, const char *names)
{
	char line[512];
	struct text text = text_begin(line, sizeof(line));

	text_add(&text, begin);
	text_add(&text, names);
	usage_print_text(out, line);
}

static void print_conditions(struct output *out)
{
	output_add(out, "\nA CONDITION is one of:\n");
	for (size_t i = 0; i < N_AWAITED_KINDS; i++)
		usage_print_term(out, awaited_forms[i].form, awaited_forms[i].meaning);
}

void options_print_help(struct output *out, const char *targets, const char *hosts)
{
	static const char headings[][12] = {
		[GROUP_RUN] = "What to run", [GROUP_READINESS] = "Readiness",
		[GROUP_SOCKETS] = "Sockets", [GROUP_CONDITIONS] = "Waiting",
		[GROUP_LOOKING] = "Looking",
	};

	output_add(out, "Usage: cross-init-bridge -t TARGET [-N] [OPTION...] [--] COMMAND [ARG...]\n"
			"       cross-init-bridge --detect\n"
			"Run COMMAND, a daemon written for one service manager, under another.\n");
	for (size_t group = 0; group < ARRAY_SIZE(headings); group++) {
		output_format(out, "\n%s:\n", headings[group]);
		usage_print_rows(out, rows, ARRAY_SIZE(rows), group);
	}
	output_char(out, '\n');
	print_names(out, "TARGET is ", targets);
	print_names(out, "HOST is auto, ", hosts);
	print_conditions(out);
	output_add(out, "\nIn a systemd unit of Type=notify:\n"
			"  ExecStart=/usr/bin/cross-init-bridge -t upstart -N -- /usr/sbin/collectd\n"
			"In an Upstart job with 'expect stop':\n"
			"  exec cross-init-bridge -t systemd -N -- /usr/sbin/haproxy -Ws -f FILE\n"
			"\n"
			"Exit status: COMMAND's own; 125 if cross-init-bridge fails, 126 if COMMAND\n"
			"cannot be executed, 127 if it is not found. See cross-init-bridge(1).\n");
}

int options_parse(int argc, char **argv, struct options *ret_options, struct refusal *refusal)
{
	struct options options = { .notify_access = NOTIFY_ACCESS_MAIN,
				   .daemon_fd = DAEMON_FD,
				   .log = REPORT_STATUS,
				   .start_timeout_s = NO_START_TIMEOUT,
				   .wait_timeout_s = WAIT_TIMEOUT_S,
				   .standard_error = STANDARD_ERROR_AS_IS };
	struct words words = { .rows = rows, .n_rows = ARRAY_SIZE(rows) };
	int option, r = 0;

	if (argc < 1) /* execve(2) allows it before Linux 5.18 */
		return refuse(refusal, EINVAL, "no arguments at all, not even a name");
	words.next = argv + 1;
	while (r == 0 && options.action < ACTION_HELP) {
		option = words_next(&words);
		if (option == WORDS_END)
			break;
		r = take(&options, option, &words, refusal);
	}
	options.command = words.next;
	if (r == 0)
		r = check_complete(&options, refusal);
	if (r < 0) {
		options_done(&options);
		return r;
	}
	*ret_options = options;
	return 0;
}

const char *options_next_given(uint64_t *left, enum use *ret_use)
{
	const struct option_row *row;

	if (*left == 0)
		return NULL;
	row = &rows[__builtin_ctzll(*left)];
	*left &= *left - 1;
	*ret_use = (enum use)row->use;
	return row->name;
}

const struct option_row *options_rows(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(rows);
	return rows;
}

void options_done(struct options *options)
{
	free(options->job);
	for (size_t i = 0; i < options->n_listen; i++)
		listen_done(&options->listen[i]);
	free(options->listen);
	options->job = NULL;
	options->listen = NULL;
	options->n_listen = 0;
	free(options->wait_for);
	options->wait_for = NULL;
	options->n_wait_for = 0;
	free(options->ready_when);
	options->ready_when = NULL;
}
