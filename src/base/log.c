/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/log.h. */
#include "base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "base/apart.h"
#include "base/env.h"
#include "base/same_file.h"
#include "base/sys.h"
#include "base/util.h"

#define PROGRAM "cross-init-bridge"
#define FACILITY_DAEMON (3 << 3)
#define LINE_SIZE 1024

/* The only mutable globals: where messages go, and whether debug messages do. */
static struct {
	bool verbose;
	char *const *env;
	bool is_journal; /* what stderr was when @env was forgotten */
	bool syslog, both, stays;
	bool stderr_hangs; /* it took too long once, and is not tried again */
	const char *job;
} settings;

void log_open(bool verbose, char *const *env)
{
	settings.verbose = verbose;
	settings.env = env;
}

void log_to_syslog(const char *job)
{
	settings.syslog = !settings.stays;
	settings.job = job;
}

void log_to_both(const char *job)
{
	log_to_syslog(job);
	settings.both = settings.syslog;
}

void log_stay_on_stderr(const char *job)
{
	settings.stays = true;
	settings.job = job;
}

bool log_stays_on_stderr(void)
{
	return settings.stays;
}

/* systemd.exec(5): JOURNAL_STREAM is "device:inode"; it may name a stream we no longer have. */
static bool stderr_is_journal(void)
{
	const char *stream;
	char expected[64];
	struct stat st;

	if (settings.env == NULL)
		return settings.is_journal;
	stream = env_search(settings.env, "JOURNAL_STREAM");
	if (stream == NULL || fd_may_hang(STDERR_FILENO) || fstat(STDERR_FILENO, &st) < 0)
		return false;
	(void)snprintf(expected, sizeof(expected), "%llu:%llu", (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino);
	return is_equal(stream, expected);
}

void log_forget_environment(void)
{
	settings.is_journal = stderr_is_journal();
	settings.env = NULL;
}

/* Returns false, with errno, if it could not be sent at once. */
static bool send_to_socket(int type, const char *bytes, size_t length)
{
	static const struct sockaddr_un address = { AF_UNIX, "/dev/log" };
	cleanup_close int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	       send(fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

/* @line is ended by a NUL. */
static bool send_to_dev_log(const char *line, size_t length)
{
	if (send_to_socket(SOCK_DGRAM, line, length))
		return true;
	/* As syslog(3): some listen for connections there, in which a NUL ends a message. */
	return errno == EPROTOTYPE && send_to_socket(SOCK_STREAM, line, length + 1);
}

static void send_to_kmsg(const char *line, size_t length)
{
	cleanup_close int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0)
		(void)!write(fd, line, length); /* the last resort: nobody left to tell */
}

static void send_line(const char *line, size_t length)
{
	if (!send_to_dev_log(line, length) && geteuid() == 0)
		send_to_kmsg(line, length);
}

/* What others have chosen, the name of a job, must neither begin a line nor speak to a terminal. */
static void keep_on_line(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == '\x7f')
			*text = '?';
	}
}

static void write_syslog(enum log_level level, const char *text)
{
	char line[LINE_SIZE + 128];
	int length = snprintf(line, sizeof(line), "<%d>" PROGRAM "[%d]: %s%s%s",
			      FACILITY_DAEMON | (int)level, (int)sys_getpid(),
			      settings.job != NULL ? settings.job : "",
			      settings.job != NULL ? ": " : "", text);

	keep_on_line(line);
	if (length >= (int)sizeof(line))
		length = (int)sizeof(line) - 1;
	send_line(line, (size_t)length);
}

/* A tag ends at the first character that cannot be in a name: it must not end, or begin, a line. */
static void make_tag(const char *job, char *tag, size_t size)
{
	(void)snprintf(tag, size, "%s", job);
	for (; *tag != '\0'; tag++) {
		if (*tag <= ' ' || *tag > '~' || strchr("[]:", *tag) != NULL)
			*tag = '_';
	}
}

/* A full pipe whose reader hangs must not hang us, and a broken one must not kill us. */
#define STDERR_PATIENCE_MS 100
#define FILE_PATIENCE_MS 1000 /* a disk may be slow, and what it takes is not lost */

static bool has_space(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	return poll(&pollfd, 1, settings.stays ? 0 : STDERR_PATIENCE_MS) == 1 &&
	       (pollfd.revents & POLLOUT) != 0;
}

/*
 * write(2) with the signals held back that it can raise, for a pipe that nobody reads and a file at its
 * limit, and taken away if it was this write that did: else they would end us, or, where all are
 * blocked, be taken for sent to us.
 */
static void write_without_signals(int fd, const char *text, size_t length)
{
	static const struct timespec at_once = { 0, 0 };
	sigset_t raised, before, pending;
	int signal;

	(void)sigemptyset(&raised);
	(void)sigaddset(&raised, SIGPIPE);
	(void)sigaddset(&raised, SIGXFSZ);
	(void)sigpending(&pending);
	(void)sigprocmask(SIG_BLOCK, &raised, &before);
	if (write(fd, text, length) < 0 && (errno == EPIPE || errno == EFBIG)) {
		signal = errno == EPIPE ? SIGPIPE : SIGXFSZ;
		(void)sigemptyset(&raised);
		(void)sigaddset(&raised, signal);
		if (sigismember(&pending, signal) == 0)
			(void)sigtimedwait(&raised, NULL, &at_once);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

/* A pipe that has space has it for so much. */
#define PIECE_SIZE 4096

/*
 * That there was room does not mean that there is: others may write to the pipe as well. So we open it anew,
 * and only for us without waiting; where that is not allowed it is somebody else's pipe.
 */
static int open_pipe_again(void)
{
	return fcntl(STDERR_FILENO, F_GETPIPE_SZ) < 0
		       ? NO_FD
		       : open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

/* That there is no other process (RLIMIT_NPROC, TasksMax=) may be what is to be said. */
static void write_to_file(const char *text, size_t length)
{
	int r = settings.stderr_hangs ? 0
				      : apart_write(STDERR_FILENO, text, length, FILE_PATIENCE_MS);

	if (r == -ETIMEDOUT)
		settings.stderr_hangs = true;
	else if (r < 0)
		write_without_signals(STDERR_FILENO, text, length);
}

void log_write_stderr(const char *text, size_t length)
{
	cleanup_close int pipe = NO_FD;

	if (fd_may_hang(STDERR_FILENO)) {
		write_to_file(text, length);
		return;
	}
	pipe = open_pipe_again();
	while (length > 0 && has_space(STDERR_FILENO)) {
		size_t piece = length < PIECE_SIZE ? length : PIECE_SIZE;

		write_without_signals(pipe >= 0 ? pipe : STDERR_FILENO, text, piece);
		text += piece;
		length -= piece;
	}
}

/* A whole line, or none: where there is no space for it, nobody reads. */
static void write_daemons_line(const char *tag, pid_t pid, const char *text)
{
	char line[LINE_SIZE + 128];
	int length = snprintf(line, sizeof(line), "%s[%d]: %s\n", tag, (int)pid, text);

	if (length < (int)sizeof(line))
		log_write_stderr(line, (size_t)length);
}

void log_for_daemon(const char *job, pid_t pid, const char *text)
{
	char line[LINE_SIZE + 128], tag[64];
	int length;

	make_tag(job != NULL ? job : PROGRAM, tag, sizeof(tag));
	if (settings.stays) {
		write_daemons_line(tag, pid, text);
		return;
	}
	length = snprintf(line, sizeof(line), "<%d>%s[%d]: %s", FACILITY_DAEMON | (int)LEVEL_INFO,
			  tag, (int)pid, text);
	if (length >= (int)sizeof(line))
		length = (int)sizeof(line) - 1;
	send_line(line, (size_t)length);
}

static void write_stderr(enum log_level level, const char *text)
{
	char line[LINE_SIZE + 64], prefix[8] = "";
	int length;

	if (stderr_is_journal())
		(void)snprintf(prefix, sizeof(prefix), "<%d>", (int)level);
	length = snprintf(line, sizeof(line), "%s" PROGRAM ": %s\n", prefix, text);
	log_write_stderr(line, (size_t)length);
}

/*
 * Under inetd, and with StandardInput=socket, what is written to stderr goes to the client, or, on a
 * listener, nowhere.
 */
static bool stderr_is_service(void)
{
	struct stat in, err;

	if (fd_may_hang(STDERR_FILENO) || fd_may_hang(STDIN_FILENO))
		return false;
	return fstat(STDERR_FILENO, &err) == 0 && S_ISSOCK(err.st_mode) &&
	       fstat(STDIN_FILENO, &in) == 0 && is_same_file(&in, &err);
}

bool log_has_stderr(void)
{
	return !settings.syslog && !settings.stderr_hangs && !stderr_is_service();
}

static void write_line(enum log_level level, const char *text)
{
	bool is_both = settings.both && !stderr_is_service();

	if (log_has_stderr() || is_both)
		write_stderr(level, text);
	/* The journal has it already. */
	if (is_both ? !stderr_is_journal() : !log_has_stderr())
		write_syslog(level, text);
}

static bool is_wanted(enum log_level level)
{
	return level != LEVEL_DEBUG || settings.verbose;
}

void log_message(enum log_level level, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list args;

	if (!is_wanted(level))
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	keep_on_line(text);
	write_line(level, text);
}

void log_errno(enum log_level level, int error, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list args;
	size_t used;

	if (!is_wanted(level))
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	used = strlen(text);
	(void)snprintf(text + used, sizeof(text) - used, ": %s", strerror(abs(error)));
	keep_on_line(text);
	write_line(level, text);
}
