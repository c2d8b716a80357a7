/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The rows of base/getopt.h as --help shows them. */
#ifndef CIB_BASE_USAGE_H
#define CIB_BASE_USAGE_H

#include "base/getopt.h"

struct output;

#define USAGE_WIDTH 80 /* of a line, as far as words let themselves be parted */

/* Prints the @n rows that are in @group, a line or two each. */
void usage_print_rows(struct output *out, const struct option_row *rows, size_t n, size_t group);

/* Prints @text as a paragraph. */
void usage_print_text(struct output *out, const char *text);

/* One row of a table: @term, and what it means in a column of its own. */
void usage_print_term(struct output *out, const char *term, const char *meaning);

#endif
