/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The other programs of ours, which are run when they are needed. */
#ifndef CIB_BASE_HELPER_H
#define CIB_BASE_HELPER_H

#include <stddef.h>

/*
 * Where the program @name is: at the compiled path, else beside our own file (an uninstalled build);
 * never a path from the environment, since we run as root. It is written to @buffer, which is returned;
 * NULL: there is none.
 */
const char *helper_find(const char *name, char *buffer, size_t size);

/*
 * Becomes the program @name, with @words as its arguments and @env; what is in front of them in the same
 * array, the option that asks for it, gives its place to the name. Returns -errno if it cannot.
 */
int helper_become(const char *name, char **words, char *const *env);

#endif
