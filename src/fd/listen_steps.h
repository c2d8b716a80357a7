/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What listen_open() is made of; private to the files of --listen. */
#ifndef CIB_FD_LISTEN_STEPS_H
#define CIB_FD_LISTEN_STEPS_H

#include <sys/stat.h>

#include "fd/listen.h"

/* SocketMode= by default, systemd.socket(5): whoever reaches the path may use it. */
#define DEFAULT_MODE 0666

/* Notes that the first @length bytes of @path are what we have just made. Returns 0 or -errno. */
int listen_note_made(struct listening *listening, const char *path, int length);

/* Makes the directories that are missing on the way to @path, as systemd does. Returns 0 or -errno. */
int listen_make_way(struct listening *listening, const char *path);

/*
 * Gives what is at @fd, which we have made just now or which was ours already, its owner, and the mode
 * last. @st is of it. Returns 0 or -errno (-EMLINK: it has another name, so it may be another's).
 */
int listen_settle_owner(int fd, const struct stat *st, const struct attributes *attributes);

/*
 * Opens the FIFO of @address, which is made if it is not there. Returns the descriptor, the caller's, or
 * -errno with the reason in @refusal.
 */
int listen_open_fifo(const struct listen_address *address, struct listening *listening,
		     struct refusal *refusal);

/* Refuses @address, for @what cannot be done with it, with advice on @error. Returns -@error. */
int listen_refuse(const struct listen_address *address, int error, const char *what,
		  struct refusal *refusal);

/* The same, for it cannot be given its owner, group and mode. */
int listen_refuse_owner(const struct listen_address *address, int error, struct refusal *refusal);

#endif
