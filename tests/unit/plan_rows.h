/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Tables of plans: each row is a world (plan_world.h) and what is planned for it, as --explain
 * prints it, or why it is refused. For the test_plan_*.c, one for each host and subject.
 */
#ifndef CIB_TEST_PLAN_ROWS_H
#define CIB_TEST_PLAN_ROWS_H

#include "unit.h"

#include "observe/detect.h"
#include "plan_world.h"

static inline void check_text_of_plan(const struct row *row, const struct plan *plan,
				      const struct options *options, const struct facts *facts)
{
	char *text = print(plan, options, facts), expected[2048], way[256];
	bool has_way = plan->host->find_way != NULL;

	(void)snprintf(expected, sizeof(expected),
		       "host: %s (%s)\n%s%s%starget: %s\n%scommand: /usr/sbin/d -x\n%s%s%s%s",
		       plan->host->name, row->is_told_over_init ? "--init" : "evidence",
		       has_way ? "learns of readiness by: " : "",
		       has_way ? detect_format_way(facts, way, sizeof(way)) : "", has_way ? "\n" : "",
		       plan->target->name, row->plan != NULL ? row->plan : "not refused\n",
		       row->idle != NULL ? row->idle : "", row->warning != NULL ? "warning: " : "",
		       row->warning != NULL ? row->warning : "", row->warning != NULL ? "\n" : "");
	check_text(row->name, text, expected);
	free(text);
}

static inline void check_row(const struct host *host, const struct row *row)
{
	struct fd_info infos[MAX_SOCKETS];
	struct facts *facts = malloc(sizeof(*facts));
	struct arena arena = { 0 };
	struct options options;
	struct refusal refusal = { "" };
	struct plan plan;

	assert_non_null(facts);
	make_facts(host, row, facts, infos);
	facts->arena = &arena;
	parse(row, &options, facts);
	add_own_sockets(&options, facts);
	if (decide(&options, facts, &plan, &refusal) == 0)
		check_text_of_plan(row, &plan, &options, facts);
	else
		check_text(row->name, refusal.text, row->refusal != NULL ? row->refusal : "");
	arena_done(&arena);
	options_done(&options);
	free(facts);
}

static inline void check_rows(const struct host *host, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_row(host, &rows[i]);
}

#endif
