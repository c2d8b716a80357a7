/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The command line: what the parser makes of it, and that the parser, --help and the manual speak
 * of the same options.
 */
#include "unit.h"

#include <ctype.h>

#include "options.c" /* NOLINT(bugprone-suspicious-include): for its table */

#define MAX_WORDS 8

/* The lists of conditions and sockets, behind the @used bytes of @text; how many are used then. */
static size_t describe_lists(const struct options *options, char *text, size_t used, size_t size)
{
	for (size_t i = 0; i < options->n_listen; i++)
		used += (size_t)snprintf(text + used, size - used, " listen=%s",
					 options->listen[i].text);
	for (size_t i = 0; i < options->n_wait_for; i++)
		used += (size_t)snprintf(text + used, size - used, " wait=%s",
					 options->wait_for[i].text);
	if (options->wait_timeout_s != WAIT_TIMEOUT_S)
		used += (size_t)snprintf(text + used, size - used, " for=%d",
					 options->wait_timeout_s);
	if (options->ready_when != NULL)
		used += (size_t)snprintf(text + used, size - used, " when=%s",
					 options->ready_when->text);
	return used;
}

/* What was parsed, as text: only what differs from a run without options. */
static void describe(const struct options *options, char *text, size_t size)
{
	static const char *const actions[] = {
		[ACTION_RUN] = "run",   [ACTION_EXPLAIN] = "explain", [ACTION_DETECT] = "detect",
		[ACTION_HELP] = "help", [ACTION_VERSION] = "version",
	};
	static const char *const standard_error[] = {
		[STANDARD_ERROR_KEEP] = "kept",
		[STANDARD_ERROR_NULL] = "null",
		[STANDARD_ERROR_SOCKET] = "socket",
	};
	size_t used =
		(size_t)snprintf(text, size, "%s%s%s%s%s%s%s%s%s%s%s%s", actions[options->action],
				 options->target != NULL ? " -t " : "",
				 options->target != NULL ? options->target : "",
				 options->init != NULL ? " -i " : "",
				 options->init != NULL ? options->init : "",
				 options->notify ? " -N" : "", options->end_after_ready ? " end" : "",
				 options->notify_access == NOTIFY_ACCESS_ALL ? " all" : "",
				 options->supervise ? " supervise" : "",
				 options->job_respawns ? " respawns" : "",
				 options->force_sockets ? " force" : "",
				 options->verbose ? " -v" : "");

	if (options->adopt != ADOPT_AUTO)
		used += (size_t)snprintf(text + used, size - used, " adopt=%s",
					 options->adopt == ADOPT_NO ? "no" : "require");
	if (options->job != NULL)
		used += (size_t)snprintf(text + used, size - used, " job=%s/%s", options->job,
					 options->job_instance);
	if (options->notify_place != NOTIFY_PLACE_AUTO)
		used += (size_t)snprintf(text + used, size - used, " place=%d",
					 (int)options->notify_place);
	if (options->start_timeout_s != NO_START_TIMEOUT)
		used += (size_t)snprintf(text + used, size - used, " start=%d",
					 options->start_timeout_s);
	if (options->log != REPORT_STATUS)
		used += (size_t)snprintf(text + used, size - used, " log=%d", (int)options->log);
	if (options->standard_error != STANDARD_ERROR_AS_IS)
		used += (size_t)snprintf(text + used, size - used, " 2=%s",
					 standard_error[options->standard_error]);
	if (options->fd_names != NULL)
		used += (size_t)snprintf(text + used, size - used, " names=%s", options->fd_names);
	used = describe_lists(options, text, used, size);
	used += (size_t)snprintf(text + used, size - used, ":");
	for (char **word = options->command; *word != NULL; word++)
		used += (size_t)snprintf(text + used, size - used, " %s", *word);
}

/* Parses @words (NULL-terminated) and returns what came of it, or the refusal, in @text. */
static int parse(const char *const *words, char *text, size_t size)
{
	char *argv[MAX_WORDS + 2] = { (char *)(uintptr_t) "cross-init-bridge" };
	struct options options;
	struct refusal refusal;
	int argc = 1, r;

	for (; words[argc - 1] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	r = options_parse(argc, argv, &options, &refusal);
	if (r < 0) {
		(void)snprintf(text, size, "%s", refusal.text);
		return r;
	}
	describe(&options, text, size);
	options_done(&options);
	return 0;
}

struct line {
	const char *words[MAX_WORDS + 1];
	const char *expected;
};

static void check_lines(const struct line *lines, size_t n, int expected)
{
	for (size_t i = 0; i < n; i++) {
		char text[1024];

		check_int(lines[i].expected, parse(lines[i].words, text, sizeof(text)), expected);
		check_text(lines[i].expected, text, lines[i].expected);
	}
}

static void every_option_is_taken_in_every_spelling(void **state)
{
	static const struct line cases[] = {
		{ { "-t", "systemd", "d" }, "run -t systemd: d" },
		{ { "-tupstart", "d" }, "run -t upstart: d" },
		{ { "--target", "systemd", "d" }, "run -t systemd: d" },
		{ { "--target=upstart", "d" }, "run -t upstart: d" },
		{ { "-t", "systemd", "-N", "d" }, "run -t systemd -N: d" },
		{ { "-t", "systemd", "--notify", "d" }, "run -t systemd -N: d" },
		{ { "-Ntsystemd", "d" }, "run -t systemd -N: d" },
		{ { "-vNt", "upstart", "d" }, "run -t upstart -N -v: d" },
		{ { "-t", "systemd", "--verbose", "d" }, "run -t systemd -v: d" },
		{ { "-t", "systemd", "--end-after-ready", "d" }, "run -t systemd end: d" },
		{ { "-t", "systemd", "--force-sockets", "d" }, "run -t systemd force: d" },
		{ { "-t", "systemd", "--adopt=auto", "d" }, "run -t systemd: d" },
		{ { "-t", "systemd", "--adopt=no", "d" }, "run -t systemd adopt=no: d" },
		{ { "-t", "systemd", "--adopt", "require", "d" }, "run -t systemd adopt=require: d" },
		{ { "-t", "systemd", "--notify-access=main", "d" }, "run -t systemd: d" },
		{ { "-t", "systemd", "--notify-access=all", "d" }, "run -t systemd all: d" },
		{ { "-t", "systemd", "--notify-access", "all", "d" }, "run -t systemd all: d" },
		{ { "-t", "systemd", "--notify-socket=auto", "d" }, "run -t systemd: d" },
		{ { "-t", "systemd", "--notify-socket=path", "d" }, "run -t systemd place=1: d" },
		{ { "-t", "systemd", "--notify-socket=abstract", "d" }, "run -t systemd place=2: d" },
		{ { "-t", "systemd", "--start-timeout=0", "d" }, "run -t systemd start=0: d" },
		{ { "-t", "systemd", "--start-timeout=90", "d" }, "run -t systemd start=90: d" },
		{ { "-t", "systemd", "--log=status", "d" }, "run -t systemd: d" },
		{ { "-t", "systemd", "--log=none", "d" }, "run -t systemd log=0: d" },
		{ { "-t", "systemd", "--log", "all", "d" }, "run -t systemd log=2: d" },
		{ { "-t", "systemd", "--supervise", "d" }, "run -t systemd supervise: d" },
		{ { "-t", "systemd", "--job-respawns", "d" }, "run -t systemd respawns: d" },
		{ { "-t", "systemd", "-i", "auto", "d" }, "run -t systemd: d" },
		{ { "-t", "systemd", "-iupstart", "d" }, "run -t systemd -i upstart: d" },
		{ { "-t", "upstart", "--init=systemd", "d" }, "run -t upstart -i systemd: d" },
		{ { "-t", "upstart", "--job=foo", "d" }, "run -t upstart job=foo/: d" },
		{ { "-t", "upstart", "--job", "foo/", "d" }, "run -t upstart job=foo/: d" },
		{ { "-t", "upstart", "--job=foo/bar", "d" }, "run -t upstart job=foo/bar: d" },
		{ { "-t", "upstart", "--job=foo/a/b", "d" }, "run -t upstart job=foo/a/b: d" },
		{ { "-t", "systemd", "-inone", "d" }, "run -t systemd -i none: d" },
		{ { "-t", "systemd", "--listen=80", "d" }, "run -t systemd listen=80: d" },
		{ { "-t", "systemd", "--listen", "80", "--listen=udp:53", "d" },
		  "run -t systemd listen=80 listen=udp:53: d" },
		{ { "-t", "systemd", "--fdname=web", "d" }, "run -t systemd names=web: d" },
		{ { "-t", "systemd", "--fdname", "a::b", "d" }, "run -t systemd names=a::b: d" },
		{ { "-t", "inetd", "d" }, "run -t inetd: d" },
		{ { "-t", "systemd", "-i", "inetd", "d" }, "run -t systemd -i inetd: d" },
		{ { "-t", "inetd", "--stderr=keep", "d" }, "run -t inetd 2=kept: d" },
		{ { "-t", "inetd", "--stderr=socket", "d" }, "run -t inetd 2=socket: d" },
		{ { "-t", "inetd", "--stderr", "null", "d" }, "run -t inetd 2=null: d" },
		{ { "-t", "systemd", "--wait-for=path:/x", "d" }, "run -t systemd wait=path:/x: d" },
		{ { "-t", "systemd", "--wait-for", "tcp:*:1", "--wait-for=dbus:a.b", "d" },
		  "run -t systemd wait=tcp:*:1 wait=dbus:a.b: d" },
		{ { "-t", "systemd", "--ready-when=unix:@x", "d" }, "run -t systemd when=unix:@x: d" },
		{ { "-t", "systemd", "--wait-timeout=1", "d" }, "run -t systemd for=1: d" },
		{ { "-t", "systemd", "--wait-timeout", "1000000", "d" },
		  "run -t systemd for=1000000: d" },
		{ { "-t", "systemd", "--explain", "d" }, "explain -t systemd: d" },
		{ { "--detect" }, "detect:" },
		{ { "--detect", "-i", "upstart", "x" }, "detect -i upstart: x" },
		{ { "-h" }, "help:" },
		{ { "--help" }, "help:" },
		{ { "-V" }, "version:" },
		{ { "--version" }, "version:" },
	};

	(void)state;
	check_lines(cases, ARRAY_SIZE(cases), 0);
}

static void options_end_at_the_command(void **state)
{
	static const struct line cases[] = {
		{ { "-t", "systemd", "d", "-N", "-x" }, "run -t systemd: d -N -x" },
		{ { "-t", "systemd", "d", "-t", "upstart" }, "run -t systemd: d -t upstart" },
		{ { "-t", "systemd", "d", "--", "x" }, "run -t systemd: d -- x" },
		{ { "-t", "systemd", "--", "d", "-N" }, "run -t systemd: d -N" },
		{ { "-t", "systemd", "--", "-d", "--help" }, "run -t systemd: -d --help" },
		{ { "-t", "systemd", "--", "--", "x" }, "run -t systemd: -- x" },
		{ { "-t", "systemd", "-", "x" }, "run -t systemd: - x" },
		{ { "-t", "systemd", "", "x" }, "run -t systemd:  x" },
	};

	(void)state;
	check_lines(cases, ARRAY_SIZE(cases), 0);
}

static void the_last_of_two_contrary_options_counts(void **state)
{
	static const struct line cases[] = {
		{ { "-t", "systemd", "-t", "upstart", "d" }, "run -t upstart: d" },
		{ { "-i", "systemd", "-i", "auto", "-tsystemd", "d" }, "run -t systemd: d" },
		{ { "-tupstart", "--job=a/b", "--job=c", "d" }, "run -t upstart job=c/: d" },
		{ { "-tsystemd", "--notify-access=all", "--notify-access=main", "d" },
		  "run -t systemd: d" },
	};

	(void)state;
	check_lines(cases, ARRAY_SIZE(cases), 0);
}

/* Said by the plan's warning; a list, and a flag, can be given as often as one likes. */
static void what_does_not_count_is_named(void **state)
{
	static const struct {
		const char *words[MAX_WORDS + 1];
		const char *repeated;
	} cases[] = {
		{ { "-t", "systemd", "d" }, NULL },
		{ { "-t", "systemd", "d", "-t", "upstart" }, NULL },
		{ { "-t", "systemd", "-t", "upstart", "d" }, "target" },
		{ { "-t", "systemd", "--target=systemd", "d" }, "target" },
		{ { "-tinetd", "--stderr=keep", "--stderr=null", "d" }, "stderr" },
		{ { "-tinetd", "--start-timeout=1", "--start-timeout=1", "d" }, "start-timeout" },
		{ { "-tinetd", "--fdname=a", "--fdname=b", "d" }, "fdname" },
		{ { "-tinetd", "-N", "-N", "-v", "-v", "d" }, NULL },
		{ { "-tinetd", "--listen=1", "--listen=2", "d" }, NULL },
		{ { "-tinetd", "--wait-for=path:/", "--wait-for=path:/", "d" }, NULL },
		{ { "--explain", "--detect", "d" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *argv[MAX_WORDS + 2] = { (char *)(uintptr_t) "cross-init-bridge" };
		const char *expected = cases[i].repeated != NULL ? cases[i].repeated : "";
		struct options options = { .repeated = 0 };
		const char *name;
		enum use use;
		struct refusal refusal;
		int argc = 1;

		for (; cases[i].words[argc - 1] != NULL; argc++)
			argv[argc] = (char *)(uintptr_t)cases[i].words[argc - 1];
		check_int(expected, options_parse(argc, argv, &options, &refusal), 0);
		name = options_next_given(&options.repeated, &use);
		check_text(cases[i].words[1], name != NULL ? name : "", expected);
		check_int(expected, options.repeated, 0);
		options_done(&options);
	}
}

/* Whoever asks for help gets it, and no complaint about what follows. */
static void help_and_version_need_nothing_else(void **state)
{
	static const struct line cases[] = {
		{ { "-h", "-x" }, "help: -x" },
		{ { "--help", "--job=" }, "help: --job=" },
		{ { "-t", "systemd", "--version", "-t" }, "version -t systemd: -t" },
		{ { "-N", "--help", "--version" }, "help -N: --version" },
	};

	(void)state;
	check_lines(cases, ARRAY_SIZE(cases), 0);
}

static const struct line bad_lines[] = {
	{ { "-t", "systemd" }, "no command to run" },
	{ { "-t", "systemd", "--" }, "no command to run" },
	{ { "-t", "systemd", "--explain" }, "no command to run" },
	{ { "--notify-access=exec", "d" }, "--notify-access: 'exec' is neither main nor all" },
	{ { "--notify-access=", "d" }, "--notify-access: '' is neither main nor all" },
	{ { "--notify-socket=/run/x", "d" },
	  "--notify-socket: '/run/x' is neither auto nor path nor abstract" },
	{ { "--start-timeout=5s", "d" },
	  "--start-timeout: '5s' is not a number of seconds from 0 (none) to 1000000" },
	{ { "--start-timeout=-1", "d" },
	  "--start-timeout: '-1' is not a number of seconds from 0 (none) to 1000000" },
	{ { "--start-timeout=1000001", "d" },
	  "--start-timeout: '1000001' is not a number of seconds from 0 (none) to 1000000" },
	{ { "--log=debug", "d" }, "--log: 'debug' is neither none nor status nor all" },
	{ { "--stderr=log", "d" }, "--stderr: 'log' is neither keep nor socket nor null" },
	{ { "--stderr=", "d" }, "--stderr: '' is neither keep nor socket nor null" },
	{ { "--job=", "d" }, "--job: '' begins with no name, use NAME[/INSTANCE]" },
	{ { "--job=/a", "d" }, "--job: '/a' begins with no name, use NAME[/INSTANCE]" },
	{ { "--job=a", "--job=", "d" }, "--job: '' begins with no name, use NAME[/INSTANCE]" },
	{ { "--fdname=", "d" },
	  "--fdname: '' is not a list NAME[:NAME...] of names of at most 255 printable ASCII "
	  "characters" },
	{ { "--fdname=a\nb", "d" },
	  "--fdname: 'a?b' is not a list NAME[:NAME...] of names of at most 255 printable ASCII "
	  "characters" },
	{ { "--listen=80", "--listen=0", "d" }, "--listen: '0': a port is a number from 1 to 65535" },
	{ { "--wait-for=/dev/null", "d" },
	  "--wait-for: '/dev/null': not a condition: dbus:NAME, session-dbus:NAME, "
	  "device:PATH, path:PATH, unix:PATH, tcp:HOST:PORT or pidfile:PATH" },
	{ { "--wait-for=path:x", "d" }, "--wait-for: 'path:x': not an absolute path" },
	{ { "--ready-when=tcp:80", "d" },
	  "--ready-when: 'tcp:80': not ADDRESS:PORT, [ADDRESS]:PORT, localhost:PORT or *:PORT, "
	  "with numbers for names" },
	{ { "--ready-when=path:/x", "--ready-when=path:/y", "d" },
	  "--ready-when: only one condition can mean ready" },
	{ { "-tsystemd", "-N", "--ready-when=path:/x", "d" },
	  "-N and --ready-when: either the daemon says that it is ready, or the condition does" },
	{ { "--wait-timeout=0", "d" },
	  "--wait-timeout: '0' is not a number of seconds from 1 to 1000000" },
	{ { "--wait-timeout=1000001", "d" },
	  "--wait-timeout: '1000001' is not a number of seconds from 1 to 1000000" },
	{ { "--wait-timeout=1m", "d" },
	  "--wait-timeout: '1m' is not a number of seconds from 1 to 1000000" },
	{ { "--job=a", "-x", "d" }, "unknown option '-x'" },
	{ { "-Nx", "d" }, "unknown option '-x' in '-Nx'" },
	{ { "-n", "d" }, "unknown option '-n' (did you mean -N?)" },
	{ { "-I", "d" }, "unknown option '-I' (did you mean -i?)" },
	{ { "-notify", "d" }, "unknown option '-n' in '-notify' (did you mean --notify?)" },
	{ { "-log=all", "d" }, "unknown option '-l' in '-log=all' (did you mean --log?)" },
	{ { "-vn", "d" }, "unknown option '-n' in '-vn' (did you mean -N?)" },
	{ { "--nope", "d" }, "unknown option '--nope'" },
	{ { "--nope=1", "d" }, "unknown option '--nope=1'" },
	{ { "--notfy", "d" }, "unknown option '--notfy' (did you mean --notify?)" },
	{ { "--notifyy", "d" }, "unknown option '--notifyy' (did you mean --notify?)" },
	{ { "--nofity", "d" }, "unknown option '--nofity' (did you mean --notify?)" },
	{ { "--lsiten=80", "d" }, "unknown option '--lsiten=80' (did you mean --listen?)" },
	{ { "--fd-name=a", "d" }, "unknown option '--fd-name=a' (did you mean --fdname?)" },
	{ { "--fd-names=a", "d" }, "unknown option '--fd-names=a' (did you mean --fdname?)" },
	{ { "--ready-went=a", "d" }, "unknown option '--ready-went=a' (did you mean --ready-when?)" },
	{ { "--lag=all", "d" }, "unknown option '--lag=all' (did you mean --log?)" },
	{ { "--fog=all", "d" }, "unknown option '--fog=all' (did you mean --log?)" },
	{ { "--bag=all", "d" }, "unknown option '--bag=all'" },
	{ { "--=1", "d" }, "unknown option '--=1'" },
	{ { "--not", "d" },
	  "option '--not' is ambiguous: --notify, --notify-access, --notify-socket" },
	{ { "--wait=1", "d" }, "option '--wait=1' is ambiguous: --wait-for, --wait-timeout" },
	{ { "--notify=all", "d" }, "option '--notify=all': it takes no argument" },
	{ { "-x", "-h" }, "unknown option '-x'" },
	{ { "-t" }, "option '-t' needs an argument" },
	{ { "-Nt" }, "option '-Nt' needs an argument" },
	{ { "-N", "--target" }, "option '--target' needs an argument" },
	{ { "--job" }, "option '--job' needs an argument" },
	{ { "--stderr" }, "option '--stderr' needs an argument" },
	{ { "--fdname" }, "option '--fdname' needs an argument" },
	{ { "--init" }, "option '--init' needs an argument" },
	{ { "--notify-access" }, "option '--notify-access' needs an argument" },
	{ { "--wait-for" }, "option '--wait-for' needs an argument" },
	{ { "--ready-when" }, "option '--ready-when' needs an argument" },
	{ { "--wait-timeout" }, "option '--wait-timeout' needs an argument" },
};

static void bad_input_is_refused_with_its_reason(void **state)
{
	(void)state;
	check_lines(bad_lines, ARRAY_SIZE(bad_lines), -EINVAL);
}

static void more_conditions_than_can_be_waited_for_are_refused(void **state)
{
	char *argv[MAX_AWAITED + 3] = { (char *)(uintptr_t) "cross-init-bridge" };
	struct options options;
	struct refusal refusal;

	(void)state;
	for (size_t i = 1; i <= MAX_AWAITED + 1; i++)
		argv[i] = (char *)(uintptr_t) "--wait-for=path:/";
	check_int("one too many", options_parse(MAX_AWAITED + 2, argv, &options, &refusal), -E2BIG);
	check_text("one too many", refusal.text, "--wait-for: more than 16 conditions");
	argv[MAX_AWAITED + 1] = (char *)(uintptr_t) "--detect";
	check_int("all", options_parse(MAX_AWAITED + 2, argv, &options, &refusal), 0);
	check_int("all", options.n_wait_for, MAX_AWAITED);
	options_done(&options);
}

/* execve(2) allowed an empty argv until Linux 5.18. */
static void a_run_without_even_a_name_is_refused(void **state)
{
	char **argv = calloc(2, sizeof(*argv));
	struct options options;
	struct refusal refusal;

	(void)state;
	assert_non_null(argv);
	assert_int_equal(options_parse(0, argv, &options, &refusal), -EINVAL);
	free(argv);
}

/* ---- The same options in the parser, in --help and in the manual ---- */

/* A set of options as " -t --target -N ", sorted by nothing: only for look-up. */
struct names {
	char text[2048];
	size_t n;
};

static bool has_name(const struct names *names, const char *name)
{
	char word[72];

	(void)snprintf(word, sizeof(word), " %s ", name);
	return strstr(names->text, word) != NULL;
}

static void add_name(struct names *names, const char *name)
{
	size_t used = strlen(names->text);

	if (used == 0)
		used = (size_t)snprintf(names->text, sizeof(names->text), " ");
	if (has_name(names, name))
		return;
	(void)snprintf(names->text + used, sizeof(names->text) - used, "%s ", name);
	names->n++;
}

/* Adds the name that @text begins with, up to the first character that cannot be in one. */
static void add_name_at(struct names *names, const char *text)
{
	char name[64];
	int length = 0;

	while (text[length] == '-' || isalnum((unsigned char)text[length]))
		length++;
	(void)snprintf(name, sizeof(name), "%.*s", length, text);
	add_name(names, name);
}

/* The long ones from the table; the short ones by trying: an unknown one is refused by name. */
static void read_parser(struct names *names)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "--%.60s", rows[i].name);
		add_name(names, name);
	}
	for (int letter = '!'; letter <= '~'; letter++) {
		const char word[] = { '-', (char)letter, '\0' };
		const char *const words[] = { word, NULL };
		char text[1024];

		if (letter != '-' && parse(words, text, sizeof(text)) <= 0 &&
		    !has_prefix(text, "unknown option"))
			add_name(names, word);
	}
}

static char *print_help(void)
{
	struct output out = { 0 };

	options_print_help(&out, "systemd, upstart, inetd, s6 or forking",
			   "systemd, upstart, s6, nitro, dinit, openrc, finit, dpkg, runit, daemontools, or none");
	return out.text;
}

/* "  -t, --target=..." and "      --job=...", until the examples. */
static void read_help(struct names *names)
{
	char *help = print_help();
	const char *options = strstr(help, "\n\n");

	assert_non_null(options);
	for (const char *at = options; !has_prefix(at, "\nTARGET"); at++) {
		assert_true(*at != '\0');
		if (*at == '-' && at[-1] == ' ')
			add_name_at(names, at);
	}
	free(help);
}

/* The items of mdoc(7): ".It Fl t , Fl -target Ns = Ns Ar name". */
static void read_item(struct names *names, const char *line)
{
	for (const char *flag = strstr(line, " Fl "); flag != NULL; flag = strstr(flag + 1, " Fl ")) {
		char dashed[64];

		(void)snprintf(dashed, sizeof(dashed), "-%s", flag + strlen(" Fl "));
		add_name_at(names, dashed);
	}
}

static FILE *open_page(const char *path)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		fail_msg("cannot read %s: %s", path, strerror(errno));
	return file;
}

/* Its items: the second page has none. */
static void read_manual(struct names *names)
{
	FILE *file = open_page(MAN_PAGE);
	char line[1024];

	while (fgets(line, sizeof(line), file) != NULL) {
		if (has_prefix(line, ".It Fl "))
			read_item(names, line);
	}
	(void)fclose(file);
}

/* What is said of an option anywhere: ".Fl -listen Ns = Ns Ar address". */
static void read_mentions(const char *path, struct names *names)
{
	FILE *file = open_page(path);
	char line[1024];

	while (fgets(line, sizeof(line), file) != NULL) {
		if (has_prefix(line, ".Fl ") || strstr(line, " Fl ") != NULL) {
			char item[1040];

			(void)snprintf(item, sizeof(item), " %s", line + strlen("."));
			read_item(names, item);
		}
	}
	(void)fclose(file);
}

static void parser_help_and_manual_know_the_same_options(void **state)
{
	struct names parser = { 0 }, help = { 0 }, manual = { 0 };

	(void)state;
	read_parser(&parser);
	read_help(&help);
	read_manual(&manual);
	assert_true(has_name(&parser, "-t") && has_name(&parser, "--target"));
	check_int(help.text, help.n, parser.n);
	check_int(manual.text, manual.n, parser.n);
	for (char *name = strtok(parser.text, " "); name != NULL; name = strtok(NULL, " ")) {
		check(name, has_name(&help, name));
		if (!has_name(&manual, name))
			fail_msg("%s is not an item of man/cross-init-bridge.1", name);
	}
}

/* The item of the option in the manual, from its dashes on. */
static void find_item(const struct option_row *row, char *line, size_t size)
{
	char name[40];
	FILE *file = open_page(MAN_PAGE);

	(void)snprintf(name, sizeof(name), " Fl -%.30s", row->name);
	while (fgets(line, (int)size, file) != NULL) {
		const char *item = has_prefix(line, ".It Fl ") ? strstr(line, name) : NULL;

		if (item != NULL && strchr(" \n", item[strlen(name)]) != NULL)
			break;
	}
	check(row->name, !feof(file));
	(void)fclose(file);
}

static void the_manual_gives_an_argument_to_those_that_take_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char line[1024];

		find_item(&rows[i], line, sizeof(line));
		check(rows[i].name,
		      (strstr(line, "Ns = Ns") != NULL) == (rows[i].argument[0] != '\0'));
	}
}

static void both_pages_speak_of_options_that_there_are(void **state)
{
	static const char *const pages[] = { MAN_PAGE, SECOND_PAGE };
	struct names parser = { 0 };

	(void)state;
	read_parser(&parser);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct names mentioned = { 0 };

		read_mentions(pages[i], &mentioned);
		check(pages[i], mentioned.n > 10);
		for (char *name = strtok(mentioned.text, " "); name != NULL; name = strtok(NULL, " "))
			check(name, is_equal(name, "--") || has_name(&parser, name));
	}
}

/* Its texts have no pointers that could be of any length: none is cut, each line fits. */
static void the_help_is_whole_and_fits_on_a_screen(void **state)
{
	char *help = print_help();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check(rows[i].name, rows[i].name[sizeof(rows[i].name) - 1] == '\0');
		check(rows[i].name, rows[i].argument[sizeof(rows[i].argument) - 1] == '\0');
		check(rows[i].name, rows[i].help[sizeof(rows[i].help) - 1] == '\0');
		check(rows[i].name, rows[i].help[0] != '\0');
	}
	for (const char *line = help; *line != '\0';) {
		int length = (int)strcspn(line, "\n");

		if (length > USAGE_WIDTH)
			fail_msg("too long: %.*s", length, line);
		line += length + 1;
	}
	free(help);
}

/* What --help lists is what awaited_parse() knows, and what it says that there is. */
static void the_help_has_every_condition(void **state)
{
	char *help = print_help();
	struct awaited awaited;

	(void)state;
	for (size_t i = 0; i < N_AWAITED_KINDS; i++) {
		char form[sizeof(awaited_forms[i].form)];

		(void)snprintf(form, sizeof(form), "%.*s", (int)sizeof(form) - 1,
			       awaited_forms[i].form);
		*strchrnul(form, ',') = '\0';
		check(form, strstr(help, awaited_forms[i].form) != NULL);
		check(form, strstr(help, awaited_forms[i].meaning) != NULL);
		check(form, strstr(awaited_parse("/", &awaited), form) != NULL);
	}
	free(help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_is_taken_in_every_spelling),
		cmocka_unit_test(options_end_at_the_command),
		cmocka_unit_test(the_last_of_two_contrary_options_counts),
		cmocka_unit_test(what_does_not_count_is_named),
		cmocka_unit_test(help_and_version_need_nothing_else),
		cmocka_unit_test(bad_input_is_refused_with_its_reason),
		cmocka_unit_test(more_conditions_than_can_be_waited_for_are_refused),
		cmocka_unit_test(a_run_without_even_a_name_is_refused),
		cmocka_unit_test(parser_help_and_manual_know_the_same_options),
		cmocka_unit_test(the_manual_gives_an_argument_to_those_that_take_one),
		cmocka_unit_test(both_pages_speak_of_options_that_there_are),
		cmocka_unit_test(the_help_is_whole_and_fits_on_a_screen),
		cmocka_unit_test(the_help_has_every_condition),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
