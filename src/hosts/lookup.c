/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts by their names; see hosts/host.h. */
#include "base/util.h"
#include "hosts/host.h"

const struct host *host_by_name(const char *name)
{
	for (size_t i = 0; hosts[i] != NULL; i++) {
		if (is_equal(hosts[i]->name, name))
			return hosts[i];
	}
	return NULL;
}

void hosts_list(struct text *text, const char *last)
{
	for (size_t i = 0; hosts[i] != NULL; i++) {
		text_add(text, i == 0 ? "" : hosts[i + 1] == NULL ? last : ", ");
		text_add(text, hosts[i]->name);
	}
}
