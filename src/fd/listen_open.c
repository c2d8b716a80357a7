/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See fd/listen.h: opening the sockets, and removing what is left if there will be no daemon.
 */
#include "fd/listen.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/access.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"
#include "fd/stale.h"

/* SocketMode= and DirectoryMode= by default, systemd.socket(5): whoever reaches the path may use it. */
#define DEFAULT_MODE 0666
#define DIRECTORY_MODE 0755

/* Of who uses the address already, the caller has more to say. */
static const char *advice_on_address(int error)
{
	switch (error) {
	case EADDRNOTAVAIL:
		return ": this machine does not have the address";
	case EACCES:
		return ": a port below 1024 needs CAP_NET_BIND_SERVICE";
	case EAFNOSUPPORT:
		return ": this kernel has no such sockets, or RestrictAddressFamilies= does not allow "
		       "them (for a port alone, of IPv6: use 0.0.0.0:PORT)";
	case EMFILE:
		return ": raise the limit of open files";
	default:
		return "";
	}
}

/* Which part of the path is in the way of whom. */
static void add_closed(const char *path, struct text *text)
{
	char buffer[PATH_MAX];
	const char *closed = access_find_closed(path, buffer);

	text_add(text, ": user ");
	text_add_number(text, (unsigned long)geteuid());
	text_add(text, closed != NULL ? " may not pass " : " may not write ");
	if (closed == NULL && access(path, F_OK) == 0 &&
	    faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0)
		closed = path;
	text_add(text, closed != NULL ? closed : access_directory(path, buffer));
	text_add(text, ": it takes a directory that we may write");
}

static void add_advice_on_path(const char *path, int error, struct text *text)
{
	char buffer[PATH_MAX];

	if (error == EACCES) {
		add_closed(path, text);
	} else if (error == EPERM) {
		text_add(text,
			 ": what is there is another user's, who may remove it; or choose another "
			 "path");
	} else if (error == EROFS) {
		text_add(text, ": make ");
		text_add(text, access_directory(path, buffer));
		text_add(text,
			 " writable (ReadWritePaths=, RuntimeDirectory=), or choose another path");
	} else if (error == ENOTDIR) {
		text_add(text, ": a part of the path is a file");
	} else if (error == EMFILE) {
		text_add(text, ": raise the limit of open files");
	}
}

static int refuse_address(const struct listen_address *address, int error, const char *what,
			  struct refusal *refusal)
{
	char advice[400];
	struct text text = text_begin(advice, sizeof(advice));

	if (address->path != NULL)
		add_advice_on_path(address->path, error, &text);
	else
		text_add(&text, advice_on_address(error));
	return refuse(refusal, error, "--listen=%s: cannot %s: %s%s", address->text, what,
		      strerror(error), advice);
}

/* The first @length bytes of @path; false if they are no path for the kernel. */
static bool copy_path(const char *path, int length, char copy[static PATH_MAX])
{
	return snprintf(copy, PATH_MAX, "%.*s", length, path) < PATH_MAX;
}

/* Notes that the first @length bytes of @path are what we have just made. Returns 0 or -errno. */
static int note_made(struct listening *listening, const char *path, int length)
{
	char copy[PATH_MAX];
	struct made *longer;
	struct stat st;

	if (!copy_path(path, length, copy) || lstat(copy, &st) < 0)
		return 0; /* somebody has removed it already */
	longer = realloc(listening->made, (listening->n_made + 1) * sizeof(*longer));
	if (longer == NULL) {
		(void)remove(copy);
		return -ENOMEM;
	}
	listening->made = longer;
	longer[listening->n_made++] = (struct made){ path, length, st.st_dev, st.st_ino };
	return 0;
}

void listen_remove(const struct listening *listening)
{
	char copy[PATH_MAX];
	struct stat st;

	/* The last one first: directories were made before what is in them. */
	for (size_t i = listening->n_made; i-- > 0;) {
		const struct made *made = &listening->made[i];

		if (copy_path(made->path, made->length, copy) && lstat(copy, &st) == 0 &&
		    st.st_dev == made->device && st.st_ino == made->inode)
			(void)remove(copy);
	}
}

void listen_undo(struct listening *listening)
{
	listen_remove(listening);
	free(listening->made);
	*listening = (struct listening){ 0 };
}

static int make_directory(struct listening *listening, const char *path, int length)
{
	char copy[PATH_MAX];
	mode_t mask;
	int r;

	if (!copy_path(path, length, copy))
		return -ENAMETOOLONG;
	mask = umask(0);
	r = mkdir(copy, DIRECTORY_MODE) < 0 ? -errno : 0;
	(void)umask(mask);
	if (r == 0)
		return note_made(listening, path, length);
	return r == -EEXIST ? 0 : r;
}

/* Makes the directories that are missing on the way to @path, as systemd does. */
static int make_way(struct listening *listening, const char *path)
{
	int r = 0;

	for (const char *slash = strchr(path + 1, '/'); slash != NULL && r == 0;
	     slash = strchr(slash + 1, '/'))
		r = make_directory(listening, path, (int)(slash - path));
	return r;
}

static int replace_stale(const struct listen_address *address, const struct fd_info *info,
			 struct refusal *refusal)
{
	struct stat st;
	int r;

	if (lstat(address->path, &st) < 0)
		return refuse_address(address, errno, "look at what is there", refusal);
	if (!S_ISSOCK(st.st_mode))
		return refuse(refusal, EEXIST,
			      "--listen=%s: what is there is not a socket, and is not removed: remove it, or "
			      "choose another path",
			      address->text);
	r = stale_is_in_use(info);
	if (r < 0)
		return refuse_address(address, -r, "see whether the socket there is in use", refusal);
	if (r > 0)
		return refuse_address(address, EADDRINUSE, "bind", refusal);
	r = stale_remove(address->path, &st);
	return r < 0 ? refuse_address(address, -r, "replace the stale socket", refusal) : 0;
}

/* Called when something is at the path. Returns 0 if it was a stale socket, and is gone. */
static int make_room(const struct listen_address *address, const struct fd_info *info,
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
static int settle_owner(int fd, const struct stat *st, const struct attributes *attributes)
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
	return settle_owner(fd, &st, attributes);
}

static int refuse_owner(const struct listen_address *address, int error, struct refusal *refusal)
{
	return refuse(refusal, error, "--listen=%s: cannot give it its owner, group and mode: %s%s",
		      address->text, strerror(error),
		      error == EPERM ? ": only root may give it away, others to a group of theirs"
				     : "");
}

static int bind_path(int fd, const struct listen_address *address, const struct fd_info *info,
		     struct listening *listening, struct refusal *refusal)
{
	int r = bind_masked(fd, address, info);

	if (r == -ENOENT) {
		r = make_way(listening, address->path);
		if (r < 0)
			return refuse_address(address, -r, "make its directory", refusal);
		r = bind_masked(fd, address, info);
	}
	if (r == -EADDRINUSE) {
		r = make_room(address, info, refusal);
		if (r < 0)
			return r;
		r = bind_masked(fd, address, info);
	}
	if (r < 0)
		return refuse_address(address, -r, "bind", refusal);
	r = note_made(listening, address->path, (int)strlen(address->path));
	if (r < 0)
		return refuse_address(address, -r, "bind", refusal);
	r = settle_socket(address->path, &address->attributes);
	return r < 0 ? refuse_owner(address, -r, refusal) : 0;
}

static int bind_address(int fd, const struct listen_address *address, const struct fd_info *info,
			struct listening *listening, struct refusal *refusal)
{
	if (address->path != NULL)
		return bind_path(fd, address, info, listening, refusal);
	if (bind(fd, (const struct sockaddr *)&info->address, info->address_length) < 0)
		return refuse_address(address, errno, "bind", refusal);
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
		return refuse_address(address, errno, "make a socket", refusal);
	r = bind_address(fd, address, info, listening, refusal);
	if (r < 0)
		return r;
	if (info->is_listening && listen(fd, backlog_of(&address->attributes)) < 0)
		return refuse_address(address, errno, "listen", refusal);
	return take_fd(&fd);
}

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
		r = make_way(listening, address->path);
		if (r == 0)
			r = make_fifo_masked(address);
	}
	if (r == 0)
		return note_made(listening, address->path, (int)strlen(address->path));
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
	return refuse_address(address, error, "open what is there", refusal);
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
	return settle_owner(fd, st, attributes);
}

/* The same for a FIFO, which with O_RDWR has a reader and a writer from the start. */
static int open_fifo(const struct listen_address *address, struct listening *listening,
		     struct refusal *refusal)
{
	int r = make_fifo(listening, address);
	cleanup_close int fd = NO_FD;
	struct stat st;

	if (r < 0)
		return refuse_address(address, -r, "make it", refusal);
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
		return refuse_owner(address, -r, refusal);
	if (fcntl(fd, F_SETFL, O_RDWR) < 0)
		return refuse_address(address, errno, "make it blocking", refusal);
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
				 ? open_fifo(address, ret_listening, refusal)
				 : open_socket(address, &fds[i], ret_listening, refusal);
		int r;

		ret_listening->failed = i;
		if (fd < 0)
			return fd;
		r = put_at(fd, fds[i].fd);
		if (r < 0)
			return refuse_address(address, -r, "give it its number", refusal);
	}
	return 0;
}
