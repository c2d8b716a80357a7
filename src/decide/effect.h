/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Which of the options that were given do nothing, and why: some never can beside the others of the
 * command line, which is a mistake; some cannot in this run, which is as it should be where one line
 * serves several service managers. Pure.
 */
#ifndef CIB_DECIDE_EFFECT_H
#define CIB_DECIDE_EFFECT_H

#include "options.h"

struct plan;

/* Why an option that is used as @use says never has an effect with @options; NULL: it may have. */
const char *effect_excluded(enum use use, const struct options *options, const struct plan *plan);

/* The same for the run that @plan, which is complete, is for. */
const char *effect_missing(enum use use, const struct options *options, const struct plan *plan);

#endif
