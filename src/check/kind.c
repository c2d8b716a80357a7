/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What a file is written for: by where it is and what it is called, else by what it looks like. */
#include "base/util.h"
#include "check/lines.h"
#include "check/read.h"

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* By the path alone. The first that fits. */
static const struct {
	enum kind kind;
	const char *part;   /* in the path; NULL: anywhere */
	const char *name;   /* the whole name; NULL: any */
	const char *suffix; /* of the name; NULL: any */
} by_path[] = {
	{ KIND_UNIT, NULL, NULL, ".service" },
	{ KIND_UNIT, NULL, NULL, ".socket" },
	{ KIND_UNIT, ".service.d/", NULL, ".conf" },
	{ KIND_JOB, "etc/init/", NULL, ".conf" },
	{ KIND_JOB, NULL, NULL, ".override" },
	{ KIND_FINIT, "finit.d/", NULL, NULL },
	{ KIND_FINIT, NULL, "finit.conf", NULL },
	{ KIND_DINIT, "dinit.d/", NULL, NULL },
	{ KIND_INETD, NULL, "inetd.conf", NULL },
	{ KIND_INITTAB, NULL, "inittab", NULL },
	{ KIND_SUPERVISORD, "supervisor/", NULL, ".conf" },
	{ KIND_SUPERVISORD, NULL, "supervisord.conf", NULL },
	{ KIND_SHEPHERD, NULL, NULL, ".scm" },
	{ KIND_CONTAINER, NULL, "Containerfile", NULL },
	{ KIND_CONTAINER, NULL, "Dockerfile", NULL },
};

static enum kind kind_of_path(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(by_path); i++) {
		const char *name = base_of(path);

		if ((by_path[i].part == NULL || strstr(path, by_path[i].part) != NULL) &&
		    (by_path[i].name == NULL || is_equal(by_path[i].name, name)) &&
		    (by_path[i].suffix == NULL || has_suffix(name, by_path[i].suffix)))
			return by_path[i].kind;
	}
	return KIND_UNKNOWN;
}

/* True if a line of @text begins with @words, behind blanks. */
static bool has_line(const char *text, const char *words)
{
	while (*text != '\0') {
		text += strspn(text, " \t");
		if (has_prefix(text, words))
			return true;
		text = find_char(text, '\n');
		text += *text == '\n';
	}
	return false;
}

/* By a line that only such a file has. The first that fits. */
static const struct {
	enum kind kind;
	const char *line;
} by_line[] = {
	{ KIND_SUPERVISORD, "[program:" },
	{ KIND_SUPERVISORD, "[fcgi-program:" },
	{ KIND_UNIT, "[Service]" },
	{ KIND_SHEPHERD, "(register-services" },
	{ KIND_SHEPHERD, "(define " },
	{ KIND_CONTAINER, "ENTRYPOINT " },
	{ KIND_JOB, "start on " },
	{ KIND_JOB, "expect " },
	{ KIND_JOB, "end script" },
	{ KIND_JOB, "exec /" },
	{ KIND_DINIT, "ready-notification" },
	{ KIND_DINIT, "type = " },
	{ KIND_DINIT, "command = " },
	{ KIND_FINIT, "service " },
};

static enum kind kind_of_script(const char *path, const char *text)
{
	const char *end = find_char(text, '\n');
	const char *openrc = strstr(text, "openrc-run"), *runscript = strstr(text, "/runscript");
	bool is_run = is_equal(base_of(path), "run");

	if ((openrc != NULL && openrc < end) || (runscript != NULL && runscript < end))
		return KIND_OPENRC;
	if (is_run && (strstr(path, "/s6") != NULL || strstr(path, "nitro") != NULL))
		return KIND_S6;
	if (is_run && (strstr(path, "/sv/") != NULL || strstr(path, "runit") != NULL))
		return KIND_RUNIT;
	if (is_run)
		return strstr(text, "execlineb") != NULL ? KIND_S6 : KIND_RUN;
	if (strstr(path, "init.d/") != NULL || strstr(text, "start-stop-daemon") != NULL ||
	    strstr(text, "### BEGIN INIT INFO") != NULL || has_line(text, "start)"))
		return KIND_INIT_SCRIPT;
	return KIND_SCRIPT;
}

enum kind kind_of(const char *path, const char *text)
{
	enum kind kind = kind_of_path(path);

	if (kind != KIND_UNKNOWN)
		return kind;
	if (has_prefix(text, "#!") || is_equal(base_of(path), "run"))
		return kind_of_script(path, text);
	for (size_t i = 0; i < ARRAY_SIZE(by_line); i++) {
		if (has_line(text, by_line[i].line))
			return by_line[i].kind;
	}
	return KIND_UNKNOWN;
}

/* The bridge is named in it, and not in a comment only: where nothing was found, that is worth a word. */
static void note_mention(struct service *service, const char *file, const char *text)
{
	struct lines lines = { .service = service, .next = text, .comments = "#;" };

	for (const char *line; !service->mentions && (line = lines_next(&lines)) != NULL;) {
		service->mentions = strstr(line, BRIDGE_NAME) != NULL;
		service->mentioned = (struct place){ .file = file, .line = lines.line };
	}
}

static const struct {
	enum kind kind;
	int (*read)(struct service *service, const char *file, const char *text);
} readers[] = {
	{ KIND_UNIT, read_unit },
	{ KIND_JOB, read_job },
	{ KIND_S6 | KIND_RUNIT | KIND_RUN | KIND_OPENRC | KIND_INIT_SCRIPT | KIND_SCRIPT,
	  read_script },
	{ KIND_DINIT, read_dinit },
	{ KIND_FINIT, read_finit },
	{ KIND_SUPERVISORD, read_supervisord },
	{ KIND_INETD, read_inetd },
	{ KIND_INITTAB, read_inittab },
	{ KIND_SHEPHERD, read_scheme },
	{ KIND_CONTAINER, read_containerfile },
};

int read_service(struct service *service, const char *file, const char *text)
{
	note_mention(service, file, text);
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		if ((readers[i].kind & service->kind) != 0)
			return readers[i].read(service, file, text);
	}
	return 0;
}

int read_done(struct service *service)
{
	if (service->kind == KIND_UNIT)
		return unit_add_commands(service);
	return service->kind == KIND_OPENRC ? openrc_add_commands(service) : 0;
}
