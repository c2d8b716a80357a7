/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Targets by their names; see targets/target.h. */
#include "base/util.h"
#include "targets/target.h"

const struct target *target_by_name(const char *name)
{
	for (size_t i = 0; targets[i] != NULL; i++) {
		if (is_equal(targets[i]->name, name))
			return targets[i];
	}
	return NULL;
}

void targets_list(struct text *text, const char *last)
{
	for (size_t i = 0; targets[i] != NULL; i++) {
		text_add(text, i == 0 ? "" : targets[i + 1] == NULL ? last : ", ");
		text_add(text, targets[i]->name);
	}
}
