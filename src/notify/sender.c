/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See notify/sender.h. */
#include "notify/sender.h"

#include <stdint.h>

#include "base/procfs.h"
#include "base/util.h"

#define OVERFLOW_UID 65534 /* the kernel's own choice */

/*
 * As long as the daemon has not been reaped nobody else can have its pid: so that a notification with it is
 * the daemon's follows from our own pidfd, and needs none of the sender's. What comes after that may
 * be another's; its pidfd tells, where the kernel gives one.
 */
static enum sender who_has_its_pid(const struct notify_packet *packet, const struct process *daemon,
				   bool has_ended)
{
	unsigned long long id, sender_id;

	if (!has_ended)
		return SENDER_MAIN;
	id = pidfd_id(daemon->pidfd);
	sender_id = packet->pidfd >= 0 ? pidfd_id(packet->pidfd) : 0;
	if (id != 0 && sender_id != 0)
		return id == sender_id ? SENDER_MAIN : SENDER_STRANGER;
	return process_is_reaped(daemon) ? SENDER_UNKNOWN : SENDER_MAIN;
}

/* "0 0 4294967295": everybody has here the number that he has everywhere. */
static bool is_identity(const char *map)
{
	unsigned long numbers[3];

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char *end;

		numbers[i] = strtoul(map, &end, 10);
		if (end == map)
			return false;
		map = end;
	}
	return numbers[0] == 0 && numbers[1] == 0 && numbers[2] == UINT32_MAX;
}

uid_t sender_find_ambiguous_uid(void)
{
	char text[128];
	ssize_t n = read_file("/proc/self/uid_map", text, sizeof(text));
	unsigned long uid;

	/* Without user namespaces, or without /proc to tell of them. */
	if (n == -ENOENT || (n > 0 && is_identity(text)))
		return NO_UID;
	if (read_file("/proc/sys/kernel/overflowuid", text, sizeof(text)) <= 0)
		return OVERFLOW_UID;
	uid = strtoul(text, NULL, 10);
	return (uid_t)uid;
}

/* By what its user may do to the daemon anyway. */
static bool has_its_user(const struct notify_packet *packet, const struct service *service)
{
	const struct process *daemon = service->family.main;
	struct process_status status;

	if (packet->uid == service->ambiguous_uid)
		return false;
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

/*
 * Who holds the sender by the kernel's pidfd of it knows that it was this one. Before Linux 6.5 there
 * is none: then it must have ended, and its pid come round, since it has sent the notification.
 */
static bool is_of_family(const struct notify_packet *packet, const struct service *service)
{
	struct process sender = { packet->pid, packet->pidfd, NO_FD };
	bool found;

	if (packet->pidfd != NO_FD)
		return packet->pidfd >= 0 && family_includes(&service->family, &sender);
	if (process_open(packet->pid, &sender) < 0)
		return false;
	found = family_includes(&service->family, &sender);
	process_close(&sender);
	return found;
}

/* systemd.service(5), NotifyAccess=all. */
static bool is_friend(const struct notify_packet *packet, const struct service *service)
{
	return has_its_user(packet, service) || is_of_family(packet, service);
}

enum sender sender_of(const struct notify_packet *packet, const struct service *service)
{
	enum sender sender = SENDER_STRANGER;

	if (packet->pid == service->family.main->pid)
		sender = who_has_its_pid(packet, service->family.main, service->main_has_ended);
	return sender != SENDER_MAIN && service->has_friends && is_friend(packet, service)
		       ? SENDER_FRIEND
		       : sender;
}
