/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What a program is given at its start, see base/direct.h: its environment and the auxiliary vector; and execv(3), which
 * hands the former on.
 */
#include "base/direct.h"

#if CIB_IS_DIRECT
# undef _FORTIFY_SOURCE
# include <errno.h>
# include <stddef.h>
# include <sys/auxv.h>
# include <unistd.h>

/* What the kernel has put behind the arguments, which the C library calls each constructor with. */
DIRECT char **environ;
static const unsigned long *auxiliary;

static void __attribute__((constructor)) take_given(int argc, char **argv, char **env)
{
	(void)argc;
	(void)argv;
	environ = env;
	while (*env != NULL)
		env++;
	auxiliary = (const unsigned long *)(env + 1);
}

DIRECT unsigned long getauxval(unsigned long type)
{
	for (const unsigned long *pair = auxiliary; pair[0] != AT_NULL; pair += 2) {
		if (pair[0] == type)
			return pair[1];
	}
	errno = ENOENT;
	return 0;
}

DIRECT int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}
#endif
