/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* notify/statement.c: which datagrams say what. The forms are those that systemd's own receiver meets. */
#include "unit.h"

#include "base/util.h"
#include "notify/statement.h"
#include "notify_messages.h"

/* Parses a copy of exactly @length bytes, so that reading beyond its end does not go unnoticed. */
static int parse(const char *text, size_t length, char **ret_copy, struct statement *ret_said)
{
	char *copy = malloc(length > 0 ? length : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, length);
	r = notify_parse(copy, length, ret_said);
	*ret_copy = copy;
	return r;
}

/* ---- A statement as a line ---- */

static const struct {
	unsigned change;
	const char *name;
} flags[] = {
	{ STATE_READY, "ready" },         { STATE_RELOADING, "reloading" },
	{ STATE_STOPPING, "stopping" },   { STATE_BARRIER, "barrier" },
	{ STATE_MAIN_PIDFD, "pidfd" },    { STATE_ALIVE, "alive" },
	{ STATE_NOT_ALIVE, "not-alive" }, { STATE_FD_STORE, "fd-store" },
};

static const struct {
	unsigned change;
	const char *name;
	size_t offset;
} texts[] = {
	{ STATE_STATUS, "status", offsetof(struct statement, status) },
	{ STATE_ERROR, "error", offsetof(struct statement, error) },
	{ STATE_BUS_ERROR, "bus-error", offsetof(struct statement, bus_error) },
	{ STATE_VARLINK_ERROR, "varlink-error", offsetof(struct statement, varlink_error) },
	{ STATE_EXIT_STATUS, "exit-status", offsetof(struct statement, exit_status) },
};

static const struct {
	unsigned change;
	const char *name;
	size_t offset;
} numbers[] = {
	{ STATE_MAIN_PID, "main-pid", offsetof(struct statement, main_pid) },
	{ STATE_MAIN_PIDFD_ID, "pidfd-id", offsetof(struct statement, main_pidfd_id) },
	{ STATE_TIME, "time", offsetof(struct statement, time_us) },
	{ STATE_WATCHDOG_TIME, "watchdog", offsetof(struct statement, watchdog_us) },
	{ STATE_EXTEND_TIMEOUT, "extend", offsetof(struct statement, extend_us) },
};

struct line {
	char text[NOTIFY_MAX + 256];
	size_t used;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...)
{
	va_list args;

	if (line->used > 0)
		line->text[line->used++] = ' ';
	va_start(args, format);
	line->used += (size_t)vsnprintf(line->text + line->used, sizeof(line->text) - line->used,
					format, args);
	va_end(args);
}

static void add_values(struct line *line, const struct statement *said)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct slice value;

		memcpy(&value, (const char *)said + texts[i].offset, sizeof(value));
		if ((said->changes & texts[i].change) != 0)
			add(line, "%s=%.*s", texts[i].name, (int)value.length, value.text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		unsigned long long value;

		memcpy(&value, (const char *)said + numbers[i].offset, sizeof(value));
		if ((said->changes & numbers[i].change) != 0)
			add(line, "%s=%llu", numbers[i].name, value);
	}
}

static const char *print(const struct statement *said, struct line *line)
{
	static const char *const accesses[] = { "none", "main", "all" };

	*line = (struct line){ .text = "" };
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if ((said->changes & flags[i].change) != 0)
			add(line, "%s", flags[i].name);
	}
	add_values(line, said);
	if ((said->changes & STATE_NOTIFY_ACCESS) != 0)
		add(line, "access=%s", accesses[said->access]);
	for (unsigned bit = 1; bit != 0; bit <<= 1) {
		if ((said->invalid & bit) != 0)
			add(line, "invalid:%#x", bit);
	}
	return line->text;
}

/* ---- The tests ---- */

static void check_messages(const struct message *messages, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct statement said = { 0 };
		struct line line;
		char *copy;
		int r = parse(messages[i].text, messages[i].length, &copy, &said);

		check_text(messages[i].name, r < 0 ? "void" : print(&said, &line),
			   messages[i].expected);
		check_int(messages[i].name, r, r < 0 ? -EBADMSG : 0);
		free(copy);
	}
}

#define CHECK_TABLE(table)                                  \
 static void table##_are_read_as_systemd_does(void **state) \
 {                                                          \
  (void)state;                                              \
  check_messages(table, ARRAY_SIZE(table));                 \
 }

CHECK_TABLE(ready_messages)
CHECK_TABLE(state_messages)
CHECK_TABLE(text_messages)
CHECK_TABLE(number_messages)
CHECK_TABLE(watchdog_messages)
CHECK_TABLE(access_messages)
CHECK_TABLE(repeated_messages)
CHECK_TABLE(nul_messages)
CHECK_TABLE(barrier_messages)
CHECK_TABLE(unknown_messages)

/* A message as long as one can be, READY=1 at its end. */
static void the_longest_message_is_read_to_its_end(void **state)
{
	static const char ready[] = "\nREADY=1", status[] = "STATUS=";
	char text[NOTIFY_MAX + 1];
	size_t start = sizeof(text) - sizeof(ready);
	struct statement said;

	(void)state;
	memset(text, 'x', start);
	memcpy(text + start, ready, sizeof(ready));
	assert_int_equal(notify_parse(text, NOTIFY_MAX, &said), 0);
	assert_int_equal(said.changes, STATE_READY);
	assert_int_equal(notify_parse(text, NOTIFY_MAX - 1, &said), 0);
	assert_int_equal(said.changes, 0);
	memset(text, '\n', start);
	assert_int_equal(notify_parse(text, NOTIFY_MAX, &said), 0);
	assert_int_equal(said.changes, STATE_READY);
	memcpy(text, status, sizeof(status));
	memset(text + 7, 'x', NOTIFY_MAX - 7);
	assert_int_equal(notify_parse(text, NOTIFY_MAX, &said), 0);
	assert_int_equal(said.status.length, NOTIFY_MAX - 7);
}

/* What was there before is no part of it, and stays when there is nothing to read. */
static void the_statement_is_whole_or_untouched(void **state)
{
	struct statement said = { .changes = ~0U, .invalid = ~0U };

	(void)state;
	assert_int_equal(notify_parse("\0READY=1", 8, &said), -EBADMSG);
	assert_int_equal(said.changes, ~0U);
	assert_int_equal(notify_parse("READY=1", 7, &said), 0);
	assert_int_equal(said.changes, STATE_READY);
	assert_int_equal(said.invalid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_messages_are_read_as_systemd_does),
		cmocka_unit_test(state_messages_are_read_as_systemd_does),
		cmocka_unit_test(text_messages_are_read_as_systemd_does),
		cmocka_unit_test(number_messages_are_read_as_systemd_does),
		cmocka_unit_test(watchdog_messages_are_read_as_systemd_does),
		cmocka_unit_test(access_messages_are_read_as_systemd_does),
		cmocka_unit_test(repeated_messages_are_read_as_systemd_does),
		cmocka_unit_test(nul_messages_are_read_as_systemd_does),
		cmocka_unit_test(barrier_messages_are_read_as_systemd_does),
		cmocka_unit_test(unknown_messages_are_read_as_systemd_does),
		cmocka_unit_test(the_longest_message_is_read_to_its_end),
		cmocka_unit_test(the_statement_is_whole_or_untouched),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
