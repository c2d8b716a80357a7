/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What a target module is: everything we know about one protocol as the one that the daemon speaks.
 *
 * To add a target: write targets/NAME.c with one `const struct target target_NAME`, add its
 * row to TARGETS at the end of this file, and the file to src/meson.build, write its tests/unit/test_plan_NAME.c. Which shape
 * a run gets follows from `speaks` (the table in protocol.c). tests/unit/example has one to begin with.
 */
#ifndef CIB_TARGETS_TARGET_H
#define CIB_TARGETS_TARGET_H

#include "base/env.h"
#include "base/refusal.h"
#include "base/text.h"
#include "options.h"
#include "protocol.h"

struct plan;

struct target {
	const char *name;
	enum speaks speaks;
	const char *says;       /* what it sends, for messages; NULL: it sends nothing */
	const char *const *shy; /* programs that say nothing where its own manager does not run */
	enum socket_protocol takes; /* where it looks for its sockets */

	/*
	 * Variables by which this protocol speaks to its daemon: whatever was inherited under these
	 * names speaks of another process, and is removed before translate() sets some.
	 */
	const env_name_t *variables;

	/* Those of them that speak of sockets. */
	const env_name_t *socket_variables;

	bool names_sockets; /* the daemon knows its sockets by names, too: --fdname */
	bool names_job;     /* and its job: --job */

	/* Decide: this target needs the name of the job. NULL: never. */
	bool (*needs_job)(const struct options *options, size_t n_sockets);

	/*
	 * Decide, pure: adds to @plan the descriptors and variables that turn @handover into what
	 * the daemon expects. Returns 0, or -errno with the reason in @refusal: something was
	 * handed over that this protocol cannot say.
	 */
	int (*translate)(const struct options *options, const struct handover *handover,
			 struct plan *plan, struct refusal *refusal);
};

/*
 * The targets, a row each: the name of its `const struct target target_NAME`. The order is that in
 * which texts list them.
 */
#define TARGETS(ROW) \
 ROW(systemd)        \
 ROW(upstart)        \
 ROW(inetd)          \
 ROW(s6)             \
 ROW(forking)

#define DECLARE_TARGET(name) extern const struct target target_##name;
TARGETS(DECLARE_TARGET)

/* All targets, NULL-terminated. */
extern const struct target *const targets[];

/* The target called @name, or NULL. */
const struct target *target_by_name(const char *name);

/* Adds the names of all targets, with @last (" or ") before the last of them. */
void targets_list(struct text *text, const char *last);

#endif
