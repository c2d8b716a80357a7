/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Why something cannot go on, as the one line that the person who can change it will read. The
 * modules that observe and decide are silent: they fill in a refusal, and main prints it.
 */
#ifndef CIB_BASE_REFUSAL_H
#define CIB_BASE_REFUSAL_H

struct refusal {
	char text[640];
};

/* Writes the line (what, where, why, what to do) and returns -@error. */
int refuse(struct refusal *refusal, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
