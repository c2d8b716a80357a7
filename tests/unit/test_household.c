/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What the parent of the shape supervise says to the babysitter, over a real pair of sockets. */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "act/supervise/household.h"
#include "base/util.h"

#define MANY 1000 /* the kernel keeps 277 or so of a byte each */

struct pair {
	struct household parent;
	int babysitter;
};

static struct pair open_pair(void)
{
	struct pair pair = { .babysitter = -1 };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	pair.parent.setup.channel = ends[0];
	pair.babysitter = ends[1];
	return pair;
}

static void close_pair(struct pair *pair)
{
	assert_int_equal(close(pair->parent.setup.channel), 0);
	assert_int_equal(close(pair->babysitter), 0);
}

/* Each that is in @words @times times. */
static void say(struct pair *pair, const char *words, int times)
{
	for (; *words != '\0'; words++) {
		for (int i = 0; i < times; i++)
			household_say_to_babysitter(&pair->parent, (enum parent_byte) * words);
	}
}

/* The words that are there, all of them read. */
static void assert_heard(const struct pair *pair, const char *expected)
{
	char heard[2 * MANY], *end = heard;

	while (end < heard + sizeof(heard) - 1 && recv(pair->babysitter, end, 1, MSG_DONTWAIT) == 1)
		end++;
	*end = '\0';
	assert_string_equal(heard, expected);
}

/* Without this a host's stop was lost behind what -t forking says of each process that it reaps. */
static void what_is_said_last_is_heard_however_often_something_was_said_before(void **state)
{
	static const char *const rows[] = { "f", "fs", "fe", "fse", "sfe", "fsfsfe" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pair pair = open_pair();

		print_message("# %s\n", rows[i]);
		say(&pair, rows[i], MANY);
		assert_heard(&pair, rows[i]);
		close_pair(&pair);
	}
}

static void what_was_read_is_said_again(void **state)
{
	struct pair pair = open_pair();

	(void)state;
	for (int i = 0; i < 3; i++) {
		say(&pair, "f", 2);
		assert_heard(&pair, "f");
	}
	close_pair(&pair);
}

static void a_word_that_is_a_zero_is_said_first_as_well(void **state)
{
	struct pair pair = open_pair();
	char word = 'x';

	(void)state;
	household_say_to_babysitter(&pair.parent, PARENT_GOES_ON);
	assert_int_equal(recv(pair.babysitter, &word, 1, MSG_DONTWAIT), 1);
	assert_int_equal(word, PARENT_GOES_ON);
	close_pair(&pair);
}

static void nobody_to_hear_it_is_no_harm(void **state)
{
	struct pair pair = open_pair();

	(void)state;
	assert_int_equal(shutdown(pair.babysitter, SHUT_RDWR), 0);
	say(&pair, "fffs", MANY);
	close_pair(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_last_is_heard_however_often_something_was_said_before),
		cmocka_unit_test(what_was_read_is_said_again),
		cmocka_unit_test(a_word_that_is_a_zero_is_said_first_as_well),
		cmocka_unit_test(nobody_to_hear_it_is_no_harm),
	};

	return cmocka_run_group_tests_name("household", tests, NULL, NULL);
}
