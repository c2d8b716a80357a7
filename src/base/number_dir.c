/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See base/number_dir.h. */
#include "base/number_dir.h"

#include <limits.h>

#include "base/text.h"
#include "base/util.h"

void numbers_begin(struct numbers *numbers, int fd)
{
	numbers->fd = fd;
	numbers->used = numbers->at = 0;
}

/*
 * Returns 1 if there is an entry to look at, 0 after the last one, or -errno. A short read is not the
 * last: one that is about to be stopped or frozen is given only a part.
 */
static int fill(struct numbers *numbers)
{
	if (numbers->at < numbers->used)
		return 1;
	numbers->at = 0;
	numbers->used = syscall(SYS_getdents64, numbers->fd, numbers->buffer.bytes,
				sizeof(numbers->buffer.bytes));
	return numbers->used < 0 ? -errno : numbers->used > 0;
}

int numbers_next(struct numbers *numbers, int *ret_number)
{
	int r;

	while ((r = fill(numbers)) > 0) {
		const struct kernel_dirent64 *entry =
			(const struct kernel_dirent64 *)(numbers->buffer.bytes + numbers->at);
		unsigned long number;

		numbers->at += entry->length;
		if (parse_number(entry->name, INT_MAX, &number) == 0) {
			*ret_number = (int)number;
			return 1;
		}
	}
	return r;
}
