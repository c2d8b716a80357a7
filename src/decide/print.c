/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See decide/print.h. */
#include "decide/print.h"

#include <stdio.h>

#include "base/output.h"
#include "base/util.h"
#include "decide/effect.h"
#include "fd/info.h"
#include "hosts/host.h"
#include "hosts/way.h"
#include "observe/detect.h"
#include "targets/target.h"

static const char *const shape_texts[] = {
	[SHAPE_REPLACE] = "replace (the daemon takes our place, nothing of ours stays)",
	[SHAPE_ATTEND] = "attend (the daemon takes our place, a babysitter stays)",
	[SHAPE_HAND_OVER] =
		"hand over (the daemon is our descendant until it is ready, then the host's)",
	[SHAPE_SUPERVISE] = "supervise (we stay as the daemon's parent)",
};

const char *plan_evidence(const struct facts *facts)
{
	for (size_t i = 0; i < facts->n_evidence; i++) {
		if (facts->evidence[i].host == facts->host)
			return facts->evidence[i].what;
	}
	return "--init";
}

/* Where sockets are missing that there ought to be, the warning says so. */
static void print_adoption(struct output *out, const struct facts *facts)
{
	if (facts->handover.fds_holder != 0)
		output_format(out, "sockets: taken from process %d, which holds them for the job\n",
			      (int)facts->handover.fds_holder);
	else if (facts->handover.fds_not_taken != NULL)
		output_format(out, "sockets: none taken for the job: %s\n",
			      facts->handover.fds_not_taken);
}

static void print_fds(struct output *out, const struct plan *plan, const struct facts *facts)
{
	char what[200];

	print_adoption(out, facts);
	if (plan->daemon_fd_from > 0)
		output_format(out, "descriptor %d: what %s reads, was %d\n", plan->daemon_fd,
			      plan->host->name, plan->daemon_fd_from);
	else if (plan_fills_daemon_fd(plan))
		output_format(out, "descriptor %d: a pipe of ours\n", plan->daemon_fd);
	for (size_t i = 0; i < plan->n_fds; i++) {
		int to = plan_fd_number(plan, i);

		output_format(out, "descriptor %d: %s", to,
			      fd_format(&plan->fds[i], what, sizeof(what)));
		if (plan->listen != NULL)
			output_format(out, ", opened by us (--listen=%s)", plan->listen[i].text);
		else if (to != plan->fds[i].fd)
			output_format(out, ", was %d", plan->fds[i].fd);
		output_char(out, '\n');
	}
	for (size_t i = 0; i < plan->n_close_fds; i++)
		output_format(out, "descriptor %d: closed, another job's listener\n",
			      plan->close_fds[i]);
}

static void print_locks(struct output *out, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_locked; i++)
		output_format(out,
			      "descriptor %d: a record lock (fcntl(2)) of ours, which we keep; a daemon that "
			      "locks that file again is refused\n",
			      plan->locked_fds[i]);
}

static void print_stdio(struct output *out, const struct plan *plan)
{
	for (int fd = 0; fd < N_STDIO; fd++) {
		switch (plan->stdio[fd]) {
		case STDIO_KEPT:
			break;
		case STDIO_NULL:
			output_format(out, "descriptor %d: /dev/null\n", fd);
			break;
		case STDIO_SOCKET:
			output_format(out, "descriptor %d: the same as %d\n", fd,
				      plan_fd_number(plan, 0));
			break;
		}
	}
}

bool plan_sets_variable(const struct env_edits *edits, const char *variable)
{
	size_t length = env_name_length(variable);

	for (size_t i = 0; i < edits->n; i++) {
		if (strlen(edits->list[i].name) == length &&
		    memcmp(edits->list[i].name, variable, length) == 0)
			return true;
	}
	return false;
}

static void print_removed(struct output *out, const struct env_edits *edits, char *const *env)
{
	for (; *env != NULL; env++) {
		if (env_edits_drop(edits, *env) && !plan_sets_variable(edits, *env))
			output_format(out, "variable %.*s: removed\n", (int)env_name_length(*env),
				      *env);
	}
}

static void print_set(struct output *out, const struct env_edit *edit)
{
	switch (edit->kind) {
	case ENV_TEXT:
		output_format(out, "variable %s\n", edit->variable);
		break;
	case ENV_DAEMON_PID:
		output_format(out, "variable %s: the daemon's pid\n", edit->name);
		break;
	case ENV_NOTIFY_ADDRESS:
		output_format(out, "variable %s: the babysitter's socket\n", edit->name);
		break;
	}
}

/* What is done about it: who hears of it, and by what setting; written to @buffer. */
static const char *format_telling(const struct plan *plan, const char *verb, char *buffer, size_t size)
{
	if (plan->way->learns == LEARNS_NOTHING && plan->ready_file == NULL)
		(void)snprintf(buffer, size, "%s nobody", verb);
	else if (plan->way->learns == LEARNS_NOTHING)
		(void)snprintf(buffer, size, "make%s the ready file",
			       verb[strlen(verb) - 1] == 's' ? "s" : "");
	else
		(void)snprintf(buffer, size, "%s %s (%s)", verb, plan->host->name,
			       plan->host->ready_setting);
	return buffer;
}

static void print_attendance(struct output *out, const struct plan *plan)
{
	char telling[128];

	output_format(out, "readiness: the babysitter receives %s from %s and %s%s\n",
		      plan->target->says, /* NOLINT(clang-analyzer-core.NullDereference): there is a shape */
		      plan->notify_access == NOTIFY_ACCESS_ALL
			      ? "any process of root or of the daemon's user"
			      : "the daemon's main process",
		      format_telling(plan, "tells", telling, sizeof(telling)),
		      plan->end_after_ready && plan->shape == SHAPE_ATTEND ? ", then ends" : "");
}

static void print_condition(struct output *out, const struct plan *plan)
{
	bool is_handed_over = plan->shape == SHAPE_HAND_OVER;
	char telling[128];

	output_format(out, "readiness: when %s, %s %s%s\n", plan->ready_when->text,
		      plan->is_announced ? "we" : "the babysitter",
		      format_telling(plan, plan->is_announced ? "tell" : "tells", telling,
				     sizeof(telling)),
		      is_handed_over ? " the daemon's pid and leave"
		      : plan->shape == SHAPE_ATTEND && plan->ready_file == NULL ? ", then ends"
										: "");
}

static void print_forking(struct output *out, const struct plan *plan)
{
	static const char *const stragglers[] = {
		[STRAGGLERS_GROUP] = "those of its session and process group",
		[STRAGGLERS_ALL] = "all",
		[STRAGGLERS_NO] = "none",
	};
	bool is_told = plan->way->learns != LEARNS_NOTHING || plan->ready_file != NULL;
	char telling[128];

	output_format(out,
		      "readiness: when the daemon's first process has exited with 0 and %s%s%s%s\n",
		      plan->daemon_pid_file != NULL ? plan->daemon_pid_file : "one of its processes",
		      plan->daemon_pid_file != NULL ? " names one of its processes" : " is left",
		      is_told ? ", the babysitter " : "; nobody is told",
		      is_told ? format_telling(plan, "tells", telling, sizeof(telling)) : "");
	output_format(out, "ends with the main process: %s of the daemon's processes\n",
		      stragglers[plan->stragglers]);
}

static void print_readiness(struct output *out, const struct plan *plan)
{
	char telling[128];

	if (plan->shape == SHAPE_REPLACE)
		output_add(out, "readiness: not carried\n");
	else if (plan->speaks == SPEAKS_EXIT)
		print_forking(out, plan);
	else if (plan->ready_when != NULL)
		print_condition(out, plan);
	else if (plan->speaks == SPEAKS_DATAGRAM)
		print_attendance(out, plan);
	else
		output_format(out, "readiness: the daemon stops itself, we %s%s, continue it%s\n",
			      format_telling(plan, "tell", telling, sizeof(telling)),
			      plan->shape == SHAPE_HAND_OVER ? " its pid" : "",
			      plan->shape == SHAPE_HAND_OVER ? " and leave" : "");
	if (plan->job_respawns && (plan->speaks == SPEAKS_DATAGRAM || plan->speaks == SPEAKS_EXIT))
		output_format(out, "end before readiness: %s is told of readiness first\n",
			      plan->host->name);
}

static void print_conditions(struct output *out, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_wait_for; i++)
		output_format(out, "waits for: %s, at most %d s\n", plan->wait_for[i].text,
			      plan->wait_timeout_s);
}

/* What is not as it is without these options. */
static void print_sitting(struct output *out, const struct plan *plan)
{
	bool sits = plan->shape == SHAPE_ATTEND ||
		    (plan->shape == SHAPE_SUPERVISE && !plan->is_announced);
	bool has_socket = sits && plan->speaks == SPEAKS_DATAGRAM;

	if (has_socket && plan->notify_place != NOTIFY_PLACE_AUTO)
		output_format(out, "NOTIFY_SOCKET: %s\n",
			      plan->notify_place == NOTIFY_PLACE_PATH ? "a path, or nothing is started"
								      : "an abstract name");
	if (plan->pid_file != NULL)
		output_format(out,
			      "background: we leave with 0 when the daemon is ready, its pid in %s\n",
			      plan->pid_file);
	if (plan->ready_file != NULL)
		output_format(out, "ready file: %s\n", plan->ready_file);
	if (sits && plan->start_timeout_s > 0)
		output_format(out, "start timeout: %d s, then the daemon is ended\n",
			      plan->start_timeout_s);
	if (has_socket && plan->log != REPORT_STATUS)
		output_format(out, "log: %s\n",
			      plan->log == REPORT_NONE ? "nothing of what the daemon says"
						       : "everything that the daemon says");
}

static void print_without_effect(struct output *out, const struct plan *plan,
				 const struct options *options)
{
	uint64_t left = options->given;
	const char *name;
	enum use use;

	while ((name = options_next_given(&left, &use)) != NULL) {
		const char *why = effect_missing(use, options, plan);

		if (why != NULL)
			output_format(out, "without effect: --%s (%s)\n", name, why);
	}
}

static void print_warnings(struct output *out, const struct plan *plan)
{
	for (const char *line = plan->warnings; *line != '\0';) {
		int length = (int)(find_char(line, '\n') - line);

		output_format(out, "warning: %.*s\n", length, line);
		line += length + 1;
	}
}

/* A word that a shell takes as it is. */
static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%+=:,./_-";

	return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

/* In $'...', which shells understand, so that what is not a part of a line does not break it. */
static void print_escaped(struct output *out, const char *word)
{
	output_add(out, "$'");
	for (; *word != '\0'; word++) {
		if (is_control_character(*word))
			output_format(out, "\\%03o", (unsigned)(unsigned char)*word);
		else
			output_format(out, *word == '\'' || *word == '\\' ? "\\%c" : "%c", *word);
	}
	output_char(out, '\'');
}

static bool has_control_character(const char *word)
{
	while (*word != '\0' && !is_control_character(*word))
		word++;
	return *word != '\0';
}

void plan_print_word(struct output *out, const char *word)
{
	if (is_plain(word)) {
		output_add(out, word);
		return;
	}
	if (has_control_character(word)) {
		print_escaped(out, word);
		return;
	}
	output_char(out, '\'');
	for (; *word != '\0'; word++)
		output_add(out, *word == '\'' ? "'\\''" : (const char[]){ *word, '\0' });
	output_char(out, '\'');
}

static void print_command(struct output *out, const struct plan *plan)
{
	output_add(out, "command:");
	for (char *const *word = plan->command; *word != NULL; word++) {
		output_char(out, ' ');
		plan_print_word(out, *word);
	}
	output_char(out, '\n');
}

static void print_changes(struct output *out, const struct plan *plan, const struct facts *facts)
{
	output_format(out, "shape: %s\n", shape_texts[plan->shape]);
	if (plan->stays_for != NULL)
		output_format(out, "as with --supervise: %s\n", plan->stays_for);
	if (plan->is_untouched) {
		output_add(out, "host and target are the same: nothing is changed\n");
		return;
	}
	print_fds(out, plan, facts);
	print_stdio(out, plan);
	print_locks(out, plan);
	print_removed(out, &plan->env, facts->env.list);
	for (size_t i = 0; i < plan->env.n; i++)
		print_set(out, &plan->env.list[i]);
	print_readiness(out, plan);
	print_sitting(out, plan);
}

/* Where that is not the same with every service of the host's. */
static void print_way(struct output *out, const struct plan *plan, const struct facts *facts)
{
	char way[256];

	if (plan->host != NULL && plan->host->find_way != NULL)
		output_format(out, "learns of readiness by: %s\n",
			      detect_format_way(facts, way, sizeof(way)));
}

void plan_print(struct output *out, const struct plan *plan, const struct options *options,
		const struct facts *facts)
{
	if (plan->host != NULL)
		output_format(out, "host: %s (%s)\n", plan->host->name, plan_evidence(facts));
	else
		output_add(out, "host: none shows itself\n");
	print_way(out, plan, facts);
	if (facts->lacks_pidfds)
		output_format(out, "kernel: without pidfds (pidfd_open(2), Linux 5.3): the end of a "
				   "process is noticed within a second\n");
	if (plan->target != NULL)
		output_format(out, "target: %s\n", plan->target->name);
	if (plan->decided >= DECIDED_SHAPE)
		print_changes(out, plan, facts);
	print_conditions(out, plan);
	print_command(out, plan);
	if (plan->decided == DECIDED_ALL)
		print_without_effect(out, plan, options);
	print_warnings(out, plan);
}
