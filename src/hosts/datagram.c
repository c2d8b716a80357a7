/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The way of those who take READY=1 in a datagram, sd_notify(3), but follow no MAINPID=. Some of them
 * read only what begins so, or no more than 31 bytes: it is alone, and first. Some make their socket
 * only after they have started us, or read it late: what is refused is said again for a while.
 */
#include <errno.h>
#include <poll.h>

#include "base/events.h"
#include "base/util.h"
#include "hosts/host.h"
#include "hosts/way.h"
#include "notify/socket.h"

#define FIRST_DELAY_MS 20 /* doubles */
#define LONGEST_DELAY_MS 1000
#define GIVE_UP_MS 10000

static struct telling_step say(struct telling *telling)
{
	return (struct telling_step){ .actions = TELL_SAY,
				      .say = { .text = "READY=1", .address = telling->host_address } };
}

static struct telling_step begin(struct telling *telling, const struct telling_event *event)
{
	telling->deadline_ms = event->now_ms + GIVE_UP_MS;
	telling->delay_ms = FIRST_DELAY_MS;
	return say(telling);
}

static struct telling_step said(struct telling *telling, const struct telling_event *event)
{
	int delay_ms = telling->delay_ms;

	if (event->result == 0)
		return (struct telling_step){ .actions = TELL_DONE };
	if (event->now_ms >= telling->deadline_ms)
		return (struct telling_step){ .actions = TELL_DONE | TELL_WARN_NO_REACTION };
	telling->delay_ms = delay_ms * 2 < LONGEST_DELAY_MS ? delay_ms * 2 : LONGEST_DELAY_MS;
	return (struct telling_step){ .timer_ms = delay_ms };
}

static struct telling_step tell_ready(struct telling *telling, const struct telling_event *event)
{
	switch (event->kind) {
	case HEARD_READY:
		return begin(telling, event);
	case HEARD_TIMER:
		return say(telling);
	case HEARD_SAID:
		return said(telling, event);
	case HEARD_LOOKED:
	case HEARD_ANSWERED:
	case HEARD_ENDED:
		break;
	}
	return (struct telling_step){ .actions = 0 };
}

/* From the process that the host has started; some believe nobody else. */
static int announce(const struct facts *facts, int host_fd, pid_t daemon_pid, int *ret_confirmed_fd)
{
	cleanup_close int fd = notify_client_open();
	long long deadline_ms = now_ms() + GIVE_UP_MS;
	int r;

	(void)host_fd;
	(void)daemon_pid;
	(void)ret_confirmed_fd;
	if (fd < 0)
		return fd;
	do {
		r = notify_send(fd, facts->handover.notify_address, "READY=1", NO_FD,
				LONGEST_DELAY_MS);
		if (r == -ECONNREFUSED || r == -ENOENT)
			events_pause(FIRST_DELAY_MS); /* it has yet to make its socket */
	} while (r < 0 && now_ms() < deadline_ms);
	return r;
}

/*
 * What no patience changes: found out when the daemon is ready, it would run on, and nobody hear of it. That the
 * socket is not there may change.
 */
static int rehearse(const struct facts *facts, bool we_announce, struct refusal *refusal)
{
	const char *address = facts->handover.notify_address;
	int r = notify_client_try(address);

	(void)we_announce;
	if (r >= 0 || r == -ENOENT || r == -ECONNREFUSED)
		return 0;
	return refuse(refusal, -r,
		      "cannot tell %s of readiness at NOTIFY_SOCKET=%s: %s: make it reachable for this user, or "
		      "leave out -N",
		      facts->host->name, address, strerror(-r));
}

const struct way way_datagram = {
	.learns = LEARNS_BY_DATAGRAM,
	.rehearse = rehearse,
	.what = "READY=1 to its socket",
	.tell_ready = tell_ready,
	.announce = announce,
};
