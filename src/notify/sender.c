/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See notify/sender.h. */
#include "notify/sender.h"

#include "base/procfs.h"
#include "base/util.h"

/*
 * As long as the daemon has not been reaped nobody else can have its pid: so that a message with it is
 * the daemon's follows from our own pidfd, and needs none of the sender's. What comes after that may
 * be another's; its pidfd tells, where the kernel gives one.
 */
static enum sender who_has_its_pid(const struct notify_packet *packet, const struct process *daemon,
				   bool has_ended)
{
	unsigned long long id;

	if (!has_ended)
		return SENDER_MAIN;
	id = pidfd_id(daemon->pidfd);
	if (id != 0 && packet->pidfd_id != 0)
		return id == packet->pidfd_id ? SENDER_MAIN : SENDER_STRANGER;
	return process_is_reaped(daemon) ? SENDER_UNKNOWN : SENDER_MAIN;
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
		      bool has_ended, bool with_friends)
{
	enum sender sender = SENDER_STRANGER;

	if (packet->pid == daemon->pid)
		sender = who_has_its_pid(packet, daemon, has_ended);
	return sender != SENDER_MAIN && with_friends && is_friend(packet, daemon) ? SENDER_FRIEND
										  : sender;
}
