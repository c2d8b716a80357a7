/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See base/stack.h. */
#include "base/stack.h"

#include <stdint.h>
#include <sys/mman.h>

#include "base/util.h"

/* More than we ever use, and less than the gap that the kernel keeps free below a stack. */
#define DEEPEST (256UL * 1024)
/* Room for the frames of the call that does it. */
#define MARGIN 1024UL

static uintptr_t page_mask(void)
{
	return (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
}

/* Whole pages only. Where it fails they just stay. */
static void drop(uintptr_t from, uintptr_t to)
{
	uintptr_t mask = page_mask();

	from = (from + mask) & ~mask;
	to &= ~mask;
	if (from < to)
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
}

void stack_drop_callers(const void *from)
{
	uintptr_t start = (uintptr_t)from, end = (uintptr_t)environ;

	/* Above all frames, as the kernel has put it; else it was moved. */
	if (end > start && end - start < DEEPEST)
		drop(start, end);
}

void stack_drop_unused(void)
{
	uintptr_t to = (uintptr_t)__builtin_frame_address(0) - MARGIN;

	drop(to - DEEPEST, to);
}
