/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What service managers, or who claims to be one, answer over D-Bus: from the reply that bus-query
 * is given to the start_on that the bridge reads out of bus-query's answer. The first byte of an
 * input chooses the reply's signature, modulo their number; the rest is the body, little-endian as
 * D-Bus has it, or for the last one the answer itself.
 */
#include "fuzz.h"

#include "bus-query/reply.h"
#include "hosts/upstart/start_on.h"
#include "signatures.h"

/* dbus-specification, "Message Format": the fixed part, then the fields, then padding to 8. */
static DBusMessage *make_reply(const char *signature, const uint8_t *body, size_t size)
{
	/* Little-endian, a method's return; field 5: to what serial number; field 8: the signature. */
	static const char kind[] = { 'l', 2, 0, 1 }, serial[] = { 5, 1, 'u', 0, 1, 0, 0, 0 };
	static const char signature_field[] = { 8, 1, 'g', 0 };
	size_t length = strlen(signature);
	uint32_t fields = (uint32_t)(8 + 4 + 1 + length + 1), padded = (fields + 7) & ~7U;
	char *bytes = calloc(1, 16 + padded + size), *at = bytes + 16;
	DBusMessage *reply;

	fuzz_check(bytes != NULL);
	memcpy(bytes, kind, sizeof(kind));
	memcpy(bytes + 4, &(uint32_t){ (uint32_t)size }, 4);
	memcpy(bytes + 8, &(uint32_t){ 1 }, 4);
	memcpy(bytes + 12, &fields, 4);
	memcpy(at, serial, sizeof(serial));
	memcpy(at + 8, signature_field, sizeof(signature_field));
	at[12] = (char)length;
	memcpy(at + 13, signature, length + 1);
	if (size > 0)
		memcpy(bytes + 16 + padded, body, size);
	reply = dbus_message_demarshal(bytes, (int)(16 + padded + size), NULL);
	free(bytes);
	return reply;
}

/* Any answer is a list of texts that end with a NUL, as the bridge reads it. */
static void read_conditions(const char *text, size_t length)
{
	char *copy = fuzz_copy_text(text, length);
	struct start_on start_on = { .is_known = true, .text = copy, .length = length };
	const char *at = copy;
	struct term term;
	struct choice choice;
	static const struct description event = { "inet", "80", "::", "/x" };
	int worth[MAX_CHOICES];
	enum fit fits[MAX_CHOICES] = { FIT_UNTOLD };
	size_t n = 0;

	for (size_t i = 0; i < MAX_CHOICES; i++)
		worth[i] = WORTH_LISTENER;
	while (upstart_read_term(&start_on, &at, &term)) {
		fuzz_check(at <= copy + length);
		if (term.kind == TERM_SOCKET && n < MAX_CHOICES)
			fits[n++] = upstart_fit(&event, &term.description);
	}
	(void)upstart_choose(&start_on, worth, fits, &choice);
	free(copy);
}

static void read_paths(DBusMessage *reply)
{
	DBusMessageIter paths;
	const char *path;

	if (!reply_open_paths(reply, &paths))
		return;
	while ((path = reply_next_path(&paths)) != NULL)
		fuzz_check(path[0] == '/');
}

static void read_reply(DBusMessage *reply)
{
	static struct answer answer;
	const char *path;
	bool found;

	(void)reply_read_path(reply, &path);
	read_paths(reply);
	(void)reply_has_process(reply, 7, &found);
	answer.length = 0;
	if (reply_read_line(reply, &answer))
		fuzz_check(memchr(answer.text, '\n', answer.length) ==
			   answer.text + answer.length - 1);
	answer.length = 0;
	if (reply_read_start_on(reply, &answer))
		read_conditions(answer.text, answer.length);
	fuzz_check(answer.length <= sizeof(answer.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DBusMessage *reply;
	size_t which;

	if (size == 0)
		return 0;
	which = data[0] % (N_SIGNATURES + 1);
	if (which == N_SIGNATURES) {
		char *text = fuzz_copy(data + 1, size - 1);

		read_conditions(text, size - 1);
		free(text);
		return 0;
	}
	reply = make_reply(signatures[which], data + 1, size - 1);
	if (reply == NULL)
		return 0;
	read_reply(reply);
	dbus_message_unref(reply);
	return 0;
}
