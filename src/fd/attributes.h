/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What may stand behind an address of --listen, for what a .socket unit has directives of their own
 * for: ",mode=0660,owner=NAME,group=NAME" (SocketMode=, SocketUser=, SocketGroup=), ",ipv6only"
 * (BindIPv6Only=ipv6-only) and ",backlog=N" (Backlog=); systemd.socket(5). Separate since it is a
 * small language of its own, which knows nothing of addresses.
 */
#ifndef CIB_FD_ATTRIBUTES_H
#define CIB_FD_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/accounts.h"
#include "base/refusal.h"

#define NO_MODE ((mode_t)-1)
#define NO_BACKLOG (-1)

struct attributes {
	mode_t mode;                         /* or NO_MODE */
	const char *owner_name, *group_name; /* as they were given, or NULL; borrowed */
	uid_t owner;                         /* or NO_ACCOUNT */
	gid_t group;                         /* likewise */
	bool is_ipv6_only;
	int backlog; /* or NO_BACKLOG */
};

extern const struct attributes no_attributes;

/*
 * Where the comma before the first attribute is in @text, or its end. An address @may_have_commas,
 * as a path may: then one begins an attribute only if there follows a word and '=', or the whole
 * of one that has no value; and behind a '\' it never does.
 */
size_t attributes_begin(const char *text, bool may_have_commas);

/*
 * Reads the attributes at @text, which follows the first comma, and which is cut into pieces that
 * stay in use. @option is the whole of it, for messages. Pure. Returns 0, or -EINVAL with the
 * reason in @refusal.
 */
int attributes_parse(char *text, const char *option, struct attributes *ret_attributes,
		     struct refusal *refusal);

/* Finds out whose names these are. Returns 0, or -errno with the reason in @refusal. */
int attributes_find_accounts(struct attributes *attributes, const char *option,
			     struct refusal *refusal);

/* True if what is made belongs to somebody in particular. */
static inline bool attributes_have_owner(const struct attributes *attributes)
{
	return attributes->owner != NO_ACCOUNT || attributes->group != NO_ACCOUNT;
}

#endif
