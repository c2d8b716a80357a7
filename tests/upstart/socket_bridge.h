/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The process that holds the listening sockets, and what it says to PID 1 and hears from it: packets
 * of a kind and strings, each ended by a NUL. Its argument is the number of its socket to PID 1; it
 * serves until that is closed.
 */
#pragma once

enum {
	BRIDGE_MESSAGE_MAX = 2048
};

enum bridge_message {
	BRIDGE_LISTEN = 'L', /* to the bridge: job, NAME=VALUE... */
	BRIDGE_FORGET = 'F', /* to the bridge: job */
	BRIDGE_DONE = 'D',   /* answers the two */
	BRIDGE_LOG = 'T',    /* a line for the log */
	BRIDGE_EVENT = 'E',  /* NAME=VALUE..., with the listener attached */
};
