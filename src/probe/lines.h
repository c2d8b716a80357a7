/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What is to be written so that a service manager runs the daemon: whole files, to paste. Pure. */
#ifndef CIB_PROBE_LINES_H
#define CIB_PROBE_LINES_H

#include "probe/verdict.h"

/* True if @name is one that lines_print() knows. */
bool lines_is_known(const char *name, size_t length);

/* The names, with ", " between them. */
void lines_list(FILE *stream);

/* The files for the manager @name. @command's first word is an absolute path. */
void lines_print(FILE *stream, const char *name, size_t length, char *const *command,
		 const struct verdict *verdict);

#endif
