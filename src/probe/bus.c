/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * See probe/bus.h. As little of D-Bus as asks for a list of names, so that this program needs no library:
 * https://dbus.freedesktop.org/doc/dbus-specification.html, "Message Protocol".
 */
#include "probe/bus.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/util.h"

#define MAX_MESSAGE 8192
#define METHOD_RETURN 2
#define TRIES 100 /* of 20 ms */

static const char configuration[] =
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
	"\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
	"<busconfig><type>system</type><listen>%s</listen><auth>EXTERNAL</auth>"
	"<policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/><allow send_type=\"method_call\"/>"
	"<allow send_type=\"signal\"/><allow send_requested_reply=\"true\"/><allow receive_type=\"signal\"/>"
	"<allow receive_type=\"method_call\"/><allow receive_requested_reply=\"true\"/></policy></busconfig>\n";

static const char *const programs[] = { "/usr/bin/dbus-daemon", "/bin/dbus-daemon",
					"/usr/local/bin/dbus-daemon" };

static const char *find_program(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (access(programs[i], X_OK) == 0)
			return programs[i];
	}
	return NULL;
}

static pid_t start_program(const char *program, const char *config)
{
	pid_t pid = fork();

	if (pid == 0) {
		char option[200];
		int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		(void)snprintf(option, sizeof(option), "--config-file=%s", config);
		if (fd >= 0 && dup2(fd, 0) >= 0 && dup2(fd, 1) >= 0 && dup2(fd, 2) >= 0)
			(void)execl(program, "dbus-daemon", "--nofork", "--nopidfile", option,
				    (char *)NULL);
		_exit(127);
	}
	return pid;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = { .tv_usec = 300000 };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return NO_FD;
	return take_fd(&fd);
}

/* ---- messages ---- */

static void put_u32(char *message, size_t *at, uint32_t number)
{
	while (*at % 4 != 0)
		message[(*at)++] = '\0';
	memcpy(message + *at, &number, sizeof(number));
	*at += sizeof(number);
}

/* A field of the header, which begins where 8 divides: its code, its type, and a text. */
static void put_field(char *message, size_t *at, char code, char type, const char *text)
{
	size_t length = strlen(text);

	while (*at % 8 != 0)
		message[(*at)++] = '\0';
	message[(*at)++] = code;
	message[(*at)++] = 1;
	message[(*at)++] = type;
	message[(*at)++] = '\0';
	put_u32(message, at, (uint32_t)length);
	memcpy(message + *at, text, length + 1);
	*at += length + 1;
}

/* A call without arguments of the bus itself. */
static bool call(int fd, uint32_t serial, const char *member)
{
	static const uint16_t order = 1;
	char message[512] = { *(const char *)&order == 1 ? 'l' : 'B', 1, 0, 1 };
	size_t at = 4, fields;
	uint32_t length;

	put_u32(message, &at, 0);
	put_u32(message, &at, serial);
	put_u32(message, &at, 0);
	fields = at;
	put_field(message, &at, 1, 'o', "/org/freedesktop/DBus");
	put_field(message, &at, 6, 's', "org.freedesktop.DBus");
	put_field(message, &at, 2, 's', "org.freedesktop.DBus");
	put_field(message, &at, 3, 's', member);
	length = (uint32_t)(at - fields);
	memcpy(message + fields - sizeof(length), &length, sizeof(length));
	while (at % 8 != 0)
		message[at++] = '\0';
	return send(fd, message, at, MSG_NOSIGNAL) == (ssize_t)at;
}

static bool receive(int fd, char *buffer, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = recv(fd, buffer + got, size - got, 0);

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

/* The body of the next answer; signals before it are passed over. Returns its size, or 0. */
static size_t receive_answer(int fd, char *body, size_t size)
{
	for (int i = 0; i < 16; i++) {
		char head[16], fields[MAX_MESSAGE];
		uint32_t body_size, fields_size;

		if (!receive(fd, head, sizeof(head)))
			return 0;
		memcpy(&body_size, head + 4, sizeof(body_size));
		memcpy(&fields_size, head + 12, sizeof(fields_size));
		fields_size = (fields_size + 7) & ~7U;
		if (fields_size > sizeof(fields) || body_size > size ||
		    !receive(fd, fields, fields_size) || !receive(fd, body, body_size))
			return 0;
		if (head[1] == METHOD_RETURN)
			return body_size;
	}
	return 0;
}

/* Says who we are, by our user's number in hexadecimal digits of its decimal ones. */
static bool authenticate(int fd)
{
	char line[128] = "", digits[24], *at = line + 1;
	char body[256];

	(void)snprintf(digits, sizeof(digits), "%lu", (unsigned long)geteuid());
	at += snprintf(at, 32, "AUTH EXTERNAL ");
	for (const char *digit = digits; *digit != '\0'; digit++)
		at += snprintf(at, 3, "%02x", (unsigned int)(unsigned char)*digit);
	at += snprintf(at, 3, "\r\n");
	if (send(fd, line, (size_t)(at - line), MSG_NOSIGNAL) < 0)
		return false;
	for (size_t n = 0; n < sizeof(body); n++) {
		if (!receive(fd, body + n, 1))
			return false;
		if (body[n] == '\n')
			break;
	}
	return has_prefix(body, "OK") && send(fd, "BEGIN\r\n", 7, MSG_NOSIGNAL) == 7 &&
	       call(fd, 1, "Hello") && receive_answer(fd, body, sizeof(body)) > 0;
}

bool private_bus_find_name(const struct private_bus *bus, char *buffer, size_t size)
{
	char body[MAX_MESSAGE];
	size_t n, at = 4;

	if (bus->fd < 0 || !call(bus->fd, 2, "ListNames"))
		return false;
	n = receive_answer(bus->fd, body, sizeof(body) - 1);
	body[n] = '\0';
	while (at + 4 < n) {
		uint32_t length;
		const char *name;

		at = (at + 3) & ~(size_t)3;
		memcpy(&length, body + at, sizeof(length));
		name = body + at + 4;
		if (length > n || at + 4 + length > n)
			break;
		at += 4 + length + 1;
		if (name[0] == ':' || is_equal(name, "org.freedesktop.DBus"))
			continue;
		(void)snprintf(buffer, size, "%s", name);
		return true;
	}
	return false;
}

/* ---- the daemon ---- */

static bool write_configuration(const char *path, const char *address)
{
	FILE *stream = fopen(path, "we");
	char text[sizeof(configuration) + 200];
	bool is_right;

	if (stream == NULL)
		return false;
	(void)snprintf(text, sizeof(text), configuration, address);
	is_right = fputs(text, stream) >= 0;
	return fclose(stream) == 0 && is_right;
}

bool private_bus_start(const char *directory, struct private_bus *ret)
{
	const char *program = find_program();
	char config[160], path[100];

	*ret = (struct private_bus){ .fd = NO_FD };
	(void)snprintf(path, sizeof(path), "%s/bus", directory);
	(void)snprintf(config, sizeof(config), "%s/bus.conf", directory);
	(void)snprintf(ret->address, sizeof(ret->address), "unix:path=%s", path);
	if (program == NULL || !write_configuration(config, ret->address))
		return false;
	ret->pid = start_program(program, config);
	for (int i = 0; ret->pid > 0 && i < TRIES; i++) {
		ret->fd = connect_to(path);
		if (ret->fd >= 0 && authenticate(ret->fd))
			return true;
		ret->fd = close_fd(ret->fd);
		if (waitpid(ret->pid, NULL, WNOHANG) == ret->pid) {
			ret->pid = 0;
			return false;
		}
		(void)poll(NULL, 0, 20);
	}
	return false;
}

void private_bus_end(struct private_bus *bus)
{
	bus->fd = close_fd(bus->fd);
	if (bus->pid > 0) {
		(void)kill(bus->pid, SIGKILL);
		(void)waitpid(bus->pid, NULL, 0);
	}
	bus->pid = 0;
}
