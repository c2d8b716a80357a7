/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What the command line said: read by all, written once by main(). */
#pragma once

#include <stdbool.h>

struct options {
	bool is_session;      /* the init of a user's session, not PID 1 */
	const char *conf_dir; /* NAME.conf */
	const char *log_dir;  /* NAME.log of `console log`, and ours */
	const char *control;  /* path of the control socket */
	char *bus_address;    /* of our D-Bus server */
};

extern struct options options;
