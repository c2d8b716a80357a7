/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Messages to the administrator: one line each, "cross-init-bridge: what: why". The launcher writes
 * to stderr, with sd-daemon(3) level prefixes when stderr is the journal. Where stderr is gone, or is
 * the socket that the daemon is to serve, each line goes to syslog. Nothing here allocates, so it works anywhere.
 */
#ifndef CIB_BASE_LOG_H
#define CIB_BASE_LOG_H

#include <stdbool.h>
#include <sys/types.h>

/* The levels of syslog(3), under names that <syslog.h> does not claim. */
enum log_level {
	LEVEL_ERROR = 3,
	LEVEL_WARNING = 4,
	LEVEL_INFO = 6,
	LEVEL_DEBUG = 7,
};

/*
 * @verbose lets LEVEL_DEBUG through. $JOURNAL_STREAM is looked up in @env, which is borrowed for good,
 * when there is something to say.
 */
void log_open(bool verbose, char *const *env);

/* @env of log_open() is not used any more: what it tells of standard error is remembered. */
void log_forget_environment(void);

/*
 * From now on each line goes to /dev/log; where that cannot be reached and we are root, to
 * /dev/kmsg; else nowhere. @job becomes part of the tag and is borrowed for good.
 */
void log_to_syslog(const char *job);

/*
 * The same, and to stderr as well as long as that takes it: what is said once, in the end, is not to be
 * lost where one of both has nobody behind it any more.
 */
void log_to_both(const char *job);

/*
 * For a process whose logger is behind standard error, for its whole life: log_to_syslog() does nothing
 * from now on, and what has no space there is lost, since nobody may be held up. @job is borrowed for
 * good. The second tells whether that was called.
 */
void log_stay_on_stderr(const char *job);
bool log_stays_on_stderr(void);

/*
 * One line in the name of the daemon, said by its process @pid, to the same places as with log_to_syslog(): the tag is
 * @job, or our own name if it is NULL.
 */
void log_for_daemon(const char *job, pid_t pid, const char *text);

/* @text as it is, to standard error: as a message goes there, so never for ever, nor to our death. */
void log_write_stderr(const char *text, size_t length);

/* False if messages go to syslog because stderr is gone, or is a socket with a client behind it. */
bool log_has_stderr(void);

/* One line, made of @format as by printf(3), where messages go; nothing, if none of @level are wanted. */
void log_message(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As log_message, followed by ": " and the text of @error (a positive or negative errno). */
void log_errno(enum log_level level, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_message(LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LEVEL_WARNING, __VA_ARGS__)
#define log_debug(...) log_message(LEVEL_DEBUG, __VA_ARGS__)

#endif
