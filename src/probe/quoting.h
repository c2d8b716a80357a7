/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The words of a command as the files of service managers want them, so that they are read as what they were. Pure. */
#ifndef CIB_PROBE_QUOTING_H
#define CIB_PROBE_QUOTING_H

#include <stdbool.h>
#include <stdio.h>

/* How a file takes a command apart. */
enum quoting {
	QUOTING_SHELL,
	QUOTING_OPENRC, /* by the shell, twice: inside double quotes, and by openrc-run's eval */
	QUOTING_SUPERVISORD,
	QUOTING_SYSTEMD,
	QUOTING_DINIT,
};

/* True if every manager reads @word as it is, without a quote. */
bool quoting_is_needless(const char *word);

/* Writes @word to @stream. */
void quoting_put(FILE *stream, const char *word, enum quoting quoting);

#endif
