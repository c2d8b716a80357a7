/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What can be wrong with a service, a row each. Pure: a service in, findings out.
 *
 * To add a check: a row in one of the tables, rules_*.c, with the function that tells whether it is so,
 * and a file with the fault in tests/unit/test_check.c.
 */
#ifndef CIB_CHECK_RULES_H
#define CIB_CHECK_RULES_H

#include "check/service.h"
#include "hosts/host.h"
#include "options.h"
#include "targets/target.h"

enum severity {
	SEVERITY_WARNING, /* it would run, but not as meant */
	SEVERITY_REFUSED, /* the daemon would not be started */
};

struct finding {
	const char *id;
	enum severity severity;
	struct place place;
	char text[900]; /* what, why, what to do */
};

/* What a row looks at: one command line of a service, and what its words mean. */
struct subject {
	const struct service *service;
	const struct command *command;
	const struct options *options;
	const struct target *target;
	const struct host *host; /* NULL: nothing tells which manager will run it */
	bool carries;            /* readiness */
	bool is_home;            /* the daemon tells the manager by itself */
	bool leaves;             /* shape hand over: another process becomes the main one */
	bool needs_process;      /* some process of ours is started */

	/* For the function of a row to fill in: */
	struct place place;   /* the command's, unless a setting is at fault */
	const char *quote[2]; /* for "%1" and "%2" of the row's text */
	enum severity severity;
	char buffer[32];
};

struct rule {
	const char *id;
	unsigned kinds; /* of the services that it is for */
	enum severity severity;
	bool (*is_so)(struct subject *subject);
	const char *text;
};

struct rules {
	const struct rule *list;
	size_t n;
};

extern const struct rules systemd_rules, confinement_rules, upstart_rules, other_rules, common_rules;

typedef void report_finding(void *context, const struct finding *finding);

/* Reports all that is wrong with @service. */
void check_service(const struct service *service, report_finding *report, void *context);

/* For rows: puts the place of @setting, if it is one, into @subject. Returns true. */
bool blame(struct subject *subject, const struct setting *setting);

/* For rows: @number as text in @subject. */
const char *format_number(struct subject *subject, unsigned long number);

/*
 * Reports what decide/ says of the command in @subject, as if its manager had started it: with
 * @refusals, also why it would refuse.
 */
void check_decision(struct subject *subject, bool refusals, report_finding *report, void *context);

#endif
