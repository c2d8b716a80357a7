/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What the tests of detection share: facts made by hand, and a listener in Upstart's place. */
#ifndef CIB_TEST_DETECT_WORLD_H
#define CIB_TEST_DETECT_WORLD_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base/util.h"
#include "hosts/host.h"

#define OWN_PID 4711
#define PARENT_PID 99999999 /* beyond the largest there can be: nobody has that name */
#define MAX_VARIABLES 6

static inline struct facts make_facts(const char *const *env)
{
	static struct arena arena;

	return (struct facts){ .arena = &arena,
			       .env.list = (char *const *)(uintptr_t)env,
			       .pid = OWN_PID,
			       .parent = PARENT_PID };
}

/* A listener at @address, which this process holds. */
static inline void listen_at(const struct sockaddr_un *address, socklen_t length)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	child_check(fd >= 0 && bind(fd, (const struct sockaddr *)address, length) == 0);
	child_check(listen(fd, 5) == 0);
}

static inline void listen_at_abstract(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path + 1, name, strlen(name));
	listen_at(&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)));
}

static inline bool ask_peer(pid_t parent, const char *job, const char *session,
			    struct evidence *ret_evidence)
{
	const char *env[] = { job != NULL ? job : "A=1", session != NULL ? session : "B=2", NULL };
	struct facts facts = make_facts(env);

	facts.parent = parent;
	return host_upstart.recognise(&facts, STRENGTH_PEER, ret_evidence);
}

#endif
