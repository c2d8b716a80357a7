/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Command lines are taken apart as getopt_long(3) does it, which is the judge here. */
#include "unit.h"

#include <getopt.h>

#include "base/getopt.h"
#include "base/util.h"

#define N_WORDS 4 /* on a command line */

static const struct option_row rows[] = {
	{ .name = "target", .letter = 't', .argument = "TARGET" },
	{ .name = "notify", .letter = 'N' },
	{ .name = "notify-access", .argument = "WHO" },
	{ .name = "job", .argument = "JOB" },
	{ .name = "job-respawns" },
	{ .name = "verbose", .letter = 'v' },
};

/* What the judge is to call each of them. */
static const int numbers[] = { 't', 'N', 300, 301, 302, 'v' };

static const struct option judge[] = {
	{ "target", required_argument, NULL, 't' },
	{ "notify", no_argument, NULL, 'N' },
	{ "notify-access", required_argument, NULL, 300 },
	{ "job", required_argument, NULL, 301 },
	{ "job-respawns", no_argument, NULL, 302 },
	{ "verbose", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

static const char *const vocabulary[] = {
	"-t",         "-tx",       "-N",         "-Ntx",          "-vNt", "-x",  "-Nx",  "-N-",
	"--target",   "--target=", "--target=x", "--t",           "--no", "--",  "-",    "",
	"--notify",   "--notify=", "--notify-",  "--notify-a=x",  "--jo", "d",   "--=",  "--xyz",
	"--job=a=b=", "--job",     "--job-",     "--job-respawn", "---",  "--v", "--vx",
};

/* What was taken, as text: "t=x N ? | 3" with the index of the first word that was not. */
struct taken {
	char text[256];
};

static void add(struct taken *taken, int option, const char *argument, bool has_argument)
{
	size_t used = strlen(taken->text);

	(void)snprintf(taken->text + used, sizeof(taken->text) - used, "%d%s%s ", option,
		       has_argument ? "=" : "", has_argument ? argument : "");
}

static bool takes_argument(int option)
{
	return option == 't' || option == 300 || option == 301;
}

static void take_as_judge(int argc, char **argv, struct taken *ret_taken)
{
	int option;

	ret_taken->text[0] = '\0';
	optind = 0; /* begins afresh, in glibc and in musl */
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:t:Nv", judge, NULL)) >= 0)
		add(ret_taken, option, optarg, takes_argument(option));
	/* Where the last word lacks its argument, musl's is behind the end. */
	add(ret_taken, optind < argc ? optind : argc, NULL, false);
}

static void take(char **argv, struct taken *ret_taken)
{
	struct words words = { .rows = rows, .n_rows = ARRAY_SIZE(rows), .next = argv + 1 };
	int option;

	ret_taken->text[0] = '\0';
	while ((option = words_next(&words)) != WORDS_END) {
		int number = option >= 0 ? numbers[option] : option == WORDS_MISSING ? ':' : '?';

		add(ret_taken, number, words.argument, takes_argument(number));
	}
	add(ret_taken, (int)(words.next - argv), NULL, false);
}

static void every_command_line_is_taken_apart_as_getopt_does_it(void **state)
{
	size_t n_lines = 1;

	(void)state;
	for (size_t i = 0; i < N_WORDS; i++)
		n_lines *= ARRAY_SIZE(vocabulary);
	for (size_t line = 0; line < n_lines; line++) {
		char *argv[N_WORDS + 2] = { (char *)(uintptr_t) "program" };
		struct taken expected, taken;
		size_t rest = line;

		for (size_t i = 1; i <= N_WORDS; i++) {
			argv[i] = (char *)(uintptr_t)vocabulary[rest % ARRAY_SIZE(vocabulary)];
			rest /= ARRAY_SIZE(vocabulary);
		}
		take_as_judge(N_WORDS + 1, argv, &expected);
		take(argv, &taken);
		if (!is_equal(taken.text, expected.text))
			fail_msg("%s %s %s %s: %s and not %s", argv[1], argv[2], argv[3], argv[4],
				 taken.text, expected.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_line_is_taken_apart_as_getopt_does_it),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
