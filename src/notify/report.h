/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What of a daemon's words, sd_notify(3), becomes a line of the log, on a host that shows its status nowhere: pure,
 * with the time as an argument and no allocation.
 *
 * One notification makes at most one line. Its text is the daemon's, so it is not trusted: it must be
 * UTF-8, control characters are escaped, and a line has an end. A daemon may say something every
 * second of its life, so after REPORT_BURST lines only one a REPORT_INTERVAL_MS is let through; the
 * last is kept until its turn, and how many it replaced is told with it.
 */
#ifndef CIB_NOTIFY_REPORT_H
#define CIB_NOTIFY_REPORT_H

#include <sys/types.h>

#include "notify/statement.h"

/* How much of what the daemon says goes to the log. */
enum report_detail {
	REPORT_NONE,
	REPORT_STATUS, /* its status, its errors */
	REPORT_ALL,
};

#define REPORT_LINE 1000 /* bytes, with the NUL */
#define REPORT_BURST 10
#define REPORT_INTERVAL_MS 60000

/* Zero at the start, but for @detail. */
struct report {
	enum report_detail detail;
	int n_early;         /* lines that were let through and have not been paid for by time */
	long long paid_ms;   /* until when time has paid */
	bool is_kept;        /* line[] waits for its turn */
	bool has_status;     /* line[] has a status in it */
	unsigned n_left_out; /* since a line was let through */
	pid_t sender;        /* who said what is in line[] */
	size_t length;       /* of the line proper, without what follows on those left out */
	char line[REPORT_LINE + 64]; /* the last one that was made */
};

/*
 * Takes what @sender, the daemon or one of its processes, has @said; @phase is the phase that the
 * daemon is in since, or NULL if that is as before. Returns the line to be logged at once, which stays valid until the next call, or NULL.
 */
const char *report_take(struct report *report, const struct statement *said, const char *phase,
			pid_t sender, long long now_ms);

/* When report_take_kept() has something to return; 0: never. */
long long report_due_ms(const struct report *report);

/* The line whose turn it is, or, @at_the_end, the one that waits for it; or NULL. */
const char *report_take_kept(struct report *report, bool at_the_end, long long now_ms);

#endif
