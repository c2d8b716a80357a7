/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/wait_for.h. */
#include "act/wait_for.h"

#include <poll.h>

#include "base/log.h"
#include "base/util.h"
#include "bus/ask.h"
#include "condition/looker.h"
#include "condition/watch.h"
#include "hosts/host.h"

/*
 * The host is told again and again, for a short time each: what is told never shortens its limit, and a daemon
 * that hangs after the wait would be noticed late by it. It is asked how long that limit is. Told for so long, it gives
 * the daemon exactly that, from the end of the wait on. Where it does not say, it is told with some slack, since what
 * we say at the end of the wait is to be said before, and gets as long as the wait took.
 */
#define TELL_EVERY_MS 2000
#define TELL_EVERY_MIN_MS 20
#define SLACK_MS 5000
#define ASK_TIMEOUT_MS 300 /* less than any limit worth the name */

struct wait {
	const struct plan *plan;
	const struct facts *facts;
	struct watch *watches; /* one for each of plan->wait_for */
	size_t n;
	long long begin_ms, deadline_ms;
	const struct awaited *told; /* the one that the host knows we wait for */
	long long tell_ms;          /* when it is to be told again */
	long long ask_until_ms; /* how long its limit is still to be told to us; 0: we have not asked */
	bool is_asking;
	int limit_ms; /* what it said: NO_TIME_LIMIT, or 0 */
	struct bus_call call;
};

static int open_watches(struct wait *wait)
{
	const struct awaited *all = wait->plan->wait_for;

	wait->watches = calloc(wait->plan->n_wait_for, sizeof(*wait->watches));
	if (wait->watches == NULL) {
		log_error("out of memory");
		return -ENOMEM;
	}
	for (; wait->n < wait->plan->n_wait_for; wait->n++) {
		int r = looker_open(&all[wait->n], 0, &wait->watches[wait->n]);

		if (r < 0) {
			log_error("--wait-for: cannot watch %s: %s", all[wait->n].text, bus_error(r));
			return r;
		}
	}
	return 0;
}

static void close_watches(struct wait *wait)
{
	while (wait->n > 0)
		watch_close(&wait->watches[--wait->n]);
	free(wait->watches);
}

/* The first one that does not hold, and why; or NULL. All are asked: each may have to move on. */
static const struct watch *find_unmet(const struct wait *wait, const char **ret_reason)
{
	const struct watch *unmet = NULL;

	for (size_t i = wait->n; i-- > 0;) {
		const char *reason = watch_check(&wait->watches[i]);

		if (reason == NULL)
			continue;
		unmet = &wait->watches[i];
		*ret_reason = reason;
	}
	return unmet;
}

static bool can_tell(const struct wait *wait)
{
	return wait->plan->host->tell_waiting != NULL && wait->facts->parentage != PARENT_IS_OTHER;
}

static void ask_limit(struct wait *wait)
{
	const struct host *host = wait->plan->host;
	const char *const *question =
		host->limit_question != NULL ? host->limit_question(wait->facts) : NULL;

	wait->ask_until_ms = now_ms() + ASK_TIMEOUT_MS;
	wait->is_asking = question != NULL && bus_start(question, &wait->call) == 0;
}

static void stop_asking(struct wait *wait)
{
	if (wait->is_asking)
		bus_cancel(&wait->call);
	wait->is_asking = false;
}

/* Sees whether the answer is there, and is not waited for without an end. */
static void take_limit(struct wait *wait)
{
	int r = wait->is_asking ? bus_read(&wait->call) : -ENODATA;

	if (r == 0 && now_ms() >= wait->ask_until_ms)
		stop_asking(wait);
	if (r == 0)
		return;
	wait->is_asking = false;
	if (r < 0)
		return;
	r = wait->plan->host->read_limit(wait->call.answer);
	if (r > 0 || r == NO_TIME_LIMIT)
		wait->limit_ms = r;
}

/* How long the host is to wait from now on, should it hear no more; and when it is to. */
static int find_extension_ms(struct wait *wait)
{
	int every_ms = TELL_EVERY_MS;

	if (wait->limit_ms > 0 && wait->limit_ms / 2 < every_ms)
		every_ms = wait->limit_ms / 2 > TELL_EVERY_MIN_MS ? wait->limit_ms / 2
								  : TELL_EVERY_MIN_MS;
	wait->tell_ms = wait->is_asking ? wait->ask_until_ms : now_ms() + every_ms;
	if (wait->is_asking || wait->limit_ms == NO_TIME_LIMIT)
		return NO_TIME_LIMIT;
	return wait->limit_ms > 0 ? wait->limit_ms : TELL_EVERY_MS + SLACK_MS;
}

/* Nobody is told of a wait that has not begun. */
static void tell_waiting(struct wait *wait, const struct awaited *awaited, const char *reason)
{
	bool is_new = wait->told == NULL || awaited != wait->told, was_asking = wait->is_asking;

	if (is_new)
		log_debug("waiting for %s: %s", awaited->text, reason);
	wait->told = awaited;
	if (!can_tell(wait))
		return;
	if (wait->ask_until_ms == 0)
		ask_limit(wait);
	else if (was_asking)
		take_limit(wait);
	if (is_new || now_ms() >= wait->tell_ms || was_asking != wait->is_asking)
		wait->plan->host->tell_waiting(wait->facts, awaited->text, find_extension_ms(wait));
}

static void tell_over(struct wait *wait)
{
	if (wait->is_asking)
		take_limit(wait);
	stop_asking(wait);
	if (wait->told != NULL && can_tell(wait))
		wait->plan->host->tell_waiting(wait->facts, NULL,
					       wait->limit_ms != 0
						       ? wait->limit_ms
						       : (int)(now_ms() - wait->begin_ms));
}

/* Milliseconds until the time is over, or the host is to be told again. */
static int find_limit_ms(const struct wait *wait)
{
	long long due_ms = wait->deadline_ms;

	if (can_tell(wait) && wait->tell_ms < due_ms)
		due_ms = wait->tell_ms;
	due_ms -= now_ms();
	return due_ms > 0 ? (int)due_ms : 0;
}

/* Only the descriptors that there are: poll(2) refuses more entries than RLIMIT_NOFILE. */
static void sleep_until_something(const struct wait *wait, long long looked_ms)
{
	struct pollfd fds[MAX_AWAITED + 1];
	int sleep_ms = -1, limit_ms = find_limit_ms(wait);
	nfds_t n = 0;

	for (size_t i = 0; i < wait->n; i++) {
		const struct watch *watch = &wait->watches[i];

		if (watch->fd >= 0)
			fds[n++] = (struct pollfd){ .fd = watch->fd, .events = POLLIN };
		sleep_ms = earlier_ms(sleep_ms, watch->sleep_ms);
	}
	if (wait->is_asking)
		fds[n++] = (struct pollfd){ .fd = wait->call.fd, .events = POLLIN };
	sleep_ms = watch_rest_ms(sleep_ms, looked_ms);
	(void)poll(fds, n, earlier_ms(sleep_ms, limit_ms));
}

static int wait_until_met(struct wait *wait)
{
	const struct watch *unmet;
	const char *reason;
	long long looked_ms = now_ms();

	while ((unmet = find_unmet(wait, &reason)) != NULL) {
		if (now_ms() >= wait->deadline_ms) {
			log_error("--wait-for: %s did not hold within %d s: %s; see --wait-timeout",
				  unmet->awaited->text, wait->plan->wait_timeout_s, reason);
			return -ETIMEDOUT;
		}
		tell_waiting(wait, unmet->awaited, reason);
		sleep_until_something(wait, looked_ms);
		looked_ms = now_ms();
	}
	tell_over(wait);
	return 0;
}

__attribute__((noinline)) static int wait_for_some(const struct plan *plan, const struct facts *facts)
{
	struct wait wait = { .plan = plan, .facts = facts, .begin_ms = now_ms() };
	int r;

	wait.deadline_ms = wait.begin_ms + plan->wait_timeout_s * 1000LL;
	r = open_watches(&wait);
	if (r == 0)
		r = wait_until_met(&wait);
	stop_asking(&wait);
	close_watches(&wait);
	return r;
}

int wait_for_conditions(const struct plan *plan, const struct facts *facts)
{
	/* Apart from the rest, whose frame takes thousands of instructions to clear. */
	return plan->n_wait_for == 0 ? 0 : wait_for_some(plan, facts);
}
