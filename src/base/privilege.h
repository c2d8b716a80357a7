/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Whether whoever has executed us has less rights than we: he would choose our environment, and so the
 * daemon's. The kernel says so by AT_SECURE, getauxval(3), but also where only a security policy has
 * its reasons, whose own affair that is.
 */
#ifndef CIB_BASE_PRIVILEGE_H
#define CIB_BASE_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

struct privilege {
	bool is_secure; /* AT_SECURE */
	uid_t uid, euid;
	gid_t gid, egid;
	bool has_file_capabilities;
};

/* Ours; only what is_secure makes worth a look. */
struct privilege privilege_look(void);

/* What of it is a reason to refuse, as in "refusing to run set-user-ID"; NULL: nothing. Pure. */
const char *privilege_refuse(const struct privilege *privilege);

#endif
