/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The text of sd_notify(3) datagrams, as systemd's own receiver reads it. Pure and bounded.
 *
 * A notification is lines that end in LF, CR or both, each a variable; one NUL at the very end is
 * allowed. NAME=1 counts only as a whole line. Of several lines with the same name the first
 * counts. STOPPING=1 wins over READY=1, and that over RELOADING=1 (a reload that is over already).
 * BARRIER=1 counts only as the only line; beside others it makes the whole notification void. What is
 * not known, X_ variables among it, is ignored. Numbers are decimal; systemd would also take the
 * hexadecimal ones that nobody sends.
 */
#ifndef CIB_NOTIFY_STATEMENT_H
#define CIB_NOTIFY_STATEMENT_H

#include <stddef.h>

#include "base/text.h"

/* What the daemon said in one notification, as bits; sd_notify(3) has the words for it. */
enum state_change {
	STATE_READY = 1 << 0,
	STATE_RELOADING = 1 << 1,
	STATE_STOPPING = 1 << 2,
	STATE_BARRIER = 1 << 3,
	STATE_STATUS = 1 << 4,
	STATE_ERROR = 1 << 5,
	STATE_BUS_ERROR = 1 << 6,
	STATE_VARLINK_ERROR = 1 << 7,
	STATE_EXIT_STATUS = 1 << 8,
	STATE_MAIN_PID = 1 << 9,
	STATE_MAIN_PIDFD_ID = 1 << 10,
	STATE_MAIN_PIDFD = 1 << 11, /* a descriptor that came along is the main process */
	STATE_TIME = 1 << 12,
	STATE_ALIVE = 1 << 13, /* sign of life for a watchdog */
	STATE_NOT_ALIVE = 1 << 14,
	STATE_WATCHDOG_TIME = 1 << 15,
	STATE_EXTEND_TIMEOUT = 1 << 16,
	STATE_FD_STORE = 1 << 17, /* keep the descriptors that came along, or give some up */
	STATE_NOTIFY_ACCESS = 1 << 18,
};

/* Who may speak for the daemon, from few to many (systemd.service(5), NotifyAccess=). */
enum notify_access {
	NOTIFY_ACCESS_NONE,
	NOTIFY_ACCESS_MAIN,
	NOTIFY_ACCESS_ALL,
};

/* One notification of the daemon. A value means something only if the bit of its change is set. */
struct statement {
	unsigned changes; /* bits of enum state_change */
	unsigned invalid; /* said with a value that is not valid: bits of enum state_change */
	struct slice status, error, bus_error, varlink_error, exit_status;
	unsigned long long main_pid, main_pidfd_id;
	unsigned long long time_us, watchdog_us, extend_us;
	enum notify_access access;
};

/* One datagram is one notification of at most this many bytes (systemd: NOTIFY_BUFFER_MAX, PIPE_BUF). */
#define NOTIFY_MAX 4096

/*
 * Reads the @length bytes of one notification. Returns 0 and @ret_said, which borrows from @text, or
 * -EBADMSG (a NUL inside: to be ignored).
 */
int notify_parse(const char *text, size_t length, struct statement *ret_said);

#endif
