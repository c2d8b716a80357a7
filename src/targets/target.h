/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a target module is: everything we know about one protocol as the one that the daemon speaks.
 *
 * To add a target: write target/NAME.c with one `const struct target target_NAME`, add it to the
 * table in targets/table.c and to src/meson.build, write its tests/unit/test_plan_NAME.c.
 */
#ifndef CIB_TARGETS_TARGET_H
#define CIB_TARGETS_TARGET_H

#include "base/refusal.h"
#include "options.h"
#include "protocol.h"

struct plan;

struct target {
	const char *name;
	enum ready_by speaks;

	/*
	 * Variables by which this protocol speaks to its daemon: whatever was inherited under these
	 * names speaks of another process, and is removed before translate() sets some.
	 */
	const char *const *variables;

	/* Those of them that speak of sockets. */
	const char *const *socket_variables;

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

extern const struct target target_systemd;
extern const struct target target_upstart;
extern const struct target target_inetd;

/* All targets, NULL-terminated. */
extern const struct target *const targets[];

/* The target called @name, or NULL. */
const struct target *target_by_name(const char *name);

#endif
