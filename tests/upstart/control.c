/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The control socket: connections, requests and their answers; the commands are in commands.c. */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "commands.h"
#include "fd_message.h"
#include "loop.h"

struct request {
	int fd; /* negative: the client has gone, nobody reads the answer */
	struct loop_fd *watch;
	char *text;
	size_t len;
	int passed_fd; /* a descriptor that came with the request, or negative */
};

static void hang_up(struct request *request)
{
	loop_fd_remove(request->watch);
	request->watch = NULL;
	if (request->fd >= 0)
		(void)close(request->fd);
	request->fd = -EBADF;
}

void request_answer(struct request *request, int status, const char *format, ...)
{
	va_list ap;
	char *text = NULL;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		abort();
	va_end(ap);
	/* the answers are short, and a client that does not read is not a concern of ours */
	if (request->fd >= 0)
		(void)dprintf(request->fd, "%s%c%d", text, '\0', status);
	free(text);
	hang_up(request);
	if (request->passed_fd >= 0)
		(void)close(request->passed_fd);
	free(request->text);
	free(request);
}

int request_fd(const struct request *request)
{
	return request->passed_fd;
}

static void on_client_gone(void *data, int fd, short revents)
{
	(void)fd;
	(void)revents;
	hang_up(data); /* freed when its command answers */
}

static void run(struct request *request)
{
	struct strv words = { 0 };

	for (size_t i = 0; i < request->len; i += strlen(request->text + i) + 1)
		strv_add(&words, request->text + i);
	/* Nothing more to read: what remains of interest is POLLHUP, which needs no asking for. */
	loop_fd_remove(request->watch);
	request->watch = loop_fd_add(request->fd, POLLPRI, on_client_gone, request);
	commands_run(request, &words);
	strv_done(&words);
}

static void on_request(void *data, int fd, short revents)
{
	struct request *request = data;
	char buffer[2048];
	ssize_t len = receive_message(fd, buffer, sizeof buffer, &request->passed_fd);

	(void)revents;
	if (len <= 0) {
		run(request);
		return;
	}
	request->text = realloc(request->text, request->len + (size_t)len + 1);
	if (!request->text)
		abort();
	memcpy(request->text + request->len, buffer, (size_t)len);
	request->len += (size_t)len;
	request->text[request->len] = '\0';
}

static void on_connection(void *data, int fd, short revents)
{
	struct request *request = xcalloc(1, sizeof *request);

	(void)data;
	(void)revents;
	request->passed_fd = -EBADF;
	request->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (request->fd < 0) {
		free(request);
		return;
	}
	request->watch = loop_fd_add(request->fd, POLLIN, on_request, request);
}

static bool set_address(struct sockaddr_un *address, const char *path)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (size_t)snprintf(address->sun_path, sizeof address->sun_path, "%s", path) <
	       sizeof address->sun_path;
}

bool control_listen(const char *path)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || !set_address(&address, path) ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, SOMAXCONN) < 0)
		return false;
	(void)loop_fd_add(fd, POLLIN, on_connection, NULL);
	return true;
}

/* -- the client */

static int print_answer(FILE *in)
{
	int c, status = 0;

	while ((c = getc(in)) != EOF && c != '\0')
		(void)putchar(c);
	if (c == EOF) {
		(void)fputs("ctl: no answer\n", stderr);
		return 1;
	}
	while ((c = getc(in)) != EOF)
		status = status * 10 + c - '0';
	return status;
}

int control_client(const char *path, char *const *words)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status;
	FILE *in = fd >= 0 ? fdopen(fd, "re") : NULL;

	if (!in)
		return 1;
	if (!set_address(&address, path) ||
	    connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		(void)fprintf(stderr, "ctl: cannot connect to %s: %m\n", path);
		(void)fclose(in);
		return 1;
	}
	for (; *words; words++)
		(void)send(fd, *words, strlen(*words) + 1, MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	status = print_answer(in);
	(void)fclose(in);
	return status;
}
