/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * See base/accounts.h. Byte by byte, since a line can be of any length: a group has as many members
 * as it likes.
 */
#include "base/accounts.h"

#include <fcntl.h>
#include <stdbool.h>

#include "base/text.h"
#include "base/util.h"

#define NAME_FIELD 0
#define NUMBER_FIELD 2

struct line {
	int field;       /* that we are in */
	size_t n_equal;  /* so much of the name has been seen */
	bool is_other;   /* it is another name */
	char number[11]; /* as many digits as 32 bits can have */
	size_t n_digits; /* may be more than there is space for: then it is not a number */
};

struct search {
	const char *name;
	struct line line;
	unsigned number; /* found */
};

static void read_byte(struct search *search, char c)
{
	struct line *line = &search->line;

	if (c == ':') {
		line->field++;
	} else if (line->field == NAME_FIELD) {
		if (!line->is_other && search->name[line->n_equal] == c)
			line->n_equal++;
		else
			line->is_other = true;
	} else if (line->field == NUMBER_FIELD) {
		if (line->n_digits < sizeof(line->number) - 1)
			line->number[line->n_digits] = c;
		line->n_digits++;
	}
}

/* Whether the line that has ended is the one. */
static bool end_line(struct search *search)
{
	struct line line = search->line;
	unsigned long number;

	search->line = (struct line){ 0 };
	if (line.is_other || search->name[line.n_equal] != '\0' || line.field < NUMBER_FIELD ||
	    line.n_digits >= sizeof(line.number) ||
	    parse_number(line.number, NO_ACCOUNT - 1, &number) < 0)
		return false;
	search->number = (unsigned)number;
	return true;
}

static bool search_bytes(struct search *search, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n')
			read_byte(search, bytes[i]);
		else if (end_line(search))
			return true;
	}
	return false;
}

int account_find(const char *path, const char *name, unsigned *ret_number)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct search search = { .name = name };
	char bytes[4096];
	bool is_found = false;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (!is_found && (n = read(fd, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		is_found = n > 0 && search_bytes(&search, bytes, (size_t)n);
	}
	if (!is_found && !end_line(&search)) /* the last line may have no end */
		return -ENOENT;
	*ret_number = search.number;
	return 0;
}
