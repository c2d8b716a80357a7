/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * notify/socket.c with real sockets: where a user's private one lies, what arrives on one, and
 * sending. Root becomes a user for it; what only root can do is in test_notify_socket_root.c.
 */
#include "unit.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "notify_world.h"

/* ---- Where it lies ---- */

/* A new directory of nobody's, which is the parent's to remove: that fails if something is left. */
static void make_runtime_dir(char *path)
{
	assert_non_null(mkdtemp(path));
	if (is_root())
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
}

static void open_as_user(const void *arg)
{
	struct notify_socket notify;
	char directory[100];

	become_nobody();
	open_or_die(arg, &notify);
	own_directory(arg, "", directory, sizeof(directory));
	check_is_in(&notify, directory);
}

static void a_user_s_socket_is_in_the_runtime_directory(void **state)
{
	char runtime_dir[] = "/tmp/cross-init-bridge-test.XXXXXX";
	int status;

	(void)state;
	make_runtime_dir(runtime_dir);
	status = run_child(open_as_user, runtime_dir);
	assert_int_equal(rmdir(runtime_dir), 0);
	assert_int_equal(status, 0);
}

static void open_as_user_elsewhere(const void *arg)
{
	struct notify_socket notify;

	become_nobody();
	child_check(chdir("/") == 0); /* where "tmp" could be used, and must not */
	open_or_die(arg, &notify);
	check_is_abstract(&notify);
}

static void without_a_good_runtime_directory_a_user_s_socket_is_abstract(void **state)
{
	static const char *const directories[] = { NULL,       "",      "tmp",        "@x",
						   "/missing", "/proc", "/etc/passwd" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		check_in_child(directories[i] != NULL ? directories[i] : "unset",
			       open_as_user_elsewhere, directories[i]);
}

static void open_in_each_place(const void *arg)
{
	struct notify_socket notify;
	struct refusal refusal;

	become_nobody();
	child_check(notify_socket_open(getpid(), geteuid(), NOTIFY_PLACE_ABSTRACT, arg, &notify,
				       &refusal) == 0);
	check_is_abstract(&notify);
	child_check(notify_address_is_private(notify.address));
	child_check(notify_socket_open(getpid(), geteuid(), NOTIFY_PLACE_PATH, arg, &notify,
				       &refusal) == 0);
	child_check(notify_address_is_private(notify.address));
	child_check(has_prefix(notify.address, arg));
	notify_socket_remove(&notify);
	child_check(notify_socket_open(getpid(), geteuid(), NOTIFY_PLACE_PATH, "/missing", &notify,
				       &refusal) == -ENOENT);
	child_check(is_equal(refusal.text,
			     "cannot bind the private notify socket to a path in /missing: No such "
			     "file or directory"));
	child_check(notify_socket_open(getpid(), geteuid(), NOTIFY_PLACE_PATH, NULL, &notify,
				       &refusal) < 0);
}

static void the_place_can_be_chosen(void **state)
{
	char runtime_dir[] = "/tmp/cross-init-bridge-test.XXXXXX";
	int status;

	(void)state;
	make_runtime_dir(runtime_dir);
	status = run_child(open_in_each_place, runtime_dir);
	assert_int_equal(rmdir(runtime_dir), 0);
	assert_int_equal(status, 0);
}

static void our_own_addresses_are_known_from_a_manager_s(void **state)
{
	static const struct {
		const char *address;
		bool expected;
	} cases[] = {
		{ "/run/systemd/notify", false },
		{ "@/org/freedesktop/systemd1/notify/123", false },
		{ "/run/user/1000/systemd/notify", false },
		{ "@0012f", false },
		{ "/run/cross-init-bridge/notify", false },
		{ "/run/cross-init-bridge.12/0123456789abcdef", true },
		{ "/run/user/1000/cross-init-bridge.12.1/0123456789abcdef", true },
		{ "@cross-init-bridge.0123456789abcdef", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_int(cases[i].address, notify_address_is_private(cases[i].address),
			  cases[i].expected);
}

/* A path that is too long for a socket address is not a reason to fail, or to be cut. */
static void open_at_every_length(const void *arg)
{
	int n_paths = 0, n_abstract = 0;

	become_nobody();
	for (size_t length = strlen(arg) + 2; length < NOTIFY_ADDRESS_MAX + 10; length++) {
		char parent[NOTIFY_ADDRESS_MAX + 16];
		struct notify_socket notify;

		(void)snprintf(parent, sizeof(parent), "%s/", (const char *)arg);
		memset(parent + strlen(parent), 'x', length - strlen(parent));
		parent[length] = '\0';
		child_check(mkdir(parent, 0755) == 0);
		open_or_die(parent, &notify);
		if (notify.address[0] == '/')
			n_paths += name_of(&notify) != NULL; /* and is not cut, either */
		else
			n_abstract++;
		check_it_works(&notify);
		notify_socket_remove(&notify);
		(void)close(notify.fd);
		child_check(rmdir(parent) == 0);
	}
	child_check(n_paths > 0 && n_abstract > 0);
}

static void a_long_runtime_directory_is_used_as_long_as_it_fits(void **state)
{
	char runtime_dir[] = "/tmp/cross-init-bridge-test.XXXXXX";
	int status;

	(void)state;
	make_runtime_dir(runtime_dir);
	status = run_child(open_at_every_length, runtime_dir);
	assert_int_equal(rmdir(runtime_dir), 0);
	assert_int_equal(status, 0);
}

/* ---- What arrives ---- */

/* For what is the same wherever the socket lies: an abstract one, which needs nothing. */
static void open_anywhere(struct notify_socket *ret_notify)
{
	become_nobody();
	open_or_die(NULL, ret_notify);
}

/* Sends @length bytes with @n_fds copies of @fd. Returns 0 or -errno. */
static int send_raw(const struct notify_socket *notify, const char *text, size_t length, int fd,
		    size_t n_fds)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	union {
		char bytes[CMSG_SPACE(PASSED_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)text, length };
	struct msghdr message = {
		.msg_name = &to,
		.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					   strlen(notify->address)),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	int client = notify_client_open(), r;

	child_check(client >= 0 && notify->address[0] == '@');
	memcpy(to.sun_path + 1, notify->address + 1, strlen(notify->address) - 1);
	if (n_fds > 0) {
		struct cmsghdr *header = &control.align;

		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		for (size_t i = 0; i < n_fds; i++)
			memcpy(CMSG_DATA(header) + i * sizeof(int), &fd, sizeof(fd));
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
	}
	/* Not musl's sendmsg(3), which has no room for so many. */
	r = syscall(SYS_sendmsg, client, &message, 0) < 0 ? -errno : 0;
	(void)close(client);
	return r;
}

#define FAR_TOO_LONG 10000U

static const struct size {
	const char *name;
	size_t length;
	enum notify_receipt expected;
} sizes[] = {
	{ "nothing at all", 0, NOTIFY_RECEIVED },
	{ "one byte", 1, NOTIFY_RECEIVED },
	{ "the longest", NOTIFY_MAX, NOTIFY_RECEIVED },
	{ "one too long", NOTIFY_MAX + 1, NOTIFY_TOO_LONG },
	{ "far too long", FAR_TOO_LONG, NOTIFY_TOO_LONG },
};

static void receive_size(const void *arg)
{
	const struct size *size = arg;
	struct notify_socket notify;
	struct notify_packet packet;
	char text[FAR_TOO_LONG];

	open_anywhere(&notify);
	memset(text, 'x', sizeof(text));
	child_check(send_raw(&notify, text, size->length, NO_FD, 0) == 0);
	child_check(notify_receive(notify.fd, &passed, &packet) == size->expected);
	child_check(packet.length == size->length);
	child_check(memcmp(packet.text, text,
			   size->length < NOTIFY_MAX ? size->length : NOTIFY_MAX) == 0);
	check_it_works(&notify); /* and the next message arrives */
}

static void a_message_that_is_too_long_is_dropped_and_the_next_one_arrives(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		check_in_child(sizes[i].name, receive_size, &sizes[i]);
}

static const struct passing {
	const char *name;
	size_t n_fds;
	rlim_t limit; /* on the receiver's descriptors, beyond those it has; 0: enough */
	enum notify_receipt expected;
} passings[] = {
	{ "one", 1, 0, NOTIFY_RECEIVED },
	{ "two", 2, 0, NOTIFY_RECEIVED },
	{ "as many as can be", PASSED_FDS_MAX, 0, NOTIFY_RECEIVED },
	{ "more than we may have", PASSED_FDS_MAX, 20, NOTIFY_RECEIVED },
};

/* Set from outside: valgrind keeps from the kernel what a process sets for itself. */
static void limit_fds(rlim_t most)
{
	struct rlimit limit;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		child_check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
		limit.rlim_cur = most;
		child_check(prlimit(getppid(), RLIMIT_NOFILE, &limit, NULL) == 0);
		_exit(0);
	}
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
}

static void receive_fds(const void *arg)
{
	const struct passing *passing = arg;
	struct notify_socket notify;
	struct notify_packet packet;
	int before, ends[2];

	open_anywhere(&notify);
	child_check(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	before = count_fds();
	child_check(send_raw(&notify, "FDSTORE=1", 9, ends[1], passing->n_fds) == 0);
	if (passing->limit > 0)
		limit_fds((rlim_t)before + passing->limit);
	child_check(notify_receive(notify.fd, &passed, &packet) == passing->expected);
	child_check(count_fds() == before);
	/* None is kept anywhere: with our own end gone, so is the pipe's last writer. */
	child_check(close(ends[1]) == 0 && read(ends[0], packet.text, 1) == 0);
	check_it_works(&notify);
}

static void descriptors_that_come_along_are_closed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(passings); i++)
		check_in_child(passings[i].name, receive_fds, &passings[i]);
}

static void receive_from_user(const void *arg)
{
	struct notify_socket notify;

	(void)arg;
	open_anywhere(&notify);
	check_another_is_heard(&notify, getuid());
}

static void the_very_first_message_has_the_credentials_of_its_sender(void **state)
{
	(void)state;
	check_in_child("another process", receive_from_user, NULL);
}

/* ---- Sending ---- */

static void only_paths_and_abstract_names_are_addresses(void **state)
{
	static const struct {
		const char *address;
		int expected;
	} cases[] = {
		{ "", -EAFNOSUPPORT },
		{ "@", -EAFNOSUPPORT },
		{ "/", -EAFNOSUPPORT },
		{ "relative/path", -EAFNOSUPPORT },
		{ "vsock:2:1234", -EAFNOSUPPORT },
		{ "3", -EAFNOSUPPORT },
		{ "/missing", -ENOENT },
		{ "/missing/or/not", -ENOENT },
		{ "/dev/null", -ECONNREFUSED },
		{ "@cross-init-bridge-test-nobody-has-this", -ECONNREFUSED },
	};
	char longest[NOTIFY_ADDRESS_MAX + 1];
	int client = notify_client_open();

	(void)state;
	assert_true(client >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_int(cases[i].address,
			  notify_send(client, cases[i].address, "READY=1", NO_FD, 0),
			  cases[i].expected);
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[NOTIFY_ADDRESS_MAX] = '\0';
	check_int("108 bytes", notify_send(client, longest, "READY=1", NO_FD, 0), -EAFNOSUPPORT);
	longest[NOTIFY_ADDRESS_MAX - 1] = '\0';
	check_int("107 bytes", notify_send(client, longest, "READY=1", NO_FD, 0), -ENOENT);
	(void)close(client);
}

static void send_fd(const void *arg)
{
	struct notify_socket notify;
	struct notify_packet packet;
	int ends[2], client;

	(void)arg;
	open_anywhere(&notify);
	client = notify_client_open();
	child_check(pipe2(ends, O_CLOEXEC) == 0);
	child_check(notify_send(client, notify.address, "BARRIER=1", ends[1], 1000) == 0);
	child_check(close(ends[1]) == 0);
	child_check(notify_receive(notify.fd, &passed, &packet) == NOTIFY_RECEIVED);
	child_check(read(ends[0], packet.text, 1) == 0); /* the barrier is over */
}

static void a_barrier_is_answered_by_receiving_it(void **state)
{
	(void)state;
	check_in_child("barrier", send_fd, NULL);
}

/* Like a manager that is stopped: the queue is full, and nobody takes anything from it. */
static void fill_queue(const void *arg)
{
	struct notify_socket notify;
	struct notify_packet packet;
	int client, n = 0, received = 0, r;

	(void)arg;
	open_anywhere(&notify);
	client = notify_client_open();
	while ((r = notify_send(client, notify.address, "STATUS=x", NO_FD, 10)) == 0)
		n++;
	child_check(r == -EAGAIN && n > 0);
	child_check(notify_send(client, notify.address, "STATUS=x", NO_FD, 0) == -EAGAIN);
	while (notify_receive(notify.fd, &passed, &packet) == NOTIFY_RECEIVED)
		received++;
	child_check(received == n);
	check_it_works(&notify);
}

static void a_full_queue_is_not_waited_for_without_end(void **state)
{
	(void)state;
	check_in_child("full", fill_queue, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_s_socket_is_in_the_runtime_directory),
		cmocka_unit_test(without_a_good_runtime_directory_a_user_s_socket_is_abstract),
		cmocka_unit_test(the_place_can_be_chosen),
		cmocka_unit_test(our_own_addresses_are_known_from_a_manager_s),
		cmocka_unit_test(a_long_runtime_directory_is_used_as_long_as_it_fits),
		cmocka_unit_test(a_message_that_is_too_long_is_dropped_and_the_next_one_arrives),
		cmocka_unit_test(descriptors_that_come_along_are_closed),
		cmocka_unit_test(the_very_first_message_has_the_credentials_of_its_sender),
		cmocka_unit_test(only_paths_and_abstract_names_are_addresses),
		cmocka_unit_test(a_barrier_is_answered_by_receiving_it),
		cmocka_unit_test(a_full_queue_is_not_waited_for_without_end),
	};

	return cmocka_run_group_tests_name("notify_socket", tests, NULL, NULL);
}
