/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Text that grows, for what is printed instead of a run. Not a stream of the C library's: of those each function
 * that is called somewhere is looked up at every start, and a run prints nothing.
 */
#ifndef CIB_BASE_OUTPUT_H
#define CIB_BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct output {
	char *text; /* allocated, and ends with '\0'; or NULL */
	size_t length, size;
	bool is_incomplete; /* for want of memory */
};

/* Each adds to what will be printed; what memory is lacking for makes it incomplete. */
void output_add(struct output *out, const char *text);
void output_add_part(struct output *out, const char *text, size_t length);
void output_char(struct output *out, char c);

/* As printf(3); returns how much that was. */
int output_format(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees the text, and leaves an empty output. */
void output_free(struct output *out);

/*
 * Writes all of it to standard output. Returns the exit status: 0, or, after a line on the reason, EXIT_OURS.
 */
int output_write(const struct output *out);

#endif
