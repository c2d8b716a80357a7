/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See options.h. */
#include "options.h"

#include "base/getopt.h"
#include "base/text.h"
#include "base/util.h"
#include "fd/names.h"

#define MAX_START_TIMEOUT_S 1000000

enum long_only {
	OPTION_END_AFTER_READY = 256,
	OPTION_NOTIFY_ACCESS,
	OPTION_NOTIFY_SOCKET,
	OPTION_START_TIMEOUT,
	OPTION_LOG,
	OPTION_SUPERVISE,
	OPTION_JOB_RESPAWNS,
	OPTION_JOB,
	OPTION_LISTEN,
	OPTION_FDNAME,
	OPTION_ADOPT,
	OPTION_FORCE_SOCKETS,
	OPTION_STDERR,
	OPTION_WAIT_FOR,
	OPTION_WAIT_TIMEOUT,
	OPTION_READY_WHEN,
	OPTION_EXPLAIN,
	OPTION_DETECT,
};

static const struct option_name option_names[] = {
	{ "target", true, 't' },
	{ "notify", false, 'N' },
	{ "end-after-ready", false, OPTION_END_AFTER_READY },
	{ "notify-access", true, OPTION_NOTIFY_ACCESS },
	{ "notify-socket", true, OPTION_NOTIFY_SOCKET },
	{ "start-timeout", true, OPTION_START_TIMEOUT },
	{ "log", true, OPTION_LOG },
	{ "supervise", false, OPTION_SUPERVISE },
	{ "job-respawns", false, OPTION_JOB_RESPAWNS },
	{ "init", true, 'i' },
	{ "job", true, OPTION_JOB },
	{ "listen", true, OPTION_LISTEN },
	{ "fdname", true, OPTION_FDNAME },
	{ "adopt", true, OPTION_ADOPT },
	{ "force-sockets", false, OPTION_FORCE_SOCKETS },
	{ "stderr", true, OPTION_STDERR },
	{ "wait-for", true, OPTION_WAIT_FOR },
	{ "wait-timeout", true, OPTION_WAIT_TIMEOUT },
	{ "ready-when", true, OPTION_READY_WHEN },
	{ "explain", false, OPTION_EXPLAIN },
	{ "detect", false, OPTION_DETECT },
	{ "verbose", false, 'v' },
	{ "help", false, 'h' },
	{ "version", false, 'V' },
};

static int set_notify_access(struct options *options, const char *name, struct refusal *refusal)
{
	if (is_equal(name, "main"))
		options->notify_access = NOTIFY_ACCESS_MAIN;
	else if (is_equal(name, "all"))
		options->notify_access = NOTIFY_ACCESS_ALL;
	else
		return refuse(refusal, EINVAL, "--notify-access: '%s' is neither main nor all", name);
	return 0;
}

/* The place of @name in @names, or -1. */
static int find_name(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (is_equal(name, names[i]))
			return (int)i;
	}
	return -1;
}

static int set_notify_place(struct options *options, const char *name, struct refusal *refusal)
{
	static const char *const names[] = {
		[NOTIFY_PLACE_AUTO] = "auto", [NOTIFY_PLACE_PATH] = "path", [NOTIFY_PLACE_ABSTRACT] = "abstract"
	};
	int place = find_name(names, ARRAY_SIZE(names), name);

	if (place < 0)
		return refuse(refusal, EINVAL,
			      "--notify-socket: '%s' is neither auto nor path nor abstract", name);
	options->notify_place = (enum notify_place)place;
	return 0;
}

static int set_log(struct options *options, const char *name, struct refusal *refusal)
{
	static const char *const names[] = {
		[REPORT_NONE] = "none", [REPORT_STATUS] = "status", [REPORT_ALL] = "all"
	};
	int detail = find_name(names, ARRAY_SIZE(names), name);

	if (detail < 0)
		return refuse(refusal, EINVAL, "--log: '%s' is neither none nor status nor all",
			      name);
	options->log = (enum report_detail)detail;
	return 0;
}

static int set_start_timeout(struct options *options, const char *text, struct refusal *refusal)
{
	unsigned long seconds;

	if (parse_number(text, MAX_START_TIMEOUT_S, &seconds) < 0)
		return refuse(refusal, EINVAL,
			      "--start-timeout: '%s' is no number of seconds from 0 (none) to %d",
			      text, MAX_START_TIMEOUT_S);
	options->start_timeout_s = (int)seconds;
	return 0;
}

static int set_stderr(struct options *options, const char *name, struct refusal *refusal)
{
	static const struct {
		const char *name;
		enum stdio stdio;
	} choices[] = { { "keep", STDIO_KEPT }, { "socket", STDIO_SOCKET }, { "null", STDIO_NULL } };

	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		if (is_equal(name, choices[i].name)) {
			options->standard_error = &choices[i].stdio;
			return 0;
		}
	}
	return refuse(refusal, EINVAL, "--stderr: '%s' is neither keep nor socket nor null", name);
}

static int set_adopt(struct options *options, const char *name, struct refusal *refusal)
{
	static const char *const names[] = {
		[ADOPT_AUTO] = "auto",
		[ADOPT_NO] = "no",
		[ADOPT_REQUIRE] = "require",
	};
	int adopt = find_name(names, ARRAY_SIZE(names), name);

	if (adopt < 0)
		return refuse(refusal, EINVAL, "--adopt: '%s' is neither auto nor no nor require",
			      name);
	options->adopt = (enum adopt)adopt;
	return 0;
}

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
			      "--fdname: '%s' is no list NAME[:NAME...] of names of at most 255 "
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

#define MAX_WAIT_TIMEOUT_S 1000000 /* its milliseconds are an int for poll(2) */

static int set_wait_timeout(struct options *options, const char *text, struct refusal *refusal)
{
	unsigned long seconds;

	if (parse_number(text, MAX_WAIT_TIMEOUT_S, &seconds) < 0 || seconds == 0)
		return refuse(refusal, EINVAL,
			      "--wait-timeout: '%s' is not a number of seconds from 1 to %d", text,
			      MAX_WAIT_TIMEOUT_S);
	options->wait_timeout_s = (int)seconds;
	return 0;
}

/* One @option as words_next() returned it. */
static int apply(struct options *options, int option, const struct words *words,
		 struct refusal *refusal)
{
	const char *argument = words->argument;

	switch (option) {
	case 't':
		options->target = argument;
		return 0;
	case 'i':
		options->init = is_equal(argument, "auto") ? NULL : argument;
		return 0;
	case OPTION_NOTIFY_ACCESS:
		return set_notify_access(options, argument, refusal);
	case OPTION_NOTIFY_SOCKET:
		return set_notify_place(options, argument, refusal);
	case OPTION_START_TIMEOUT:
		return set_start_timeout(options, argument, refusal);
	case OPTION_LOG:
		return set_log(options, argument, refusal);
	case OPTION_JOB:
		return set_job(options, argument, refusal);
	case OPTION_LISTEN:
		return add_listen(options, argument, refusal);
	case OPTION_FDNAME:
		return set_fd_names(options, argument, refusal);
	case OPTION_STDERR:
		return set_stderr(options, argument, refusal);
	case OPTION_ADOPT:
		return set_adopt(options, argument, refusal);
	case 'N':
		options->notify = true;
		return 0;
	case OPTION_END_AFTER_READY:
		options->end_after_ready = true;
		return 0;
	case OPTION_SUPERVISE:
		options->supervise = true;
		return 0;
	case OPTION_JOB_RESPAWNS:
		options->job_respawns = true;
		return 0;
	case OPTION_FORCE_SOCKETS:
		options->force_sockets = true;
		return 0;
	case OPTION_WAIT_FOR:
		return add_condition(options, argument, refusal);
	case OPTION_WAIT_TIMEOUT:
		return set_wait_timeout(options, argument, refusal);
	case OPTION_READY_WHEN:
		return set_ready_when(options, argument, refusal);
	case OPTION_EXPLAIN:
		options->action = ACTION_EXPLAIN;
		return 0;
	case OPTION_DETECT:
		options->action = ACTION_DETECT;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case 'h':
		options->action = ACTION_HELP;
		return 0;
	case 'V':
		options->action = ACTION_VERSION;
		return 0;
	case WORDS_NOTHING:
		return refuse(refusal, EINVAL, "option '%s' needs an argument", words->word);
	default:
		return refuse(refusal, EINVAL, "unknown or ambiguous option '%s'", words->word);
	}
}

static int check_complete(const struct options *options, struct refusal *refusal)
{
	if (options->notify && options->ready_when != NULL)
		return refuse(refusal, EINVAL,
			      "-N and --ready-when: either the daemon says that it is ready, or the "
			      "condition does");
	if (options->action != ACTION_RUN && options->action != ACTION_EXPLAIN)
		return 0;
	if (options->command[0] == NULL)
		return refuse(refusal, EINVAL, "no command to run");
	return 0;
}

void options_print_help(FILE *stream, const char *targets, const char *hosts)
{
	(void)fprintf(stream,
		      "Usage: cross-init-bridge -t TARGET [-N] [OPTION...] [--] COMMAND [ARG...]\n"
		      "Run COMMAND, a daemon written for one service manager, under another.\n"
		      "\n"
		      "  -t, --target=TARGET          the protocol that COMMAND speaks: %s\n"
		      "  -N, --notify                 carry COMMAND's readiness to the service manager\n"
		      "      --ready-when=CONDITION   instead of -N: COMMAND is ready when this holds\n"
		      "      --end-after-ready        no babysitter stays once COMMAND is ready\n"
		      "      --notify-access=main|all who may send READY=1: COMMAND's main process, or any of\n"
		      "                               root's or of COMMAND's user\n"
		      "      --notify-socket=PLACE    where NOTIFY_SOCKET is: auto (default), path or abstract\n"
		      "      --start-timeout=SECONDS  end COMMAND if it is not ready by then\n"
		      "      --log=none|status|all    what of that which COMMAND says goes to syslog\n"
		      "      --supervise              stay as COMMAND's parent, and follow its MAINPID=\n"
		      "      --job-respawns           with --supervise: the Upstart job has 'respawn'\n"
		      "  -i, --init=HOST              auto (default), %s\n"
		      "      --job=NAME[/INSTANCE]    UPSTART_JOB and UPSTART_INSTANCE for COMMAND\n"
		      "      --listen=[KIND:]ADDRESS[,mode=MODE][,owner=USER][,group=GROUP]\n"
		      "          [,ipv6only][,backlog=N]  open a socket if the service manager hands over none\n"
		      "      --fdname=NAME[:NAME...]  LISTEN_FDNAMES for COMMAND\n"
		      "      --adopt=auto|no|require  take the sockets that Upstart forgets to hand over\n"
		      "      --force-sockets          pass on sockets that cannot be confirmed or described\n"
		      "      --stderr=keep|socket|null  what COMMAND's standard error is\n"
		      "      --wait-for=CONDITION     wait until device:PATH, dbus:NAME, path:PATH, ... is there\n"
		      "      --wait-timeout=SECONDS   but no longer than this (default: 90)\n"
		      "      --explain                print what would be done, and exit\n"
		      "      --detect                 print which service manager runs us and why, and exit\n"
		      "  -v, --verbose                say what is done\n"
		      "  -h, --help                   print this text, and exit\n"
		      "  -V, --version                print the version, and exit\n"
		      "\n"
		      "Exit status: COMMAND's own; 125 if cross-init-bridge fails, 126 if COMMAND cannot be\n"
		      "executed, 127 if it is not found. See cross-init-bridge(1).\n",
		      targets, hosts);
}

int options_parse(int argc, char **argv, struct options *ret_options, struct refusal *refusal)
{
	struct options options = { .notify_access = NOTIFY_ACCESS_MAIN,
				   .log = REPORT_STATUS,
				   .start_timeout_s = NO_START_TIMEOUT,
				   .wait_timeout_s = WAIT_TIMEOUT_S };
	struct words words = { .names = option_names, .n_names = ARRAY_SIZE(option_names) };
	int option, r = 0;

	if (argc < 1) /* execve(2) allows it before Linux 5.18 */
		return refuse(refusal, EINVAL, "no arguments at all, not even a name");
	words.next = argv + 1;
	while (r == 0 && options.action != ACTION_HELP && options.action != ACTION_VERSION) {
		option = words_next(&words);
		if (option == WORDS_END)
			break;
		r = apply(&options, option, &words, refusal);
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
