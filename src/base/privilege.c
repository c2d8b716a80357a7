/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/privilege.h. */
#include "base/privilege.h"

#include <errno.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/kernel.h"

/* Where the file cannot be asked, by what we have. */
static bool has_capabilities(void)
{
	struct kernel_cap_header header = { .version = KERNEL_CAPABILITY_VERSION_3 };
	struct kernel_cap_data data[2] = { { 0 } };

	return syscall(SYS_capget, &header, data) < 0 || (data[0].permitted | data[1].permitted) != 0;
}

static bool has_file_capabilities(void)
{
	if (getxattr("/proc/self/exe", "security.capability", NULL, 0) >= 0)
		return true;
	return errno != ENODATA && errno != ENOTSUP && has_capabilities();
}

struct privilege privilege_look(void)
{
	struct privilege privilege = { .is_secure = getauxval(AT_SECURE) != 0 };

	if (!privilege.is_secure)
		return privilege;
	privilege.uid = getuid();
	privilege.euid = geteuid();
	privilege.gid = getgid();
	privilege.egid = getegid();
	/* What root gets by them it has anyway. */
	privilege.has_file_capabilities = privilege.uid != 0 && has_file_capabilities();
	return privilege;
}

const char *privilege_refuse(const struct privilege *privilege)
{
	if (!privilege->is_secure)
		return NULL;
	if (privilege->uid != privilege->euid)
		return "set-user-ID";
	if (privilege->gid != privilege->egid)
		return "set-group-ID";
	return privilege->has_file_capabilities ? "with file capabilities" : NULL;
}
