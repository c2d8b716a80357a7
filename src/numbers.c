/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See numbers.h. */
#include "numbers.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/syscall.h>

#include "env.h"
#include "util.h"

void numbers_begin(struct numbers *numbers, int fd)
{
	numbers->fd = fd;
	numbers->used = numbers->at = 0;
}

/* More than an entry takes whose name is a number. */
#define ENTRY_MAX 64

/* /proc stops filling the buffer only when an entry does not fit: where one would have, that was all. */
static bool was_last(const struct numbers *numbers)
{
	return numbers->used > 0 && numbers->used + ENTRY_MAX < (long)sizeof(numbers->buffer.bytes);
}

/* Returns 1 if there is an entry to look at, 0 after the last one, or -errno. */
static int fill(struct numbers *numbers)
{
	if (numbers->at < numbers->used)
		return 1;
	if (was_last(numbers))
		return 0;
	numbers->at = 0;
	numbers->used = syscall(SYS_getdents64, numbers->fd, numbers->buffer.bytes,
				sizeof(numbers->buffer.bytes));
	return numbers->used < 0 ? -errno : numbers->used > 0;
}

int numbers_next(struct numbers *numbers, int *ret_number)
{
	int r;

	while ((r = fill(numbers)) > 0) {
		const struct directory_entry *entry =
			(const struct directory_entry *)(numbers->buffer.bytes + numbers->at);
		unsigned long number;

		numbers->at += entry->length;
		if (parse_number(entry->name, INT_MAX, &number) == 0) {
			*ret_number = (int)number;
			return 1;
		}
	}
	return r;
}
