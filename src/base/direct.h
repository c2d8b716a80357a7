/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Whether base/direct.c and its neighbours direct_*.c stand in for functions of the C library, and how; direct_heap.c does
 * in the launcher alone.
 *
 * As distributions link (-z now), the dynamic loader looks up every function that a program imports at each start,
 * used or not, for some 560 instructions each: 140 of them cost as much as the rest of the start. What is defined in
 * the program is not imported. The names, the arguments and errno are the usual ones, so no caller knows, and which
 * functions are called is not a question of speed. Where the machine is not x86-64, syscall(2) and sigaction(2) are still
 * the C library's.
 *
 * Not where the C library's structures or numbers are not the kernel's, nor with a checker that wants to see the
 * calls, nor with musl, whose start has no loader. What it saves: tests/bench/README; the gate
 * is tests/integration/test_gates.py.
 */
#ifndef CIB_BASE_DIRECT_H
#define CIB_BASE_DIRECT_H

#include <features.h>

#if defined(__has_feature)
# define CIB_HAS_CHECKER (__has_feature(address_sanitizer) || __has_feature(memory_sanitizer))
#elif defined(__SANITIZE_ADDRESS__)
# define CIB_HAS_CHECKER 1
#else
# define CIB_HAS_CHECKER 0
#endif

#if defined(__GLIBC__) && !CIB_HAS_CHECKER && defined(__LP64__) && \
	(defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64))
# define CIB_IS_DIRECT 1
#else
# define CIB_IS_DIRECT 0
#endif

/* For the program alone: the loader would offer what is visible to the C library, too. */
#define DIRECT __attribute__((visibility("hidden")))

#endif
