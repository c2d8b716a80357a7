/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What the fuzzers share. Each is a program of libFuzzer's: it is called with one input after the
 * other, and ends with a report when a sanitizer or a check finds something.
 */
#ifndef CIB_FUZZ_H
#define CIB_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define fuzz_check(condition)                                                      \
 do {                                                                              \
  if (!(condition)) {                                                              \
   (void)fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
   abort();                                                                        \
  }                                                                                \
 } while (0)

/* A copy of exactly @size bytes, so that a sanitizer sees what is read beyond; free(3) it. */
static inline char *fuzz_copy(const void *data, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1);

	fuzz_check(copy != NULL);
	memcpy(copy, data, size);
	return copy;
}

/* The same with a NUL after it; it may have others. */
static inline char *fuzz_copy_text(const void *data, size_t size)
{
	char *copy = malloc(size + 1);

	fuzz_check(copy != NULL);
	memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

#endif
