/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Measures commands in worlds; see world.h for what these are and bench.h for what is measured.
 *
 *     bench times N SUBJECT...      bench instructions SUBJECT...     bench system-calls SUBJECT...
 *     bench many N SUBJECT          bench row N SUBJECT
 *     bench flood-before SUBJECT    bench flood-after SUBJECT
 *     bench stamp COMMAND [ARG...]
 *
 * The last writes the time to stdout and becomes COMMAND: for starts by somebody else's hand.
 * A SUBJECT is ", WORLD AWAIT COMMAND [ARG...]", as measure.py writes it.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SUBJECTS 64

static const char *const awaits[] = {
	[AWAIT_START] = "start",
	[AWAIT_STOP] = "stop",
	[AWAIT_NOTIFY] = "notify",
	[AWAIT_HAND_OVER] = "hand-over",
};

static enum await await_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(awaits) / sizeof(awaits[0]); i++) {
		if (strcmp(awaits[i], name) == 0)
			return (enum await)i;
	}
	errno = EINVAL;
	die(2, "nothing to wait for: %s", name);
}

/* Each list of arguments between two commas becomes one of @subjects; returns their number. */
static size_t read_subjects(char **argv, struct subject *subjects)
{
	size_t n = 0;

	while (argv[0] != NULL && n < MAX_SUBJECTS) {
		*argv++ = NULL; /* the comma ends the command before */
		if (argv[0] == NULL || argv[1] == NULL || argv[2] == NULL)
			break;
		subjects[n++] =
			(struct subject){ world_by_name(argv[0]), await_by_name(argv[1]), argv + 2 };
		while (argv[0] != NULL && strcmp(argv[0], ",") != 0)
			argv++;
	}
	return n;
}

static unsigned long read_count(char ***argv)
{
	char *text = **argv;

	if (text == NULL || *text == ',')
		return 0;
	(*argv)++;
	return strtoul(text, NULL, 10);
}

static void measure(const char *what, const struct subject *subjects, size_t n, unsigned long count)
{
	if (strcmp(what, "times") == 0)
		measure_times(subjects, n, count);
	else if (strcmp(what, "instructions") == 0)
		measure_counts(subjects, n, false);
	else if (strcmp(what, "system-calls") == 0)
		measure_counts(subjects, n, true);
	else if (strcmp(what, "many") == 0 || strcmp(what, "row") == 0)
		measure_many(subjects, count, what[0] == 'm');
	else
		measure_flood(subjects, strcmp(what, "flood-after") == 0);
}

static int stamp(char **command)
{
	uint64_t now = now_ns();

	(void)!write(STDOUT_FILENO, &now, sizeof(now));
	return execv(command[0], command);
}

int main(int argc, char **argv)
{
	struct subject subjects[MAX_SUBJECTS];
	const char *what = argc > 2 ? argv[1] : "";
	unsigned long count;
	size_t n;

	if (strcmp(what, "stamp") == 0)
		return stamp(argv + 2);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	argv += argc > 2 ? 2 : argc;
	count = read_count(&argv);
	n = read_subjects(argv, subjects);
	if (n == 0) {
		errno = EINVAL;
		die(2, "nothing to measure");
	}
	world_enter();
	measure(what, subjects, n, count);
	world_leave();
	return 0;
}
