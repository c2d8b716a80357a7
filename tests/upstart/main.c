/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A stand-in for Upstart, for tests: no current distribution has it. It behaves as Upstart 1.13.2 was
 * observed to behave towards its jobs and towards those who ask it over D-Bus, faults included, and is
 * steered by a socket of its own. PID 1 of its own namespaces, or with --session the init of a user's
 * session. The same program is the client for its control socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus.h"
#include "commands.h"
#include "control.h"
#include "event.h"
#include "log.h"
#include "loop.h"
#include "objects.h"
#include "options.h"
#include "process.h"
#include "sockets.h"

#define USAGE                                                                        \
 "Usage: upstart-stand-in --conf-dir=DIR --log-dir=DIR --control=PATH [--session]\n" \
 "       upstart-stand-in --control=PATH ctl COMMAND [WORD...]\n"

struct options options;

/* A new network namespace has a loopback interface, but it is down. */
static void raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		log_line("Failed to raise the loopback interface: %m");
	if (fd >= 0)
		(void)close(fd);
}

static void end_of_round(void)
{
	/* what is dispatched may queue events, and finished events may queue messages */
	bus_poll();
	events_poll();
}

static void on_user_signal(void)
{
	(void)bus_connect_system();
}

static void become_system_init(void)
{
	sockets_init();
	raise_loopback();
	options.bus_address = xstrdup("unix:abstract=/com/ubuntu/upstart");
}

/* Orphans of the session come back to us and not to PID 1. */
static void become_session_init(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	options.bus_address = xasprintf("unix:abstract=/com/ubuntu/upstart-session/%d/%d",
					(int)getuid(), (int)getpid());
}

/* Tells whoever started us, and keeps nothing of it: the stdio of PID 1 is /dev/null. */
static void report_ready(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)!write(STDOUT_FILENO, "ready\n", 6);
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		(void)dup2(fd, i);
	(void)close(fd);
}

static int run_init(void)
{
	const struct loop_hooks hooks = { .child = process_collect,
					  .user_signal = on_user_signal,
					  .idle = end_of_round };
	char *log_path = xasprintf("%s/init.log", options.log_dir);

	(void)prctl(PR_SET_NAME, "init");
	if (options.is_session)
		become_session_init();
	else
		become_system_init();
	log_open(log_path);
	free(log_path);
	loop_init(&hooks);
	objects_init();
	waits_init();
	if (!bus_listen(options.bus_address))
		return 1;
	/* last: whoever can connect here finds everything else in place */
	if (!control_listen(options.control)) {
		(void)fprintf(stderr, "upstart-stand-in: cannot listen at %s: %m\n", options.control);
		return 1;
	}
	report_ready();
	loop_run();
}

static bool parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "conf-dir", required_argument, NULL, 'c' },
		{ "log-dir", required_argument, NULL, 'l' },
		{ "control", required_argument, NULL, 's' },
		{ "session", no_argument, NULL, 'u' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		if (c == 'c')
			options.conf_dir = optarg;
		else if (c == 'l')
			options.log_dir = optarg;
		else if (c == 's')
			options.control = optarg;
		else if (c == 'u')
			options.is_session = true;
		else
			return false;
	}
	return options.control != NULL;
}

int main(int argc, char **argv)
{
	if (!parse_options(argc, argv)) {
		(void)fputs(USAGE, stderr);
		return 2;
	}
	if (optind < argc && !strcmp(argv[optind], "ctl"))
		return control_client(options.control, argv + optind + 1);
	if (optind < argc || !options.conf_dir || !options.log_dir) {
		(void)fputs(USAGE, stderr);
		return 2;
	}
	return run_init();
}
