/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See notify.h. */
#include "notify.h"

#include "protocol.h"
#include "util.h"

static const struct {
	const char *line;
	enum state_change change;
} changes[] = {
	{ "READY=1", STATE_READY },
	{ "RELOADING=1", STATE_RELOADING },
	{ "STOPPING=1", STATE_STOPPING },
	{ "BARRIER=1", STATE_BARRIER },
};

static int change_of(const char *line, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		if (strlen(changes[i].line) == length && memcmp(changes[i].line, line, length) == 0)
			return (int)changes[i].change;
	}
	return 0;
}

static size_t line_length(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && text[n] != '\n' && text[n] != '\r')
		n++;
	return n;
}

int notify_parse(const char *text, size_t length)
{
	int found = 0, lines = 0;

	if (length > 0 && text[length - 1] == '\0')
		length--;
	if (memchr(text, '\0', length) != NULL)
		return -EBADMSG;
	while (length > 0) {
		size_t n = line_length(text, length), step = n < length ? n + 1 : n;

		if (n > 0) {
			found |= change_of(text, n);
			lines++;
		}
		text += step;
		length -= step;
	}
	return (found & STATE_BARRIER) != 0 && lines > 1 ? 0 : found;
}
