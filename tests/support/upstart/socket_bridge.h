/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process that holds the listening sockets, and what it says to PID 1 and hears from it: packets
 * of a kind and strings, each ended by a NUL.
 */
#pragma once

#include <sys/types.h>

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

/* Receives a packet of at most BRIDGE_MESSAGE_MAX bytes and perhaps a descriptor, which is the
 * caller's. Returns its length, 0 at the end, or negative. */
ssize_t receive_message(int fd, char *message, int *ret_fd);

/* The bridge itself: serves until PID 1 closes @fd. */
int socket_bridge_run(int fd);
