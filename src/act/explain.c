/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/explain.h. */
#include "act/explain.h"

#include <stdio.h>
#include <sys/stat.h>

#include "act/command.h"
#include "base/exit_status.h"
#include "base/json.h"
#include "base/log.h"
#include "base/output.h"
#include "base/same_file.h"
#include "base/util.h"
#include "bus/ask.h"
#include "decide/print.h"
#include "fd/info.h"
#include "hosts/host.h"
#include "observe/detect.h"
#include "targets/target.h"

/* What execve(2) would say to the command. */
struct command {
	const char *path; /* NULL: it is not there */
	char interpreter[128];
	char problem[640]; /* empty: none */
	bool may_come;     /* what is waited for may bring it */
};

static void check_command(const struct plan *plan, const struct facts *facts, struct command *command)
{
	const char *search_path = env_get(&facts->env, "PATH"), *name = plan->command[0],
		   *path = NULL;
	char reason[400];
	int r = command_find(name, search_path, facts->arena, &path);

	*command = (struct command){ .path = path, .may_come = plan->n_wait_for > 0 };
	if (r == 0)
		r = command_check(path, command->interpreter, sizeof(command->interpreter));
	if (r < 0)
		(void)snprintf(command->problem, sizeof(command->problem),
			       "cannot execute '%s': %s%s", path != NULL ? path : name, strerror(-r),
			       command_explain(path != NULL ? path : name, search_path, -r, reason,
					       sizeof(reason)));
}

static void print_command(struct output *out, const struct command *command)
{
	if (command->problem[0] == '\0') {
		output_add(out, "program: ");
		plan_print_word(out, command->path);
		if (command->interpreter[0] != '\0') {
			output_add(out, ", run by ");
			plan_print_word(out, command->interpreter);
		}
		output_char(out, '\n');
	} else if (command->may_come) {
		output_format(out, "warning: %s (unless what is waited for brings it)\n",
			      command->problem);
	}
}

static void write_command(struct json *json, const struct command *command)
{
	json_open(json, "program", '{');
	json_text(json, "path", command->path);
	json_text(json, "interpreter", command->interpreter[0] != '\0' ? command->interpreter : NULL);
	json_text(json, "problem", command->problem[0] != '\0' ? command->problem : NULL);
	json_close(json, '}');
}

static int status_of(const struct plan *plan, const struct command *command, const char *refusal)
{
	if (refusal != NULL)
		return EXIT_OURS;
	return plan->warnings[0] != '\0' || command->problem[0] != '\0' ? EXIT_WARNINGS : 0;
}

/* Returns the exit status. */
static int print_plan(struct output *out, const struct options *options, const struct facts *facts,
		      const struct plan *plan, const struct command *command, const char *refusal)
{
	struct json json = { .out = out };
	int status = status_of(plan, command, refusal);

	if (options->format == FORMAT_TEXT) {
		plan_print(out, plan, options, facts);
		print_command(out, command);
		if (refusal != NULL)
			output_format(out, "refused: %s\n", refusal);
		return status;
	}
	json_open(&json, NULL, '{');
	json_text(&json, "version", VERSION);
	json_number(&json, "status", status);
	plan_write_json(&json, plan, options, facts);
	write_command(&json, command);
	json_text(&json, "refused", refusal);
	json_close(&json, '}');
	output_char(out, '\n');
	return status;
}

/* inetd's, and Accept=yes's: but a pair is anybody's, ssh(1)'s for one. */
static bool stdout_is_client(void)
{
	struct fd_info info;

	fd_describe(STDOUT_FILENO, &info);
	return info.kind == FD_KIND_SOCKET && fd_is_same(STDIN_FILENO, STDOUT_FILENO) &&
	       !fd_is_pair(&info);
}

static void log_lines(char *text)
{
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL && rest != NULL;)
		log_message(LEVEL_INFO, "%s", line);
}

/* Who reads both has the refusal already, in the last line. */
static bool are_both_read(void)
{
	struct stat out, err;

	return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
	       is_same_file(&out, &err);
}

static int show(const struct output *out, int status, const char *refusal)
{
	bool is_missed = refusal != NULL && !are_both_read();
	int r;

	if (stdout_is_client()) {
		log_lines(out->text);
		return status;
	}
	r = output_write(out);
	if (r == 0 && is_missed)
		log_error("%s", refusal);
	return r != 0 ? r : status;
}

/* The daemon sees UPSTART_JOB, as it were at home. */
static void warn_of_stop(struct plan *plan)
{
	const struct host *host = plan->host;

	if (plan->shape != SHAPE_REPLACE || plan->is_untouched || plan->n_fds == 0 ||
	    plan->target->speaks != SPEAKS_STOP || plan->way->learns == LEARNS_NOTHING)
		return;
	plan_warn(plan,
		  "with its sockets the daemon is told that %s runs it, and most then stop themselves when "
		  "they are ready, which nobody continues without -N: add -N%s%s%s%s, unless this one is "
		  "known not to",
		  plan->target->name, host->ready_setting[0] != '\0' ? " and " : "",
		  host->ready_setting, host->ready_setting[0] != '\0' ? " in " : "",
		  host->ready_setting[0] != '\0' ? host->configured_in : "");
}

static void ask_host(const struct facts *facts, struct plan *plan)
{
	const struct host *host = plan->host;
	struct bus_call call;
	int r, budget_ms = BUS_BUDGET_MS;
	const char *words[4];

	if (!plan->way->question(facts->handover.job, facts->handover.instance, words))
		return;
	r = bus_ask(words, &budget_ms, &call);
	if (plan->shape != SHAPE_REPLACE && r == 0 && plan->way->has_gone_on(call.answer))
		plan_warn(plan,
			  "%s does not wait until the daemon is ready: put '%s' into %s, or leave out %s",
			  host->name, host->ready_setting, host->configured_in, plan_readiness(plan));
	if (plan->may_be_awaited && plan->way->read_answer(r, call.answer) == HOST_ANSWER_WAITING)
		plan_warn(plan,
			  "%s waits until the daemon is ready, and nobody will tell it, since -N is missing: "
			  "add -N, or take '%s' out of %s",
			  host->name, host->ready_setting, host->configured_in);
}

void explain_find_lacks(const struct facts *facts, struct plan *plan)
{
	warn_of_stop(plan);
	if (plan->way->question != NULL && (plan->shape != SHAPE_REPLACE || plan->may_be_awaited))
		ask_host(facts, plan);
}

int explain(const struct options *options, const struct facts *facts, const struct plan *plan,
	    const char *refusal)
{
	struct output out = { 0 };
	struct command command;
	int status = 0;

	if (options->action == ACTION_EXPLAIN)
		check_command(plan, facts, &command);
	if (options->action == ACTION_EXPLAIN && refusal == NULL && !command.may_come &&
	    command.problem[0] != '\0')
		refusal = command.problem;
	if (options->action == ACTION_EXPLAIN)
		status = print_plan(&out, options, facts, plan, &command, refusal);
	else if (options->format == FORMAT_JSON)
		detect_print_json(&out, facts);
	else
		detect_print(&out, facts);
	status = show(&out, status, refusal);
	output_free(&out);
	return status;
}

void explain_to_log(const struct options *options, const struct facts *facts, const struct plan *plan)
{
	struct output out = { 0 };

	plan_print(&out, plan, options, facts);
	if (log_has_stderr())
		log_write_stderr(out.text, out.length);
	else
		log_lines(out.text);
	output_free(&out);
}
