/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What the tests of notify/socket.c share: a /run of one's own, a user who is not root, and the
 * checks of a private socket that was made. All of it is for children: it ends them on failure.
 */
#ifndef CIB_TEST_NOTIFY_WORLD_H
#define CIB_TEST_NOTIFY_WORLD_H

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/util.h"
#include "notify/socket.h"

#define NOBODY 65534

/* What becomes of descriptors that are received. */
static int passed_room[PASSED_FDS_MAX];
static struct passed_fds passed = { .fds = passed_room };

static inline bool is_root(void)
{
	return geteuid() == 0;
}

/* For the rest of this process's life /run is empty, and its own. */
static inline void have_own_run(void)
{
	child_check(unshare(CLONE_NEWNS) == 0);
	child_check(mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0);
	child_check(mount("test", "/run", "tmpfs", 0, "mode=0755") == 0);
}

static inline void become_nobody(void)
{
	if (is_root())
		child_check(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
}

static inline int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static inline mode_t mode_of(const char *path)
{
	struct stat st;

	child_check(lstat(path, &st) == 0);
	child_check(st.st_uid == geteuid());
	return st.st_mode;
}

static inline bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* As far as random names go: each program is given its own random bytes, getauxval(3). */
static inline void become_another_program(void)
{
	void *random_bytes = (void *)getauxval(AT_RANDOM);

	child_check(syscall(SYS_getrandom, random_bytes, 16, 0) == 16);
}

static inline void open_or_die(const char *runtime_dir, struct notify_socket *ret_notify)
{
	struct refusal refusal;

	child_check(notify_socket_open(getpid(), geteuid(), NOTIFY_PLACE_AUTO, runtime_dir,
				       ret_notify, &refusal) == 0);
	child_check(fcntl(ret_notify->fd, F_GETFD) == FD_CLOEXEC);
}

/* A message to @notify arrives there, and is ours. */
static inline void check_it_works(const struct notify_socket *notify)
{
	struct notify_packet packet;
	int client = notify_client_open();

	child_check(client >= 0 && fcntl(client, F_GETFD) == FD_CLOEXEC);
	child_check(notify_send(client, notify->address, "READY=1", NO_FD, 1000) == 0);
	child_check(notify_receive(notify->fd, &passed, &packet) == NOTIFY_RECEIVED);
	child_check(packet.length == 7 && memcmp(packet.text, "READY=1", 7) == 0);
	child_check(packet.pid == getpid() && packet.uid == getuid());
	child_check(notify_receive(notify->fd, &passed, &packet) == NOTIFY_NOTHING);
	(void)close(client);
}

static inline void check_is_abstract(const struct notify_socket *notify)
{
	child_check(notify->directory[0] == '\0');
	child_check(has_prefix(notify->address, "@cross-init-bridge."));
	child_check(strlen(notify->address) == 35);
	check_it_works(notify);
	notify_socket_remove(notify);
	check_it_works(notify);
	(void)close(notify->fd);
}

/* The name in the directory, which cannot be listed, is the secret. */
static inline const char *name_of(const struct notify_socket *notify)
{
	const char *name = notify->address + strlen(notify->directory) + 1;

	child_check(notify->directory[0] == '/' && has_prefix(notify->address, notify->directory));
	child_check(name[-1] == '/' && strlen(name) == 16);
	child_check(strspn(name, "0123456789abcdef") == 16);
	return name;
}

static inline void check_is_in(const struct notify_socket *notify, const char *directory)
{
	child_check(is_equal(notify->directory, directory));
	child_check(name_of(notify) != NULL);
	child_check(mode_of(directory) == (S_IFDIR | 0711));
	child_check(mode_of(notify->address) == (S_IFSOCK | 0666));
	check_it_works(notify);
	notify_socket_remove(notify);
	child_check(!exists(notify->address) && !exists(directory));
	notify_socket_remove(notify); /* a second time is nothing */
	(void)close(notify->fd);
}

static inline void own_directory(const char *parent, const char *suffix, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/cross-init-bridge.%d%s", parent, (int)getpid(), suffix);
}

/*
 * A message of another process, of nobody's if we are root, which has ended when we look: its pid
 * and uid come all the same.
 */
static inline void check_another_is_heard(const struct notify_socket *notify, uid_t uid)
{
	struct notify_packet packet;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int client = notify_client_open();

		become_nobody();
		child_check(notify_send(client, notify->address, "READY=1", NO_FD, 1000) == 0);
		_exit(0);
	}
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
	child_check(notify_receive(notify->fd, &passed, &packet) == NOTIFY_RECEIVED);
	child_check(packet.pid == pid && packet.uid == uid);
}

#endif
