/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See babysitter/relay.h. */
#include "babysitter/relay.h"

#include "base/text.h"
#include "base/util.h"

/* RELOADING=1 goes with the time that it was said at, sd_notify(3). */
static void add_phase(struct text *text, const struct statement *said)
{
	if ((said->changes & STATE_READY) != 0)
		text_add(text, "READY=1\n");
	if ((said->changes & STATE_RELOADING) != 0)
		text_add(text, "RELOADING=1\n");
	if ((said->changes & STATE_STOPPING) != 0)
		text_add(text, "STOPPING=1\n");
	if ((said->changes & STATE_RELOADING) != 0 && (said->changes & STATE_TIME) != 0) {
		text_add(text, "MONOTONIC_USEC=");
		text_add_number(text, (unsigned long)said->time_us);
		text_add(text, "\n");
	}
}

static void add_value(struct text *text, const char *name, const struct slice *value)
{
	text_add(text, name);
	text_add_part(text, value->text, value->length);
	text_add(text, "\n");
}

bool relay_format(const struct statement *said, bool with_life, char *text, size_t size)
{
	const struct {
		enum state_change change;
		const char *name;
		const struct slice *value;
	} values[] = { { STATE_STATUS, "STATUS=", &said->status },
		       { STATE_ERROR, "ERRNO=", &said->error },
		       { STATE_BUS_ERROR, "BUSERROR=", &said->bus_error } };
	struct text all = text_begin(text, size);
	size_t length;

	add_phase(&all, said);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if ((said->changes & (unsigned)values[i].change) != 0)
			add_value(&all, values[i].name, values[i].value);
	}
	if (with_life && (said->changes & STATE_ALIVE) != 0)
		text_add(&all, "WATCHDOG=1\n");
	if ((said->changes & STATE_NOT_ALIVE) != 0)
		text_add(&all, "WATCHDOG=trigger\n");
	length = (size_t)(all.next - text);
	if (length == 0 || all.is_cut)
		return false;
	text[length - 1] =
		'\0'; /* some read no further than the first line, but none wants the last end */
	return true;
}
