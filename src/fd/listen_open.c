/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See fd/listen.h: opening the sockets. */
#include "fd/listen_steps.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/util.h"
#include "fd/stale.h"

static int replace_stale(const struct listen_address *address, const struct fd_info *info,
			 struct refusal *refusal)
{
	struct stat st;
	int r;

	if (lstat(address->path, &st) < 0)
		return listen_refuse(address, errno, "look at what is there", refusal);
	if (!S_ISSOCK(st.st_mode))
		return refuse(refusal, EEXIST,
			      "--listen=%s: what is there is not a socket, and is not removed: remove it, or "
			      "choose another path",
			      address->text);
	r = stale_is_in_use(info);
	if (r < 0)
		return listen_refuse(address, -r, "see whether the socket there is in use", refusal);
	if (r > 0)
		return listen_refuse(address, EADDRINUSE, "bind", refusal);
	r = stale_remove(address->path, &st);
	return r < 0 ? listen_refuse(address, -r, "replace the stale socket", refusal) : 0;
}

/* Called when something is at the path. Returns 0 if it was a stale socket, and is gone. */
static int clear_path(const struct listen_address *address, const struct fd_info *info,
		      struct refusal *refusal)
{
	/* Keeps its inode number from being another's. No O_PATH before Linux 2.6.39: then without. */
	int pin = open(address->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int r = replace_stale(address, info, refusal);

	(void)close_fd(pin);
	return r;
}

static mode_t mode_of(const struct attributes *attributes)
{
	return attributes->mode != NO_MODE ? attributes->mode : DEFAULT_MODE;
}

/* Where it is to become another's, it is nobody's but ours until then. */
static mode_t first_mode(const struct attributes *attributes)
{
	mode_t mode = mode_of(attributes);

	return attributes_have_owner(attributes) ? mode & 0700 : mode;
}

static int bind_masked(int fd, const struct listen_address *address, const struct fd_info *info)
{
	mode_t mask = umask(0777 & ~first_mode(&address->attributes));
	int r = bind(fd, (const struct sockaddr *)&info->address, info->address_length);

	(void)umask(mask);
	return r < 0 ? -errno : 0;
}

/* Both through descriptors of the file itself: a name in another's directory may change. */

static int change_owner(int fd, const char *path, const struct attributes *attributes)
{
	int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;

	return fchownat(fd, path, attributes->owner, attributes->group, flags) < 0 ? -errno : 0;
}

/* O_PATH is not enough for fchmod(2); the link in /proc is as good. */
static int change_mode(int fd, mode_t mode)
{
	char link[32];

	if (fchmod(fd, mode) == 0)
		return 0;
	if (errno != EBADF)
		return -errno;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return chmod(link, mode) < 0 ? -errno : 0;
}

/*
 * Gives what is at @fd, which we have made just now or which was ours already, its owner, and the mode
 * last. It may have been replaced since by whoever may write the directory, by another hard link
 * to a file of ours: that one has more than one name. POSIX ACLs of the directory may have changed
 * the mode, its set-group-ID bit the group.
 */
int listen_settle_owner(int fd, const struct stat *st, const struct attributes *attributes)
{
	mode_t mode = mode_of(attributes);
	int r = 0;

	if (st->st_nlink != 1)
		return -EMLINK;
	if ((attributes->owner != NO_ACCOUNT && attributes->owner != st->st_uid) ||
	    (attributes->group != NO_ACCOUNT && attributes->group != st->st_gid))
		r = change_owner(fd, "", attributes);
	if (r == 0 && (st->st_mode & 07777) != mode)
		r = change_mode(fd, mode);
	return r;
}

static int settle_socket(const char *path, const struct attributes *attributes)
{
	cleanup_close int fd = NO_FD;
	struct stat st;

	if (attributes->mode == NO_MODE && !attributes_have_owner(attributes))
		return 0;
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return -EADDRINUSE;
	return listen_settle_owner(fd, &st, attributes);
}

static int bind_path(int fd, const struct listen_address *address, const struct fd_info *info,
		     struct listening *listening, struct refusal *refusal)
{
	int r = bind_masked(fd, address, info);

	if (r == -ENOENT) {
		r = listen_make_way(listening, address->path);
		if (r < 0)
			return listen_refuse(address, -r, "make its directory", refusal);
		r = bind_masked(fd, address, info);
	}
	if (r == -EADDRINUSE) {
		r = clear_path(address, info, refusal);
		if (r < 0)
			return r;
		r = bind_masked(fd, address, info);
	}
	if (r < 0)
		return listen_refuse(address, -r, "bind", refusal);
	r = listen_note_made(listening, address->path, (int)strlen(address->path));
	if (r < 0)
		return listen_refuse(address, -r, "bind", refusal);
	r = settle_socket(address->path, &address->attributes);
	return r < 0 ? listen_refuse_owner(address, -r, refusal) : 0;
}

static int bind_address(int fd, const struct listen_address *address, const struct fd_info *info,
			struct listening *listening, struct refusal *refusal)
{
	if (address->path != NULL)
		return bind_path(fd, address, info, listening, refusal);
	if (bind(fd, (const struct sockaddr *)&info->address, info->address_length) < 0)
		return listen_refuse(address, errno, "bind", refusal);
	return 0;
}

static bool set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool set_options(int fd, const struct fd_info *info, const struct attributes *attributes)
{
	bool is_inet = info->family == AF_INET || info->family == AF_INET6;

	/* [::] is IPv4, too, whatever net.ipv6.bindv6only says. */
	if (info->family == AF_INET6 &&
	    !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, attributes->is_ipv6_only ? 1 : 0))
		return false;
	/* Only for the sake of TIME_WAIT: it would let others bind the port of a datagram socket. */
	return !is_inet || info->type != SOCK_STREAM || set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
}

/* The kernel takes no more than net.core.somaxconn. */
static int backlog_of(const struct attributes *attributes)
{
	return attributes->backlog != NO_BACKLOG ? attributes->backlog : INT_MAX;
}

/* Returns the socket, or -errno. */
static int open_socket(const struct listen_address *address, const struct fd_info *info,
		       struct listening *listening, struct refusal *refusal)
{
	cleanup_close int fd = socket(info->family, info->type | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0 || !set_options(fd, info, &address->attributes))
		return listen_refuse(address, errno, "make a socket", refusal);
	r = bind_address(fd, address, info, listening, refusal);
	if (r < 0)
		return r;
	if (info->is_listening && listen(fd, backlog_of(&address->attributes)) < 0)
		return listen_refuse(address, errno, "listen", refusal);
	return take_fd(&fd);
}

/* Returns 0 with the socket at @number, which is free. */
static int put_at(int fd, int number)
{
	int r;

	if (fd == number)
		return 0;
	r = dup3(fd, number, O_CLOEXEC) < 0 ? -errno : 0;
	(void)close_fd(fd);
	return r == -EBADF ? -EMFILE : r; /* dup(2): it is the number that is over the limit */
}

int listen_open(const struct listen_address *addresses, const struct fd_info *fds, size_t n,
		struct listening *ret_listening, struct refusal *refusal)
{
	*ret_listening = (struct listening){ 0 };
	for (size_t i = 0; i < n; i++) {
		const struct listen_address *address = &addresses[i];
		int fd = address->info.kind == FD_KIND_FIFO
				 ? listen_open_fifo(address, ret_listening, refusal)
				 : open_socket(address, &fds[i], ret_listening, refusal);
		int r;

		ret_listening->failed = i;
		if (fd < 0)
			return fd;
		r = put_at(fd, fds[i].fd);
		if (r < 0)
			return listen_refuse(address, -r, "give it its number", refusal);
	}
	return 0;
}
