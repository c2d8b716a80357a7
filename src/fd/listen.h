/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * --listen: sockets that the bridge opens itself where the host hands over none, as systemd would
 * for the same words in a .socket unit, systemd.socket(5). Separate because everything else here
 * only passes on what others have opened.
 *
 * Reading an address is pure (fd/listen.c); opening is an act (fd/listen_open.c), of which the plan knows
 * beforehand what will come of it: struct fd_info, as of a socket that was handed over.
 */
#ifndef CIB_FD_LISTEN_H
#define CIB_FD_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/refusal.h"
#include "fd/attributes.h"
#include "fd/info.h"

struct listen_address {
	const char *text;    /* as it was given; borrowed */
	struct fd_info info; /* what it will be, but for the number */
	const char *path; /* what it makes in the file system, or NULL; borrowed from text or copy */
	bool is_any;      /* a port alone: every address, that of IPv4 where there is no IPv6 */
	struct attributes attributes;
	char *copy; /* of the text, cut into pieces, if there is a comma in it; owned */
};

/*
 * Reads @text, which stays in use. Pure, so that the names of users and groups are still to be looked
 * up: attributes_find_accounts(). Returns 0, or -errno with the reason in @refusal.
 */
int listen_parse(const char *text, struct listen_address *ret_address, struct refusal *refusal);

/* Frees what listen_parse() has allocated. */
void listen_done(struct listen_address *address);

/*
 * Observe: writes to @ret_fds what the @n sockets will be on this machine, each with a number from 3
 * on that is free now.
 */
void listen_describe(const struct listen_address *addresses, size_t n, struct fd_info *ret_fds);

/* What was made in the file system, which has to go if there will be no daemon. */
struct made {
	const char *path; /* borrowed; of it: */
	int length;
	dev_t device;
	ino_t inode;
};

struct listening {
	struct made *made; /* owned */
	size_t n_made;
	size_t failed; /* which of the addresses could not be opened */
};

/*
 * Act: opens the @n sockets at the numbers of @fds, to be closed by execve(2). Returns 0, or -errno
 * with the reason in @refusal; @ret_listening is to be given to listen_undo() in both cases.
 */
int listen_open(const struct listen_address *addresses, const struct fd_info *fds, size_t n,
		struct listening *ret_listening, struct refusal *refusal);

/* Removes what was made, unless another has taken its place. A second time does nothing. */
void listen_undo(struct listening *listening);

/* The same, once, with nothing that a signal handler must not call. */
void listen_remove(const struct listening *listening);

#endif
