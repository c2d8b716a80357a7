/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Whether and how readiness is carried: the part of decide/decide.c that the shape follows from. Pure. */
#ifndef CIB_DECIDE_READINESS_H
#define CIB_DECIDE_READINESS_H

#include "base/refusal.h"
#include "facts.h"
#include "options.h"
#include "plan.h"

/* Each returns 0, or -errno with the reason in @refusal. */

/* Refuses options on readiness that mean nothing beside each other, or for the target of @plan. */
int readiness_check_options(const struct options *options, const struct plan *plan,
			    struct refusal *refusal);

/* The same for a daemon that goes to the background by itself. */
int readiness_check_forking(const struct options *options, const struct plan *plan,
			    struct refusal *refusal);

/* The same for what goes with a daemon in the background, on the host of @plan. */
int readiness_check_background(const struct options *options, const struct plan *plan,
			       struct refusal *refusal);

/* Refuses --ready-file, because nobody of ours stays to make it and remove it. */
int readiness_refuse_file(const struct plan *plan, struct refusal *refusal);

/* What to do about a parent of ours that is not the host, as @facts have its name: for messages. */
const char *readiness_exec_advice(const struct facts *facts);

/* Fills in what @plan says of readiness: its shape first of all. */
int readiness_decide(const struct options *options, const struct facts *facts, struct plan *plan,
		     struct refusal *refusal);

#endif
