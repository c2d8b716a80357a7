/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See probe/give.h. */
#include "probe/give.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/text.h"
#include "base/util.h"

#define FIRST_FD 3
#define HIGH_FD 200 /* ours are above it, so that no number of the daemon's is in the way */
#define MAX_PIPE_NUMBER 99

static int lift(int fd)
{
	int lifted = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);

	(void)close_fd(fd);
	return lifted;
}

/* ---- what is made beforehand ---- */

static int open_notify(struct gifts *gifts, const char *directory)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int on = 1;

	(void)snprintf(gifts->notify_path, sizeof(gifts->notify_path), "%s/notify", directory);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", gifts->notify_path);
	gifts->notify_fd = lift(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (gifts->notify_fd < 0 ||
	    bind(gifts->notify_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(gifts->notify_path, 0666) < 0 ||
	    setsockopt(gifts->notify_fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

/* One of the kind of @like, with another address. */
static int open_socket(struct gifts *gifts, const struct listener *like, const char *directory)
{
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	struct sockaddr_in port = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool is_unix = like != NULL && has_prefix(like->address, "unix:");
	bool is_udp = like != NULL && has_prefix(like->address, "udp:");
	struct stat st;
	int r;

	(void)snprintf(path.sun_path, sizeof(path.sun_path), "%s/given", directory);
	gifts->socket_fd = lift(socket(is_unix ? AF_UNIX : AF_INET,
				       (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0));
	if (gifts->socket_fd < 0)
		return -errno;
	r = is_unix ? bind(gifts->socket_fd, (struct sockaddr *)&path, sizeof(path))
		    : bind(gifts->socket_fd, (struct sockaddr *)&port, sizeof(port));
	if (r < 0 || (!is_udp && listen(gifts->socket_fd, 16) < 0) || fstat(gifts->socket_fd, &st) < 0)
		return -errno;
	gifts->inode = st.st_ino;
	return 0;
}

static int add_pipe(struct gifts *gifts, int number)
{
	int *fds;

	for (size_t i = 0; i < gifts->n_pipes; i++) {
		if (gifts->numbers[i] == number)
			return 0;
	}
	if (gifts->n_pipes == MAX_PIPES)
		return 0;
	fds = gifts->pipes[gifts->n_pipes];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	fds[0] = lift(fds[0]);
	fds[1] = lift(fds[1]);
	if (fds[0] < 0 || fds[1] < 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	gifts->numbers[gifts->n_pipes++] = number;
	return 0;
}

/* On 3, where s6 would have it, and on each number that the daemon's own words name: "--fd=9", "-d 4". */
static int open_pipes(struct gifts *gifts, char *const *command)
{
	int r = add_pipe(gifts, FIRST_FD);

	for (command++; r == 0 && *command != NULL; command++) {
		const char *equals = find_char(*command, '=');
		unsigned long number;

		if (parse_number(*equals == '=' ? equals + 1 : *command, MAX_PIPE_NUMBER, &number) ==
			    0 &&
		    number > FIRST_FD)
			r = add_pipe(gifts, (int)number);
	}
	return r;
}

int gifts_prepare(struct gifts *ret, enum role role, const struct listener *like,
		  const char *directory, char *const *command)
{
	int r = 0;

	*ret = (struct gifts){ .role = role, .notify_fd = NO_FD, .socket_fd = NO_FD };
	if (pipe2(ret->output, O_CLOEXEC) < 0)
		return -errno;
	ret->output[0] = lift(ret->output[0]);
	ret->output[1] = lift(ret->output[1]);
	if (ret->output[0] < 0 || ret->output[1] < 0 || fcntl(ret->output[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	switch (role) {
	case ROLE_PLAIN:
		r = open_pipes(ret, command);
		break;
	case ROLE_SYSTEMD:
		r = open_notify(ret, directory);
		break;
	case ROLE_LISTEN_FDS: /* with both, as a unit of Type=notify would have it */
		r = open_notify(ret, directory);
		if (r == 0)
			r = open_socket(ret, like, directory);
		break;
	case ROLE_UPSTART_FDS:
		r = open_socket(ret, like, directory);
		break;
	case ROLE_UPSTART:
	case N_ROLES:
		break;
	}
	return r;
}

/* ---- the daemon ---- */

static const char *const unset[] = {
	"NOTIFY_SOCKET",  "LISTEN_PID",    "LISTEN_FDS",       "LISTEN_FDNAMES",
	"WATCHDOG_PID",   "WATCHDOG_USEC", "SYSTEMD_EXEC_PID", "INVOCATION_ID",
	"JOURNAL_STREAM", "MANAGERPID",    "UPSTART_JOB",      "UPSTART_INSTANCE",
	"UPSTART_EVENTS", "UPSTART_FDS",   "UPSTART_SESSION",  "DBUS_SESSION_BUS_ADDRESS"
};

static void set(const char *name, const char *value)
{
	(void)setenv(name, value, 1);
}

static void set_environment(const struct gifts *gifts, const struct probe *probe, const char *bus)
{
	char pid[24];

	for (size_t i = 0; i < ARRAY_SIZE(unset); i++)
		(void)unsetenv(unset[i]);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 0);
	set("DBUS_SYSTEM_BUS_ADDRESS", bus != NULL ? bus : "unix:path=/nonexistent");
	if (bus != NULL)
		set("DBUS_SESSION_BUS_ADDRESS", bus);
	if (gifts->notify_fd >= 0)
		set("NOTIFY_SOCKET", gifts->notify_path);
	if (gifts->role == ROLE_UPSTART || gifts->role == ROLE_UPSTART_FDS) {
		set("UPSTART_JOB", probe_job(probe));
		set("UPSTART_INSTANCE", "");
	}
	if (gifts->role == ROLE_UPSTART_FDS) {
		set("UPSTART_EVENTS", "socket");
		set("UPSTART_FDS", "3");
	}
	if (gifts->role == ROLE_LISTEN_FDS) {
		set("LISTEN_PID", pid);
		set("LISTEN_FDS", "1");
		set("LISTEN_FDNAMES", "probe.socket");
	}
}

static bool place_descriptors(const struct gifts *gifts)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(gifts->output[1], STDOUT_FILENO) < 0 ||
	    dup2(gifts->output[1], STDERR_FILENO) < 0)
		return false;
	for (size_t i = 0; i < gifts->n_pipes; i++) {
		if (dup2(gifts->pipes[i][1], gifts->numbers[i]) < 0)
			return false;
	}
	return gifts->socket_fd < 0 || dup2(gifts->socket_fd, FIRST_FD) >= 0;
}

static void __attribute__((noreturn))
become(const struct gifts *gifts, const struct probe *probe, const char *bus)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)setsid();
	(void)umask(0022);
	for (int fd = FIRST_FD; fd < HIGH_FD; fd++)
		(void)close(fd);
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	set_environment(gifts, probe, bus);
	if (place_descriptors(gifts) && (probe->is_here || chdir("/") == 0)) {
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)execvp(probe->command[0], probe->command);
		(void)dprintf(STDERR_FILENO, "cannot execute '%s': %s", probe->command[0],
			      strerror(errno));
	}
	_exit(127);
}

pid_t gifts_start(struct gifts *gifts, const struct probe *probe, const char *bus)
{
	pid_t pid = fork();

	if (pid == 0)
		become(gifts, probe, bus);
	gifts->output[1] = close_fd(gifts->output[1]);
	gifts->socket_fd = close_fd(gifts->socket_fd);
	for (size_t i = 0; i < gifts->n_pipes; i++)
		gifts->pipes[i][1] = close_fd(gifts->pipes[i][1]);
	return pid;
}

/* ---- what comes of it ---- */

void gifts_wait(const struct gifts *gifts, int ms)
{
	struct pollfd fd = { .fd = gifts->notify_fd, .events = POLLIN };

	(void)poll(&fd, gifts->notify_fd >= 0 ? 1 : 0, ms);
}

static void read_line(const char *line, struct said *said)
{
	const char *number = after_prefix(line, "MAINPID=");

	said->is_ready = said->is_ready || is_equal(line, "READY=1");
	said->has_status = said->has_status || has_prefix(line, "STATUS=");
	if (number != NULL) {
		said->has_main_pid = true;
		said->main_pid = (pid_t)strtol(number, NULL, 10);
	}
}

static void close_passed(const struct cmsghdr *control)
{
	size_t n = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(control) + i * sizeof(fd), sizeof(fd));
		(void)close(fd);
	}
}

bool gifts_read_message(const struct gifts *gifts, struct said *ret)
{
	char text[4097], control[512];
	struct iovec part = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control) };
	ssize_t n = gifts->notify_fd < 0
			    ? -1
			    : recvmsg(gifts->notify_fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	*ret = (struct said){ .sender = 0 };
	if (n < 0)
		return false;
	for (struct cmsghdr *one = CMSG_FIRSTHDR(&header); one != NULL;
	     one = CMSG_NXTHDR(&header, one)) {
		struct ucred credentials;

		if (one->cmsg_level != SOL_SOCKET)
			continue;
		if (one->cmsg_type == SCM_RIGHTS)
			close_passed(one);
		if (one->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&credentials, CMSG_DATA(one), sizeof(credentials));
			ret->sender = credentials.pid;
		}
	}
	text[n] = '\0';
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;)
		read_line(line, ret);
	return true;
}

int gifts_read_newline(const struct gifts *gifts)
{
	for (size_t i = 0; i < gifts->n_pipes; i++) {
		char buffer[512];
		ssize_t n = read(gifts->pipes[i][0], buffer, sizeof(buffer));

		if (n > 0 && memchr(buffer, '\n', (size_t)n) != NULL)
			return gifts->numbers[i];
	}
	return 0;
}

void gifts_read_output(const struct gifts *gifts, char *buffer, size_t size)
{
	char more[4096];
	ssize_t n;

	while ((n = read(gifts->output[0], more, sizeof(more))) > 0) {
		size_t used = strlen(buffer), added = (size_t)n, space = size - 1, kept;
		const char *from = more;

		if (added > space) {
			from += added - space;
			added = space;
		}
		kept = used + added > space ? space - added : used;
		memmove(buffer, buffer + (used - kept), kept);
		memcpy(buffer + kept, from, added);
		buffer[kept + added] = '\0';
	}
}
