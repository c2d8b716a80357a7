/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/stack.h. */
#include "base/stack.h"

#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "base/util.h"

/* More than we ever use, and less than the gap that the kernel keeps free below a stack. */
#define DEEPEST (256UL * 1024)
/* Room for the frames of the call that does it. */
#define MARGIN 1024UL

static uintptr_t page_mask(void)
{
	return (uintptr_t)getauxval(AT_PAGESZ) - 1;
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

/* The compiler must think that it is used: what it does on the way is what is wanted. */
#define USE(value) __asm__ __volatile__("" : : "r"(value) : "memory")

void stack_forget_registers(void)
{
	char filler[1024];
	const char *text = filler;

	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	USE(text);
	USE(strlen(text));
	USE(memchr(text, '\0', sizeof(filler)));
	memcpy(filler, text + sizeof(filler) / 2, sizeof(filler) / 2);
	USE(text);
}

void stack_drop_unused(void)
{
	uintptr_t to = (uintptr_t)__builtin_frame_address(0) - MARGIN;

	drop(to - DEEPEST, to);
}
