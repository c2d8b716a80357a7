/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* notify/filter.c on a real socket: what arrives, and what becomes of the rest. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/util.h"
#include "notify/filter.h"
#include "notify/statement.h"

struct pair {
	int sender, receiver;
};

static struct pair open_pair(void)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	return (struct pair){ fds[0], fds[1] };
}

static void close_pair(const struct pair *pair)
{
	(void)close(pair->sender);
	(void)close(pair->receiver);
}

/* Sends @length bytes of @text, with @fd unless NO_FD. */
static ssize_t send_text(const struct pair *pair, const char *text, size_t length, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)text, length };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
	}
	return sendmsg(pair->sender, &message, MSG_NOSIGNAL);
}

/* Whether something arrives, which must be @length bytes of @text. */
static bool arrives(const char *name, const struct pair *pair, const char *text, size_t length)
{
	static char buffer[100000];
	ssize_t n = recv(pair->receiver, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (n < 0)
		return false;
	check_int(name, n, length);
	check(name, memcmp(buffer, text, length) == 0);
	return true;
}

static char long_text[60000];

static void only_noise_is_dropped(void **state)
{
	static const struct {
		const char *name, *text;
		size_t length;
		bool arrives;
	} cases[] = {
		{ "sign of life", "WATCHDOG=1", 10, false },
		{ "with a newline", "WATCHDOG=1\n", 11, false },
		{ "with a NUL", "WATCHDOG=1", 11, true },
		{ "with another end", "WATCHDOG=1x", 11, true },
		{ "two newlines", "WATCHDOG=1\n\n", 12, true },
		{ "cut", "WATCHDOG=", 9, true },
		{ "other first word", "watcHDOG=1", 10, true },
		{ "other second word", "WATCHDOg=1", 10, true },
		{ "other value", "WATCHDOG=0", 10, true },
		{ "other value, with a newline", "WATCHDOG=0\n", 11, true },
		{ "trigger", "WATCHDOG=trigger", 16, true },
		{ "beside another", "WATCHDOG=1\nSTATUS=x", 19, true },
		{ "as long", "STOPPING=1", 10, true },
		{ "empty", "", 0, true },
		{ "one byte", "W", 1, true },
		{ "ready", "READY=1", 7, true },
		{ "as long as can be", long_text, NOTIFY_MAX, true },
		{ "longer", long_text, NOTIFY_MAX + 1, false },
		{ "in several pages", long_text, sizeof(long_text), false },
	};
	struct pair pair = open_pair();

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	assert_int_equal(notify_filter_attach(pair.receiver, NOTIFY_FILTER_NOISE), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_int(cases[i].name, send_text(&pair, cases[i].text, cases[i].length, NO_FD),
			  cases[i].length);
		check_int(cases[i].name,
			  arrives(cases[i].name, &pair, cases[i].text, cases[i].length),
			  cases[i].arrives);
	}
	close_pair(&pair);
}

static void what_waits_already_is_received_and_nothing_after_it(void **state)
{
	struct pair pair = open_pair();

	(void)state;
	assert_int_equal(send_text(&pair, "STATUS=1", 8, NO_FD), 8);
	assert_int_equal(notify_filter_attach(pair.receiver, NOTIFY_FILTER_ALL), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(send_text(&pair, "STATUS=2", 8, NO_FD), 8); /* no queue to fill */
	assert_true(arrives("before", &pair, "STATUS=1", 8));
	assert_false(arrives("after", &pair, "", 0));
	close_pair(&pair);
}

/* So sd_notify_barrier(3) returns. */
static void what_is_passed_with_a_dropped_message_is_closed_at_once(void **state)
{
	struct pair pair = open_pair();
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(notify_filter_attach(pair.receiver, NOTIFY_FILTER_ALL), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(send_text(&pair, "BARRIER=1", 9, ends[1]), 9);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	(void)close(ends[0]);
	close_pair(&pair);
}

static void where_it_cannot_be_that_is_said(void **state)
{
	(void)state;
	assert_int_equal(notify_filter_attach(NO_FD, NOTIFY_FILTER_ALL), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_noise_is_dropped),
		cmocka_unit_test(what_waits_already_is_received_and_nothing_after_it),
		cmocka_unit_test(what_is_passed_with_a_dropped_message_is_closed_at_once),
		cmocka_unit_test(where_it_cannot_be_that_is_said),
	};

	return cmocka_run_group_tests_name("notify_filter", tests, NULL, NULL);
}
