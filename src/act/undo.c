/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/undo.h. */
#include "act/undo.h"

#include <signal.h>

#include "base/sys.h"

/* A handler has no other way to know; nothing else uses it. */
static const struct listening *to_remove;

/* It is given back its default action by SA_RESETHAND, and sent again: then it ends us, when we return. */
static void undo(int signal)
{
	listen_remove(to_remove);
	(void)kill(sys_getpid(), signal);
}

/* signal(7): whether its default action is to end the process. */
static bool ends(int signal)
{
	switch (signal) {
	case SIGKILL:
	case SIGSTOP:
	case SIGCHLD:
	case SIGCONT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGURG:
	case SIGWINCH:
		return false;
	}
	return true;
}

void undo_on_signals(const struct listening *listening)
{
	struct sigaction action = { .sa_handler = undo, .sa_flags = (int)SA_RESETHAND }, before;

	(void)sigfillset(&action.sa_mask);
	to_remove = listening;
	for (int signal = 1; signal < _NSIG; signal++) {
		/* One that is ignored stays so; the C library keeps a few to itself. */
		if (ends(signal) && sigaction(signal, &action, &before) == 0 &&
		    before.sa_handler == SIG_IGN)
			(void)sigaction(signal, &before, NULL);
	}
}
