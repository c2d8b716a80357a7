/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * malloc(3) of the launcher, see base/direct.h: a mapping for each, as an ordinary start has none (base/arena.h).
 * Linked to that program alone: elsewhere the C library's own functions return memory that is to be freed.
 */
#include "base/direct.h"

#if CIB_IS_DIRECT
# undef _FORTIFY_SOURCE
# include <errno.h>
# include <stdalign.h>
# include <stddef.h>
# include <stdint.h>
# include <stdlib.h>
# include <string.h>
# include <sys/mman.h>
# include <sys/syscall.h>
# include <unistd.h>

/* In front of what is given out; of a size that keeps it aligned for anything. */
struct head {
	alignas(max_align_t) size_t size; /* of both */
};

# define LEAST_PAGE 4096

static void *obtain(size_t size)
{
	struct head *head = MAP_FAILED;

	if (!__builtin_add_overflow(size, sizeof(*head), &size))
		/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
		head = (struct head *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
	if (head == MAP_FAILED) {
		errno = ENOMEM;
		return NULL;
	}
	head->size = size;
	return head + 1;
}

/* What somebody else gave out stands elsewhere in its page: better the end here than what would be unmapped. */
static struct head *head_of(void *memory)
{
	if ((uintptr_t)memory % LEAST_PAGE != sizeof(struct head))
		__builtin_trap();
	return (struct head *)memory - 1;
}

/* Leaves errno alone, as glibc's does from 2.33 on. */
static void give_back(struct head *head)
{
	int error = errno;

	(void)syscall(SYS_munmap, head, head->size);
	errno = error;
}

DIRECT void *malloc(size_t size)
{
	return obtain(size);
}

DIRECT void free(void *memory)
{
	if (memory != NULL)
		give_back(head_of(memory));
}

DIRECT void *realloc(void *memory, size_t size)
{
	size_t old = memory != NULL ? head_of(memory)->size - sizeof(struct head) : 0;
	void *other = obtain(size);

	if (other == NULL || memory == NULL)
		return other;
	memcpy(other, memory, old < size ? old : size);
	give_back(head_of(memory));
	return other;
}
#endif
