/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What the rules about units look things up by. */
#ifndef CIB_CHECK_UNIT_H
#define CIB_CHECK_UNIT_H

#include "base/util.h"
#include "check/rules.h"

/* A setting of [Service]; NULL: it is not there. */
static inline const struct setting *unit_find(const struct subject *subject, const char *name)
{
	return service_find(subject->service, "Service", name);
}

static inline const char *unit_value(const struct subject *subject, const char *name,
				     const char *otherwise)
{
	return service_value(subject->service, "Service", name, otherwise);
}

static inline bool is_by_systemd(const struct subject *subject)
{
	return subject->host == &host_systemd && subject->command->is_main;
}

/* systemd.syntax(7): a boolean. */
static inline bool is_yes(const char *text)
{
	return is_equal(text, "yes") || is_equal(text, "true") || is_equal(text, "1") ||
	       is_equal(text, "on");
}

/* It is for the bridge to tell systemd. */
static inline bool tells(const struct subject *subject)
{
	return is_by_systemd(subject) && subject->carries && !subject->is_home;
}

#endif
