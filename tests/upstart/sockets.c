/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The socket bridge from PID 1's side, and the numbers of events' descriptors; see sockets.h. */
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event.h"
#include "expr.h"
#include "fd_message.h"
#include "job.h"
#include "log.h"
#include "loop.h"
#include "socket_bridge.h"

/*
 * Jobs see the descriptors under the numbers they have here, and tests want to choose them (9, where
 * scripts go; 3, where a target wants its own). So a range is kept occupied by close-on-exec
 * placeholders, and an event's descriptor is put over one of them.
 */
enum {
	FIRST_NUMBER = 3,
	END_NUMBER = 40,
	FIRST_CHOICE = 10
};

#define BRIDGE_NAME "upstart-socket-bridge"

static int null_fd = -EBADF;
static int bridge_fd = -EBADF;
static pid_t bridge_pid;
static struct loop_fd *bridge_watch;
static bool is_used[END_NUMBER];
static int chosen[16];
static size_t chosen_count;

void sockets_init(void)
{
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = FIRST_NUMBER; fd < END_NUMBER; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)dup3(null_fd, fd, O_CLOEXEC);
	null_fd = fcntl(null_fd, F_DUPFD_CLOEXEC, END_NUMBER);
}

/* -- numbers */

bool sockets_choose_number(int number)
{
	if (number < FIRST_NUMBER || number >= END_NUMBER ||
	    chosen_count == sizeof chosen / sizeof chosen[0])
		return false;
	chosen[chosen_count++] = number;
	return true;
}

static int pick_number(void)
{
	int number = FIRST_CHOICE;

	if (chosen_count > 0) {
		number = chosen[0];
		memmove(chosen, chosen + 1, --chosen_count * sizeof chosen[0]);
		return number;
	}
	while (number < END_NUMBER && is_used[number])
		number++;
	return number < END_NUMBER ? number : -1;
}

void sockets_attach(struct event *event, int fd)
{
	int number = pick_number();

	if (number < 0 || dup2(fd, number) < 0) {
		log_line("No number for the descriptor of the %s event", event->name);
		return;
	}
	is_used[number] = true;
	event->fd = number;
	event->copy_fd = fcntl(fd, F_DUPFD_CLOEXEC, END_NUMBER);
}

void sockets_release(struct event *event)
{
	if (event->fd < 0)
		return;
	is_used[event->fd] = false;
	(void)dup3(null_fd, event->fd, O_CLOEXEC);
	(void)close(event->copy_fd);
	event->fd = -1;
	event->copy_fd = -1;
}

/* -- the bridge */

static void emit_socket_event(char *message, size_t len, int fd)
{
	struct strv env = { 0 };

	for (char *p = message; p < message + len; p += strlen(p) + 1)
		strv_add(&env, p);
	sockets_attach(event_new("socket", &env), fd);
	strv_done(&env);
}

static void bridge_is_gone(void)
{
	log_line("upstart-socket-bridge has gone");
	loop_fd_remove(bridge_watch);
	(void)close(bridge_fd);
	bridge_watch = NULL;
	bridge_fd = -EBADF;
}

/* Takes one message; returns its kind, or '\0' when the bridge has gone. */
static char receive(void)
{
	char message[BRIDGE_MESSAGE_MAX + 1] = { 0 };
	int fd = -EBADF;
	ssize_t len = receive_message(bridge_fd, message, BRIDGE_MESSAGE_MAX, &fd);

	if (len <= 0) {
		bridge_is_gone();
		return '\0';
	}
	if (message[0] == BRIDGE_LOG)
		log_line("%s", message + 1);
	if (message[0] == BRIDGE_EVENT)
		emit_socket_event(message + 1, (size_t)len - 1, fd);
	if (fd >= 0)
		(void)close(fd);
	return message[0];
}

static void on_bridge(void *data, int fd, short revents)
{
	(void)data;
	(void)fd;
	(void)revents;
	(void)receive();
}

/* It lies beside us. */
static const char *bridge_path(void)
{
	static char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - sizeof BRIDGE_NAME);

	if (len <= 0)
		abort();
	path[len] = '\0';
	memcpy(strrchr(path, '/') + 1, BRIDGE_NAME, sizeof BRIDGE_NAME);
	return path;
}

static void start_bridge(void)
{
	const char *path = bridge_path();
	int pair[2];
	char number[16];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	bridge_pid = fork();
	if (bridge_pid == 0) {
		int fd = dup2(pair[1], FIRST_NUMBER);

		(void)close_range(FIRST_NUMBER + 1, ~0U, 0);
		(void)setsid();
		(void)snprintf(number, sizeof number, "%d", fd);
		(void)execl(path, BRIDGE_NAME, number, (char *)NULL);
		_exit(127);
	}
	(void)close(pair[1]);
	bridge_fd = pair[0];
	bridge_watch = loop_fd_add(bridge_fd, POLLIN, on_bridge, NULL);
}

/* Sends, and waits until the bridge has done as told, so that a test can connect at once. */
static void ask_bridge(const char *message, size_t len)
{
	char kind = BRIDGE_EVENT;

	(void)send(bridge_fd, message, len, MSG_NOSIGNAL);
	while (kind != '\0' && kind != BRIDGE_DONE)
		kind = receive();
}

static void watch_node(void *data, const struct expr *node)
{
	const char *job = data;
	char message[BRIDGE_MESSAGE_MAX];
	size_t len = 0;

	if (node->type != EXPR_MATCH || strcmp(node->words.v[0], "socket") != 0)
		return;
	if (bridge_fd < 0)
		start_bridge();
	len += (size_t)snprintf(message, sizeof message, "%c%s", BRIDGE_LISTEN, job) + 1;
	for (size_t i = 1; i < node->words.n && len < sizeof message; i++)
		len += (size_t)snprintf(message + len, sizeof message - len, "%s", node->words.v[i]) +
		       1;
	ask_bridge(message, len);
}

void sockets_watch(const struct job_class *class)
{
	char message[BRIDGE_MESSAGE_MAX];
	int len = snprintf(message, sizeof message, "%c%s", BRIDGE_FORGET, class->name);

	if (bridge_fd >= 0)
		ask_bridge(message, (size_t)len + 1);
	expr_each_node(class->start_on, watch_node, class->name);
}

void sockets_restart_bridge(void)
{
	if (bridge_pid > 0) {
		(void)kill(bridge_pid, SIGTERM);
		(void)waitpid(bridge_pid, NULL, 0);
	}
	if (bridge_fd >= 0)
		bridge_is_gone();
	for (struct job_class *class = job_classes; class; class = class->next)
		sockets_watch(class);
}
