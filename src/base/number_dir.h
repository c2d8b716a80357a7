/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Directories, most of all those of /proc whose entries are numbers: descriptors, threads. Read with getdents64(2)
 * itself, since readdir(3) would cost an allocation many times the size of the answer, and the
 * babysitter may not allocate at all.
 */
#ifndef CIB_BASE_NUMBER_DIR_H
#define CIB_BASE_NUMBER_DIR_H

#include <stddef.h>

#include "base/kernel.h"

struct numbers {
	int fd; /* the directory, borrowed */
	long used, at;
	union {
		char bytes[2048];
		struct kernel_dirent64 align;
	} buffer;
};

/* Begins to read the directory @fd, which stays the caller's. */
void numbers_begin(struct numbers *numbers, int fd);

/* The next name, valid until the next call. Returns as below. */
int numbers_next_name(struct numbers *numbers, const char **ret_name);

/* The next name that is a number. Returns 1 and it, 0 after the last one, or -errno. */
int numbers_next(struct numbers *numbers, int *ret_number);

#endif
