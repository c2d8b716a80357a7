/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See bus_peer.h. */
#include "bus_peer.h"

#include <dbus/dbus.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE_LENGTH 100000
#define DEADLINE_MS 10000

/* In the peer's process, where nothing but a crash can be told to the test. */
#define must(condition)                                                     \
 do {                                                                       \
  if (!(condition)) {                                                       \
   dprintf(STDERR_FILENO, "# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
   _exit(99);                                                               \
  }                                                                         \
 } while (0)

static struct peer *self;
static DBusConnection *connection;
static DBusWatch *server_watch;

/* ---- answers ---- */

static const char *last_string(DBusMessage *call)
{
	const char *text = NULL;
	DBusMessageIter args;

	if (!dbus_message_iter_init(call, &args))
		return NULL;
	do
		if (dbus_message_iter_get_arg_type(&args) == DBUS_TYPE_STRING)
			dbus_message_iter_get_basic(&args, &text);
	while (dbus_message_iter_next(&args));
	return text;
}

static bool fits(const char *wanted, const char *found)
{
	return wanted == NULL || (found != NULL && strcmp(wanted, found) == 0);
}

static const struct peer_answer *find_answer(const struct peer_answer *answers, DBusMessage *call)
{
	for (; answers != NULL && answers->member != NULL; answers++)
		if (fits(answers->member, dbus_message_get_member(call)) &&
		    fits(answers->path, dbus_message_get_path(call)) &&
		    fits(answers->argument, last_string(call)))
			return answers;
	return NULL;
}

static void add_variant(DBusMessageIter *iter, int type, const char *signature, const void *value)
{
	DBusMessageIter variant;

	must(dbus_message_iter_open_container(iter, DBUS_TYPE_VARIANT, signature, &variant));
	must(dbus_message_iter_append_basic(&variant, type, value));
	must(dbus_message_iter_close_container(iter, &variant));
}

static void add_huge(DBusMessageIter *iter)
{
	char *text = malloc(HUGE_LENGTH + 1);

	must(text != NULL);
	memset(text, 'x', HUGE_LENGTH);
	text[HUGE_LENGTH] = '\0';
	add_variant(iter, DBUS_TYPE_STRING, "s", &text);
	free(text);
}

static void add_paths(DBusMessageIter *iter, const char *const *values)
{
	DBusMessageIter array;

	must(dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "o", &array));
	for (; *values != NULL; values++)
		must(dbus_message_iter_append_basic(&array, DBUS_TYPE_OBJECT_PATH, values));
	must(dbus_message_iter_close_container(iter, &array));
}

static void add_processes(DBusMessageIter *iter, const char *const *values)
{
	DBusMessageIter variant, array, process;
	const char *name = "main";

	must(dbus_message_iter_open_container(iter, DBUS_TYPE_VARIANT, "a(si)", &variant));
	must(dbus_message_iter_open_container(&variant, DBUS_TYPE_ARRAY, "(si)", &array));
	for (; *values != NULL; values++) {
		dbus_int32_t pid = (dbus_int32_t)strtol(*values, NULL, 10);

		must(dbus_message_iter_open_container(&array, DBUS_TYPE_STRUCT, NULL, &process));
		must(dbus_message_iter_append_basic(&process, DBUS_TYPE_STRING, &name));
		must(dbus_message_iter_append_basic(&process, DBUS_TYPE_INT32, &pid));
		must(dbus_message_iter_close_container(&array, &process));
	}
	must(dbus_message_iter_close_container(&variant, &array));
	must(dbus_message_iter_close_container(iter, &variant));
}

static void add_operators(DBusMessageIter *iter, const char *const *values)
{
	DBusMessageIter variant, array, words;

	must(dbus_message_iter_open_container(iter, DBUS_TYPE_VARIANT, "aas", &variant));
	must(dbus_message_iter_open_container(&variant, DBUS_TYPE_ARRAY, "as", &array));
	for (; *values != NULL; values++) {
		must(dbus_message_iter_open_container(&array, DBUS_TYPE_ARRAY, "s", &words));
		for (; strcmp(*values, "|") != 0; values++)
			must(dbus_message_iter_append_basic(&words, DBUS_TYPE_STRING, values));
		must(dbus_message_iter_close_container(&array, &words));
	}
	must(dbus_message_iter_close_container(&variant, &array));
	must(dbus_message_iter_close_container(iter, &variant));
}

static void add_answer(DBusMessageIter *iter, const struct peer_answer *answer)
{
	const dbus_uint32_t number = 7;
	dbus_uint64_t long_number;

	switch (answer->kind) {
	case ANSWER_PATH_TWICE:
		must(dbus_message_iter_append_basic(iter, DBUS_TYPE_OBJECT_PATH, answer->values));
		__attribute__((fallthrough));
	case ANSWER_PATH:
		must(dbus_message_iter_append_basic(iter, DBUS_TYPE_OBJECT_PATH, answer->values));
		break;
	case ANSWER_PATHS:
		add_paths(iter, answer->values);
		break;
	case ANSWER_TEXT:
		add_variant(iter, DBUS_TYPE_STRING, "s", answer->values);
		break;
	case ANSWER_PROCESSES:
		add_processes(iter, answer->values);
		break;
	case ANSWER_OPERATORS:
		add_operators(iter, answer->values);
		break;
	case ANSWER_NUMBER:
		add_variant(iter, DBUS_TYPE_UINT32, "u", &number);
		break;
	case ANSWER_LONG_NUMBER:
		long_number = strtoull(answer->values[0], NULL, 10);
		add_variant(iter, DBUS_TYPE_UINT64, "t", &long_number);
		break;
	case ANSWER_BARE_TEXT:
		must(dbus_message_iter_append_basic(iter, DBUS_TYPE_STRING, answer->values));
		break;
	case ANSWER_HUGE:
		add_huge(iter);
		break;
	case ANSWER_ERROR:
	case ANSWER_EMPTY:
	case ANSWER_CLOSE:
	case ANSWER_SILENCE:
		break;
	}
}

static DBusMessage *new_reply(DBusMessage *call, const struct peer_answer *answer)
{
	DBusMessageIter iter;
	DBusMessage *reply =
		answer->kind == ANSWER_ERROR
			? dbus_message_new_error(call, answer->values[0], answer->values[1])
			: dbus_message_new_method_return(call);

	must(reply != NULL);
	dbus_message_iter_init_append(reply, &iter);
	add_answer(&iter, answer);
	return reply;
}

static void send_signals(int n)
{
	for (; n > 0; n--) {
		DBusMessage *signal = dbus_message_new_signal("/a", "a.b", "StateChanged");

		must(signal != NULL && dbus_connection_send(connection, signal, NULL));
		dbus_message_unref(signal);
	}
}

static DBusHandlerResult on_message(DBusConnection *from, DBusMessage *call, void *data)
{
	const struct peer_answer *answer = find_answer(self->quirks, call);
	DBusMessage *reply;

	(void)data;
	if (dbus_message_get_type(call) != DBUS_MESSAGE_TYPE_METHOD_CALL)
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
	if (answer == NULL)
		answer = find_answer(self->answers, call);
	if (answer == NULL) /* libdbus replies that there is no such object */
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
	if (answer->kind == ANSWER_CLOSE)
		dbus_connection_close(from);
	else if (answer->kind == ANSWER_SILENCE)
		must(write(self->events, "s", 1) == 1);
	if (answer->kind == ANSWER_CLOSE || answer->kind == ANSWER_SILENCE)
		return DBUS_HANDLER_RESULT_HANDLED;
	send_signals(self->n_signals);
	reply = new_reply(call, answer);
	must(dbus_connection_send(from, reply, NULL));
	dbus_message_unref(reply);
	return DBUS_HANDLER_RESULT_HANDLED;
}

/* ---- the process ---- */

static dbus_bool_t add_watch(DBusWatch *watch, void *data)
{
	(void)data;
	server_watch = watch;
	return TRUE;
}

static void remove_watch(DBusWatch *watch, void *data)
{
	(void)data;
	if (server_watch == watch)
		server_watch = NULL;
}

static void on_connection(DBusServer *server, DBusConnection *new_connection, void *data)
{
	(void)server;
	(void)data;
	connection = dbus_connection_ref(new_connection);
}

/* Answers until the other end goes. */
static void converse(void)
{
	must(dbus_connection_add_filter(connection, on_message, NULL, NULL));
	while (dbus_connection_read_write_dispatch(connection, -1))
		;
	dbus_connection_unref(connection);
	connection = NULL;
}

__attribute__((noreturn)) static void serve(void)
{
	DBusServer *server = dbus_server_listen(self->address, NULL);
	struct pollfd ready = { .events = POLLIN };

	must(server != NULL);
	must(dbus_server_set_watch_functions(server, add_watch, remove_watch, NULL, NULL, NULL));
	dbus_server_set_new_connection_function(server, on_connection, NULL, NULL);
	must(server_watch != NULL);
	must(write(self->events, "r", 1) == 1);
	for (;;) {
		ready.fd = dbus_watch_get_unix_fd(server_watch);
		must(poll(&ready, 1, -1) == 1);
		must(dbus_watch_handle(server_watch, DBUS_WATCH_READABLE));
		if (connection != NULL)
			converse();
	}
}

__attribute__((noreturn)) static void join_bus(void)
{
	connection = dbus_connection_open_private(self->address, NULL);
	must(connection != NULL);
	dbus_connection_set_exit_on_disconnect(connection, FALSE);
	must(dbus_bus_register(connection, NULL));
	must(dbus_bus_request_name(connection, self->bus_name, DBUS_NAME_FLAG_DO_NOT_QUEUE, NULL) ==
	     DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER);
	must(write(self->events, "r", 1) == 1);
	converse();
	_exit(0);
}

static bool wait_event(struct peer *peer)
{
	struct pollfd event = { .fd = peer->events, .events = POLLIN };
	char byte;

	return poll(&event, 1, DEADLINE_MS) == 1 && read(peer->events, &byte, 1) == 1;
}

bool peer_start(struct peer *peer)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	peer->pid = fork();
	if (peer->pid == 0) {
		must(peer->uid == 0 || setresuid(peer->uid, peer->uid, peer->uid) == 0);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* which setresuid(2) would clear */
		(void)close(ends[0]);
		peer->events = ends[1];
		self = peer;
		if (peer->bus_name == NULL)
			serve();
		join_bus();
	}
	(void)close(ends[1]);
	peer->events = ends[0];
	return peer->pid > 0 && wait_event(peer);
}

bool peer_wait_asked(struct peer *peer)
{
	return wait_event(peer);
}

void peer_stop(struct peer *peer)
{
	if (peer->pid <= 0)
		return;
	(void)kill(peer->pid, SIGKILL);
	(void)waitpid(peer->pid, NULL, 0);
	(void)close(peer->events);
	peer->pid = 0;
}
