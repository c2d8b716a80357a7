/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Who sent a datagram, seen from the daemon: by the credentials that the kernel attaches, and never
 * by a bare pid, which another process may have by now.
 */
#ifndef CIB_NOTIFY_SENDER_H
#define CIB_NOTIFY_SENDER_H

#include "notify/kin.h"
#include "notify/socket.h"

enum sender {
	SENDER_STRANGER,
	SENDER_UNKNOWN, /* it has the main process's pid, which another may have by now */
	SENDER_FRIEND,  /* root, of the daemon's user, or one of its processes */
	SENDER_MAIN,    /* the main process itself */
};

struct service {
	struct family family;
	/* What is known of the main process when the notification was there already: its pid is its own. */
	bool main_has_ended;
	bool has_friends;    /* else they are not looked for, and are strangers */
	uid_t ambiguous_uid; /* see sender_find_ambiguous_uid() */
};

/* Who sent @packet, of the daemon that @service is. */
enum sender sender_of(const struct notify_packet *packet, const struct service *service);

#define NO_UID ((uid_t)-1)

/*
 * In a user namespace of ours that not all users have a number in: the one that stands for all of the
 * others, and so is nobody's, user_namespaces(7). Else NO_UID.
 */
uid_t sender_find_ambiguous_uid(void);

#endif
