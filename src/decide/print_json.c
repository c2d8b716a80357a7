/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The plan as JSON; see decide/print.h. What a member means is the same as in the lines of print.c. */
#include "base/json.h"
#include "base/util.h"
#include "decide/effect.h"
#include "decide/print.h"
#include "fd/info.h"
#include "hosts/host.h"
#include "observe/detect.h"
#include "targets/target.h"

static const char *const shape_words[] = {
	[SHAPE_REPLACE] = "replace",
	[SHAPE_ATTEND] = "attend",
	[SHAPE_HAND_OVER] = "hand over",
	[SHAPE_SUPERVISE] = "supervise",
};

static const char *const stdio_words[] = {
	[STDIO_KEPT] = "kept",
	[STDIO_NULL] = "null",
	[STDIO_SOCKET] = "socket",
};

static void write_fds(struct json *json, const struct plan *plan)
{
	char what[200];

	json_open(json, "descriptors", '[');
	for (size_t i = 0; i < plan->n_fds; i++) {
		json_open(json, NULL, '{');
		json_number(json, "number", plan_fd_number(plan, i));
		json_text(json, "what", fd_format(&plan->fds[i], what, sizeof(what)));
		if (plan->listen != NULL)
			json_text(json, "listen", plan->listen[i].text);
		else
			json_number(json, "was", plan->fds[i].fd);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_open(json, "closed", '[');
	for (size_t i = 0; i < plan->n_close_fds; i++)
		json_number(json, NULL, plan->close_fds[i]);
	json_close(json, ']');
	json_open(json, "stdio", '[');
	for (size_t i = 0; i < N_STDIO; i++)
		json_text(json, NULL, stdio_words[plan->stdio[i]]);
	json_close(json, ']');
}

static void write_variables(struct json *json, const struct plan *plan, const struct facts *facts)
{
	json_open(json, "removed", '[');
	for (char *const *env = facts->env.list; *env != NULL; env++) {
		if (env_edits_drop(&plan->env, *env) && !plan_sets_variable(&plan->env, *env))
			json_part(json, NULL, *env, env_name_length(*env));
	}
	json_close(json, ']');
	json_open(json, "set", '{');
	for (size_t i = 0; i < plan->env.n; i++) {
		const struct env_edit *edit = &plan->env.list[i];
		const char *value = edit->kind == ENV_TEXT ? edit->variable + strlen(edit->name) + 1
							   : NULL;

		json_text(json, edit->name, value); /* null: known only when it is started */
	}
	json_close(json, '}');
}

static void write_readiness(struct json *json, const struct plan *plan)
{
	bool is_carried = plan->shape != SHAPE_REPLACE;

	json_open(json, "readiness", '{');
	json_bool(json, "carried", is_carried);
	json_text(json, "by",
		  !is_carried                ? NULL
		  : plan->ready_when != NULL ? plan->ready_when->text
					     : plan->target->says);
	json_text(json, "told", is_carried ? plan->way->what : NULL);
	json_text(json, "setting",
		  is_carried && plan->host->ready_setting[0] != '\0' ? plan->host->ready_setting
								     : NULL);
	json_text(json, "access", plan->notify_access == NOTIFY_ACCESS_ALL ? "all" : "main");
	json_number(json, "start_timeout", is_carried ? plan->start_timeout_s : 0);
	json_text(json, "ready_file", plan->ready_file);
	json_text(json, "pid_file", plan->pid_file);
	json_text(json, "stays_for", plan->stays_for);
	json_close(json, '}');
}

static void write_without_effect(struct json *json, const struct plan *plan,
				 const struct options *options)
{
	uint64_t left = plan->decided == DECIDED_ALL ? options->given : 0;
	const char *name;
	enum use use;

	json_open(json, "without_effect", '[');
	while ((name = options_next_given(&left, &use)) != NULL) {
		const char *why = effect_missing(use, options, plan);

		if (why == NULL)
			continue;
		json_open(json, NULL, '{');
		json_text(json, "option", name);
		json_text(json, "why", why);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_warnings(struct json *json, const struct plan *plan)
{
	json_open(json, "warnings", '[');
	for (const char *line = plan->warnings; *line != '\0';) {
		size_t length = (size_t)(find_char(line, '\n') - line);

		json_part(json, NULL, line, length);
		line += length + 1;
	}
	json_close(json, ']');
}

static void write_lists(struct json *json, const struct plan *plan)
{
	json_open(json, "wait_for", '[');
	for (size_t i = 0; i < plan->n_wait_for; i++)
		json_text(json, NULL, plan->wait_for[i].text);
	json_close(json, ']');
	json_number(json, "wait_timeout", plan->n_wait_for > 0 ? plan->wait_timeout_s : 0);
	json_open(json, "command", '[');
	for (char *const *word = plan->command; *word != NULL; word++)
		json_text(json, NULL, *word);
	json_close(json, ']');
}

void plan_write_json(struct json *json, const struct plan *plan, const struct options *options,
		     const struct facts *facts)
{
	bool is_decided = plan->decided >= DECIDED_SHAPE && plan->host != NULL &&
			  plan->target != NULL;
	char way[256];

	json_text(json, "host", plan->host != NULL ? plan->host->name : NULL);
	json_text(json, "evidence", plan->host != NULL ? plan_evidence(facts) : NULL);
	json_text(json, "learns_by",
		  plan->host != NULL ? detect_format_way(facts, way, sizeof(way)) : NULL);
	json_bool(json, "has_pidfds", !facts->lacks_pidfds);
	json_text(json, "target", plan->target != NULL ? plan->target->name : NULL);
	json_text(json, "shape", is_decided ? shape_words[plan->shape] : NULL);
	if (is_decided) {
		json_bool(json, "untouched", plan->is_untouched);
		write_fds(json, plan);
		write_variables(json, plan, facts);
		write_readiness(json, plan);
	}
	write_lists(json, plan);
	write_without_effect(json, plan, options);
	write_warnings(json, plan);
}
