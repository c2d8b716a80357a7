/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The plan as text, a line for each thing that will happen, for --explain, --verbose, and the unit tests;
 * and as JSON, for programs. Of one that came to a refusal what was decided until then.
 */
#ifndef CIB_DECIDE_PRINT_H
#define CIB_DECIDE_PRINT_H

#include "facts.h"
#include "plan.h"

struct json;
struct output;

/* Prints @plan for a person. */
void plan_print(struct output *out, const struct plan *plan, const struct options *options,
		const struct facts *facts);

/* Adds to the object that is open in @json the members that cross-init-bridge(7) lists. (print_json.c) */
void plan_write_json(struct json *json, const struct plan *plan, const struct options *options,
		     const struct facts *facts);

/* Prints @word as one that a shell reads. */
void plan_print_word(struct output *out, const char *word);

/* What the host was known by; what both of the first two need. */
const char *plan_evidence(const struct facts *facts);
bool plan_sets_variable(const struct env_edits *edits, const char *variable);

#endif
