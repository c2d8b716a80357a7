/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See notify/statement.h. */
#include "notify/statement.h"

#include <stdint.h>
#include <sys/types.h>

#include "base/util.h"

/* What may stand behind the '='. */
enum kind {
	KIND_ONE, /* "1"; anything else is as if the line were not there */
	KIND_TEXT,
	KIND_NUMBER,
	KIND_WATCHDOG,
	KIND_ACCESS,
};

#define NAME(literal) literal "=", sizeof(literal)
#define FIELD(member) offsetof(struct statement, member)

static const struct field {
	char name[24]; /* as in base/getopt.h: nothing to relocate */
	size_t name_length;
	enum kind kind;
	unsigned change;
	size_t offset;          /* of the value in struct statement */
	unsigned long long max; /* KIND_NUMBER */
} fields[] = {
	{ NAME("WATCHDOG"), KIND_WATCHDOG, STATE_ALIVE | STATE_NOT_ALIVE, 0, 0 },
	{ NAME("READY"), KIND_ONE, STATE_READY, 0, 0 },
	{ NAME("STATUS"), KIND_TEXT, STATE_STATUS, FIELD(status), 0 },
	{ NAME("BARRIER"), KIND_ONE, STATE_BARRIER, 0, 0 },
	{ NAME("RELOADING"), KIND_ONE, STATE_RELOADING, 0, 0 },
	{ NAME("MONOTONIC_USEC"), KIND_NUMBER, STATE_TIME, FIELD(time_us), UINT64_MAX },
	{ NAME("STOPPING"), KIND_ONE, STATE_STOPPING, 0, 0 },
	{ NAME("MAINPID"), KIND_NUMBER, STATE_MAIN_PID, FIELD(main_pid), INT32_MAX },
	{ NAME("MAINPIDFDID"), KIND_NUMBER, STATE_MAIN_PIDFD_ID, FIELD(main_pidfd_id), UINT64_MAX },
	{ NAME("MAINPIDFD"), KIND_ONE, STATE_MAIN_PIDFD, 0, 0 },
	{ NAME("ERRNO"), KIND_TEXT, STATE_ERROR, FIELD(error), 0 },
	{ NAME("BUSERROR"), KIND_TEXT, STATE_BUS_ERROR, FIELD(bus_error), 0 },
	{ NAME("VARLINKERROR"), KIND_TEXT, STATE_VARLINK_ERROR, FIELD(varlink_error), 0 },
	{ NAME("EXIT_STATUS"), KIND_TEXT, STATE_EXIT_STATUS, FIELD(exit_status), 0 },
	{ NAME("EXTEND_TIMEOUT_USEC"), KIND_NUMBER, STATE_EXTEND_TIMEOUT, FIELD(extend_us),
	  UINT64_MAX },
	{ NAME("WATCHDOG_USEC"), KIND_NUMBER, STATE_WATCHDOG_TIME, FIELD(watchdog_us), UINT64_MAX },
	{ NAME("FDSTORE"), KIND_ONE, STATE_FD_STORE, 0, 0 },
	{ NAME("FDSTOREREMOVE"), KIND_ONE, STATE_FD_STORE, 0, 0 },
	{ NAME("NOTIFYACCESS"), KIND_ACCESS, STATE_NOTIFY_ACCESS, FIELD(access), 0 },
};

static bool is_text(struct slice slice, const char *text)
{
	return strlen(text) == slice.length && memcmp(slice.text, text, slice.length) == 0;
}

static const struct field *find_field(struct slice line)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *field = &fields[i];

		if (field->name_length <= line.length && field->name[0] == line.text[0] &&
		    memcmp(field->name, line.text, field->name_length) == 0)
			return field;
	}
	return NULL;
}

static bool read_number(struct slice text, unsigned long long max, unsigned long long *ret_number)
{
	unsigned long long number = 0;

	if (text.length == 0)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		unsigned digit = (unsigned char)text.text[i] - (unsigned)'0';

		if (digit > 9 || number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return true;
}

/* Control processes (ExecReload= and so on) there are none, so "exec" is "main". */
static bool read_access(struct slice text, enum notify_access *ret_access)
{
	static const struct {
		char name[8];
		enum notify_access access;
	} names[] = {
		{ "none", NOTIFY_ACCESS_NONE },
		{ "main", NOTIFY_ACCESS_MAIN },
		{ "exec", NOTIFY_ACCESS_MAIN },
		{ "all", NOTIFY_ACCESS_ALL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (is_text(text, names[i].name)) {
			*ret_access = names[i].access;
			return true;
		}
	}
	return false;
}

/* Returns the changes that @value of @field means; 0: it is not valid. */
static unsigned read_value(const struct field *field, struct slice value, struct statement *said)
{
	char *member = (char *)said + field->offset;

	switch (field->kind) {
	case KIND_ONE:
		return is_text(value, "1") ? field->change : 0;
	case KIND_TEXT:
		memcpy(member, &value, sizeof(value));
		return field->change;
	case KIND_NUMBER:
		return read_number(value, field->max, (unsigned long long *)(void *)member)
			       ? field->change
			       : 0;
	case KIND_WATCHDOG:
		return is_text(value, "1")         ? (unsigned)STATE_ALIVE
		       : is_text(value, "trigger") ? (unsigned)STATE_NOT_ALIVE
						   : 0;
	case KIND_ACCESS:
		return read_access(value, (enum notify_access *)(void *)member) ? field->change : 0;
	}
	return 0;
}

static void read_line(struct slice line, struct statement *said)
{
	const struct field *field = find_field(line);
	struct slice value;
	unsigned changes;

	if (field == NULL)
		return;
	if (field->kind != KIND_ONE && ((said->changes | said->invalid) & field->change) != 0)
		return; /* the first one counts */
	value = (struct slice){ line.text + field->name_length, line.length - field->name_length };
	changes = read_value(field, value, said);
	said->changes |= changes;
	if (changes == 0)
		said->invalid |= field->change;
}

static size_t line_length(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && text[n] != '\n' && text[n] != '\r')
		n++;
	return n;
}

/* Of what excludes each other only the stronger stays; see notify/statement.h. */
static void resolve(struct statement *said, int lines)
{
	if ((said->changes & STATE_BARRIER) != 0 && lines > 1) {
		*said = (struct statement){ .invalid = STATE_BARRIER };
		return;
	}
	if ((said->changes & STATE_STOPPING) != 0)
		said->changes &= ~(unsigned)STATE_READY;
	if ((said->changes & (STATE_STOPPING | STATE_READY)) != 0)
		said->changes &= ~(unsigned)STATE_RELOADING;
}

int notify_parse(const char *text, size_t length, struct statement *ret_said)
{
	struct statement said = { 0 };
	int lines = 0;

	if (length > 0 && text[length - 1] == '\0')
		length--;
	if (memchr(text, '\0', length) != NULL)
		return -EBADMSG;
	while (length > 0) {
		size_t n = line_length(text, length), step = n < length ? n + 1 : n;

		if (n > 0) {
			read_line((struct slice){ text, n }, &said);
			lines++;
		}
		text += step;
		length -= step;
	}
	resolve(&said, lines);
	*ret_said = said;
	return 0;
}
