/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * cross-init-bridge: observe, decide, act. See cross-init-bridge(1) for what it does, and
 * src/README for the map of this directory.
 */
#include <fcntl.h>

#include "act/explain.h"
#include "act/launch.h"
#include "base/arena.h"
#include "base/cover.h"
#include "base/exit_status.h"
#include "base/helper.h"
#include "base/log.h"
#include "base/output.h"
#include "base/privilege.h"
#include "base/util.h"
#include "decide/decide.h"
#include "facts.h"
#include "hosts/host.h"
#include "observe/observe.h"
#include "options.h"
#include "plan.h"
#include "targets/target.h"

#define ARENA_SPACE 8192 /* an environment of 300 variables, or some 20 sockets */

/*
 * Where one of 0-2 is closed, a descriptor of ours must not take its place: the daemon would find
 * it there, or the babysitter close it. What fills the gap is closed again by execve(2). The lowest number that is
 * free tells, and not poll(2): that asks the files, which can be on a file system that does not answer.
 */
static void hold_stdio(void)
{
	int gap;

	while ((gap = open("/", O_PATH | O_CLOEXEC)) >= 0 && gap <= STDERR_FILENO) {
		(void)close(gap);
		/* What is asked for instead of a run shall not get lost in it. */
		if (open("/dev/null", (gap == STDOUT_FILENO ? O_RDONLY : O_RDWR) | O_CLOEXEC) != gap)
			return;
	}
	(void)close_fd(gap);
}

static void print_help(struct output *out)
{
	char target_names[512], host_names[512];
	struct text text = text_begin(target_names, sizeof(target_names));

	targets_list(&text, " or ");
	text = text_begin(host_names, sizeof(host_names));
	hosts_list(&text, " or ");
	options_print_help(out, target_names, host_names);
}

static int print(const struct options *options)
{
	struct output out = { 0 };
	int status;

	if (options->action == ACTION_HELP)
		print_help(&out);
	else
		output_add(&out, "cross-init-bridge " VERSION "\n");
	status = output_write(&out);
	output_free(&out);
	return status;
}

static void warn(const struct plan *plan)
{
	for (const char *line = plan->warnings; *line != '\0';) {
		int length = (int)(find_char(line, '\n') - line);

		log_warning("%.*s", length, line);
		line += length + 1;
	}
}

static int act(const struct options *options, const struct facts *facts, const struct plan *plan)
{
	if (options->verbose)
		explain_to_log(options, facts, plan);
	else
		warn(plan);
	return launch(plan, facts);
}

static int run(const struct options *options, char *const *env)
{
	_Alignas(max_align_t) char space[ARENA_SPACE];
	struct arena arena;
	struct facts facts;
	struct plan plan;
	struct refusal refusal;
	int status = EXIT_OURS;
	int r;

	arena_init(&arena, space, sizeof(space));
	r = observe(options, env, &arena, &facts, &refusal);
	if (r < 0)
		plan = (struct plan){ .host = facts.host,
				      .target = facts.target,
				      .wait_for = options->wait_for,
				      .n_wait_for = options->n_wait_for,
				      .wait_timeout_s = options->wait_timeout_s,
				      .command = options->command };
	else if (options->action != ACTION_DETECT)
		r = decide(options, &facts, &plan, &refusal);
	if (options->action == ACTION_EXPLAIN && r == 0)
		explain_find_lacks(&facts, &plan);
	if (options->action != ACTION_RUN)
		status = explain(options, &facts, &plan, r < 0 ? refusal.text : NULL);
	else if (r == 0)
		status = act(options, &facts, &plan);
	else
		log_error("%s", refusal.text);
	if (options->action == ACTION_RUN && status != 0)
		host_tell_failure(&facts);
	arena_done(&arena);
	return status;
}

/* --check, --probe: nothing of them is in the launcher. */
static int become_helper(const char *name, char **words, char *const *env)
{
	int r = helper_become(name, words, env);

	if (r == -ENOENT)
		log_error("--%s: the program for it, " HELPER_DIRECTORY "/%s, is not installed",
			  name, name);
	else
		log_errno(LEVEL_ERROR, r, "--%s: cannot execute the program for it", name);
	return EXIT_OURS;
}

/* What is asked of us, as a status to exit with. */
static int do_action(const struct options *options, char *const *env)
{
	static char here[] = "--here";
	char **words = options->command; /* behind our name, and the option */

	switch (options->action) {
	case ACTION_HELP:
	case ACTION_VERSION:
		return print(options);
	case ACTION_CHECK:
		return become_helper("check", words, env);
	case ACTION_PROBE:
		if (options->probe_here)
			*--words = here;
		return become_helper("probe", words, env);
	case ACTION_RUN:
	case ACTION_EXPLAIN:
	case ACTION_DETECT:
		break;
	}
	return run(options, env);
}

static bool refuse_privilege(void)
{
	const struct privilege privilege = privilege_look();
	const char *reason = privilege_refuse(&privilege);

	if (reason != NULL)
		log_error("refusing to run %s: whoever starts us would choose the environment of a daemon "
			  "that has more rights than he",
			  reason);
	return reason != NULL;
}

int main(int argc, char **argv, char **env)
{
	struct options options;
	struct refusal refusal;
	int status;

	hold_stdio();
	cover_begin(argv);
	log_open(false, env);
	if (refuse_privilege())
		return EXIT_OURS;
	if (options_parse(argc, argv, &options, &refusal) < 0) {
		log_error("%s; try 'cross-init-bridge --help'", refusal.text);
		return EXIT_OURS;
	}
	log_open(options.verbose, env);
	status = do_action(&options, env);
	options_done(&options);
	return status;
}
