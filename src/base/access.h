/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Which part of a path is in the way, for messages: "Permission denied" does not tell. */
#ifndef CIB_BASE_ACCESS_H
#define CIB_BASE_ACCESS_H

#include <limits.h>

/* The first directory on the way to @path that our user may not pass, in @buffer; or NULL: there is none. */
const char *access_find_closed(const char *path, char buffer[static PATH_MAX]);

/* Returns the directory of @path, in @buffer; "." if it names none. */
const char *access_directory(const char *path, char buffer[static PATH_MAX]);

#endif
