/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Stage 1: fills in struct facts, cheapest questions first. */
#ifndef CIB_OBSERVE_OBSERVE_H
#define CIB_OBSERVE_OBSERVE_H

#include <stdbool.h>

#include "base/refusal.h"
#include "facts.h"
#include "options.h"

/*
 * True if the host carries readiness, and hands over sockets, as a daemon of @target expects it: the two
 * need nothing of us. Pure.
 */
bool is_at_home(const struct facts *facts, const struct target *target);

/* True if the daemon is at home, but its descriptor for a newline is not the host's. Pure. */
bool needs_host_fd_moved(const struct options *options, const struct facts *facts);

/*
 * True if besides being at home the daemon takes the sockets that it is given there: nothing is to be
 * observed, and nothing changed. Pure.
 */
bool is_left_alone(const struct options *options, const struct facts *facts);

/*
 * Observes what a run with @options needs; asks D-Bus only for what nothing else tells. Returns 0, or
 * -errno with the reason in @refusal. @env and @arena are borrowed by @ret_facts.
 */
int observe(const struct options *options, char *const *env, struct arena *arena,
	    struct facts *ret_facts, struct refusal *refusal);

#endif
