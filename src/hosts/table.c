/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of hosts; see hosts/host.h. */
#include "hosts/host.h"

#include "base/util.h"

const struct host *const hosts[] = { &host_systemd, &host_upstart, &host_inetd, &host_none, NULL };

const struct host *host_by_name(const char *name)
{
	for (size_t i = 0; hosts[i] != NULL; i++) {
		if (is_equal(hosts[i]->name, name))
			return hosts[i];
	}
	return NULL;
}
