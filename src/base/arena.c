/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/arena.h. */
#include "base/arena.h"

#include <stdint.h>

#include "base/util.h"

struct arena_chunk {
	struct arena_chunk *next;
	max_align_t bytes[];
};

void arena_init(struct arena *ret_arena, void *buffer, size_t size)
{
	*ret_arena = (struct arena){ .next = buffer, .end = (char *)buffer + size };
}

static void *get_chunk(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);

	if (chunk == NULL)
		return NULL;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk->bytes;
}

void *arena_get(struct arena *arena, size_t n, size_t size)
{
	size_t left = (size_t)(arena->end - arena->next), alignment = _Alignof(max_align_t);
	void *memory = arena->next;

	if (size != 0 && n > (SIZE_MAX / 2) / size)
		return NULL;
	size = (n * size + alignment - 1) & ~(alignment - 1);
	if (size > left)
		return get_chunk(arena, size);
	arena->next += size;
	return memory;
}

void arena_done(struct arena *arena)
{
	while (arena->chunks != NULL) {
		struct arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
}
