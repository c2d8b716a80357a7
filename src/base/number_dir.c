/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
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

int numbers_next_name(struct numbers *numbers, const char **ret_name)
{
	const struct kernel_dirent64 *entry;
	int r = fill(numbers);

	if (r <= 0)
		return r;
	entry = (const struct kernel_dirent64 *)(numbers->buffer.bytes + numbers->at);
	numbers->at += entry->length;
	*ret_name = entry->name;
	return 1;
}

int numbers_next(struct numbers *numbers, int *ret_number)
{
	unsigned long number;
	const char *name;
	int r;

	while ((r = numbers_next_name(numbers, &name)) > 0) {
		if (parse_number(name, INT_MAX, &number) == 0) {
			*ret_number = (int)number;
			return 1;
		}
	}
	return r;
}
