/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * How a process of ours that the host watches in the daemon's place ends: as the daemon did, so
 * that the host sees what it would have seen.
 */
#ifndef CIB_ACT_ENDING_H
#define CIB_ACT_ENDING_H

/*
 * Ends by @signal, without a core of our own. Where we are PID 1 of a namespace, which no signal
 * of its own can end, the exit status is 128 + @signal.
 */
void die_of(int signal) __attribute__((noreturn));

#endif
