/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The numbers of users and groups, by the files passwd(5) and group(5) themselves. Not by
 * getpwnam(3): that loads whatever nsswitch.conf(5) names into us, asks the network, and can wait
 * there for as long as it likes, at boot, and in a static program it does not work at all.
 */
#ifndef CIB_BASE_ACCOUNTS_H
#define CIB_BASE_ACCOUNTS_H

#include <sys/types.h>

#define USERS_FILE "/etc/passwd"
#define GROUPS_FILE "/etc/group"

/* Nobody's: chown(2) leaves the owner as it is. */
#define NO_ACCOUNT ((unsigned)-1)

/*
 * Looks up @name in the file @path, of which each line is NAME:PASSWORD:NUMBER and more; as in
 * nsswitch.conf(5)'s "files" the first one counts, and a line without a number does not count. Returns 0, or
 * -ENOENT: there is no such name; or -errno: the file cannot be read.
 */
int account_find(const char *path, const char *name, unsigned *ret_number);

#endif
