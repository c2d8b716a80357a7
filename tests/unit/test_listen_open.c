/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * --listen: the sockets are what was promised, whoever uses a path keeps it, and what was made goes
 * when there is no daemon. With real sockets, in a directory of the test's own.
 */
#include "unit.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/util.h"
#include "fd/info.h"
#include "fd/listen_open.c" /* NOLINT(bugprone-suspicious-include): for what needs a race to be seen */
#include "real_sockets.h"
#include "sockets.h"

/*
 * gVisor's connect(2): whoever is bound with another type is not there. It is not installed where tests run.
 */
static bool is_gvisor;

static int connect_as_kernel(int fd, const struct sockaddr *address, socklen_t length)
{
	int r = connect(fd, address, length);

	if (r < 0 && errno == EPROTOTYPE && is_gvisor)
		errno = ECONNREFUSED;
	return r;
}

#define connect connect_as_kernel
#include "fd/stale.c" /* NOLINT(bugprone-suspicious-include) */
#undef connect

#define MAX_ADDRESSES 4

static char directory[] = "/tmp/cib-listen.XXXXXX";

/* What one run of listen_open() does: the descriptors, and what is to be undone. */
struct world {
	struct listen_address addresses[MAX_ADDRESSES];
	char texts[MAX_ADDRESSES][128];
	struct fd_info fds[MAX_ADDRESSES];
	size_t n;
	struct listening listening;
	struct refusal refusal;
};

/* "KIND:" and a name in the directory, or any other address. */
static void add(struct world *world, const char *kind, const char *name)
{
	char *text = world->texts[world->n];

	if (*name == '/')
		(void)snprintf(text, sizeof(world->texts[0]), "%s%s%s", kind, directory, name);
	else
		(void)snprintf(text, sizeof(world->texts[0]), "%s%s", kind, name);
	assert_int_equal(listen_parse(text, &world->addresses[world->n], &world->refusal), 0);
	world->n++;
}

static int open_all(struct world *world)
{
	listen_describe(world->addresses, world->n, world->fds);
	return listen_open(world->addresses, world->fds, world->n, &world->listening,
			   &world->refusal);
}

static void close_all(struct world *world)
{
	for (size_t i = 0; i < world->n; i++)
		(void)close(world->fds[i].fd);
	listen_undo(&world->listening);
	listen_undo(&world->listening); /* a second time is nothing */
	for (size_t i = 0; i < world->n; i++)
		listen_done(&world->addresses[i]);
}

static const char *in_directory(const char *name)
{
	static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

	(void)snprintf(path, sizeof(path), "%s%s", directory, name);
	return path;
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(in_directory(name), &st) == 0;
}

/* Nothing is left of the test before. */
static int enter_directory(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/cib-listen.XXXXXX");
	return mkdtemp(directory) != NULL ? 0 : -1;
}

static int leave_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

/* A socket of the kind of @text in the directory; the caller closes it. */
static int bind_there(int type, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", in_directory(name));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Not the bytes in between: of a structure not all are members. */
static bool is_same_info(const struct fd_info *a, const struct fd_info *b)
{
	return a->fd == b->fd && a->kind == b->kind && a->family == b->family && a->type == b->type &&
	       a->is_listening == b->is_listening && a->address_length == b->address_length &&
	       memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

static void check_opened(const char *name, const struct fd_info *expected)
{
	struct fd_info found;

	fd_describe(expected->fd, &found);
	check(name, is_same_info(&found, expected));
	check_int(name, fcntl(found.fd, F_GETFD), FD_CLOEXEC);
	check_int(name, fcntl(found.fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR);
}

static void check_made(const char *name, mode_t mode)
{
	struct stat st;

	check_int(name, lstat(in_directory(name), &st), 0);
	check_int(name, st.st_mode, mode);
}

static const struct {
	const char *kind, *name;
	mode_t mode; /* of what is in the file system */
} kinds_of_sockets[] = {
	{ "", "127.0.0.1:42741", 0 },
	{ "", "[::1]:42741", 0 },
	{ "", "42742", 0 },
	{ "udp:", "127.0.0.1:42741", 0 },
	{ "udp:", "42742", 0 },
	{ "", "@cib-test-listen", 0 },
	{ "dgram:", "@cib-test-listen-dgram", 0 },
	{ "seqpacket:", "@cib-test-listen-seqpacket", 0 },
	{ "", "/s", S_IFSOCK | 0666 },
	{ "dgram:", "/s", S_IFSOCK | 0666 },
	{ "seqpacket:", "/s", S_IFSOCK | 0666 },
	{ "fifo:", "/s", S_IFIFO | 0666 },
};

static void what_is_opened_is_what_was_described(void **state)
{
	mode_t mask = umask(077);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds_of_sockets); i++) {
		const char *name = kinds_of_sockets[i].name;
		struct world world = { 0 };

		if (name[0] == '[' && !has_ipv6()) {
			not_tried(name, "there is no IPv6");
			continue;
		}
		add(&world, kinds_of_sockets[i].kind, name);
		if (open_all(&world) < 0)
			fail_msg("%s", world.refusal.text);
		check_opened(name, &world.fds[0]);
		if (kinds_of_sockets[i].mode != 0)
			check_made(name, kinds_of_sockets[i].mode);
		close_all(&world);
		check(name, !is_there("/s"));
	}
	assert_int_equal(umask(mask), 077); /* the daemon's is as it was */
}

/* "NAME,ATTRIBUTES" in the directory. */
static void add_with(struct world *world, const char *kind, const char *attributes)
{
	char name[100];

	(void)snprintf(name, sizeof(name), "/s%s", attributes);
	add(world, kind, name);
	assert_int_equal(attributes_find_accounts(&world->addresses[world->n - 1].attributes, name,
						  &world->refusal),
			 0);
}

static const char *const kinds_at_paths[] = { "", "dgram:", "seqpacket:", "fifo:" };

static const struct {
	const char *attributes;
	mode_t mode;
	uid_t owner;
	gid_t group;
	bool for_root;
} owners[] = {
	{ ",mode=0660", 0660, NO_ACCOUNT, NO_ACCOUNT, false },
	{ ",mode=0600", 0600, NO_ACCOUNT, NO_ACCOUNT, false },
	{ ",mode=0777", 0777, NO_ACCOUNT, NO_ACCOUNT, false },
	{ ",mode=0644", 0644, NO_ACCOUNT, NO_ACCOUNT, false },
	{ ",group=4242", 0666, NO_ACCOUNT, 4242, true },
	{ ",mode=0660,group=4242", 0660, NO_ACCOUNT, 4242, true },
	{ ",mode=0060,group=4242", 0060, NO_ACCOUNT, 4242, true },
	{ ",mode=0600,owner=4141", 0600, 4141, NO_ACCOUNT, true },
	{ ",mode=0640,owner=4141,group=4242", 0640, 4141, 4242, true },
	{ ",mode=0,owner=4141", 0, 4141, NO_ACCOUNT, true },
	{ ",owner=root", 0666, 0, NO_ACCOUNT, true },
};

static void check_owner(size_t row)
{
	const char *name = owners[row].attributes;
	uid_t owner = owners[row].owner != NO_ACCOUNT ? owners[row].owner : geteuid();
	gid_t group = owners[row].group != NO_ACCOUNT ? owners[row].group : getegid();
	struct stat st;

	check_int(name, lstat(in_directory("/s"), &st), 0);
	check_int(name, st.st_mode & 07777, owners[row].mode);
	check_int(name, st.st_uid, owner);
	check_int(name, st.st_gid, group);
}

/* A second time over what the first has left. */
static void make_twice(size_t row, const char *kind, mode_t mask)
{
	for (int i = 0; i < 2; i++) {
		struct world world = { 0 };

		add_with(&world, kind, owners[row].attributes);
		if (open_all(&world) < 0)
			fail_msg("%s", world.refusal.text);
		check_owner(row);
		check_int("umask", umask(mask), mask);
		if (i == 0)
			world.listening.n_made = 0;
		close_all(&world);
	}
	(void)unlink(in_directory("/s")); /* a FIFO that was there stays */
}

/* SocketMode= and the others: exact, whatever the umask says. */
static void what_is_made_has_the_mode_and_owner_that_were_asked_for(void **state)
{
	static const mode_t masks[] = { 0, 077, 0777 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(owners) * ARRAY_SIZE(kinds_at_paths) * 3; i++) {
		size_t row = i / 3 / ARRAY_SIZE(kinds_at_paths);
		mode_t mask = umask(masks[i % 3]);

		if (!owners[row].for_root || geteuid() == 0)
			make_twice(row, kinds_at_paths[i / 3 % ARRAY_SIZE(kinds_at_paths)],
				   masks[i % 3]);
		(void)umask(mask);
	}
}

/* The kernel would give it the directory's group, or what its ACL says. */
static void the_directory_has_no_say(void **state)
{
	(void)state;
	need_other_users();
	assert_int_equal(chown(directory, 0, 4343), 0);
	assert_int_equal(chmod(directory, 02755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(kinds_at_paths); i++) {
		struct world world = { 0 };
		struct stat st;

		add_with(&world, kinds_at_paths[i], ",mode=0620,group=4242");
		assert_int_equal(open_all(&world), 0);
		check_int(kinds_at_paths[i], lstat(in_directory("/s"), &st), 0);
		check_int(kinds_at_paths[i], st.st_gid, 4242);
		check_int(kinds_at_paths[i], st.st_mode & 07777, 0620);
		close_all(&world);
	}
}

static void give_away_as_nobody(const void *arg)
{
	static const char *const attributes[] = { ",owner=0", ",group=0", ",mode=0666,owner=0" };

	(void)arg;
	child_check(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
	for (size_t i = 0; i < 4 * ARRAY_SIZE(attributes); i++) {
		struct world world = { 0 };

		add_with(&world, kinds_at_paths[i % 4], attributes[i / 4]);
		child_check(open_all(&world) == -EPERM);
		child_check(strstr(world.refusal.text, "only root may give it away") != NULL);
		listen_undo(&world.listening);
		listen_done(&world.addresses[0]);
		child_check(!is_there("/s"));
	}
}

static void what_cannot_be_given_away_is_not_left_open(void **state)
{
	(void)state;
	need_other_users();
	assert_int_equal(chown(directory, 65534, 65534), 0);
	check_in_child("as nobody", give_away_as_nobody, NULL);
}

/* By whoever may write the directory, so that another's file would be given away. */
static void what_has_replaced_it_is_not_given_away(void **state)
{
	const struct attributes attributes = { .mode = 0666, .owner = 4141, .group = NO_ACCOUNT };
	char other[sizeof(directory) + sizeof("/other")];
	struct stat before, after;
	int fd = bind_there(SOCK_STREAM, "/other");

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/other", directory);
	assert_int_equal(chmod(in_directory("/other"), 0600), 0);
	assert_int_equal(lstat(in_directory("/other"), &before), 0);
	assert_int_equal(symlink("other", in_directory("/s")), 0);
	assert_int_equal(settle_socket(in_directory("/s"), &attributes), -EADDRINUSE);
	(void)unlink(in_directory("/s"));
	assert_int_equal(linkat(AT_FDCWD, other, AT_FDCWD, in_directory("/s"), 0), 0);
	assert_int_equal(settle_socket(in_directory("/s"), &attributes), -EMLINK);
	(void)unlink(in_directory("/s"));
	assert_int_equal(settle_socket(in_directory("/s"), &attributes), -ENOENT);
	assert_int_equal(lstat(in_directory("/other"), &after), 0);
	assert_true(before.st_uid == after.st_uid && before.st_mode == after.st_mode);
	(void)unlink(in_directory("/other"));
	(void)close(fd);
}

/* Until it has its owner: no client gets in on the strength of the group that we happen to have. */
static void nothing_is_open_in_between(void **state)
{
	static const struct {
		struct attributes attributes;
		mode_t first;
	} cases[] = {
		{ { .mode = NO_MODE, .owner = NO_ACCOUNT, .group = NO_ACCOUNT }, 0666 },
		{ { .mode = 0660, .owner = NO_ACCOUNT, .group = NO_ACCOUNT }, 0660 },
		{ { .mode = 0660, .owner = NO_ACCOUNT, .group = 4242 }, 0600 },
		{ { .mode = 0606, .owner = 4141, .group = NO_ACCOUNT }, 0600 },
		{ { .mode = NO_MODE, .owner = 4141, .group = 4242 }, 0600 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_int("row", first_mode(&cases[i].attributes), cases[i].first);
}

static void ipv6_only_leaves_ipv4_to_others(void **state)
{
	static const char *const kinds[] = { "", "udp:" };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(kinds); i++) {
		struct world world = { 0 };

		add(&world, kinds[i % 2], i < 2 ? "0.0.0.0:42745" : "42745,ipv6only");
		add(&world, kinds[i % 2], i < 2 ? "[::]:42745,ipv6only" : "0.0.0.0:42745");
		if (open_all(&world) < 0)
			fail_msg("%s", world.refusal.text);
		close_all(&world);
	}
}

/* Of a unix socket the kernel tells by turning away: one more than the backlog is taken. */
static void the_backlog_is_what_was_asked_for(void **state)
{
	struct world world = { 0 };
	int clients[4], taken = 0;

	(void)state;
	add_with(&world, "", ",backlog=2");
	assert_int_equal(open_all(&world), 0);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		const struct fd_info *info = &world.fds[0];

		clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (connect(clients[i], (const struct sockaddr *)&info->address,
			    info->address_length) == 0)
			taken++;
		else
			assert_int_equal(errno, EAGAIN);
	}
	assert_int_equal(taken, 3);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		(void)close(clients[i]);
	close_all(&world);
}

/* From the last start, when it was given its owner; anybody else's is refused as ever. */
static void a_fifo_of_its_owner_is_taken_again(void **state)
{
	static const struct {
		uid_t owner;
		int r;
	} cases[] = { { 4141, 0 }, { 0, 0 }, { 4142, -EPERM } };

	(void)state;
	need_other_users();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = { 0 };
		struct stat st;

		assert_int_equal(mkfifo(in_directory("/s"), 0600), 0);
		assert_int_equal(chown(in_directory("/s"), cases[i].owner, 4242), 0);
		add_with(&world, "fifo:", ",mode=0620,owner=4141");
		check_int("taken", open_all(&world), cases[i].r);
		assert_int_equal(lstat(in_directory("/s"), &st), 0);
		check_int("owner", st.st_uid, cases[i].r == 0 ? 4141 : cases[i].owner);
		check_int("mode", st.st_mode & 07777, cases[i].r == 0 ? 0620 : 0600);
		if (cases[i].r == 0)
			close_all(&world);
		listen_undo(&world.listening);
		listen_done(&world.addresses[0]);
		(void)unlink(in_directory("/s"));
	}
}

static void each_gets_its_number(void **state)
{
	struct world world = { 0 };
	int low = fcntl(0, F_DUPFD_CLOEXEC, 3);
	struct fd_info found;

	(void)state;
	add(&world, "", "@cib-test-listen");
	add(&world, "fifo:", "/f");
	listen_describe(world.addresses, world.n, world.fds);
	(void)close(low); /* now a lower one is free than was then */
	assert_int_equal(listen_open(world.addresses, world.fds, world.n, &world.listening,
				     &world.refusal),
			 0);
	fd_describe(world.fds[0].fd, &found);
	assert_int_equal(found.kind, FD_KIND_SOCKET);
	fd_describe(world.fds[1].fd, &found);
	assert_int_equal(found.kind, FD_KIND_FIFO);
	assert_int_equal(fcntl(world.fds[0].fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(world.fds[1].fd, F_GETFD), FD_CLOEXEC);
	fd_describe(low, &found);
	assert_int_equal(found.kind, FD_KIND_CLOSED);
	close_all(&world);
}

/* What the daemon before us left, of whatever type it was. */
static void a_stale_socket_is_replaced(void **state)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	static const char *const kinds[] = { "", "dgram:", "seqpacket:" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types) * ARRAY_SIZE(kinds); i++) {
		struct world world = { 0 };

		(void)close(bind_there(types[i % 3], "/s"));
		add(&world, kinds[i / 3], "/s");
		if (open_all(&world) < 0)
			fail_msg("%s", world.refusal.text);
		close_all(&world);
		check(kinds[i / 3], !is_there("/s"));
	}
}

/* Bound is enough: it may be about to listen. Its owner notices nothing. */
static void a_socket_in_use_is_left_alone(void **state)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	static const char *const kinds[] = { "", "dgram:", "seqpacket:" };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(types) * ARRAY_SIZE(kinds); i++) {
		struct world world = { 0 };
		int type = types[i % 3], fd = bind_there(type, "/s");

		if (i >= 9 && type != SOCK_DGRAM)
			assert_int_equal(listen(fd, 1), 0);
		add(&world, kinds[i / 3 % 3], "/s");
		check_int("in use", open_all(&world), -EADDRINUSE);
		check("in use", strstr(world.refusal.text, strerror(EADDRINUSE)) != NULL);
		check("in use", is_there("/s"));
		if (i >= 9 && type != SOCK_DGRAM)
			check_int("no client came", accept4(fd, NULL, NULL, SOCK_CLOEXEC), -1);
		listen_undo(&world.listening);
		check("in use", is_there("/s"));
		(void)close(fd);
		(void)unlink(in_directory("/s"));
	}
}

/* Where only connect(2) with its own type tells: the listener has a client that is gone. */
static void a_listener_is_left_alone_on_gvisor(void **state)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	static const char *const kinds[] = { "", "seqpacket:", "dgram:" };

	(void)state;
	is_gvisor = true;
	for (size_t i = 0; i < ARRAY_SIZE(types) * ARRAY_SIZE(kinds); i++) {
		struct world world = { 0 };
		int fd = bind_there(types[i % 3], "/s");

		if (types[i % 3] != SOCK_DGRAM)
			assert_int_equal(listen(fd, 0), 0);
		add(&world, kinds[i / 3], "/s");
		for (int times = 0; times < 3; times++) /* at last its queue is full */
			check_int(kinds[i / 3], open_all(&world), -EADDRINUSE);
		assert_true(is_there("/s"));
		(void)close(fd);
		check_int("stale", open_all(&world), 0);
		close_all(&world);
	}
	is_gvisor = false;
}

/* Between looking at a stale socket and removing it another process has replaced it by its own. */
static void what_came_in_between_is_put_back(void **state)
{
	struct stat stale, now;
	int pin, fd;

	(void)state;
	(void)close(bind_there(SOCK_STREAM, "/s"));
	assert_int_equal(lstat(in_directory("/s"), &stale), 0);
	pin = open(in_directory("/s"), O_PATH | O_CLOEXEC); /* its number is not used again */
	(void)unlink(in_directory("/s"));
	fd = bind_there(SOCK_STREAM, "/s");
	assert_int_equal(lstat(in_directory("/s"), &now), 0);
	assert_int_equal(stale_remove(in_directory("/s"), &stale), -EADDRINUSE);
	assert_int_equal(lstat(in_directory("/s"), &stale), 0);
	assert_true(is_same_file(&stale, &now));
	assert_int_equal(stale_remove(in_directory("/s"), &now), 0);
	assert_false(is_there("/s"));
	(void)close(fd);
	(void)close(pin);
}

/* What has the name by which the stale socket is moved aside keeps it, and all that was there. */
static void a_neighbour_is_not_overwritten(void **state)
{
	char name[32];
	struct world world = { 0 };

	(void)state;
	(void)snprintf(name, sizeof(name), "/s.%d", (int)getpid());
	(void)close(open(in_directory(name), O_CREAT | O_CLOEXEC, 0600));
	(void)close(bind_there(SOCK_STREAM, "/s"));
	add(&world, "", "/s");
	assert_int_equal(open_all(&world), -EEXIST);
	listen_undo(&world.listening);
	assert_true(is_there("/s") && is_there(name));
	(void)unlink(in_directory("/s"));
	(void)unlink(in_directory(name));
}

/* Also what is not a socket, and of which there is no second link. */
static void a_directory_that_came_in_between_is_put_back(void **state)
{
	struct stat stale;
	int pin;

	(void)state;
	(void)close(bind_there(SOCK_STREAM, "/s"));
	assert_int_equal(lstat(in_directory("/s"), &stale), 0);
	pin = open(in_directory("/s"), O_PATH | O_CLOEXEC); /* its number is not used again */
	(void)unlink(in_directory("/s"));
	assert_int_equal(mkdir(in_directory("/s"), 0700), 0);
	assert_int_equal(stale_remove(in_directory("/s"), &stale), -EADDRINUSE);
	assert_int_equal(rmdir(in_directory("/s")), 0);
	(void)close(pin);
}

/* Without the right to connect, or a descriptor to do it with, nobody can say that it is stale. */
static void what_cannot_be_looked_at_is_left_alone(void **state)
{
	struct world world = { 0 };
	struct rlimit limit, none;
	char expected[128];

	(void)state;
	(void)snprintf(expected, sizeof(expected),
		       "whether the socket there is in use: %s: raise the limit", strerror(EMFILE));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	(void)close(bind_there(SOCK_STREAM, "/s"));
	add(&world, "", "/s");
	listen_describe(world.addresses, world.n, world.fds);
	none = (struct rlimit){ (rlim_t)world.fds[0].fd + 1, limit.rlim_max }; /* but its own */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(listen_open(world.addresses, world.fds, world.n, &world.listening,
				     &world.refusal),
			 -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_non_null(strstr(world.refusal.text, expected));
	listen_undo(&world.listening);
	assert_true(is_there("/s"));
	(void)unlink(in_directory("/s"));
}

/* A file, a directory, a symbolic link to whatever: not ours to remove. */
static void what_is_no_socket_is_left_alone(void **state)
{
	static const char *const kinds[] = { "", "dgram:", "seqpacket:", "fifo:" };
	int fd = bind_there(SOCK_STREAM, "/stale");

	(void)state;
	(void)close(fd);
	for (size_t i = 0; i < 4 * ARRAY_SIZE(kinds); i++) {
		struct world world = { 0 };

		if (i / 4 == 0)
			(void)close(open(in_directory("/s"), O_CREAT | O_CLOEXEC, 0600));
		else if (i / 4 == 1)
			(void)mkdir(in_directory("/s"), 0700);
		else if (i / 4 == 2)
			assert_return_code(symlink("stale", in_directory("/s")), errno);
		else
			assert_return_code(symlink("none", in_directory("/s")), errno);
		add(&world, kinds[i % 4], "/s");
		check(kinds[i % 4], open_all(&world) < 0);
		check(world.refusal.text, strstr(world.refusal.text, "remove it, or choose") != NULL);
		check(kinds[i % 4], is_there("/s"));
		check(kinds[i % 4], !is_there("/none"));
		listen_undo(&world.listening);
		check(kinds[i % 4], is_there("/s") && is_there("/stale"));
		(void)(unlink(in_directory("/s")) == 0 || rmdir(in_directory("/s")) == 0);
	}
	(void)unlink(in_directory("/stale"));
}

static void a_fifo_that_is_there_is_used_and_stays(void **state)
{
	struct world world = { 0 };

	(void)state;
	assert_int_equal(mkfifo(in_directory("/f"), 0600), 0);
	add(&world, "fifo:", "/f");
	assert_int_equal(open_all(&world), 0);
	close_all(&world);
	assert_true(is_there("/f"));
	(void)unlink(in_directory("/f"));
}

/* Whoever may write the directory would choose which of our FIFOs it is. */
static void a_link_to_a_fifo_is_refused(void **state)
{
	struct world world = { 0 };

	(void)state;
	assert_int_equal(mkfifo(in_directory("/f"), 0600), 0);
	assert_int_equal(symlink("f", in_directory("/link")), 0);
	add(&world, "fifo:", "/link");
	assert_int_equal(open_all(&world), -ELOOP);
	listen_undo(&world.listening);
	assert_true(is_there("/f") && is_there("/link"));
	(void)unlink(in_directory("/f"));
	(void)unlink(in_directory("/link"));
}

static void a_fifo_of_another_user_is_refused(void **state)
{
	struct world world = { 0 };

	(void)state;
	need_other_users();
	assert_int_equal(mkfifo(in_directory("/f"), 0666), 0);
	assert_int_equal(chown(in_directory("/f"), 65534, 65534), 0);
	add(&world, "fifo:", "/f");
	assert_int_equal(open_all(&world), -EPERM);
	assert_non_null(strstr(world.refusal.text, "belongs to user 65534"));
	listen_undo(&world.listening);
	assert_true(is_there("/f"));
	(void)unlink(in_directory("/f"));
}

/* All or nothing. */
static void if_one_fails_what_the_others_made_goes(void **state)
{
	struct world world = { 0 };

	(void)state;
	add(&world, "", "/a");
	add(&world, "fifo:", "/b");
	add(&world, "", "/a/c");
	assert_int_equal(open_all(&world), -ENOTDIR);
	assert_true(is_there("/a") && is_there("/b"));
	listen_undo(&world.listening);
	assert_false(is_there("/a") || is_there("/b"));
	(void)close(world.fds[0].fd);
	(void)close(world.fds[1].fd);
}

/* As systemd does, with DirectoryMode=0755. */
static void directories_on_the_way_are_made_and_go_again(void **state)
{
	static const char *const kinds[] = { "", "dgram:", "fifo:" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct world world = { 0 };
		mode_t mask = umask(077);

		add(&world, kinds[i], "/a/b//c/s");
		if (open_all(&world) < 0)
			fail_msg("%s", world.refusal.text);
		check_made("/a", S_IFDIR | 0755);
		check_made("/a/b/c", S_IFDIR | 0755);
		check(kinds[i], is_there("/a/b/c/s"));
		assert_int_equal(umask(mask), 077);
		close_all(&world);
		check(kinds[i], !is_there("/a"));
	}
}

/* What others keep in them keeps them. */
static void directories_in_use_stay(void **state)
{
	struct world world = { 0 };

	(void)state;
	add(&world, "", "/a/b/s");
	assert_int_equal(open_all(&world), 0);
	assert_int_equal(mkdir(in_directory("/a/other"), 0700), 0);
	close_all(&world);
	assert_false(is_there("/a/b"));
	assert_true(is_there("/a/other"));
	(void)rmdir(in_directory("/a/other"));
	(void)rmdir(in_directory("/a"));
}

static void what_has_taken_its_place_stays(void **state)
{
	struct world world = { 0 };
	int fd;

	(void)state;
	add(&world, "", "/s");
	assert_int_equal(open_all(&world), 0);
	(void)unlink(in_directory("/s"));
	fd = bind_there(SOCK_STREAM, "/s");
	close_all(&world);
	assert_true(is_there("/s"));
	(void)close(fd);
	(void)unlink(in_directory("/s"));
}

/* Of IPv4 on [::]; and, as TIME_WAIT would, a port that was in use until now is not an obstacle. */
static void a_port_alone_takes_both_families(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(42743),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world world = { 0 };
		int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), accepted;

		add(&world, "", "42743");
		if (open_all(&world) < 0)
			fail_msg("%s", world.refusal.text);
		assert_int_equal(connect(client, (struct sockaddr *)&in, sizeof(in)), 0);
		accepted = accept4(world.fds[0].fd, NULL, NULL, SOCK_CLOEXEC);
		(void)close(accepted); /* first, so that the TIME_WAIT is on our side */
		(void)close(client);
		close_all(&world);
	}
}

static void a_port_in_use_is_refused(void **state)
{
	static const char *const kinds[] = { "", "udp:" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct world first = { 0 }, second = { 0 };

		add(&first, kinds[i], "127.0.0.1:42744");
		assert_int_equal(open_all(&first), 0);
		add(&second, kinds[i], "127.0.0.1:42744");
		check_int(kinds[i], open_all(&second), -EADDRINUSE);
		close_all(&first);
		listen_undo(&second.listening);
	}
}

/* Where that can be had, ports are nobody else's: tests may run many at once. */
static void enter_own_network(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	(void)ioctl(fd, SIOCSIFFLAGS, &request);
	(void)close(fd);
}

int main(void)
{
#define with_directory(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		with_directory(what_is_opened_is_what_was_described),
		with_directory(what_is_made_has_the_mode_and_owner_that_were_asked_for),
		with_directory(the_directory_has_no_say),
		with_directory(what_cannot_be_given_away_is_not_left_open),
		with_directory(what_has_replaced_it_is_not_given_away),
		with_directory(nothing_is_open_in_between),
		with_directory(ipv6_only_leaves_ipv4_to_others),
		with_directory(the_backlog_is_what_was_asked_for),
		with_directory(a_fifo_of_its_owner_is_taken_again),
		with_directory(each_gets_its_number),
		with_directory(a_stale_socket_is_replaced),
		with_directory(a_socket_in_use_is_left_alone),
		with_directory(a_listener_is_left_alone_on_gvisor),
		with_directory(what_came_in_between_is_put_back),
		with_directory(a_neighbour_is_not_overwritten),
		with_directory(a_directory_that_came_in_between_is_put_back),
		with_directory(what_cannot_be_looked_at_is_left_alone),
		with_directory(what_is_no_socket_is_left_alone),
		with_directory(a_fifo_that_is_there_is_used_and_stays),
		with_directory(a_link_to_a_fifo_is_refused),
		with_directory(a_fifo_of_another_user_is_refused),
		with_directory(if_one_fails_what_the_others_made_goes),
		with_directory(directories_on_the_way_are_made_and_go_again),
		with_directory(directories_in_use_stay),
		with_directory(what_has_taken_its_place_stays),
		with_directory(a_port_alone_takes_both_families),
		with_directory(a_port_in_use_is_refused),
	};

	enter_own_network();
	return cmocka_run_group_tests_name("listen_open", tests, NULL, NULL);
}
