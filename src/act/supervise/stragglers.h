/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The processes of a daemon that goes to the background, as far as its parent is to end them. */
#ifndef CIB_ACT_SUPERVISE_STRAGGLERS_H
#define CIB_ACT_SUPERVISE_STRAGGLERS_H

#include "base/descendants.h"

struct stragglers_scope {
	struct descendants of;
	bool is_all;
	pid_t session, group; /* else those of one of these; 0: none */
};

/* Sends @signal to each of them, or nothing, if it is 0. Returns how many there are. */
size_t stragglers_signal(const struct stragglers_scope *scope, int signal);

#endif
