/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The system calls that the bridge makes, and how each of them can fail. Apart from the rest because
 * it is all that has to be known about Linux, and grows with the bridge.
 */
#ifndef INJECT_CALLS_H
#define INJECT_CALLS_H

#define MAX_ERRORS 3

struct call {
	long number;
	const char *name;
	int errors[MAX_ERRORS]; /* none: it cannot fail, or does not return */
};

/* Of an unknown one, which may fail for want of memory. */
const struct call *call_by_number(long number);

#endif
