/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What initctl does with jobs, with its messages and exit statuses; see commands.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "job.h"
#include "process.h"

/* -- status lines, as initctl words them */

/* "JOB (INSTANCE) goal/state, process PID", owned by the caller. */
static char *status_of(const struct job_class *class, const struct job *job)
{
	char *out = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&out, &size);
	bool is_first = true;

	if (!f)
		abort();
	if (!job) {
		(void)fprintf(f, "%s stop/waiting\n", class->name);
		(void)fclose(f);
		return out;
	}
	(void)fprintf(f, "%s %s/%s", job_label(job), job_goal_name(job->goal),
		      job_state_name(job->state));
	for (int i = 0; i < PROCESS_COUNT; i++) {
		bool is_plain = i == PROCESS_MAIN || i == PROCESS_PRE_START || i == PROCESS_POST_STOP;

		if (job->pid[i] <= 0)
			continue;
		if (!is_first)
			(void)fprintf(f, "\n\t%s process %d", process_name(i), (int)job->pid[i]);
		else if (is_plain)
			(void)fprintf(f, ", process %d", (int)job->pid[i]);
		else
			(void)fprintf(f, ", (%s) process %d", process_name(i), (int)job->pid[i]);
		is_first = false;
	}
	(void)fputc('\n', f);
	(void)fclose(f);
	return out;
}

static void answer_status(struct request *request, const struct job_class *class,
			  const struct job *job)
{
	char *status = status_of(class, job);

	request_answer(request, 0, "%s", status);
	free(status);
}

/* -- start, stop, restart, reload, status */

/* Who waits for a job to come where it was told to go. */
struct pending {
	struct request *request;
	struct job *job;
	const char *failure;
};

static void on_job_finished(void *data, bool has_failed)
{
	struct pending *pending = data;

	if (has_failed)
		request_answer(pending->request, 1, "%s\n", pending->failure);
	else
		answer_status(pending->request, pending->job->class, pending->job);
	free(pending);
}

static void wait_for_job(const struct command_line *line, struct job *job, const char *failure)
{
	struct pending *pending;

	job_finish(job, false); /* whoever waited for the opposite waits no more */
	if (!line->does_wait)
		return;
	pending = xcalloc(1, sizeof *pending);
	*pending = (struct pending){ .request = line->request, .job = job, .failure = failure };
	job_add_waiter(job, &(struct waiter){ .reply = on_job_finished, .data = pending });
}

/* The environment of a start: the class's and the variables on the command line. */
static struct strv given_environment(const struct command_line *line, const struct job_class *class)
{
	struct strv env = class_environment(class);

	for (size_t i = line->rest; i < line->words->n; i++)
		strv_set(&env, line->words->v[i]);
	return env;
}

/* Finds the class, and the name of the instance (owned by the caller). Answers if there is none. */
static struct job_class *resolve(const struct command_line *line, char **ret_instance)
{
	struct job_class *class = line->first ? class_find(line->first) : NULL;
	struct strv env;

	if (!class) {
		request_answer(line->request, 1, "%s: Unknown job: %s\n", line->name,
			       line->first ? line->first : "");
		return NULL;
	}
	env = given_environment(line, class);
	*ret_instance = strv_expand(&env, class->instance);
	strv_done(&env);
	if (!*ret_instance) {
		request_answer(line->request, 1, "%s: Unknown parameter: %s\n", line->name,
			       class->instance);
		return NULL;
	}
	return class;
}

/* The same for commands that need a running instance. */
static struct job *resolve_job(const struct command_line *line)
{
	char *instance = NULL;
	struct job_class *class = resolve(line, &instance);
	struct job *job = class ? job_find(class, instance) : NULL;

	if (class && !job)
		request_answer(line->request, 1, "%s: Unknown instance: %s\n", line->name, instance);
	free(instance);
	return job;
}

static bool is_stopping(const struct command_line *line, const struct job *job)
{
	if (job->goal != GOAL_STOP)
		return false;
	request_answer(line->request, 1, "%s: Job has already been stopped: %s\n", line->name,
		       job_label(job));
	return true;
}

static void set_start_env(const struct command_line *line, struct job *job)
{
	strv_done(&job->start_env);
	job->start_env = given_environment(line, job->class);
	job->has_start_env = true;
}

void run_start(const struct command_line *line)
{
	char *instance = NULL;
	struct job_class *class = resolve(line, &instance);
	struct job *job;

	if (!class)
		return;
	job = job_find(class, instance);
	if (!job)
		job = job_new(class, instance);
	free(instance);
	if (job->goal == GOAL_START) {
		request_answer(line->request, 1, "start: Job is already running: %s\n",
			       job_label(job));
		return;
	}
	set_start_env(line, job);
	wait_for_job(line, job, "start: Job failed to start");
	job_change_goal(job, GOAL_START); /* rests in `starting` at the latest */
	if (!line->does_wait)
		answer_status(line->request, class, job);
}

static void stop(const struct command_line *line, struct job *job)
{
	if (!job || is_stopping(line, job))
		return;
	wait_for_job(line, job, "stop: Job failed while stopping");
	job_change_goal(job, GOAL_STOP); /* rests in `stopping` at the latest */
	if (!line->does_wait)
		answer_status(line->request, job->class, job);
}

void run_stop(const struct command_line *line)
{
	stop(line, resolve_job(line));
}

void run_stop_instance(const struct command_line *line)
{
	const char *name = line->words->n > line->rest ? line->words->v[line->rest] : "";
	struct job_class *class = line->first ? class_find(line->first) : NULL;
	struct job *job = class ? job_find(class, name) : NULL;

	if (!job)
		request_answer(line->request, 1, "stop-instance: Unknown instance: %s\n", name);
	stop(line, job);
}

void run_restart(const struct command_line *line)
{
	struct job *job = resolve_job(line);

	if (!job || is_stopping(line, job))
		return;
	set_start_env(line, job);
	wait_for_job(line, job, "restart: Job failed to restart");
	job_change_goal(job, GOAL_STOP);
	job_change_goal(job, GOAL_START);
	if (!line->does_wait)
		answer_status(line->request, job->class, job);
}

void run_reload(const struct command_line *line)
{
	struct job *job = resolve_job(line);

	if (!job)
		return;
	if (job->pid[PROCESS_MAIN] <= 0) {
		request_answer(line->request, 1, "reload: Not running\n");
		return;
	}
	process_reload(job);
	request_answer(line->request, 0, "%s", "");
}

void run_status(const struct command_line *line)
{
	char *instance = NULL;
	struct job_class *class = resolve(line, &instance);
	struct job *job = class ? job_find(class, instance) : NULL;

	if (!class)
		return;
	if (!job && instance[0])
		request_answer(line->request, 1, "status: Unknown instance: %s\n", instance);
	else
		answer_status(line->request, class, job);
	free(instance);
}

void run_list(const struct command_line *line)
{
	char *all = xstrdup("");

	for (struct job_class *class = job_classes; class; class = class->next)
		for (struct job *job = class->instances; job; job = job->next) {
			char *status = status_of(class, job);
			char *longer = xasprintf("%s%s", all, status);

			free(status);
			free(all);
			all = longer;
		}
	request_answer(line->request, 0, "%s", all);
	free(all);
}
