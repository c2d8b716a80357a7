/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The daemon whose start is timed: it notes the time first, then does what its arguments say and
 * writes each time, in nanoseconds, as 8 bytes to its stdout. Static where that can be, so that the
 * kernel's work is what a direct start costs, and a wrapper's shows in full.
 *
 *     notify          READY=1 to $NOTIFY_SOCKET; then the time just before it
 *     stop            stops itself; once continued, the time just before it
 *     flood=N:TEXT    sends TEXT N times; then three numbers: how long that took, the longest
 *                     single send, and how many took more than 100 us
 *     wait            until a byte comes on stdin; at its end, exits
 */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LONG_SEND_NS 100000

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void report(uint64_t value)
{
	if (write(STDOUT_FILENO, &value, sizeof(value)) != sizeof(value))
		_exit(1);
}

static void connect_to_host(int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *name = getenv("NOTIFY_SOCKET");
	size_t length = name != NULL ? strlen(name) : 0;

	if (length == 0 || length >= sizeof(address.sun_path))
		_exit(2);
	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	if (connect(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		_exit(3);
}

static void notify(int fd)
{
	uint64_t before = now_ns();

	(void)!send(fd, "READY=1", 7, MSG_NOSIGNAL);
	report(before);
}

static void stop(void)
{
	uint64_t before = now_ns();

	(void)raise(SIGSTOP);
	report(before);
}

static void flood(int fd, const char *argument)
{
	char *text;
	unsigned long n = strtoul(argument, &text, 10);
	size_t length = strlen(++text);
	uint64_t start = now_ns(), before = start, longest = 0, n_long = 0;

	for (unsigned long i = 0; i < n; i++) {
		uint64_t after, took;

		(void)!send(fd, text, length, MSG_NOSIGNAL);
		after = now_ns();
		took = after - before;
		before = after;
		longest = took > longest ? took : longest;
		n_long += took > LONG_SEND_NS;
	}
	report(before - start);
	report(longest);
	report(n_long);
}

static void await_byte(void)
{
	char byte;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		_exit(0);
}

int main(int argc, char **argv)
{
	uint64_t start = now_ns();
	int fd;

	report(start);
	/* Also the daemon that stops itself has one, so that both cost the same memory. */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == 'n' || argv[i][0] == 'f')
			connect_to_host(fd);
		if (strcmp(argv[i], "notify") == 0)
			notify(fd);
		else if (strcmp(argv[i], "stop") == 0)
			stop();
		else if (strcmp(argv[i], "wait") == 0)
			await_byte();
		else if (strncmp(argv[i], "flood=", 6) == 0)
			flood(fd, argv[i] + 6);
	}
	return 0;
}
