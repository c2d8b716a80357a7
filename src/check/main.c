/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * cross-init-bridge --check FILE...: what does not fit in a unit, job or script, before it is used. A program
 * of its own, so that the launcher has nothing of it. Exit status: 0, 3 with warnings, 125 if something
 * would be refused or cannot be read.
 */
#include <stdio.h>

#include "base/exit_status.h"
#include "base/log.h"
#include "base/util.h"
#include "check/gather.h"
#include "check/read.h"
#include "check/rules.h"

#define EXIT_WARNINGS 3

struct result {
	int status;
	size_t n_of_file;
};

static void note(struct result *result, int status)
{
	if (status > result->status)
		result->status = status;
}

static void print_finding(void *context, const struct finding *finding)
{
	struct result *result = context;
	bool is_refused = finding->severity == SEVERITY_REFUSED;

	(void)printf("%s:%u: %s: %s [%s]\n", finding->place.file, finding->place.line,
		     is_refused ? "refused" : "warning", finding->text, finding->id);
	result->n_of_file++;
	note(result, is_refused ? EXIT_OURS : EXIT_WARNINGS);
}

static void print_clean(const struct service *service, const char *path)
{
	if (service->kind == KIND_UNKNOWN && !service->mentions)
		(void)printf("%s: nothing is known of this kind of file\n", path);
	else if (service->n_commands == 0 && !service->mentions)
		(void)printf("%s: no command in it is " BRIDGE_NAME "\n", path);
	else
		(void)printf("%s: nothing was found\n", path);
}

static void check_file(const char *path, struct result *result)
{
	static struct service service;
	struct refusal refusal;

	result->n_of_file = 0;
	if (gather(path, &service, &refusal) < 0) {
		log_error("--check: %s", refusal.text);
		note(result, EXIT_OURS);
	} else {
		check_service(&service, print_finding, result);
		if (result->n_of_file == 0)
			print_clean(&service, path);
	}
	service_done(&service);
}

int main(int argc, char **argv, char **env)
{
	struct result result = { .status = EXIT_SUCCESS };

	log_open(false, env);
	if (argc < 2) {
		log_error("--check: no file: name units, jobs, run scripts or the directories of services");
		return EXIT_OURS;
	}
	for (int i = 1; i < argc; i++)
		check_file(argv[i], &result);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		log_errno(LEVEL_ERROR, errno, "--check: cannot write to standard output");
		return EXIT_OURS;
	}
	return result.status;
}
