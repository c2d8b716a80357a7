/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See fd/fds.h. */
#include "fd/fds.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/apart.h"
#include "base/number_dir.h"
#include "base/sys.h"
#include "base/util.h"
#include "fd/info.h"

/* Where there is no other way than to try every number, up to these; no manager comes near. */
#define CLOSE_LIMIT 65536
#define LOW_NUMBERS 1024

static int descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > CLOSE_LIMIT)
		return CLOSE_LIMIT;
	return (int)limit.rlim_cur;
}

int fd_list_append(struct fd_list *list, int fd)
{
	if (list->n == list->space) {
		size_t space = list->space * 2 + 8;
		int *longer = arena_get(list->arena, space, sizeof(*longer));

		if (longer == NULL)
			return -ENOMEM;
		for (size_t i = 0; i < list->n; i++)
			longer[i] = list->fds[i];
		list->fds = longer;
		list->space = space;
	}
	list->fds[list->n++] = fd;
	return 0;
}

static int visit_directory(int directory_fd, fd_visitor *visit, void *context)
{
	struct numbers numbers;
	int fd, r;

	numbers_begin(&numbers, directory_fd);
	while ((r = numbers_next(&numbers, &fd)) > 0) {
		if (fd != directory_fd)
			r = visit(fd, context);
		if (r < 0)
			break;
	}
	return r;
}

/* Without /proc: poll(2) marks closed descriptors, so one system call tells about many. */
static int visit_low_numbers(fd_visitor *visit, void *context)
{
	struct pollfd fds[LOW_NUMBERS];
	int n = descriptor_limit() < LOW_NUMBERS ? descriptor_limit() : LOW_NUMBERS, r = 0;

	for (int fd = 0; fd < n; fd++)
		fds[fd] = (struct pollfd){ .fd = fd };
	if (poll(fds, (nfds_t)n, 0) < 0)
		return -errno;
	for (int fd = 0; fd < n && r == 0; fd++) {
		if ((fds[fd].revents & POLLNVAL) == 0)
			r = visit(fd, context);
	}
	return r;
}

/* @ret_directory_fd: for the caller to close, or NO_FD. */
static int visit_all(fd_visitor *visit, void *context, int *ret_directory_fd)
{
	*ret_directory_fd = open("/proc/self/fd", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	return *ret_directory_fd >= 0 ? visit_directory(*ret_directory_fd, visit, context)
				      : visit_low_numbers(visit, context);
}

int fds_visit(fd_visitor *visit, void *context)
{
	int directory_fd, r = visit_all(visit, context, &directory_fd);

	(void)close_fd(directory_fd); /* its number is the first that --listen gets */
	return r;
}

struct search {
	const struct fd_info *known;
	size_t n_known;
	struct fd_list found;
};

static int consider(int fd, void *context)
{
	struct search *search = context;

	if (fd < LISTEN_FDS_START || fd_is_among(fd, search->known, search->n_known) ||
	    !fd_is_listener(fd))
		return 0;
	return fd_list_append(&search->found, fd);
}

int fds_find_listeners(const struct fd_info *known, size_t n_known, struct arena *arena,
		       const int **ret_fds, size_t *ret_n)
{
	struct search search = { known, n_known, { .arena = arena } };
	int directory_fd, r = visit_all(consider, &search, &directory_fd);

	leave_to_exec(directory_fd);
	if (r < 0)
		return r;
	*ret_fds = search.found.fds;
	*ret_n = search.found.n;
	return 0;
}

int fd_set_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0 ? -errno : 0;
}

int fd_make_null(int fd)
{
	cleanup_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null_fd < 0)
		return -errno;
	if (null_fd == fd) /* it was closed */
		return fd_set_cloexec(take_fd(&null_fd), false);
	return dup3(null_fd, fd, 0) < 0 ? -errno : 0;
}

/* Whoever of @from stands at @number steps aside, to where nobody belongs. */
static int make_way(int *from, size_t n, int number, int above)
{
	for (size_t i = 0; i < n; i++) {
		if (from[i] != number)
			continue;
		from[i] = fcntl(number, F_DUPFD_CLOEXEC, above);
		if (from[i] < 0)
			return -errno;
	}
	return 0;
}

static int move(int from, int to)
{
	if (dup3(from, to, 0) < 0)
		return -errno;
	(void)close_fd(from);
	return 0;
}

int fds_move(int *from, size_t n, int first)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		int to = first + (int)i;

		if (from[i] == to) {
			r = fd_set_cloexec(to, false);
			continue;
		}
		r = make_way(from + i + 1, n - i - 1, to, first + (int)n);
		if (r == 0)
			r = move(from[i], to);
	}
	return r;
}

/* By what is open, since the limit may have been lowered below some of them. */
static bool close_listed(unsigned first, unsigned last)
{
	cleanup_close int directory_fd =
		openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct numbers numbers;
	int fd, r;

	if (directory_fd < 0)
		return false;
	numbers_begin(&numbers, directory_fd);
	while ((r = numbers_next(&numbers, &fd)) > 0) {
		if ((unsigned)fd >= first && (unsigned)fd <= last && fd != directory_fd)
			(void)close(fd);
	}
	return r == 0;
}

static void close_numbered(unsigned first, unsigned last)
{
	unsigned limit = (unsigned)descriptor_limit();

	for (unsigned fd = first; fd <= last && fd < limit; fd++)
		(void)close((int)fd);
}

static void close_range_fallback(unsigned first, unsigned last)
{
	if (close_listed(first, last))
		return;
	close_numbered(first, last);
	(void)close_listed(first, last); /* there may not have been a descriptor left for it */
}

/* close_range(2) is from Linux 5.9; a seccomp list may answer EPERM. */
static void close_span(unsigned first, unsigned last)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
#endif
	close_range_fallback(first, last);
}

/* The smallest of @keep that is not below @from; UINT_MAX: there is none. */
static unsigned next_kept(unsigned from, const int *keep, size_t n)
{
	unsigned next = UINT_MAX;

	for (size_t i = 0; i < n; i++) {
		if (keep[i] >= 0 && (unsigned)keep[i] >= from && (unsigned)keep[i] < next)
			next = (unsigned)keep[i];
	}
	return next;
}

void fds_close_all(int first, const int *keep, size_t n)
{
	unsigned from = (unsigned)first, kept;

	for (; (kept = next_kept(from, keep, n)) != UINT_MAX; from = kept + 1) {
		if (kept > from)
			close_span(from, kept - 1);
	}
	close_span(from, UINT_MAX);
}

#define MAX_SLOW 64 /* that are inherited by chance */

struct others {
	const int *keep;
	size_t n_keep;
	int slow[MAX_SLOW];
	size_t n_slow;
};

static int consider_slow(int fd, void *context)
{
	struct others *others = context;

	for (size_t i = 0; i < others->n_keep; i++) {
		if (others->keep[i] == fd)
			return 0;
	}
	if (fd > STDERR_FILENO && others->n_slow < MAX_SLOW && fd_may_hang(fd))
		others->slow[others->n_slow++] = fd;
	return 0;
}

static int stop_at_slow(int fd, void *context)
{
	bool *found = context;

	*found = fd_may_hang(fd);
	return *found ? -EINTR : 0;
}

bool fds_may_hang(void)
{
	bool found = false;

	(void)fds_visit(stop_at_slow, &found);
	return found;
}

void fds_close_others(const int *keep, size_t n)
{
	struct others others = { .keep = keep, .n_keep = n };
	int directory_fd;

	(void)visit_all(consider_slow, &others, &directory_fd);
	(void)close_fd(directory_fd);
	if (others.n_slow > 0)
		apart_close(others.slow, others.n_slow);
	fds_close_all(STDERR_FILENO + 1, keep, n);
}

static void replace(int from, int to)
{
	if (fd_may_hang(to))
		apart_replace(from, to);
	else
		(void)dup2(from, to);
}

void fds_let_go_of_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	replace(fd, STDIN_FILENO);
	replace(fd, STDOUT_FILENO);
	(void)close_fd(fd);
}

void fds_let_go_of_stderr(void)
{
	replace(STDIN_FILENO, STDERR_FILENO);
}
