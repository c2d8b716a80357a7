/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of targets; see targets/target.h. */
#include "targets/target.h"

#include "base/util.h"

const struct target *const targets[] = { &target_systemd, &target_upstart, &target_inetd, NULL };

const struct target *target_by_name(const char *name)
{
	for (size_t i = 0; targets[i] != NULL; i++) {
		if (is_equal(targets[i]->name, name))
			return targets[i];
	}
	return NULL;
}
