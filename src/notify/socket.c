/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See notify/socket.h. */
#include "notify/socket.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/apart.h"
#include "base/kernel.h"
#include "base/process.h"
#include "base/procfs.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"
#include "notify/passed_fds.h"

#define MAX_TRIES 100
#define NAME_LENGTH 16
#define PARENT_MS 5000 /* a user's may be on a file system that does not answer */

/* The length of @text as a socket address, written to @ret_address; 0 if it is none. */
static socklen_t to_address(const char *text, struct sockaddr_un *ret_address)
{
	size_t offset = offsetof(struct sockaddr_un, sun_path), length;
	bool is_abstract = text[0] == '@';
	struct text path;

	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	path = text_begin(ret_address->sun_path, sizeof(ret_address->sun_path));
	text_add(&path, text);
	length = (size_t)(path.next - ret_address->sun_path);
	if ((text[0] != '/' && !is_abstract) || length < 2 || path.is_cut)
		return 0;
	if (is_abstract)
		ret_address->sun_path[0] = '\0';
	/* An abstract name ends with its length, a path with its NUL. */
	return (socklen_t)(offset + length + (is_abstract ? 0 : 1));
}

/*
 * A new directory under @parent, which only we can write. One that is there already is another's
 * (a container's that shares /run, or left behind by a babysitter that was killed): left alone.
 */
static int make_directory(pid_t pid, const char *parent, char *path, size_t size)
{
	for (unsigned i = 0; i < MAX_TRIES; i++) {
		struct text text = text_begin(path, size - (1 + NAME_LENGTH));

		text_add(&text, parent);
		text_add(&text, "/" NOTIFY_DIRECTORY);
		text_add_number(&text, (unsigned long)pid);
		if (i > 0) {
			text_add(&text, ".");
			text_add_number(&text, i);
		}
		if (text.is_cut)
			return -ENAMETOOLONG;
		if (mkdir(path, 0700) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/*
 * Not from the bytes that execve(2) brings, getauxval(AT_RANDOM): the C library makes its own secrets
 * of these, and the daemon would be told something of them. Nor from a kernel that waits until it is
 * sure of its chance: early at boot that can take minutes, and who may do anything here is told by
 * credentials, not by the name. getrandom(2) is from Linux 3.17, and what never waits in it from 5.6.
 */
static int read_random(void *buffer, size_t size)
{
	cleanup_close int fd = NO_FD;

	if (syscall(SYS_getrandom, buffer, size, GRND_NONBLOCK) == (long)size ||
	    (errno == EAGAIN && syscall(SYS_getrandom, buffer, size, GRND_INSECURE) == (long)size))
		return 0;
	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return read(fd, buffer, size) == (ssize_t)size ? 0 : -EIO;
}

static int make_name(char name[static NAME_LENGTH + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[NAME_LENGTH / 2];
	int r = read_random(bytes, sizeof(bytes));

	for (size_t i = 0; r == 0 && i < sizeof(bytes); i++) {
		*name++ = digits[bytes[i] >> 4];
		*name++ = digits[bytes[i] & 15];
	}
	*name = '\0';
	return r;
}

static void join(const char *directory, const char *name, char path[static NOTIFY_ADDRESS_MAX])
{
	struct text text = text_begin(path, NOTIFY_ADDRESS_MAX);

	text_add(&text, directory);
	text_add(&text, "/");
	text_add(&text, name);
}

/*
 * /proc/net/unix shows everybody the name that a socket was bound to, but not what it was renamed
 * to. Until then nobody else may enter the directory. The modes are set apart from umask(2), which
 * is the daemon's.
 */
static int bind_in_directory(int fd, struct notify_socket *notify)
{
	char first[NOTIFY_ADDRESS_MAX], name[NAME_LENGTH + 1];
	int r = make_name(name);
	struct sockaddr_un address;

	if (r < 0)
		return r;
	join(notify->directory, "0", first);
	join(notify->directory, name, notify->address);
	if (bind(fd, (struct sockaddr *)&address, to_address(first, &address)) < 0)
		return -errno;
	if (rename(first, notify->address) < 0) {
		r = -errno;
		(void)unlink(first);
		return r;
	}
	if (chmod(notify->address, 0666) < 0 || chmod(notify->directory, 0711) < 0)
		return -errno;
	return 0;
}

static int bind_to_path(int fd, pid_t pid, const char *parent, struct notify_socket *notify)
{
	int r = make_directory(pid, parent, notify->directory, sizeof(notify->directory));

	if (r == 0) {
		r = bind_in_directory(fd, notify);
		if (r < 0)
			notify_socket_remove(notify);
	}
	if (r < 0)
		notify->directory[0] = '\0';
	return r;
}

/*
 * A name that says whose it is, for whoever finds it in /proc/net/unix. Chance only keeps others
 * from taking it first.
 */
static int bind_to_abstract(int fd, struct notify_socket *notify)
{
	char name[NAME_LENGTH + 1];
	struct sockaddr_un address;
	struct text text = text_begin(notify->address, sizeof(notify->address));
	int r = make_name(name);

	if (r < 0)
		return r;
	text_add(&text, "@" NOTIFY_DIRECTORY);
	text_add(&text, name);
	if (bind(fd, (struct sockaddr *)&address, to_address(notify->address, &address)) < 0)
		return -errno;
	return 0;
}

/* bind(2) works once: after a failure between bind and chmod the socket is spent. */
static int open_socket(void)
{
	const int on = 1;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* Before anybody can send: a notification queued earlier would come without credentials. */
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
		int error = errno;

		(void)close_fd(fd);
		return -error;
	}
	return fd;
}

/* The directory to make ours in, or NULL. */
static const char *find_parent(enum notify_place place, uid_t uid, const char *runtime_dir)
{
	const char *parent = uid == 0 ? "/run" : runtime_dir;

	return place != NOTIFY_PLACE_ABSTRACT && parent != NULL && parent[0] == '/' ? parent : NULL;
}

int notify_socket_open(pid_t pid, uid_t uid, enum notify_place place, const char *runtime_dir,
		       struct notify_socket *ret_socket, struct refusal *refusal)
{
	struct notify_socket notify = { .fd = NO_FD };
	const char *parent = find_parent(place, uid, runtime_dir);
	cleanup_close int fd = open_socket();
	int r = -ENOENT;

	if (fd < 0)
		return refuse(refusal, -fd, "cannot make the private notify socket: %s",
			      strerror(-fd));
	if (parent != NULL)
		r = uid == 0 || apart_answers(parent, PARENT_MS)
			    ? bind_to_path(fd, pid, parent, &notify)
			    : -ETIMEDOUT;
	if (r < 0 && place == NOTIFY_PLACE_PATH)
		return refuse(refusal, -r,
			      "cannot bind the private notify socket to a path in %s: %s",
			      parent != NULL ? parent : "$XDG_RUNTIME_DIR, which is not set",
			      strerror(-r));
	if (r < 0) {
		notify.path_error = parent != NULL ? r : 0;
		fd = close_fd(fd);
		fd = open_socket();
		r = fd < 0 ? fd : bind_to_abstract(fd, &notify);
	}
	if (r < 0)
		return refuse(refusal, -r, "cannot bind the private notify socket: %s", strerror(-r));
	notify.fd = take_fd(&fd);
	*ret_socket = notify;
	return 0;
}

bool notify_address_is_private(const char *address)
{
	if (has_prefix(address, "@" NOTIFY_DIRECTORY))
		return true;
	while (*address != '\0' && !has_prefix(address, "/" NOTIFY_DIRECTORY))
		address++;
	return *address != '\0';
}

const char *notify_socket_parent(const struct notify_socket *notify,
				 char buffer[static NOTIFY_ADDRESS_MAX])
{
	const char *slash = strrchr(notify->directory, '/');
	struct text text = text_begin(buffer, NOTIFY_ADDRESS_MAX);

	if (slash != NULL)
		text_add_part(&text, notify->directory, (size_t)(slash - notify->directory));
	else if (geteuid() == 0)
		text_add(&text, "/run");
	return buffer[0] != '\0' ? buffer : NULL;
}

void notify_socket_remove(const struct notify_socket *notify)
{
	if (notify->directory[0] == '\0')
		return;
	(void)unlink(notify->address); /* what is gone already needs no removal */
	(void)rmdir(notify->directory);
}

/* Not notify_parse()d yet: a line that only ends so costs a look in vain. */
static void identify_passed(int fd, struct notify_packet *packet)
{
	static const char line[] = "MAINPIDFD=1";

	if (memmem(packet->text, packet->length, line, sizeof(line) - 1) != NULL)
		(void)pidfd_identify(fd, &packet->passed_pid, &packet->passed_pidfd_id);
}

static void take_passed(const struct cmsghdr *header, struct passed_fds *passed,
			struct notify_packet *packet)
{
	int fds[PASSED_FDS_MAX];
	size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	memcpy(fds, CMSG_DATA(header), n * sizeof(int));
	if (n == 1)
		identify_passed(fds[0], packet);
	passed_fds_close(passed, fds, n);
}

static bool read_control(struct msghdr *message, struct passed_fds *passed,
			 struct notify_packet *packet)
{
	struct ucred credentials = { 0 };

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET)
			continue;
		if (header->cmsg_type == SCM_RIGHTS)
			take_passed(header, passed, packet);
		else if (header->cmsg_type == SCM_CREDENTIALS &&
			 header->cmsg_len == CMSG_LEN(sizeof(credentials)))
			memcpy(&credentials, CMSG_DATA(header), sizeof(credentials));
		else if (header->cmsg_type == SCM_PIDFD && header->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&packet->pidfd, CMSG_DATA(header), sizeof(int));
	}
	packet->pid = credentials.pid;
	packet->uid = credentials.uid;
	return credentials.pid > 0;
}

void notify_identify_senders(int fd)
{
#ifdef SO_PASSPIDFD
	const int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on));
#else
	(void)fd;
#endif
}

enum notify_receipt notify_receive(int fd, struct passed_fds *passed, struct notify_packet *ret_packet)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int)) +
			   CMSG_SPACE(PASSED_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { ret_packet->text, sizeof(ret_packet->text) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n;
	bool has_sender;

	do
		n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? NOTIFY_NOTHING : NOTIFY_FAILED;
	ret_packet->length = (size_t)n < iov.iov_len ? (size_t)n : iov.iov_len;
	ret_packet->pidfd = NO_FD;
	ret_packet->passed_pid = 0;
	has_sender = read_control(&message, passed, ret_packet);
	/* MSG_CTRUNC: not all descriptors were ours to have (RLIMIT_NOFILE), of which we want none. */
	if (!has_sender)
		return NOTIFY_FROM_NOBODY;
	if ((message.msg_flags & MSG_TRUNC) == 0)
		return NOTIFY_RECEIVED;
	ret_packet->length = (size_t)n;
	return NOTIFY_TOO_LONG;
}

int notify_client_open(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static void attach_fd(struct msghdr *message, int fd)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	if (header == NULL) /* never: the buffer is large enough for one */
		return;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

/* A filter of system calls answers before anybody looks at the descriptor. */
static int try_sendmsg(void)
{
	const struct msghdr none = { .msg_iov = NULL };

	return sendmsg(NO_FD, &none, MSG_NOSIGNAL) < 0 && errno != EBADF ? -errno : 0;
}

int notify_client_try(const char *address)
{
	cleanup_close int fd = notify_client_open();
	struct sockaddr_un to;
	socklen_t length = to_address(address, &to);

	if (fd < 0)
		return fd;
	if (length == 0)
		return -EINVAL;
	return connect(fd, (const struct sockaddr *)&to, length) < 0 ? -errno : try_sendmsg();
}

int notify_send(int fd, const char *address, const char *text, int passed_fd, int timeout_ms)
{
	const struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000L };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct sockaddr_un to;
	socklen_t to_length = to_address(address, &to);
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = to_length, .msg_iov = &iov, .msg_iovlen = 1
	};

	if (to_length == 0)
		return -EAFNOSUPPORT;
	if (passed_fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		attach_fd(&message, passed_fd);
	}
	/* a timeout of zero is no limit, to the kernel */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	while (sendmsg(fd, &message, MSG_NOSIGNAL | (timeout_ms == 0 ? MSG_DONTWAIT : 0)) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}
