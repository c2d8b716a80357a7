/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The table of the control socket's commands, and those that only a stand-in can have: hang the bus,
 * choose numbers of descriptors, read the log; see commands.h.
 */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "event.h"
#include "job.h"
#include "log.h"
#include "options.h"
#include "sockets.h"

/* -- events */

static void on_event_done(void *data, bool has_failed)
{
	request_answer(data, has_failed, "%s", has_failed ? "emit: Event failed\n" : "");
}

static void run_emit(const struct command_line *line)
{
	struct strv env = { 0 };
	struct event *event;

	for (size_t i = line->rest; i < line->words->n; i++)
		strv_set(&env, line->words->v[i]);
	event = event_new(line->first ? line->first : "", &env);
	strv_done(&env);
	if (request_fd(line->request) >= 0)
		sockets_attach(event, request_fd(line->request));
	if (line->does_wait) {
		event->done = on_event_done;
		event->data = line->request;
	} else {
		request_answer(line->request, 0, "%s", "");
	}
}

/* -- what only a stand-in has */

static void run_load(const struct command_line *line)
{
	char *error = NULL;

	if (!line->first || !class_load(options.conf_dir, line->first, &error)) {
		request_answer(line->request, 1, "load: %s\n", error ? error : "missing job name");
		free(error);
		return;
	}
	if (!options.is_session) /* nothing listens for sessions */
		sockets_watch(class_find(line->first));
	request_answer(line->request, 0, "%s", "");
}

static void run_log(const struct command_line *line)
{
	char *out = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&out, &size);
	const char *text;

	if (!f)
		abort();
	for (size_t i = 0; (text = log_get(i)) != NULL; i++)
		(void)fprintf(f, "%s\n", text);
	(void)fclose(f);
	request_answer(line->request, 0, "%s", out);
	free(out);
}

static bool do_connect_bus(void)
{
	return bus_connect_system();
}

static bool do_hang_bus(void)
{
	bus_set_hung(true);
	return true;
}

static bool do_answer_bus(void)
{
	bus_set_hung(false);
	return true;
}

static bool do_restart_bridge(void)
{
	sockets_restart_bridge();
	return true;
}

static void run_switch(const struct command_line *line)
{
	static const struct {
		const char *command, *word;
		bool (*act)(void);
	} switches[] = {
		{ "bus", "connect", do_connect_bus },
		{ "bus", "hang", do_hang_bus },
		{ "bus", "answer", do_answer_bus },
		{ "bridge", "restart", do_restart_bridge },
	};

	for (size_t i = 0; line->first && i < sizeof switches / sizeof switches[0]; i++)
		if (!strcmp(line->name, switches[i].command) &&
		    !strcmp(line->first, switches[i].word)) {
			bool is_done = switches[i].act();

			request_answer(line->request, !is_done, "%s", is_done ? "" : "failed\n");
			return;
		}
	request_answer(line->request, 1, "%s: unknown word\n", line->name);
}

/* fd N...: the next events get these numbers. */
static void run_fd(const struct command_line *line)
{
	bool is_ok = true;

	for (size_t i = line->rest - 1; i < line->words->n; i++)
		is_ok = sockets_choose_number((int)strtol(line->words->v[i], NULL, 10)) && is_ok;
	request_answer(line->request, !is_ok, "%s", is_ok ? "" : "fd: not available\n");
}

/* -- the table */

static const struct {
	const char *name;
	void (*run)(const struct command_line *line);
} commands[] = {
	{ "start", run_start },
	{ "stop", run_stop },
	{ "restart", run_restart },
	{ "reload", run_reload },
	{ "status", run_status },
	{ "emit", run_emit },
	{ "load", run_load },
	{ "log", run_log },
	{ "bus", run_switch },
	{ "bridge", run_switch },
	{ "fd", run_fd },
	{ "wait", run_wait },
	{ "wait-log", run_wait_log },
	{ "list", run_list },
	{ "stop-instance", run_stop_instance },
};

void commands_run(struct request *request, const struct strv *words)
{
	struct command_line line = { .request = request,
				     .name = words->n > 0 ? words->v[0] : "",
				     .words = words,
				     .rest = 2,
				     .does_wait = true };

	if (words->n > 1 && !strcmp(words->v[1], "--no-wait")) {
		line.does_wait = false;
		line.rest++;
	}
	if (words->n >= line.rest)
		line.first = words->v[line.rest - 1];
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (!strcmp(line.name, commands[i].name)) {
			commands[i].run(&line);
			return;
		}
	request_answer(request, 1, "unknown command: %s\n", line.name);
}
