/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What daemons send: an input is datagrams, ended by a NUL each, for one babysitter and its report;
 * and, before that, as a whole one datagram.
 */
#include "fuzz.h"

#include "babysitter/step.h"
#include "notify/report.h"
#include "notify/statement.h"

#define STEP_MS 700

static struct report reports[] = { { .detail = REPORT_NONE },
				   { .detail = REPORT_STATUS },
				   { .detail = REPORT_ALL } };

/* One line, that no terminal obeys. */
static void check_line(const char *line)
{
	fuzz_check(strlen(line) < sizeof(reports[0].line));
	for (; *line != '\0'; line++) {
		unsigned char byte = (unsigned char)*line;

		fuzz_check(byte >= 0x20 && byte != 0x7f);
		fuzz_check(byte != 0xc2 || (unsigned char)line[1] >= 0xa0);
	}
}

static void check_statement(const struct statement *said, const char *text, size_t length)
{
	const struct slice *slices[] = { &said->status, &said->error, &said->bus_error,
					 &said->varlink_error, &said->exit_status };

	fuzz_check((said->changes & STATE_BARRIER) == 0 || said->changes == STATE_BARRIER);
	fuzz_check((said->changes & STATE_STOPPING) == 0 ||
		   (said->changes & (STATE_READY | STATE_RELOADING)) == 0);
	for (size_t i = 0; i < sizeof(slices) / sizeof(slices[0]); i++) {
		if (slices[i]->text == NULL)
			continue;
		fuzz_check(slices[i]->text >= text && slices[i]->length <= length);
		fuzz_check(slices[i]->text + slices[i]->length <= text + length);
	}
}

static void take(struct babysitter *sitter, const struct statement *said, long long now_ms)
{
	struct babysitter_event event = { .kind = EVENT_NOTIFICATION,
					  .said = said,
					  .sender = SENDER_MAIN,
					  .telling = { .now_ms = now_ms } };
	struct babysitter_step step = babysitter_step(sitter, &event);

	fuzz_check(sitter->access <= sitter->granted);
	fuzz_check(sitter->due_ms[DEADLINE_START] >= 0);
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		const char *line = report_take(&reports[i], said, step.phase, 7, now_ms);

		fuzz_check(line == NULL || reports[i].detail != REPORT_NONE);
		if (line != NULL)
			check_line(line);
		line = report_take_kept(&reports[i], false, now_ms);
		if (line != NULL)
			check_line(line);
	}
}

/* Returns whether it counts. */
static void send_datagram(struct babysitter *sitter, const void *data, size_t size, long long now_ms)
{
	char *text = fuzz_copy(data, size);
	struct statement said;

	if (notify_parse(text, size, &said) == 0) {
		check_statement(&said, text, size);
		take(sitter, &said, now_ms);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct babysitter sitter = { .host = &host_upstart,
				     .way = host_upstart.way,
				     .granted = NOTIFY_ACCESS_ALL,
				     .access = NOTIFY_ACCESS_ALL,
				     .due_ms = { [DEADLINE_START] = 5000 } };
	long long now_ms = 1000;

	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
		reports[i] = (struct report){ .detail = reports[i].detail };
	if (size > NOTIFY_MAX)
		size = NOTIFY_MAX;
	send_datagram(&sitter, data, size, now_ms);
	while (size > 0) {
		const uint8_t *end = memchr(data, '\0', size);
		size_t length = end != NULL ? (size_t)(end - data) : size;

		now_ms += STEP_MS;
		send_datagram(&sitter, data, length, now_ms);
		length += end != NULL;
		data += length;
		size -= length;
	}
	return 0;
}
