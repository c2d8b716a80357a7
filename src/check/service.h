/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A service as it is written down, whatever its manager: settings, and the command lines that have the
 * bridge in them, each with the line it stands in. What reads files makes one, what checks looks at one.
 */
#ifndef CIB_CHECK_SERVICE_H
#define CIB_CHECK_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/refusal.h"

#define MAX_SETTINGS 1024
#define MAX_COMMANDS 16
#define MAX_WORDS 256
#define BRIDGE_NAME "cross-init-bridge"

/* What a file is written for. A bit each: a check is for several. */
enum kind {
	KIND_UNKNOWN = 0,
	KIND_UNIT = 1,          /* a unit of systemd's */
	KIND_JOB = 2,           /* a job of Upstart's */
	KIND_S6 = 4,            /* a run script of s6 or nitro */
	KIND_RUNIT = 8,         /* of runit or daemontools */
	KIND_RUN = 16,          /* of one of these: nothing tells which */
	KIND_OPENRC = 32,       /* a script for openrc-run(8) */
	KIND_FINIT = 64,        /* finit.conf(5) */
	KIND_DINIT = 128,       /* dinit-service(5) */
	KIND_INIT_SCRIPT = 256, /* a script with start and stop, and mostly start-stop-daemon(8) */
	KIND_SUPERVISORD = 512,
	KIND_INETD = 1024,
	KIND_INITTAB = 2048, /* of busybox init or sysvinit */
	KIND_CONTAINER = 4096,
	KIND_SCRIPT = 8192,    /* another script */
	KIND_SHEPHERD = 16384, /* Scheme */
};

struct place {
	const char *file;
	unsigned line;
};

/* One directive, stanza, variable or file beside. All texts are the arena's. */
struct setting {
	const char *section; /* "Service", "Socket", "variable", "file" ...; "": there are none */
	const char *name;
	const char *value;
	struct place place;
};

/* How the manager comes to execute the bridge. */
enum start {
	START_DIRECT, /* by itself, or through what executes it in its own place */
	START_SHELL,  /* a shell that may execute it in its place or not: sh -c without exec */
	START_CHILD,  /* as a child of what stays */
};

struct command {
	char **words; /* from the bridge on, NULL-terminated */
	struct place place;
	const char *stanza; /* what executes it, for messages: "ExecStart=", "script" */
	const char *stays;  /* START_CHILD, START_SHELL: what is in between */
	enum start start;
	bool is_main; /* not a command before or after the daemon */
};

struct service {
	enum kind kind;
	const char *file;
	char name[256];   /* the unit's or the job's */
	bool has_selinux; /* the machine */
	bool mentions;    /* the bridge is named in it outside of comments */
	struct place mentioned;
	struct arena arena;
	size_t n_settings, n_commands;
	struct setting settings[MAX_SETTINGS];
	struct command commands[MAX_COMMANDS];
};

/* A copy of @length bytes of @text in @service's arena, NUL-terminated. Ends the program without memory. */
char *service_copy(struct service *service, const char *text, size_t length);

/* Likewise one text from @texts, NULL-terminated, one behind the other. */
char *service_join(struct service *service, const char *const *texts);

/* Adds a setting; the texts are copied, @place.file is borrowed. Returns 0, or -E2BIG. */
int service_add(struct service *service, const char *section, const char *name, const char *value,
		struct place place);

/* Likewise a command, whose words are copied. Returns 0, or -E2BIG. */
int service_add_command(struct service *service, char *const *words, struct command command);

/*
 * The last setting of that name in @section, as counts for most managers, or NULL. In a unit an empty one
 * takes back those before it.
 */
const struct setting *service_find(const struct service *service, const char *section,
				   const char *name);

/* The next one of that name after @previous (NULL: the first of those that count), or NULL. */
const struct setting *service_next(const struct service *service, const char *section,
				   const char *name, const struct setting *previous);

/* Its value, or @otherwise. */
const char *service_value(const struct service *service, const char *section, const char *name,
			  const char *otherwise);

/* The value of a variable that the file sets, whose name is the first @length bytes; or NULL. */
const char *service_variable(const struct service *service, const char *name, size_t length);

/* True if @word is what the bridge is called, with any path. */
bool is_bridge(const char *word);

#endif
