/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/ending.h. */
#include "act/ending.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/sys.h"

void die_of(int signal)
{
	const struct rlimit none = { 0, 0 };
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t mask = sys_all_signals();

	/* One core, the daemon's, is enough: the limit is not asked when core_pattern is a pipe. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)sigaction(signal, &action, NULL);
	/* No other one: what was sent to us as well, and is not read, would come first. */
	(void)sigdelset(&mask, signal);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	(void)kill(sys_getpid(), signal);
	_exit(128 + signal);
}
