/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts by their names; see hosts/host.h. */
#include "base/procfs.h"
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

static bool is_called(const struct host *host, const char *comm)
{
	for (size_t i = 0; i < ARRAY_SIZE(host->comms); i++) {
		if (host->comms[i][0] != '\0' && is_equal(host->comms[i], comm))
			return true;
	}
	return false;
}

/* A name that cannot be read is nobody's. */
static const char *parent_comm(struct facts *facts)
{
	if (facts->parent_comm[0] == '\0' && process_read_comm(facts->parent, facts->parent_comm) < 0)
		facts->parent_comm[0] = '?';
	return facts->parent_comm;
}

static const char *grandparent_comm(struct facts *facts)
{
	struct process_status status;

	if (facts->grandparent_comm[0] == '\0' &&
	    (facts->parent <= 1 || process_read_status(facts->parent, &status) < 0 ||
	     status.parent <= 0 || process_read_comm(status.parent, facts->grandparent_comm) < 0))
		facts->grandparent_comm[0] = '?';
	return facts->grandparent_comm;
}

const struct host *host_of_parent(struct facts *facts)
{
	for (size_t i = 0; hosts[i] != NULL; i++) {
		if (is_called(hosts[i], parent_comm(facts)))
			return hosts[i];
	}
	return NULL;
}

static bool recognise_by_comm(struct facts *facts, enum strength strength,
			      struct evidence *ret_evidence)
{
	const struct host *host = ret_evidence->host;

	if (strength != STRENGTH_PARENT || host->comms[0][0] == '\0')
		return false;
	if (is_called(host, parent_comm(facts))) {
		ret_evidence->parentage = PARENT_IS_HOST;
		ret_evidence->what = "our parent is called so";
		return true;
	}
	if (!is_called(host, grandparent_comm(facts)))
		return false;
	ret_evidence->parentage = PARENT_IS_OTHER;
	ret_evidence->what = "our parent's parent is called so";
	return true;
}

bool host_recognise(struct facts *facts, enum strength strength, struct evidence *ret_evidence)
{
	const struct host *host = ret_evidence->host;

	return host->recognise != NULL ? host->recognise(facts, strength, ret_evidence)
				       : recognise_by_comm(facts, strength, ret_evidence);
}

void hosts_list(struct text *text, const char *last)
{
	for (size_t i = 0; hosts[i] != NULL; i++) {
		text_add(text, i == 0 ? "" : hosts[i + 1] == NULL ? last : ", ");
		text_add(text, hosts[i]->name);
	}
}
