/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Notification sockets, both ends: the private one that a daemon sends its state changes to, and
 * the host's, which we are the client of.
 *
 * The private socket is bound in a directory of its own, owned by us, that nobody else can write or
 * list: /run/cross-init-bridge.PID for root, $XDG_RUNTIME_DIR/... for a user; where that cannot be, or
 * is not wanted because the daemon changes its root directory, it has an abstract name. The name is
 * random and, at a path, known to the daemon only, since whoever can send can fill the queue. But whoever finds out may send; what counts is the
 * kernel's word on who the sender is (SCM_CREDENTIALS, unix(7)).
 */
#ifndef CIB_NOTIFY_SOCKET_H
#define CIB_NOTIFY_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/refusal.h"
#include "notify/passed_fds.h"
#include "notify/statement.h"

/* Where the private notify socket is. */
enum notify_place {
	NOTIFY_PLACE_AUTO, /* at a path, or else under an abstract name */
	NOTIFY_PLACE_PATH,
	NOTIFY_PLACE_ABSTRACT,
};

#define NOTIFY_ADDRESS_MAX 108
#define NOTIFY_DIRECTORY "cross-init-bridge." /* the beginning of its name; then a pid */

struct notify_socket {
	int fd;
	char address[NOTIFY_ADDRESS_MAX];   /* as in NOTIFY_SOCKET: a path, or '@' and a name */
	char directory[NOTIFY_ADDRESS_MAX]; /* to be removed, or empty */
	/* Why it is not at a path although that was tried, a negative errno; or 0. */
	int path_error;
};

#define NO_NOTIFY_SOCKET ((struct notify_socket){ .fd = NO_FD })

/*
 * Makes the private socket of the daemon @pid in @place; @uid is our own, @runtime_dir the value of
 * $XDG_RUNTIME_DIR or NULL, and used by others than root only. Credentials come with every notification
 * from the first on. Returns 0, or -errno with the reason in @refusal and nothing left behind.
 */
int notify_socket_open(pid_t pid, uid_t uid, enum notify_place place, const char *runtime_dir,
		       struct notify_socket *ret_socket, struct refusal *refusal);

/* The directory that its own is in, written to @buffer; where it has none, root's; or NULL. */
const char *notify_socket_parent(const struct notify_socket *notify,
				 char buffer[static NOTIFY_ADDRESS_MAX]);

/* Removes the socket from the file system. Its descriptor stays open. */
void notify_socket_remove(const struct notify_socket *notify);

/* True if @address is of a private socket of ours, or of another bridge's: no service manager's. */
bool notify_address_is_private(const char *address);

/* One received datagram. Its descriptors, if it had any, are closed already, or wait to be. */
struct notify_packet {
	pid_t pid; /* of the sender, as the kernel or a privileged sender says */
	uid_t uid;
	/* Of the sender, the caller's to close; NO_FD: not known; another -errno: it had ended. */
	int pidfd;
	/* MAINPIDFD=1: which process the one descriptor was a pidfd of, and its pidfd_id; 0: none. */
	pid_t passed_pid;
	unsigned long long passed_pidfd_id;
	size_t length;
	char text[NOTIFY_MAX];
};

enum notify_receipt {
	NOTIFY_NOTHING, /* no more datagrams wait */
	NOTIFY_FAILED,  /* whether one does cannot be told, and may never be; errno tells why */
	NOTIFY_RECEIVED,
	NOTIFY_TOO_LONG, /* one was taken of more than NOTIFY_MAX bytes; @length tells how many */
	NOTIFY_FROM_NOBODY, /* one was taken of whose sender the kernel does not tell us */
};

/*
 * From now on pidfd is filled in, where the kernel knows it (SO_PASSPIDFD, Linux 6.5), also for
 * datagrams that wait. That costs a system call for each, to close it.
 */
void notify_identify_senders(int fd);

/* Receives one datagram without waiting. Its descriptors become @passed. */
enum notify_receipt notify_receive(int fd, struct passed_fds *passed,
				   struct notify_packet *ret_packet);

/* Opens a socket for notify_send(). Returns it, or -errno. */
int notify_client_open(void);

/* Whether something can be sent to @address from here, which only connects, and sends to nobody. Returns 0 or -errno. */
int notify_client_try(const char *address);

/*
 * Sends @text, with descriptor @passed_fd unless NO_FD, to @address: a path or '@' and an abstract
 * name. Waits at most @timeout_ms for space in a full queue. Returns 0 or -errno.
 */
int notify_send(int fd, const char *address, const char *text, int passed_fd, int timeout_ms);

#endif
