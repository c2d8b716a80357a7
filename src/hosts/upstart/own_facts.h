/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What only the Upstart host knows of the world, behind struct facts' of_host. */
#ifndef CIB_HOSTS_UPSTART_OWN_FACTS_H
#define CIB_HOSTS_UPSTART_OWN_FACTS_H

#include "base/refusal.h"
#include "facts.h"

/* A job's "start on", as bus-query prints it: which sockets are its own. */
struct start_on {
	bool is_known;
	int error;        /* why not: a negative errno */
	const char *text; /* the arena's; ended by a NUL */
	size_t length;
};

/* The attempt to get sockets that were not handed over, see hosts/upstart/adopt.h. */
enum adoption_result {
	ADOPTION_NOT_TRIED,
	ADOPTION_DONE,          /* all that follow: there are none */
	ADOPTION_NOT_ASKED_FOR, /* the job's start_on names no socket */
	ADOPTION_UNKNOWN,       /* nobody tells its start_on */
	ADOPTION_FAILED,
};

struct adoption {
	enum adoption_result result;
	struct refusal refusal; /* why there are none */
};

struct upstart_facts {
	struct start_on start_on; /* why the host started us, where a check needs it */
	bool sockets_are_right;   /* those handed over have been found to be the job's own */
	struct adoption adoption;
	pid_t tracer;         /* our tracer, or 0 */
	const int *strangers; /* listening sockets that nobody handed to us; the arena's */
	size_t n_strangers;
};

/* Those in @facts, new and zero if there are none yet; NULL without memory. */
struct upstart_facts *upstart_obtain_facts(struct facts *facts);

/* Those in @facts; zero where nothing was observed. */
const struct upstart_facts *upstart_facts(const struct facts *facts);

#endif
