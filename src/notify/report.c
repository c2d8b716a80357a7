/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See notify/report.h. */
#include "notify/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/util.h"

/* ---- Text ---- */

/* A line that is being made: at REPORT_LINE it is cut, and says so. */
struct line {
	char *text;
	size_t used;
	bool is_cut;
};

static void add(struct line *line, const char *text, size_t length)
{
	static const char mark[] = "...";

	if (line->is_cut)
		return;
	if (line->used + length + sizeof(mark) > REPORT_LINE) {
		line->is_cut = true;
		text = mark;
		length = sizeof(mark) - 1;
	}
	memcpy(line->text + line->used, text, length);
	line->used += length;
}

static void add_format(struct line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_format(struct line *line, const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add(line, text, strlen(text));
}

/*
 * The character at the beginning of @slice, by RFC 3629: no surrogate, nothing in more bytes than it
 * needs. Returns how many bytes it has; 0: it is none.
 */
static size_t decode(struct slice slice, unsigned *ret_character)
{
	static const unsigned smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)slice.text;
	unsigned first = bytes[0], character;
	size_t n = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (n == 0 || n > slice.length || first > 0xf4)
		return 0;
	character = n == 1 ? first : first & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3f);
	}
	if (character < smallest[n] || character > 0x10ffff || (character & ~0x7ffU) == 0xd800)
		return 0;
	*ret_character = character;
	return n;
}

static struct slice skip(struct slice slice, size_t n)
{
	return (struct slice){ slice.text + n, slice.length - n };
}

static bool is_utf8(struct slice slice)
{
	while (slice.length > 0) {
		unsigned character;
		size_t n = decode(slice, &character);

		if (n == 0)
			return false;
		slice = skip(slice, n);
	}
	return true;
}

/* C0, DEL and C1, which terminals obey, and Unicode's own line ends. */
static bool is_control(unsigned character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 ||
	       character == 0x2029;
}

static void add_escaped(struct line *line, struct slice slice)
{
	static const char not_utf8[] = "(not UTF-8)";

	if (!is_utf8(slice)) {
		add(line, not_utf8, sizeof(not_utf8) - 1);
		return;
	}
	while (slice.length > 0 && !line->is_cut) {
		unsigned character = 0;
		size_t n = decode(slice, &character);

		if (!is_control(character))
			add(line, slice.text, n);
		else if (character < 0x100)
			add_format(line, "\\x%02x", character);
		else
			add_format(line, "\\u%04x", character);
		slice = skip(slice, n);
	}
}

/* ---- What makes a line ---- */

enum kind {
	KIND_TEXT,
	KIND_ERROR,
	KIND_NUMBER,
	KIND_WORD, /* nothing but that it was said */
};

static const struct row {
	enum state_change change;
	enum report_detail detail; /* the least that this is part of */
	enum kind kind;
	size_t offset;  /* in struct statement */
	char label[56]; /* as in base/getopt.h: nothing to relocate */
} rows[] = {
	{ STATE_STATUS, REPORT_STATUS, KIND_TEXT, offsetof(struct statement, status), "status: " },
	{ STATE_ERROR, REPORT_STATUS, KIND_ERROR, offsetof(struct statement, error), "error: " },
	{ STATE_BUS_ERROR, REPORT_STATUS, KIND_TEXT, offsetof(struct statement, bus_error),
	  "D-Bus error: " },
	{ STATE_VARLINK_ERROR, REPORT_STATUS, KIND_TEXT, offsetof(struct statement, varlink_error),
	  "Varlink error: " },
	{ STATE_EXIT_STATUS, REPORT_STATUS, KIND_TEXT, offsetof(struct statement, exit_status),
	  "exit status: " },
	{ STATE_NOT_ALIVE, REPORT_STATUS, KIND_WORD, 0,
	  "wants to be ended as if its watchdog had expired" },
	{ STATE_WATCHDOG_TIME, REPORT_ALL, KIND_NUMBER, offsetof(struct statement, watchdog_us),
	  "watchdog time in us: " },
	{ STATE_EXTEND_TIMEOUT, REPORT_ALL, KIND_NUMBER, offsetof(struct statement, extend_us),
	  "more time to start or stop, in us: " },
};

/* "2 (No such file or directory)"; it may also be a name, or nonsense. */
static void add_error(struct line *line, struct slice text)
{
	int number = 0;

	add_escaped(line, text);
	for (size_t i = 0; i < text.length; i++) {
		if (text.text[i] < '0' || text.text[i] > '9' || number > EHWPOISON)
			return;
		number = number * 10 + (text.text[i] - '0');
	}
	if (number > 0 && number <= EHWPOISON) /* beyond the last one strerror(3) would allocate */
		add_format(line, " (%s)", strerror(number));
}

static void add_row(struct line *line, const struct row *row, const struct statement *said)
{
	const char *member = (const char *)said + row->offset;
	unsigned long long number;
	struct slice text;

	if (line->used > 0)
		add(line, "; ", 2);
	add(line, row->label, strlen(row->label));
	switch (row->kind) {
	case KIND_TEXT:
		memcpy(&text, member, sizeof(text));
		add_escaped(line, text);
		break;
	case KIND_ERROR:
		memcpy(&text, member, sizeof(text));
		add_error(line, text);
		break;
	case KIND_NUMBER:
		memcpy(&number, member, sizeof(number));
		add_format(line, "%llu", number);
		break;
	case KIND_WORD:
		break;
	}
}

static bool is_row_wanted(const struct report *report, const struct row *row,
			  const struct statement *said)
{
	return (said->changes & row->change) != 0 && row->detail <= report->detail;
}

static size_t make_line(const struct report *report, const struct statement *said,
			const char *phase, char text[static REPORT_LINE])
{
	struct line line = { .text = text };

	if (phase != NULL && report->detail >= REPORT_ALL)
		add(&line, phase, strlen(phase));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (is_row_wanted(report, &rows[i], said))
			add_row(&line, &rows[i], said);
	}
	line.text[line.used] = '\0';
	return line.used;
}

/* ---- How often ---- */

/* Time pays for one line in each interval, and never in advance. */
static void pay(struct report *report, long long now_ms)
{
	while (report->n_early > 0 && now_ms - report->paid_ms >= REPORT_INTERVAL_MS) {
		report->n_early--;
		report->paid_ms += REPORT_INTERVAL_MS;
	}
	if (report->n_early == 0)
		report->paid_ms = now_ms;
}

static const char *let_through(struct report *report)
{
	if (report->n_left_out > 0)
		(void)snprintf(report->line + report->length, sizeof(report->line) - report->length,
			       " (%u lines before it were left out)", report->n_left_out);
	report->is_kept = false;
	report->n_left_out = 0;
	report->n_early++;
	return report->line;
}

const char *report_take(struct report *report, const struct statement *said, const char *phase,
			pid_t sender, long long now_ms)
{
	char line[REPORT_LINE];
	bool has_status = (said->changes & STATE_STATUS) != 0;
	size_t length = make_line(report, said, phase, line);

	if (length == 0)
		return NULL;
	pay(report, now_ms);
	if (length == report->length && memcmp(line, report->line, length) == 0)
		return NULL; /* it is known, or will be */
	if (report->is_kept) {
		report->n_left_out++;
		if (report->has_status && !has_status)
			return NULL; /* the last status is worth more */
	}
	memcpy(report->line, line, length + 1);
	report->length = length;
	report->sender = sender;
	report->has_status = has_status;
	report->is_kept = true;
	return report->n_early < REPORT_BURST ? let_through(report) : NULL;
}

long long report_due_ms(const struct report *report)
{
	return report->is_kept ? report->paid_ms + REPORT_INTERVAL_MS : 0;
}

const char *report_take_kept(struct report *report, bool at_the_end, long long now_ms)
{
	pay(report, now_ms);
	if (!report->is_kept || (report->n_early >= REPORT_BURST && !at_the_end))
		return NULL;
	return let_through(report);
}
