/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* A packet that may bring a descriptor, as the socket bridge and the control socket have them. */
#pragma once

#include <sys/types.h>

/* Receives a packet of at most @size bytes and perhaps a descriptor, which is the caller's.
 * Returns its length, 0 at the end, or negative. */
ssize_t receive_message(int fd, char *message, size_t size, int *ret_fd);
