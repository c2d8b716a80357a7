/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The directory of a private socket whose babysitter was killed stays, since nobody was there to remove
 * it. So each babysitter looks once for those of earlier lives, beside its own.
 */
#ifndef CIB_NOTIFY_LEFT_BEHIND_H
#define CIB_NOTIFY_LEFT_BEHIND_H

#include "notify/socket.h"

/*
 * Removes what was left behind where the directory of @ours is, if it has one. What is in use stays, also by
 * processes that have other numbers than we see (a container that shares /run), and what is not ours.
 */
void notify_remove_left_behind(const struct notify_socket *ours);

#endif
