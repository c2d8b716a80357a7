/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Signal sets, see base/direct.h: what is Linux's is the first word of the C library's, a bit for each signal. */
#include "base/direct.h"

#if CIB_IS_DIRECT
# undef _FORTIFY_SOURCE
# include <signal.h>

DIRECT int sigemptyset(sigset_t *set)
{
	*set = (sigset_t){ 0 };
	return 0;
}

DIRECT int sigfillset(sigset_t *set)
{
	sigset_t all = { .__val = { ~0UL } };

	*set = all;
	return 0;
}

DIRECT int sigaddset(sigset_t *set, int signal)
{
	set->__val[0] |= 1UL << (signal - 1);
	return 0;
}

DIRECT int sigdelset(sigset_t *set, int signal)
{
	set->__val[0] &= ~(1UL << (signal - 1));
	return 0;
}

DIRECT int sigismember(const sigset_t *set, int signal)
{
	return (set->__val[0] >> (signal - 1)) & 1;
}
#endif
