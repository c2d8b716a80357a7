/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See bus/ask.h. */
#include "bus/ask.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "base/apart.h"
#include "base/ends.h"
#include "base/events.h"
#include "base/helper.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/util.h"
#include "fd/fds.h"

/* The exit statuses of bus-query. */
#define ANSWERED 0
#define NO_SUCH_THING 1
#define UNKNOWN_QUESTION 3
#define TOO_LONG 4

#define REAP_TRIES 100 /* of a millisecond */

const char *const bus_variables[] = {
	"DBUS_SYSTEM_BUS_ADDRESS",
	"DBUS_SESSION_BUS_ADDRESS",
	"XDG_RUNTIME_DIR",
	"UPSTART_SESSION",
	"LD_LIBRARY_PATH", /* where libdbus may be */
	NULL,
};

const char *bus_error(int error)
{
	switch (-error) {
	case ENOENT:
		return "bus-query is not installed";
	case ETIMEDOUT:
		return "no answer over D-Bus in time";
	case ENXIO:
		return "it knows of no such job or process";
	case EFBIG:
		return "its answer over D-Bus is longer than 8192 bytes";
	case EIO:
		return "it cannot be reached over D-Bus";
	case EOPNOTSUPP:
		return "bus-query is of another version and does not know the question";
	default:
		return strerror(-error);
	}
}

/*
 * In the child, which shares our memory unless @is_slow: system calls only, nothing stored. A bus that hangs would
 * keep it for ever: it dies with us, from here on, since bus-query itself could ask for that too late.
 */
static void __attribute__((noreturn)) run_program(const char *path, char *const *argv, int null_fd,
						  int answer_fd, pid_t parent, bool is_slow)
{
	const int keep[] = { null_fd, answer_fd };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	/* First what is the daemon's: to close one of 0-2 can take for ever. */
	if (is_slow)
		fds_close_others(keep, ARRAY_SIZE(keep));
	else
		fds_close_all(STDERR_FILENO + 1, keep, ARRAY_SIZE(keep));
	if (dup2(null_fd, STDIN_FILENO) >= 0 && dup2(answer_fd, STDOUT_FILENO) >= 0 &&
	    dup2(null_fd, STDERR_FILENO) >= 0) {
		fds_close_all(STDERR_FILENO + 1, NULL, 0);
		(void)execv(path, argv);
	}
	_exit(127);
}

/*
 * vfork(2), since a plain fork is counted by Upstart's "expect fork" and "expect daemon", and
 * posix_spawn(3) cannot close descriptors on all the C libraries we support. In a function of its
 * own, without variables that the child could spoil.
 */
static pid_t __attribute__((noinline))
spawn(const char *path, char *const *argv, int null_fd, int answer_fd, pid_t us)
{
	bool is_slow = fds_may_hang(); /* in which case nobody may wait for the child: base/apart.h */
	pid_t pid;

	if (is_slow)
		pid = process_clone(0);
	else
		pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
	if (pid == 0)
		run_program(path, argv, null_fd, answer_fd, us, /* NOLINT(clang-analyzer-unix.Vfork) */
			    is_slow);
	return pid;
}

/* Moves *@fd to 3 or above: the child's dup2() to 0-2 must not meet it. */
static int lift_fd(int *fd)
{
	int lifted;

	if (*fd > STDERR_FILENO)
		return 0;
	lifted = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (lifted < 0)
		return -errno;
	(void)close_fd(*fd);
	*fd = lifted;
	return 0;
}

static int open_answer_pipe(int *ret_read, int *ret_write)
{
	int r = open_pipe(ret_read, ret_write);

	return r < 0 ? r : lift_fd(ret_write);
}

int bus_is_possible(void)
{
	char buffer[PATH_MAX];

	return helper_find("bus-query", buffer, sizeof(buffer)) != NULL ? 0 : -ENOENT;
}

int bus_start(const char *const *question, struct bus_call *ret_call)
{
	cleanup_close int null_fd = NO_FD, read_fd = NO_FD, write_fd = NO_FD;
	const char *argv[8] = { "bus-query" };
	char buffer[PATH_MAX];
	const char *path = helper_find("bus-query", buffer, sizeof(buffer));
	pid_t pid;
	int r;

	if (path == NULL)
		return -ENOENT;
	for (size_t i = 0; question[i] != NULL && i + 2 < ARRAY_SIZE(argv); i++)
		argv[i + 1] = question[i];
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0)
		return -errno;
	r = lift_fd(&null_fd);
	if (r == 0)
		r = open_answer_pipe(&read_fd, &write_fd);
	if (r < 0)
		return r;
	pid = spawn(path, (char *const *)argv, null_fd, write_fd, sys_getpid());
	if (pid < 0)
		return -errno;
	ret_call->pid = pid;
	ret_call->fd = take_fd(&read_fd);
	ret_call->used = 0;
	(void)fcntl(ret_call->fd, F_SETFL, O_NONBLOCK);
	return 0;
}

/* A process that does not end, in an uninterruptible sleep, is left to whoever reaps us. */
static pid_t reap(pid_t pid, int *ret_status)
{
	for (int i = 0; i < REAP_TRIES; i++) {
		pid_t reaped = waitpid(pid, ret_status, WNOHANG | (int)__WALL);

		if (reaped != 0)
			return reaped;
		events_pause(1);
	}
	return 0;
}

/* Reaps the process of @call and says what its exit status means: 0 or -errno. */
static int finish(struct bus_call *call)
{
	int status;
	pid_t pid;

	call->fd = close_fd(call->fd);
	pid = reap(call->pid, &status);
	call->pid = 0;
	call->answer[call->used] = '\0';
	if (pid <= 0) /* SIGCHLD is ignored, so the status is lost: go by the answer */
		return call->used > 0 ? 0 : -EIO;
	if (!WIFEXITED(status))
		return -EIO;
	switch (WEXITSTATUS(status)) {
	case ANSWERED:
		return 0;
	case NO_SUCH_THING:
		return -ENXIO;
	case UNKNOWN_QUESTION:
		return -EOPNOTSUPP;
	case TOO_LONG:
		return -EFBIG;
	default:
		return -EIO;
	}
}

void bus_cancel(struct bus_call *call)
{
	if (call->pid <= 0)
		return;
	(void)kill(call->pid, SIGKILL); /* our own child, not reaped: the pid is its own */
	(void)finish(call);
}

int bus_read(struct bus_call *call)
{
	for (;;) {
		size_t space = sizeof(call->answer) - 1 - call->used;
		ssize_t n = read(call->fd, call->answer + call->used, space);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && space > 0)
			return 0;
		if (n < 0 || space == 0) {
			bus_cancel(call);
			return space == 0 ? -EFBIG : -EIO;
		}
		if (n == 0) {
			int r = finish(call);

			return r < 0 ? r : 1;
		}
		call->used += (size_t)n;
	}
}

/* Takes the whole lines out of what has been read; the last one goes to @line, if it fits. */
static bool take_line(struct bus_call *call, char *line, size_t size)
{
	char *end = memrchr(call->answer, '\n', call->used), *start;
	size_t taken, length;

	if (end == NULL)
		return false;
	start = memrchr(call->answer, '\n', (size_t)(end - call->answer));
	start = start != NULL ? start + 1 : call->answer;
	length = (size_t)(end - start) < size ? (size_t)(end - start) : size - 1;
	memcpy(line, start, length);
	line[length] = '\0';
	taken = (size_t)(end + 1 - call->answer);
	call->used -= taken;
	memmove(call->answer, end + 1, call->used);
	return true;
}

int bus_read_line(struct bus_call *call, char *line, size_t size)
{
	int r = bus_read(call);

	if (r == 0)
		return take_line(call, line, size) ? 1 : 0;
	return r < 0 ? r : -EIO; /* it should not have ended */
}

int bus_ask(const char *const *question, int *budget_ms, struct bus_call *call)
{
	long long deadline = now_ms() + *budget_ms;
	int r = *budget_ms > 0 ? bus_start(question, call) : -ETIMEDOUT;

	if (r < 0)
		return r;
	do {
		struct pollfd pollfd = { .fd = call->fd, .events = POLLIN };
		long long left = deadline - now_ms();

		if (left <= 0 || (poll(&pollfd, 1, (int)left) == 0)) {
			bus_cancel(call);
			r = -ETIMEDOUT;
			break;
		}
		r = bus_read(call);
	} while (r == 0);
	*budget_ms = (int)(deadline - now_ms());
	return r < 0 ? r : 0;
}
