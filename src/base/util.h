/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The few helpers every file needs: ownership of descriptors and memory that ends with the scope,
 * and names for common questions. Nothing here knows about service managers.
 */
#ifndef CIB_BASE_UTIL_H
#define CIB_BASE_UTIL_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define NO_FD (-EBADF)

static inline bool is_equal(const char *a, const char *b)
{
	/* In line, for musl's start, where a call costs more than the few letters that are compared. */
	for (size_t i = 0; a[i] == b[i]; i++) {
		if (a[i] == '\0')
			return true;
	}
	return false;
}

/* Where @text has its first @c, or ends. What the loop saves of a start is in tests/bench/README. */
static inline const char *find_char(const char *text, char c)
{
	while (*text != '\0' && *text != c)
		text++;
	return text;
}

/* What follows @prefix in @text; NULL if it does not begin so. */
static inline const char *after_prefix(const char *text, const char *prefix)
{
	size_t i = 0;

	while (prefix[i] != '\0' && text[i] == prefix[i])
		i++;
	return prefix[i] == '\0' ? text + i : NULL;
}

static inline bool has_prefix(const char *text, const char *prefix)
{
	return after_prefix(text, prefix) != NULL;
}

static inline bool has_suffix(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n >= m && is_equal(text + n - m, suffix);
}

/*
 * In the launcher: @fd, which is close-on-exec, is left to execve(2), or to close_range(2) in a
 * process that stays: one system call less at every start. Its number is not used again.
 */
static inline void leave_to_exec(int fd)
{
	(void)fd;
}

/* CLOCK_MONOTONIC in milliseconds. */
static inline long long now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Of two timeouts for poll(2), of which -1 is none. */
static inline int earlier_ms(int a, int b)
{
	return b < 0 || (a >= 0 && a < b) ? a : b;
}

/* Closes @fd if it is one, whatever errno was before; returns NO_FD to assign back. */
static inline int close_fd(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd); /* never retried: on Linux the number is free even after EINTR */
	errno = saved;
	return NO_FD;
}

static inline void close_fdp(int *fd)
{
	*fd = close_fd(*fd);
}

static inline void free_ptr(void *ptr)
{
	free(*(void **)ptr);
}

#define cleanup_close __attribute__((cleanup(close_fdp)))
#define cleanup_free __attribute__((cleanup(free_ptr)))

/* Hands the descriptor in *@fd to the caller; the variable no longer owns it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = NO_FD;
	return taken;
}

#endif
