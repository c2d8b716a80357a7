/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * cross-init-bridge --probe [--here] [--seconds=N] [--for=HOST,...] [--] COMMAND [ARG...]: runs a daemon as each
 * manager would, and says what it speaks, and what to write. A program of its own, so that the launcher has
 * nothing of it. Exit status: 0, 3 if the daemon never ran, 125.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#include "act/command.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/text.h"
#include "base/util.h"
#include "probe/lines.h"
#include "probe/processes.h"
#include "probe/run.h"
#include "probe/verdict.h"

#define EXIT_UNKNOWN_SPEECH 3
#define SECONDS 10
#define MAX_RUN_S 3600

struct arguments {
	struct probe probe;
	const char *hosts; /* "a,b"; NULL: the one that this machine has */
};

static int check_hosts(const char *hosts)
{
	for (const char *name = hosts;; name += strcspn(name, ",") + 1) {
		size_t length = strcspn(name, ",");

		if (!lines_is_known(name, length)) {
			log_error("--for: '%.*s' is none of these: systemd, upstart, s6, nitro, runit, daemontools, "
				  "dinit, openrc, finit, dpkg, supervisord",
				  (int)length, name);
			return -EINVAL;
		}
		if (name[length] == '\0')
			return 0;
	}
}

static int take_option(struct arguments *arguments, const char *word)
{
	const char *seconds = after_prefix(word, "--seconds="), *hosts = after_prefix(word, "--for=");
	unsigned long number;

	if (is_equal(word, "--here")) {
		arguments->probe.is_here = true;
	} else if (seconds != NULL && parse_number(seconds, MAX_RUN_S, &number) == 0 && number > 0) {
		arguments->probe.seconds = (int)number;
	} else if (hosts != NULL) {
		arguments->hosts = hosts;
		return check_hosts(hosts);
	} else {
		log_error("--probe: '%s' is none of --seconds=1..%d, --for=HOST,... and --", word,
			  MAX_RUN_S);
		return -EINVAL;
	}
	return 0;
}

static int parse(char **argv, struct arguments *ret)
{
	*ret = (struct arguments){ .probe = { .seconds = SECONDS } };
	for (argv++; *argv != NULL && (*argv)[0] == '-'; argv++) {
		if (is_equal(*argv, "--")) {
			argv++;
			break;
		}
		if (take_option(ret, *argv) < 0)
			return -EINVAL;
	}
	ret->probe.command = argv;
	if (*argv != NULL)
		return 0;
	log_error("--probe: no command to run");
	return -EINVAL;
}

/* ---- which manager ---- */

static bool has_upstart(void)
{
	FILE *stream = fopen("/proc/net/unix", "re");
	char line[512];
	bool found = false;

	while (stream != NULL && !found && fgets(line, sizeof(line), stream) != NULL)
		found = strstr(line, "@/com/ubuntu/upstart") != NULL;
	if (stream != NULL)
		(void)fclose(stream);
	return found;
}

static const char *host_of_machine(void)
{
	static const char *const firsts[][2] = { { "s6-svscan", "s6" },
						 { "runit", "runit" },
						 { "dinit", "dinit" },
						 { "supervisord", "supervisord" },
						 { "nitro", "nitro" } };
	char name[17];

	if (access("/run/systemd/system", F_OK) == 0)
		return "systemd";
	if (access("/run/openrc", F_OK) == 0)
		return "openrc";
	if (access("/run/finit", F_OK) == 0)
		return "finit";
	if (has_upstart())
		return "upstart";
	process_name(1, name);
	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		if (is_equal(name, firsts[i][0]))
			return firsts[i][1];
	}
	return "systemd,upstart";
}

/* ---- the runs ---- */

static const char *const roles[N_ROLES] = {
	[ROLE_PLAIN] = "with nothing but descriptors",
	[ROLE_SYSTEMD] = "with NOTIFY_SOCKET, as systemd",
	[ROLE_UPSTART] = "with UPSTART_JOB, as Upstart",
	[ROLE_LISTEN_FDS] = "with a socket, as systemd",
	[ROLE_UPSTART_FDS] = "with a socket, as Upstart",
};

static void run_all(const struct probe *probe, struct seen *seen)
{
	const struct listener *like = NULL;

	for (enum role role = ROLE_PLAIN; role < N_ROLES; role++) {
		if (role >= ROLE_LISTEN_FDS && !verdict_tries_sockets(seen, &like))
			break;
		(void)fprintf(stderr, "run %d of %d, %s, for up to %d s\n", (int)role + 1, N_ROLES,
			      roles[role], probe->seconds);
		run(probe, role, like, &seen[role]);
		if (seen[role].error < 0 && role == ROLE_PLAIN)
			break;
	}
}

static void announce(const struct probe *probe)
{
	if (!probe->is_here) {
		(void)fputs("as root, in namespaces of its own: what it writes to /etc, /run, /srv, /tmp, /var, /home, "
			    "/root and /opt goes into memory, everything else is read-only, and it sees no network "
			    "but a loopback of its own; without the rights to set the clock, load modules and the "
			    "like\n",
			    stdout);
		return;
	}
	(void)fputs("here, in the open: the daemon writes to this machine's files, and opens its ports\n",
		    stdout);
	log_warning("--probe: the daemon is run %d times in the open, for up to %d s each, %s; what it writes stays",
		    N_ROLES, probe->seconds,
		    geteuid() == 0 ? "since =here was asked for"
				   : "since only root can make a room for it");
}

/* @path from the root directory on, in memory of the arena's; as it is if that cannot be told. */
static const char *make_absolute(const char *path, struct arena *arena)
{
	char *whole = arena_get(arena, PATH_MAX, 1);
	struct text text;

	if (path[0] == '/' || whole == NULL || getcwd(whole, PATH_MAX) == NULL)
		return path;
	text = text_begin(whole + strlen(whole), PATH_MAX - strlen(whole));
	text_add(&text, "/");
	text_add(&text, has_prefix(path, "./") ? path + strlen("./") : path);
	return text.is_cut ? path : whole;
}

/*
 * Gives the command an absolute path, for the files that are printed, and refuses one that no run could execute.
 * The path is the arena's. Returns 0 or -errno, logged.
 */
static int resolve(char **command, struct arena *arena)
{
	const char *search_path = getenv("PATH"), *path = NULL;
	char interpreter[128];
	int r = command_find(command[0], search_path, arena, &path);

	if (r == 0)
		r = command_check(path, interpreter, sizeof(interpreter));
	if (r < 0)
		command_log_failure(command[0], path, search_path, -r);
	else
		command[0] = (char *)make_absolute(path, arena);
	return r;
}

static void report(const struct arguments *arguments, const struct seen *seen,
		   const struct verdict *verdict)
{
	const char *hosts = arguments->hosts != NULL ? arguments->hosts : host_of_machine();

	for (enum role role = ROLE_PLAIN; role < N_ROLES; role++) {
		if (seen[role].was_tried)
			print_seen(stdout, role, &seen[role]);
	}
	print_verdict(stdout, verdict, seen);
	if (verdict->says == SAYS_FAILED)
		return;
	for (const char *name = hosts; *name != '\0';
	     name += strcspn(name, ",") + (name[strcspn(name, ",")] == ','))
		lines_print(stdout, name, strcspn(name, ","), arguments->probe.command, verdict);
}

/* Whoever interrupts us ends the daemon as well. */
static void end_all(int number)
{
	run_end();
	_exit(128 + number);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = end_all };
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		(void)sigaction(numbers[i], &action, NULL);
}

int main(int argc, char **argv, char **env)
{
	struct arena arena = { 0 };
	struct arguments arguments;
	struct verdict verdict;
	struct seen *seen;

	log_open(false, env);
	if (argc < 1 || parse(argv, &arguments) < 0)
		return EXIT_OURS;
	seen = mmap(NULL, N_ROLES * sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED) {
		log_errno(LEVEL_ERROR, errno, "--probe");
		return EXIT_OURS;
	}
	arguments.probe.is_here = arguments.probe.is_here || geteuid() != 0;
	if (resolve(arguments.probe.command, &arena) < 0)
		return EXIT_OURS;
	catch_signals();
	announce(&arguments.probe);
	(void)fflush(stdout);
	run_all(&arguments.probe, seen);
	if (seen[ROLE_PLAIN].error < 0) {
		log_error("--probe: cannot run the daemon%s: %s: %s%s",
			  arguments.probe.is_here ? "" : " in namespaces of its own",
			  seen[ROLE_PLAIN].where, strerror(-seen[ROLE_PLAIN].error),
			  arguments.probe.is_here ? "" : "; --probe=here runs it in the open");
		return EXIT_OURS;
	}
	verdict = verdict_of(seen);
	report(&arguments, seen, &verdict);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		log_errno(LEVEL_ERROR, errno, "--probe: cannot write to standard output");
		return EXIT_OURS;
	}
	return verdict.says == SAYS_FAILED ? EXIT_UNKNOWN_SPEECH : EXIT_SUCCESS;
}
