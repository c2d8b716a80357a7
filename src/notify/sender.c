/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See notify/sender.h. */
#include "notify/sender.h"

#include "base/procfs.h"
#include "base/util.h"

/*
 * As long as the daemon has not ended, and been reaped, nobody else can have its pid: so that a
 * message with it is the daemon's follows from our own pidfd, and needs none of the sender's. What
 * comes after the end may be another's; its pidfd tells, where the kernel gives one.
 */
static bool is_main(const struct notify_packet *packet, const struct process *daemon)
{
	unsigned long long id;

	if (packet->pid != daemon->pid)
		return false;
	if (!process_has_ended(daemon))
		return true;
	id = pidfd_id(daemon->pidfd);
	return id == packet->pidfd_id || id == 0 || packet->pidfd_id == 0;
}

/* systemd.service(5), NotifyAccess=all, as far as it can be told without cgroups. */
static bool is_friend(const struct notify_packet *packet, const struct process *daemon)
{
	struct process_status status;

	if (packet->uid == 0)
		return true;
	/* In this order: what was read under a pid that is still the daemon's was the daemon's. */
	if (process_read_status(daemon->pid, &status) < 0 || process_has_ended(daemon))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(status.uids); i++) {
		if (status.uids[i] == packet->uid)
			return true;
	}
	return false;
}

enum sender sender_of(const struct notify_packet *packet, const struct process *daemon,
		      bool with_friends)
{
	if (is_main(packet, daemon))
		return SENDER_MAIN;
	return with_friends && is_friend(packet, daemon) ? SENDER_FRIEND : SENDER_STRANGER;
}
