/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A way in which a service manager learns that the daemon is ready. There are few, and each of them has
 * the functions that go that way; which of them a host takes, its row says (hosts/host.h), or what was
 * observed.
 */
#ifndef CIB_HOSTS_WAY_H
#define CIB_HOSTS_WAY_H

#include "base/refusal.h"
#include "facts.h"
#include "hosts/telling.h"
#include "protocol.h"

struct way {
	enum learns learns;
	const char *what; /* for --detect: "a newline on descriptor 5" begins like this */

	/*
	 * Act, before anything is started: whether the host can be told at all, from a process as we
	 * are; and if @we_announce, by announce(). Returns 0, or -errno with the reason in @refusal.
	 * NULL: nothing can be known beforehand.
	 */
	int (*rehearse)(const struct facts *facts, bool we_announce, struct refusal *refusal);

	/*
	 * Act, for the shapes with a babysitter: what to do next so that the host learns that the
	 * daemon is ready; pure, see hosts/telling.h. NULL if it cannot learn it that way.
	 */
	struct telling_step (*tell_ready)(struct telling *telling, const struct telling_event *event);

	/*
	 * The same: the question behind TELL_ASK, for @job, as bus-query's words, which are borrowed
	 * from the arguments; false: there is none that this host could answer. And what is to be
	 * thought of @result, bus_read()'s, and the @answer that came with it. NULL if tell_ready
	 * never asks.
	 */
	bool (*question)(const char *job, const char *instance, const char *ret_words[static 4]);
	enum host_answer (*read_answer)(int result, const char *answer);

	/*
	 * The same, for a parent of ours and the same question: whether the host, which has just signaled us,
	 * is stopping the daemon. Returns 1, 0, or -ENODATA: it did not say. NULL if the signal tells.
	 */
	int (*read_stop)(int result, const char *answer);

	/*
	 * The same: true if the answer shows that it has not waited for the process that it has started.
	 * Not every state in which it does not wait does: it may not have come to that.
	 */
	bool (*has_gone_on)(const char *answer);

	/*
	 * The same: what TELL_PROBE sends to the host, @host_pid, and what has become of it since;
	 * @telling remembers it. NULL if tell_ready sends none.
	 */
	void (*send_probe)(struct telling *telling, pid_t host_pid);
	enum host_probe (*look_at_probe)(const struct telling *telling);

	/*
	 * Act, for the shape hand over, and for a parent that sees the daemon stop: tells the host, from its main process, that the daemon is
	 * ready, and that @daemon_pid is the main process from now on; then waits until it has
	 * taken note. With @daemon_pid 0 we stay the main process, and nothing is waited for.
	 * Returns 0, or -errno (not told), or 1: told, but it has not confirmed so far. Then
	 * @ret_confirmed_fd, the caller's, is at its end as soon as it has, or NO_FD: that will not be
	 * seen. NULL if the host does not follow.
	 */
	int (*announce)(const struct facts *facts, int host_fd, pid_t daemon_pid,
			int *ret_confirmed_fd);
};

extern const struct way way_nothing;  /* nobody waits */
extern const struct way way_newline;  /* to handover.notify_fd: s6-supervise(8), notification-fd */
extern const struct way way_datagram; /* to handover.notify_address: sd_notify(3), READY=1 */

#endif
