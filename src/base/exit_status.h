/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What we exit with where there is no daemon whose status it would be; as env(1). */
#ifndef CIB_BASE_EXIT_STATUS_H
#define CIB_BASE_EXIT_STATUS_H

enum exit_status {
	EXIT_UNKNOWN = 1,          /* the daemon's own is not known, and counts as a failure */
	EXIT_WARNINGS = 3,         /* --explain: it would work, but not as one may think */
	EXIT_OURS = 125,           /* our own failure */
	EXIT_NOT_EXECUTABLE = 126, /* the command is there, but cannot be executed */
	EXIT_NOT_FOUND = 127,
};

#endif
