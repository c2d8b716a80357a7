/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
#ifndef CIB_BASE_SAME_FILE_H
#define CIB_BASE_SAME_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

/* Whether both are of one file, by whatever names or descriptors they were found. */
static inline bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

#endif
