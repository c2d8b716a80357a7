/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Writes what the fuzzers begin with, in the directories that are its three arguments: the messages
 * of the unit test of the parser, and one good input of each other kind.
 */
#include <dbus/dbus.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/notify_messages.h"
#include "readers.h"
#include "signatures.h"

static int n_seeds;

static void write_seed(const char *directory, int first, const void *bytes, size_t size)
{
	char path[4096];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/seed%03d", directory, n_seeds++);
	file = fopen(path, "we");
	if (file == NULL || (first >= 0 && fputc(first, file) == EOF) ||
	    fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

static void write_messages(const char *directory, const struct message *messages, size_t n)
{
	for (size_t i = 0; i < n; i++)
		write_seed(directory, -1, messages[i].text, messages[i].length);
}

static void write_datagrams(const char *directory)
{
#define WRITE(table) write_messages(directory, table, sizeof(table) / sizeof((table)[0]))
	WRITE(ready_messages);
	WRITE(state_messages);
	WRITE(text_messages);
	WRITE(number_messages);
	WRITE(watchdog_messages);
	WRITE(access_messages);
	WRITE(repeated_messages);
	WRITE(nul_messages);
	WRITE(barrier_messages);
	WRITE(unknown_messages);
#undef WRITE
}

static void write_environment(const char *directory)
{
	static const struct {
		enum reader reader;
		const char *text;
	} seeds[] = {
		{ READER_STATUS,
		  "Name:\tdaemon\nState:\tT (stopped)\nPid:\t77\nPPid:\t42\nTracerPid:\t9\n"
		  "Uid:\t1\t2\t3\t4\nSigPnd:\t0000000000000200\n"
		  "ShdPnd:\t0000000000010000\nSigBlk:\t0\n" },
		{ READER_CGROUP, "0::/system.slice/foo@bar.service/sub\n" },
		{ READER_CGROUP, "2:cpu:/\n1:name=systemd:/user.slice/user@1.service/foo.service\n" },
		{ READER_FD_NAMES, "web::admin:stored" },
		{ READER_LISTEN, "127.0.0.1:80" },
		{ READER_LISTEN, "udp:[::1]:53" },
		{ READER_LISTEN, "fifo:/run/x" },
		{ READER_LISTEN, "seqpacket:@abstract" },
		{ READER_AWAITED, "device:/dev/null" },
		{ READER_AWAITED, "dbus:org.example.Name" },
		{ READER_AWAITED, "tcp:[::1]:80" },
		{ READER_SYSTEMD, "LISTEN_PID=7\nLISTEN_FDS=1\nLISTEN_FDNAMES=web\nNOTIFY_SOCKET=@x" },
		{ READER_UPSTART, "UPSTART_FDS=3 4\nPROTO=inet\nPORT=80\nADDR=127.0.0.1" },
		{ READER_UPSTART, "UPSTART_FDS=3\nPROTO=unix\nSOCKET_PATH=/run/x" },
	};

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		write_seed(directory, (int)seeds[i].reader, seeds[i].text, strlen(seeds[i].text));
}

/* The body of @message, which has one argument of this signature. */
static void write_body(const char *directory, int first, DBusMessage *message)
{
	char *bytes;
	int length;
	unsigned body;

	if (message == NULL || !dbus_message_marshal(message, &bytes, &length))
		exit(1);
	memcpy(&body, bytes + 4, sizeof(body));
	write_seed(directory, first, bytes + length - body, body);
	dbus_free(bytes);
	dbus_message_unref(message);
}

static DBusMessage *new_reply(void)
{
	DBusMessage *reply = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN);

	if (reply == NULL || !dbus_message_set_reply_serial(reply, 1))
		exit(1);
	dbus_message_set_serial(reply, 1);
	return reply;
}

/* "start_on" of a job: [["socket", "PROTO=inet"], ["/AND"]]. */
static DBusMessage *new_start_on(void)
{
	static const char *const words[][2] = { { "socket", "PROTO=inet" }, { "/AND", NULL } };
	DBusMessage *reply = new_reply();
	DBusMessageIter top, value, list, operator;

	dbus_message_iter_init_append(reply, &top);
	dbus_message_iter_open_container(&top, DBUS_TYPE_VARIANT, "aas", &value);
	dbus_message_iter_open_container(&value, DBUS_TYPE_ARRAY, "as", &list);
	for (size_t i = 0; i < 2; i++) {
		dbus_message_iter_open_container(&list, DBUS_TYPE_ARRAY, "s", &operator);
		for (size_t k = 0; k < 2 && words[i][k] != NULL; k++)
			dbus_message_iter_append_basic(&operator, DBUS_TYPE_STRING, &words[i][k]);
		dbus_message_iter_close_container(&list, &operator);
	}
	dbus_message_iter_close_container(&value, &list);
	dbus_message_iter_close_container(&top, &value);
	return reply;
}

/* "processes" of an instance: [("main", 7)]. */
static DBusMessage *new_processes(void)
{
	const char *name = "main";
	DBusMessage *reply = new_reply();
	DBusMessageIter top, value, list, process;

	dbus_message_iter_init_append(reply, &top);
	dbus_message_iter_open_container(&top, DBUS_TYPE_VARIANT, "a(si)", &value);
	dbus_message_iter_open_container(&value, DBUS_TYPE_ARRAY, "(si)", &list);
	dbus_message_iter_open_container(&list, DBUS_TYPE_STRUCT, NULL, &process);
	dbus_message_iter_append_basic(&process, DBUS_TYPE_STRING, &name);
	dbus_message_iter_append_basic(&process, DBUS_TYPE_INT32, &(dbus_int32_t){ 7 });
	dbus_message_iter_close_container(&list, &process);
	dbus_message_iter_close_container(&value, &list);
	dbus_message_iter_close_container(&top, &value);
	return reply;
}

static DBusMessage *new_property(const char *text)
{
	DBusMessage *reply = new_reply();
	DBusMessageIter top, value;

	dbus_message_iter_init_append(reply, &top);
	dbus_message_iter_open_container(&top, DBUS_TYPE_VARIANT, "s", &value);
	dbus_message_iter_append_basic(&value, DBUS_TYPE_STRING, &text);
	dbus_message_iter_close_container(&top, &value);
	return reply;
}

static void write_answers(const char *directory)
{
	static const char start_on[] = "socket\0PROTO=inet\0PORT=80\0\0started\0foo\0\0/OR\0";
	const char *path = "/com/ubuntu/Upstart/jobs/foo", *paths[] = { path, path };
	const char *const *list = paths;
	DBusMessage *reply = new_reply();

	dbus_message_append_args(reply, DBUS_TYPE_OBJECT_PATH, &path, DBUS_TYPE_INVALID);
	write_body(directory, SIGNATURE_PATH, reply);
	reply = new_reply();
	dbus_message_append_args(reply, DBUS_TYPE_ARRAY, DBUS_TYPE_OBJECT_PATH, &list, 2,
				 DBUS_TYPE_INVALID);
	write_body(directory, SIGNATURE_PATHS, reply);
	write_body(directory, SIGNATURE_VALUE, new_start_on());
	write_body(directory, SIGNATURE_VALUE, new_processes());
	write_body(directory, SIGNATURE_VALUE, new_property("running"));
	write_seed(directory, N_SIGNATURES, start_on, sizeof(start_on));
	write_seed(directory, N_SIGNATURES, start_on, sizeof(start_on) / 2);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	write_datagrams(argv[1]);
	write_environment(argv[2]);
	write_answers(argv[3]);
	return 0;
}
