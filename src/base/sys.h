/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Two calls of the C library that some versions of it answer otherwise than the kernel. */
#ifndef CIB_BASE_SYS_H
#define CIB_BASE_SYS_H

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Before glibc 2.25 getpid(2) is remembered, and wrong after process_clone(). */
static inline pid_t sys_getpid(void)
{
	return (pid_t)syscall(SYS_getpid);
}

/* As sigfillset(3), but for those that the C library keeps to itself, and which nobody sends. */
static inline sigset_t sys_all_signals(void)
{
	sigset_t all;

	memset(&all, 0xff, sizeof(all));
	return all;
}

#endif
