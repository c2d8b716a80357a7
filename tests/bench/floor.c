/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The floor of the shapes that carry readiness: the fewest system calls with the same effect,
 * checking nothing and surviving nothing. A yardstick for benchmarks, never to be used; it shares
 * no code with the bridge, or it would measure the bridge.
 *
 *     floor attend COMMAND [ARG...]       READY=1 on a private socket becomes a stop
 *     floor hand-over COMMAND [ARG...]    a stop becomes READY=1 with MAINPID=
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* linux/filter.h, which musl-gcc does not find: "drop everything". */
static void drop_the_rest(int fd)
{
	static const struct {
		uint16_t code;
		uint8_t jt, jf;
		uint32_t k;
	} drop = { 0x06, 0, 0, 0 };
	const struct {
		unsigned short n;
		const void *filter;
	} program = { 1, &drop };

	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static void __attribute__((noreturn)) babysit(int fd, int pidfd)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
	char text[256];

	(void)setsid();
	for (;;) {
		(void)poll(fds, 2, -1);
		if (fds[0].revents != 0 && recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0 &&
		    memcmp(text, "READY=1", 7) == 0) {
			(void)syscall(SYS_pidfd_send_signal, pidfd, SIGSTOP, NULL, 0);
			drop_the_rest(fd);
		}
		if (fds[1].revents != 0)
			_exit(0);
	}
}

static int attend(char **command)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	(void)bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t));
	(void)getsockname(fd, (struct sockaddr *)&address, &length);
	address.sun_path[0] = '@';
	address.sun_path[6] = '\0'; /* unix(7), autobind: five digits */
	(void)setenv("NOTIFY_SOCKET", address.sun_path, 1);
	if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, 0) == 0)
		babysit(fd, pidfd);
	return execv(command[0], command);
}

static void send_text(int fd, const char *text, int passed_fd)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1
	};

	(void)strncpy(to.sun_path, name != NULL ? name : "", sizeof(to.sun_path) - 1);
	if (passed_fd >= 0) {
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.header), &passed_fd, sizeof(passed_fd));
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
	}
	(void)sendmsg(fd, &message, 0);
}

static void announce(pid_t daemon)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), ends[2];
	char text[64];

	(void)snprintf(text, sizeof(text), "MAINPID=%d\nREADY=1", (int)daemon);
	send_text(fd, text, -1);
	(void)!pipe2(ends, O_CLOEXEC);
	send_text(fd, "BARRIER=1", ends[1]);
	(void)close(ends[1]);
	(void)poll(&(struct pollfd){ .fd = ends[0] }, 1, -1);
}

static void __attribute__((noreturn)) run_daemon(int write_fd, char **command)
{
	pid_t daemon = fork();

	if (daemon == 0) {
		(void)setsid();
		_exit(execv(command[0], command));
	}
	(void)waitpid(daemon, NULL, WUNTRACED);
	(void)!write(write_fd, &daemon, sizeof(daemon));
	_exit(0);
}

static int hand_over(char **command)
{
	pid_t intermediate, daemon = 0;
	int ends[2];

	(void)!pipe2(ends, O_CLOEXEC);
	intermediate = fork();
	if (intermediate == 0) {
		(void)close(ends[0]);
		run_daemon(ends[1], command);
	}
	(void)!read(ends[0], &daemon, sizeof(daemon));
	(void)waitpid(intermediate, NULL, 0);
	announce(daemon);
	return kill(daemon, SIGCONT);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 127;
	return strcmp(argv[1], "attend") == 0 ? attend(argv + 2) : hand_over(argv + 2);
}
