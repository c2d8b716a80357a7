/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * fd/fds.c: moving, finding and closing descriptors. Whatever changes them runs in a child, whose own
 * these tests use from FIRST on.
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/util.h"
#include "fd/fds.h"
#include "real_sockets.h"

#define FIRST 30

/* ---- 0 to 2 ---- */

static void check_null(int fd)
{
	struct stat st, null;

	child_check(stat("/dev/null", &null) == 0 && fstat(fd, &st) == 0);
	child_check(st.st_rdev == null.st_rdev);
	child_check((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
	child_check(fcntl(fd, F_GETFD) == 0);
}

static void make_null(const void *arg)
{
	int fd = make_connected();

	(void)arg;
	child_check(fd_make_null(fd) == 0);
	check_null(fd);
	(void)close_fd(fd);
	child_check(fd_make_null(fd) == 0); /* the number that open(2) gives */
	check_null(fd);
	child_check(fd_make_null(FIRST) == 0);
	check_null(FIRST);
	child_check(fcntl(fd + 1, F_GETFD) < 0); /* nothing else is left open */
}

static void a_descriptor_becomes_dev_null_for_the_daemon(void **state)
{
	(void)state;
	check_in_child("fd_make_null", make_null, NULL);
}

/* ---- Moving ---- */

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static ino_t identity(int fd)
{
	struct stat st;

	child_check(fstat(fd, &st) == 0);
	return st.st_ino;
}

static bool is_one_of(int fd, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fds[i] == fd)
			return true;
	}
	return false;
}

/* Something new, and different from all else that is open, at number @fd. */
static ino_t put_at(int fd)
{
	int made = (int)syscall(SYS_memfd_create, "test", 1U /* MFD_CLOEXEC */);

	child_check(made >= 0 && dup3(made, fd, O_CLOEXEC) == fd);
	child_check(close(made) == 0);
	return identity(fd);
}

#define N_NUMBERS 7
#define N_MOVED 3

static void move_once(const int *from, int first)
{
	ino_t identities[N_MOVED];
	int used_up[N_MOVED];

	memcpy(used_up, from, sizeof(used_up));
	for (int i = 0; i < N_MOVED; i++)
		identities[i] = put_at(from[i]);
	child_check(fds_move(used_up, N_MOVED, first) == 0);
	for (int i = 0; i < N_MOVED; i++) {
		child_check(identity(first + i) == identities[i]);
		child_check(fcntl(first + i, F_GETFD) == 0); /* stays open over execve(2) */
	}
	for (int fd = FIRST; fd < FIRST + 4 * N_NUMBERS; fd++) {
		bool is_target = fd >= first && fd < first + N_MOVED;

		child_check(is_open(fd) == is_target); /* no copy stays behind */
		if (is_target)
			child_check(close(fd) == 0);
	}
}

/* Every ordered choice of three numbers, to every place among them. */
static void move_all_ways(const void *arg)
{
	(void)arg;
	for (int i = 0; i < N_NUMBERS * N_NUMBERS * N_NUMBERS; i++) {
		int from[N_MOVED] = { FIRST + i % N_NUMBERS, FIRST + i / N_NUMBERS % N_NUMBERS,
				      FIRST + i / N_NUMBERS / N_NUMBERS };

		if (from[0] == from[1] || from[0] == from[2] || from[1] == from[2])
			continue;
		for (int first = FIRST; first <= FIRST + N_NUMBERS - N_MOVED; first++)
			move_once(from, first);
	}
}

static void sockets_get_their_numbers_whatever_overlaps(void **state)
{
	(void)state;
	check_in_child("all", move_all_ways, NULL);
}

static void move_oddly(const void *arg)
{
	int none[1] = { FIRST }, closed[2] = { FIRST + 5, FIRST + 6 };
	ino_t other, bystander;

	(void)arg;
	child_check(fds_move(none, 0, FIRST) == 0);
	/* What stood at the number before gives way, a neighbour does not. */
	other = put_at(FIRST + 1);
	(void)put_at(FIRST);
	bystander = put_at(FIRST + 2);
	child_check(fds_move(&(int){ FIRST + 1 }, 1, FIRST) == 0);
	child_check(identity(FIRST) == other && identity(FIRST + 2) == bystander);
	child_check(!is_open(FIRST + 1));
	child_check(fcntl(FIRST + 2, F_GETFD) == FD_CLOEXEC);
	child_check(fds_move(closed, 2, FIRST) == -EBADF);
}

static void odd_moves_do_no_harm(void **state)
{
	(void)state;
	check_in_child("odd", move_oddly, NULL);
}

static void toggle_cloexec(const void *arg)
{
	(void)arg;
	(void)put_at(FIRST);
	child_check(fd_set_cloexec(FIRST, false) == 0 && fcntl(FIRST, F_GETFD) == 0);
	child_check(fd_set_cloexec(FIRST, true) == 0 && fcntl(FIRST, F_GETFD) == FD_CLOEXEC);
	child_check(fd_set_cloexec(FIRST + 1, true) == -EBADF);
}

static void cloexec_is_set_and_cleared(void **state)
{
	(void)state;
	check_in_child("cloexec", toggle_cloexec, NULL);
}

/* ---- Finding ---- */

static void listen_at(int fd)
{
	int made = make_unix_listener();

	child_check(dup3(made, fd, O_CLOEXEC) == fd && close(made) == 0);
}

static void find_listeners(const void *arg)
{
	const struct fd_info known[] = { { .fd = FIRST + 2 }, { .fd = FIRST + 3 } };
	int connected = make_connected();
	struct arena arena = { 0 };
	const int *found = NULL;
	size_t n = 4711;

	(void)arg;
	fds_close_all(3, NULL, 0);
	child_check(fds_find_listeners(NULL, 0, &arena, &found, &n) == 0 && n == 0 && found == NULL);
	(void)connected;
	for (int i = 0; i < 4; i++)
		listen_at(FIRST + i);
	child_check(dup3(FIRST, STDIN_FILENO, O_CLOEXEC) == 0); /* nobody's business below 3 */
	(void)put_at(FIRST + 10);
	child_check(dup2(make_unbound(), FIRST + 11) >= 0);
	child_check(fds_find_listeners(known, ARRAY_SIZE(known), &arena, &found, &n) == 0);
	child_check(n == 2 && is_one_of(FIRST, found, n) && is_one_of(FIRST + 1, found, n));
	child_check(fds_find_listeners(NULL, 0, &arena, &found, &n) == 0 && n == 4);
	arena_done(&arena);
}

/* More than one read of the directory brings. */
static void find_many_listeners(const void *arg)
{
	const int *found = NULL;
	struct arena arena = { 0 };
	size_t n = 0;

	(void)arg;
	for (int i = 0; i < 200; i++)
		listen_at(FIRST + i);
	child_check(fds_find_listeners(NULL, 0, &arena, &found, &n) == 0 && n == 200);
	for (int i = 0; i < 200; i++)
		child_check(is_one_of(FIRST + i, found, n));
	arena_done(&arena);
}

static void deny_open(void)
{
	deny_system_call(SYS_openat, ENOENT);
#ifdef SYS_open
	deny_system_call(SYS_open, ENOENT);
#endif
}

static void find_listeners_without_proc(const void *arg)
{
	deny_open();
	find_listeners(arg);
}

static void find_many_listeners_without_proc(const void *arg)
{
	deny_open();
	find_many_listeners(arg);
}

static void find_listeners_with_a_low_limit(const void *arg)
{
	struct rlimit limit;

	(void)arg;
	child_check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = FIRST + 20;
	child_check(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	find_listeners_without_proc(NULL);
}

static void strangers_listeners_are_found(void **state)
{
	(void)state;
	check_in_child("with /proc", find_listeners, NULL);
	check_in_child("many", find_many_listeners, NULL);
	check_in_child("without /proc", find_listeners_without_proc, NULL);
	check_in_child("many without /proc", find_many_listeners_without_proc, NULL);
	check_in_child("low limit without /proc", find_listeners_with_a_low_limit, NULL);
}

/* ---- Closing ---- */

static const struct closing {
	const char *name;
	int first, keep[4];
	size_t n_keep;
} closings[] = {
	{ "all", FIRST, { 0 }, 0 },
	{ "from the middle", FIRST + 7, { 0 }, 0 },
	{ "the first stays", FIRST, { FIRST }, 1 },
	{ "the last stays", FIRST, { FIRST + 19 }, 1 },
	{ "beyond the last", FIRST, { FIRST + 40 }, 1 },
	{ "neighbours stay", FIRST, { FIRST + 3, FIRST + 4, FIRST + 5 }, 3 },
	{ "apart", FIRST, { FIRST, FIRST + 2, FIRST + 10, FIRST + 19 }, 4 },
	{ "both ends", FIRST + 1, { FIRST + 1, FIRST + 19 }, 2 },
	{ "in any order", FIRST, { FIRST + 10, FIRST + 19, FIRST, FIRST + 2 }, 4 },
	{ "twice, none, and below", FIRST + 3, { FIRST + 5, NO_FD, FIRST + 5, FIRST }, 4 },
};

static void close_most(const void *arg)
{
	const struct closing *closing = arg;

	for (int fd = FIRST; fd < FIRST + 20; fd++)
		(void)put_at(fd);
	fds_close_all(closing->first, closing->keep, closing->n_keep);
	for (int fd = FIRST; fd < FIRST + 20; fd++)
		child_check(is_open(fd) ==
			    (fd < closing->first || is_one_of(fd, closing->keep, closing->n_keep)));
	child_check(is_open(STDIN_FILENO) && is_open(STDERR_FILENO));
}

static void close_most_on_an_old_kernel(const void *arg)
{
#ifdef SYS_close_range
	deny_system_call(SYS_close_range, ENOSYS);
#endif
	close_most(arg);
}

static void close_most_where_it_is_forbidden(const void *arg)
{
#ifdef SYS_close_range
	deny_system_call(SYS_close_range, EPERM);
#endif
	close_most(arg);
}

/* Some numbers are above the limit, and at first there is none left to list them with. */
static void close_most_with_a_low_limit(const void *arg)
{
	const int keep[] = { FIRST + 15, FIRST + 2 };
	struct rlimit limit;

	(void)arg;
	child_check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	for (int fd = FIRST; fd < FIRST + 20; fd++)
		(void)put_at(fd);
	limit.rlim_cur = FIRST + 10;
	child_check(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	while (fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) >= 0)
		;
	deny_system_call(SYS_close_range, ENOSYS);
	fds_close_all(FIRST, keep, ARRAY_SIZE(keep));
	for (int fd = FIRST; fd < FIRST + 20; fd++)
		child_check(is_open(fd) == is_one_of(fd, keep, ARRAY_SIZE(keep)));
}

static void everything_is_closed_but_what_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(closings); i++) {
		check_in_child(closings[i].name, close_most, &closings[i]);
		check_in_child(closings[i].name, close_most_on_an_old_kernel, &closings[i]);
		check_in_child(closings[i].name, close_most_where_it_is_forbidden, &closings[i]);
	}
	check_in_child("above the limit", close_most_with_a_low_limit, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_becomes_dev_null_for_the_daemon),
		cmocka_unit_test(sockets_get_their_numbers_whatever_overlaps),
		cmocka_unit_test(odd_moves_do_no_harm),
		cmocka_unit_test(cloexec_is_set_and_cleared),
		cmocka_unit_test(strangers_listeners_are_found),
		cmocka_unit_test(everything_is_closed_but_what_is_kept),
	};

	return cmocka_run_group_tests_name("fds", tests, NULL, NULL);
}
