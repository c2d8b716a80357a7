/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Memory for one run, given back all at once: what is observed, the plan made of it, and the
 * daemon's environment live as long as each other. Its first part is a buffer of the owner's, large
 * enough for an ordinary start: the first malloc(3) of a process costs four system calls and
 * thousands of instructions, at every start of every daemon.
 */
#ifndef CIB_BASE_ARENA_H
#define CIB_BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* All zero: without a buffer. */
struct arena {
	char *next, *end;           /* what is left of the owner's buffer */
	struct arena_chunk *chunks; /* what did not fit; owned */
};

/* Begins with @buffer, aligned as malloc(3) aligns, which must outlive @ret_arena. */
void arena_init(struct arena *ret_arena, void *buffer, size_t size);

/* @n times @size bytes, uninitialised, aligned for anything, until arena_done(); NULL: no memory. */
void *arena_get(struct arena *arena, size_t n, size_t size);

/* Frees all that arena_get() has returned, but not the owner's buffer. */
void arena_done(struct arena *arena);

#endif
