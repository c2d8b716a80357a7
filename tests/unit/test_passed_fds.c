/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * notify/passed_fds.c: descriptors that cannot be closed, and how long that holds up
 * anybody. The clock is asked for orders of magnitude only: a linger would take an hour.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/util.h"
#include "hung_file.h"
#include "notify/passed_fds.h"

#define N_LINGERING 20
#define LONG_MS 10000

static int room[PASSED_FDS_MAX];
static struct passed_fds passed = { .fds = room };

/* A connection with more to be sent than fits: close(2) waits for SO_LINGER. */
static int open_lingering(void)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 3600 };
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[4096] = { 0 };

	child_check(bind(listener, (struct sockaddr *)&address, length) == 0);
	child_check(listen(listener, 1) == 0);
	child_check(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
	child_check(connect(fd, (struct sockaddr *)&address, length) == 0);
	child_check(accept(listener, NULL, NULL) >= 0 && close(listener) == 0);
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	child_check(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
	return fd;
}

/* A unix socket in which it waits: nobody can take its SO_LINGER away there. */
static int wrap(int lingering)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .align = { .cmsg_level = SOL_SOCKET,
				 .cmsg_type = SCM_RIGHTS,
				 .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct iovec iov = { (void *)(uintptr_t) "x", 1 };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	int pair[2];

	child_check(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	memcpy(CMSG_DATA(&control.align), &lingering, sizeof(lingering));
	child_check(sendmsg(pair[0], &message, 0) == 1);
	child_check(close(pair[0]) == 0 && close(lingering) == 0);
	return pair[1];
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

struct lingering {
	bool is_wrapped, without_clone;
};

static void close_lingering(const void *arg)
{
	const struct lingering *row = arg;
	int fds[N_LINGERING + 1];
	long long began_ms;

	for (int i = 0; i < N_LINGERING; i++) {
		fds[i] = open_lingering();
		if (row->is_wrapped)
			fds[i] = wrap(fds[i]);
	}
	fds[N_LINGERING] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (row->without_clone) /* as at a limit of processes */
		deny_system_call(SYS_clone, EAGAIN);
	began_ms = now_ms();
	passed_fds_close(&passed, fds, N_LINGERING + 1);
	while (passed_fds_wait(&passed) && now_ms() - began_ms < LONG_MS)
		(void)passed_fds_go_on(&passed);
	child_check(!passed_fds_wait(&passed) && now_ms() - began_ms < LONG_MS);
	for (int i = 0; i <= N_LINGERING; i++)
		child_check(!is_open(fds[i]));
	child_check(waitpid(-1, NULL, (int)__WALL | WNOHANG) < 0 && errno == ECHILD);
}

static void what_lingers_holds_up_nobody(void **state)
{
	static const struct {
		const char *name;
		struct lingering row;
	} rows[] = {
		{ "connections", { .is_wrapped = false } },
		{ "connections in unix sockets", { .is_wrapped = true } },
		{ "connections, and no more processes", { .without_clone = true } },
	};

	(void)state;
	need_no_valgrind("valgrind does not know the closers' clone(2)");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_in_child(rows[i].name, close_lingering, &rows[i].row);
}

static int open_hung(const struct hung_file *file)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);

	child_check(fd >= 0);
	return fd;
}

/* Tries on; a closer that has not come to be killed yet is waited for, however long that takes. */
static void go_on(long long began_ms)
{
	while (passed.n_left < MAX_CLOSERS_LEFT && passed_fds_wait(&passed) &&
	       passed_fds_go_on(&passed) && now_ms() - began_ms < LONG_MS)
		(void)poll(NULL, 0, 1);
}

static void leave_hung(const void *arg)
{
	long long began_ms = now_ms();
	struct hung_file file;

	(void)arg;
	if (!make_hung_file(&file))
		return;
	for (unsigned i = 1; i <= MAX_CLOSERS_LEFT + 1; i++) {
		/* Each one, with one behind it that it must not keep from being closed. */
		int fds[] = { open_hung(&file), open("/dev/null", O_RDONLY | O_CLOEXEC) };

		passed_fds_close(&passed, fds, ARRAY_SIZE(fds));
		go_on(began_ms);
		if (i < MAX_CLOSERS_LEFT)
			child_check(passed.n_left == i && !is_open(fds[0]) && !is_open(fds[1]));
	}
	child_check(passed_fds_wait(&passed) && passed_fds_go_on(&passed));
	child_check(passed.n_left == MAX_CLOSERS_LEFT);
	(void)close(file.let_fd);
	while (passed_fds_go_on(&passed) && now_ms() - began_ms < 2LL * LONG_MS)
		(void)poll(NULL, 0, 1);
	child_check(!passed_fds_wait(&passed));
	remove_hung_file(&file);
}

static void what_nothing_ends_is_left_behind_up_to_a_number(void **state)
{
	(void)state;
	need_no_valgrind("valgrind does not know the closers' clone(2)");
	if (!has_namespaces())
		skip_because("needs root that may make namespaces");
	check_in_child("FUSE", leave_hung, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lingers_holds_up_nobody),
		cmocka_unit_test(what_nothing_ends_is_left_behind_up_to_a_number),
	};

	return cmocka_run_group_tests_name("passed_fds", tests, NULL, NULL);
}
