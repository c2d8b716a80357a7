/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who sent a datagram, seen from the daemon: by the credentials that the kernel attaches, and never
 * by a bare pid, which another process may have by now.
 */
#ifndef CIB_NOTIFY_SENDER_H
#define CIB_NOTIFY_SENDER_H

#include "base/process.h"
#include "notify/socket.h"

enum sender {
	SENDER_STRANGER,
	SENDER_UNKNOWN, /* it has the main process's pid, which another may have by now */
	SENDER_FRIEND,  /* root, or of the daemon's user */
	SENDER_MAIN,    /* the main process itself */
};

/*
 * Who sent @packet, of the daemon whose main process is @daemon. That @has_ended is what it was found to
 * have when the message was there already: as long as it has not, its pid is its own. Friends are
 * only looked for @with_friends, else they are strangers.
 */
enum sender sender_of(const struct notify_packet *packet, const struct process *daemon,
		      bool has_ended, bool with_friends);

#endif
