/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notify.c: which datagrams say what. The forms are those that systemd's own receiver meets. */
#include "unit.h"

#include "notify.h"
#include "protocol.h"
#include "util.h"

/* Parses a copy of exactly @length bytes, so that reading beyond its end does not go unnoticed. */
static int parse(const char *text, size_t length)
{
	char *copy = malloc(length > 0 ? length : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, length);
	r = notify_parse(copy, length);
	free(copy);
	return r;
}

struct message {
	const char *name;
	const char *text;
	size_t length;
	int expected;
};

#define TEXT(literal) literal, sizeof(literal) - 1

static void check_messages(const struct message *messages, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_int(messages[i].name, parse(messages[i].text, messages[i].length),
			  messages[i].expected);
}

static void ready_counts_only_as_a_whole_line(void **state)
{
	static const struct message cases[] = {
		{ "alone", TEXT("READY=1"), STATE_READY },
		{ "with line feed", TEXT("READY=1\n"), STATE_READY },
		{ "after status", TEXT("STATUS=x\nREADY=1"), STATE_READY },
		{ "before status", TEXT("READY=1\nSTATUS=x"), STATE_READY },
		{ "between lines", TEXT("A=1\nREADY=1\nB=1\n"), STATE_READY },
		{ "after empty lines", TEXT("\n\nREADY=1"), STATE_READY },
		{ "carriage returns", TEXT("STATUS=x\r\nREADY=1\r\n"), STATE_READY },
		{ "carriage return alone", TEXT("STATUS=x\rREADY=1\r"), STATE_READY },
		{ "twice", TEXT("READY=1\nREADY=1"), STATE_READY },
		{ "within a value", TEXT("STATUS=READY=1"), 0 },
		{ "10", TEXT("READY=10"), 0 },
		{ "11", TEXT("READY=11"), 0 },
		{ "0", TEXT("READY=0"), 0 },
		{ "no value", TEXT("READY="), 0 },
		{ "no equals sign", TEXT("READY"), 0 },
		{ "space before", TEXT(" READY=1"), 0 },
		{ "space after", TEXT("READY=1 "), 0 },
		{ "tab after", TEXT("READY=1\t\n"), 0 },
		{ "lower case", TEXT("ready=1"), 0 },
		{ "longer name", TEXT("ALREADY=1"), 0 },
		{ "vertical tab is no line end", TEXT("A=1\vREADY=1"), 0 },
	};

	(void)state;
	check_messages(cases, ARRAY_SIZE(cases));
}

static void each_change_has_its_own_bit(void **state)
{
	static const struct message cases[] = {
		{ "reloading", TEXT("RELOADING=1"), STATE_RELOADING },
		{ "reloading with its time", TEXT("RELOADING=1\nMONOTONIC_USEC=7"), STATE_RELOADING },
		{ "stopping", TEXT("STOPPING=1"), STATE_STOPPING },
		{ "stopping, ready", TEXT("STOPPING=1\nREADY=1"), STATE_STOPPING | STATE_READY },
		{ "all three", TEXT("RELOADING=1\nREADY=1\nSTOPPING=1"),
		  STATE_RELOADING | STATE_READY | STATE_STOPPING },
		{ "main pid and ready", TEXT("MAINPID=4711\nREADY=1"), STATE_READY },
		{ "unknown", TEXT("X_FOO=1\nWATCHDOG=1\nFDSTORE=1"), 0 },
		{ "no variable at all", TEXT("hello"), 0 },
		{ "empty", TEXT(""), 0 },
		{ "line ends only", TEXT("\n\r\n\r"), 0 },
	};

	(void)state;
	check_messages(cases, ARRAY_SIZE(cases));
}

static void one_nul_at_the_end_is_allowed_and_no_other(void **state)
{
	static const struct message cases[] = {
		{ "at the end", TEXT("READY=1\0"), STATE_READY },
		{ "after the line feed", TEXT("READY=1\n\0"), STATE_READY },
		{ "barrier", TEXT("BARRIER=1\0"), STATE_BARRIER },
		{ "nothing else", TEXT("\0"), 0 },
		{ "two at the end", TEXT("READY=1\0\0"), -EBADMSG },
		{ "in front", TEXT("\0READY=1"), -EBADMSG },
		{ "between lines", TEXT("READY=1\n\0STATUS=x"), -EBADMSG },
		{ "after another line", TEXT("STATUS=\0\nREADY=1"), -EBADMSG },
		{ "two, nothing else", TEXT("\0\0"), -EBADMSG },
	};

	(void)state;
	check_messages(cases, ARRAY_SIZE(cases));
}

static void a_barrier_counts_alone_and_voids_what_is_beside_it(void **state)
{
	static const struct message cases[] = {
		{ "alone", TEXT("BARRIER=1"), STATE_BARRIER },
		{ "with line feed", TEXT("BARRIER=1\n"), STATE_BARRIER },
		{ "among empty lines", TEXT("\n\r\nBARRIER=1\r\n\n"), STATE_BARRIER },
		{ "0", TEXT("BARRIER=0"), 0 },
		{ "before ready", TEXT("BARRIER=1\nREADY=1"), 0 },
		{ "after ready", TEXT("READY=1\nBARRIER=1"), 0 },
		{ "beside an unknown line", TEXT("BARRIER=1\nX=1"), 0 },
		{ "twice", TEXT("BARRIER=1\nBARRIER=1"), 0 },
	};

	(void)state;
	check_messages(cases, ARRAY_SIZE(cases));
}

/* A message as long as one can be, READY=1 at its end. */
static void the_longest_message_is_read_to_its_end(void **state)
{
	static const char ready[] = "\nREADY=1";
	char text[NOTIFY_MAX + 1];
	size_t start = sizeof(text) - sizeof(ready);

	(void)state;
	memset(text, 'x', start);
	memcpy(text + start, ready, sizeof(ready));
	assert_int_equal(parse(text, NOTIFY_MAX), STATE_READY);
	assert_int_equal(parse(text, NOTIFY_MAX - 1), 0);
	memset(text, '\n', start);
	assert_int_equal(parse(text, NOTIFY_MAX), STATE_READY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_counts_only_as_a_whole_line),
		cmocka_unit_test(each_change_has_its_own_bit),
		cmocka_unit_test(one_nul_at_the_end_is_allowed_and_no_other),
		cmocka_unit_test(a_barrier_counts_alone_and_voids_what_is_beside_it),
		cmocka_unit_test(the_longest_message_is_read_to_its_end),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
