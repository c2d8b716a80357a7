/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The FIFOs of --listen; see fd/listen.h. */
#include "fd/listen_steps.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/util.h"

/* As long as it has yet to be opened, and to be given its owner, it is ours alone. */
static int make_fifo_masked(const struct listen_address *address)
{
	bool is_settled_later = address->attributes.mode != NO_MODE ||
				attributes_have_owner(&address->attributes);
	mode_t mask = umask(0);
	int r = mkfifo(address->path, is_settled_later ? 0600 : DEFAULT_MODE) < 0 ? -errno : 0;

	(void)umask(mask);
	return r;
}

/* Returns 0, also if there was something. */
static int make_fifo(struct listening *listening, const struct listen_address *address)
{
	int r = make_fifo_masked(address);

	if (r == -ENOENT) {
		r = listen_make_way(listening, address->path);
		if (r == 0)
			r = make_fifo_masked(address);
	}
	if (r == 0)
		return listen_note_made(listening, address->path, (int)strlen(address->path));
	return r == -EEXIST ? 0 : r;
}

static int refuse_no_fifo(const struct listen_address *address, int error, struct refusal *refusal)
{
	return refuse(refusal, error,
		      "--listen=%s: what is there is not a FIFO: remove it, or choose another path",
		      address->text);
}

/* A symbolic link, a directory, a socket: open(2) says so before fstat(2) can. */
static int refuse_to_open(const struct listen_address *address, int error, struct refusal *refusal)
{
	if (error == ELOOP || error == EISDIR || error == ENXIO)
		return refuse_no_fifo(address, error, refusal);
	return listen_refuse(address, error, "open what is there", refusal);
}

/*
 * Whoever owns it could give the daemon anything to read, and read what it writes: it is ours, or
 * was given its owner at the last start.
 */
static int check_fifo(const struct listen_address *address, const struct stat *st,
		      struct refusal *refusal)
{
	if (!S_ISFIFO(st->st_mode))
		return refuse_no_fifo(address, EEXIST, refusal);
	if (st->st_uid != geteuid() && st->st_uid != address->attributes.owner)
		return refuse(refusal, EPERM,
			      "--listen=%s: the FIFO belongs to user %u, and not to us: remove it, or "
			      "choose another path",
			      address->text, (unsigned)st->st_uid);
	return 0;
}

/* Also one that was there; without attributes it is taken as it is. */
static int settle_fifo(int fd, const struct stat *st, const struct attributes *attributes)
{
	if (attributes->mode == NO_MODE && !attributes_have_owner(attributes))
		return 0;
	return listen_settle_owner(fd, st, attributes);
}

/* With O_RDWR it has a reader and a writer from the start. */
int listen_open_fifo(const struct listen_address *address, struct listening *listening,
		     struct refusal *refusal)
{
	int r = make_fifo(listening, address);
	cleanup_close int fd = NO_FD;
	struct stat st;

	if (r < 0)
		return listen_refuse(address, -r, "make it", refusal);
	/* O_NONBLOCK and the others for the case that something else is there. */
	fd = open(address->path,
		  O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC); /* never creates */
	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse_to_open(address, errno, refusal);
	r = check_fifo(address, &st, refusal);
	if (r < 0)
		return r;
	r = settle_fifo(fd, &st, &address->attributes);
	if (r < 0)
		return listen_refuse_owner(address, -r, refusal);
	if (fcntl(fd, F_SETFL, O_RDWR) < 0)
		return listen_refuse(address, errno, "make it blocking", refusal);
	return take_fd(&fd);
}
