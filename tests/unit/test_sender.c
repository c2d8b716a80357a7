/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * notify/sender.c, with real processes: who is the daemon, who its friend, and who only has its pid. What
 * cannot be tried here passes: cmocka's word for a test that is skipped is a failure in TAP.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>

#include "notify/sender.h"
#include "notify_world.h"

static void open_socket(struct notify_socket *ret_notify)
{
	struct refusal refusal;

	become_another_program();
	child_check(notify_socket_open(getpid(), geteuid(), NOTIFY_PLACE_ABSTRACT, NULL, ret_notify,
				       &refusal) == 0);
}

static void send_ready(const struct notify_socket *notify)
{
	int client = notify_client_open();

	child_check(client >= 0);
	child_check(notify_send(client, notify->address, "READY=1", NO_FD, 1000) == 0);
	(void)close(client);
}

/* A child that sends when it is given a byte, and ends at the end of file. */
struct talker {
	pid_t pid;
	int fd;
};

static struct talker start_talker(const struct notify_socket *notify, uid_t uid)
{
	struct talker talker;
	int ends[2];

	child_check(pipe2(ends, O_CLOEXEC) == 0);
	talker.pid = fork();
	child_check(talker.pid >= 0);
	if (talker.pid == 0) {
		char byte;

		(void)close(ends[1]);
		child_check(uid == getuid() || setuid(uid) == 0);
		while (read(ends[0], &byte, 1) == 1)
			send_ready(notify);
		_exit(0);
	}
	(void)close(ends[0]);
	talker.fd = ends[1];
	return talker;
}

static void let_talk(const struct talker *talker)
{
	child_check(write(talker->fd, "x", 1) == 1);
}

/* When this returns it has been reaped, and what it was told to send waits in the queue. */
static void let_end(const struct talker *talker)
{
	int status;

	(void)close(talker->fd);
	child_check(waitpid(talker->pid, &status, 0) == talker->pid && status == 0);
}

static uid_t ambiguous_uid = NO_UID;

/* In the babysitter's order: the message is there, the daemon is looked at, the message is received. */
static enum sender receive(const struct notify_socket *notify, const struct process *daemon,
			   bool with_friends)
{
	struct service service = {
		.family = { .main = daemon, .root = daemon },
		.main_has_ended = process_has_ended(daemon),
		.has_friends = with_friends,
		.ambiguous_uid = ambiguous_uid,
	};
	struct notify_packet packet;

	child_check(notify_receive(notify->fd, &passed, &packet) == NOTIFY_RECEIVED);
	return sender_of(&packet, &service);
}

static void speak_as_each(const void *arg)
{
	struct notify_socket notify;
	struct talker daemon, child;
	struct process process;

	(void)arg;
	open_socket(&notify);
	daemon = start_talker(&notify, getuid());
	child_check(process_open(daemon.pid, &process) == 0);
	child = start_talker(&notify, getuid());
	let_talk(&child);
	let_talk(&child);
	let_end(&child);
	child_check(receive(&notify, &process, false) == SENDER_STRANGER);
	child_check(receive(&notify, &process, true) == SENDER_FRIEND);
	let_talk(&daemon);
	child_check(poll(&(struct pollfd){ .fd = notify.fd, .events = POLLIN }, 1, 10000) == 1);
	child_check(receive(&notify, &process, false) == SENDER_MAIN);
	let_talk(&daemon);
	let_end(&daemon);
	child_check(receive(&notify, &process, true) ==
		    (getuid() == 0 ? SENDER_FRIEND : SENDER_UNKNOWN));
}

static void the_main_process_and_its_user_are_told_apart(void **state)
{
	(void)state;
	check_in_child("one user", speak_as_each, NULL);
}

static void speak_as_another_user(const void *arg)
{
	const uid_t *uids = arg;
	struct notify_socket notify;
	struct talker daemon, other;
	struct process process;

	open_socket(&notify);
	daemon = start_talker(&notify, uids[0]);
	child_check(process_open(daemon.pid, &process) == 0);
	/* One message, so that its user is the one that it has changed to. */
	let_talk(&daemon);
	child_check(poll(&(struct pollfd){ .fd = notify.fd, .events = POLLIN }, 1, 10000) == 1);
	child_check(receive(&notify, &process, false) == SENDER_MAIN);
	other = start_talker(&notify, uids[1]);
	let_talk(&other);
	let_end(&other);
	child_check(receive(&notify, &process, true) ==
		    (uids[1] == 0 || uids[1] == uids[0] ? SENDER_FRIEND : SENDER_STRANGER));
	let_end(&daemon);
}

static void another_user_is_a_stranger_but_for_root(void **state)
{
	static const struct {
		const char *name;
		uid_t uids[2]; /* the daemon's, the sender's */
	} cases[] = {
		{ "root's daemon, user", { 0, NOBODY } },
		{ "user's daemon, root", { NOBODY, 0 } },
		{ "user's daemon, the same", { NOBODY, NOBODY } },
		{ "user's daemon, another", { NOBODY, NOBODY - 1 } },
	};

	(void)state;
	need_other_users();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_in_child(cases[i].name, speak_as_another_user, cases[i].uids);
}

/* In a user namespace it is the number of all who have none there. */
static void speak_as_an_unmapped_user(const void *arg)
{
	struct notify_socket notify;
	struct talker daemon, other;
	struct process process;

	(void)arg;
	open_socket(&notify);
	daemon = start_talker(&notify, NOBODY);
	child_check(process_open(daemon.pid, &process) == 0);
	ambiguous_uid = NOBODY;
	other = start_talker(&notify, NOBODY);
	let_talk(&other);
	let_end(&other);
	child_check(receive(&notify, &process, true) == SENDER_STRANGER);
	let_talk(&daemon);
	child_check(poll(&(struct pollfd){ .fd = notify.fd, .events = POLLIN }, 1, 10000) == 1);
	child_check(receive(&notify, &process, true) == SENDER_MAIN);
	let_end(&daemon);
}

/* By who has the rights outside. */
static void write_map(pid_t pid, const char *map)
{
	char path[48];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	child_check(fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map) && close(fd) == 0);
}

static void look_in_namespace(const void *arg)
{
	const char *map = arg;
	int there[2], mapped[2], status;
	char byte;
	pid_t pid;

	child_check(pipe2(there, O_CLOEXEC) == 0 && pipe2(mapped, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(0); /* there are none here */
		child_check(write(there[1], "x", 1) == 1 && read(mapped[0], &byte, 1) == 1);
		child_check(sender_find_ambiguous_uid() ==
			    (is_equal(map, "0 0 4294967295") ? NO_UID : NOBODY));
		_exit(0);
	}
	(void)close(there[1]);
	if (read(there[0], &byte, 1) == 1)
		write_map(pid, map);
	child_check(write(mapped[1], "x", 1) == 1);
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
}

static void whoever_has_no_number_is_no_friend(void **state)
{
	(void)state;
	if (!is_root())
		return;
	check_in_child("unmapped", speak_as_an_unmapped_user, NULL);
	assert_true(sender_find_ambiguous_uid() == NO_UID || access("/proc/self/uid_map", F_OK) < 0);
	check_in_child("root only", look_in_namespace, "0 0 1");
	check_in_child("some", look_in_namespace, "0 0 65536");
	check_in_child("moved", look_in_namespace, "0 100000 65536");
	check_in_child("all", look_in_namespace, "0 0 4294967295");
}

/* Another user than the daemon's, so that only descent, session and group can speak for him. */
enum relation {
	CHILD,
	GRANDCHILD,
	ORPHAN_IN_SESSION,
	ORPHAN_IN_GROUP,
	ORPHAN,
	SIBLING,
	SIBLING_IN_OUR_SESSION,
};

/* Speaks, an orphan when it is one, and stays until the pipe is closed. */
static void speak_and_stay(const struct notify_socket *notify, const int ends[2],
			   pid_t leaving_parent, enum relation relation)
{
	char byte;

	(void)close(ends[1]);
	if (relation == ORPHAN)
		(void)setsid();
	while (getppid() == leaving_parent)
		(void)poll(NULL, 0, 1);
	child_check(setuid(NOBODY) == 0);
	send_ready(notify);
	(void)!read(ends[0], &byte, 1);
	_exit(0);
}

static bool is_orphan(enum relation relation)
{
	return relation == ORPHAN || relation == ORPHAN_IN_SESSION || relation == ORPHAN_IN_GROUP;
}

/* Root's daemon, which starts the speaker in one way or another, and stays. */
static pid_t start_family(const struct notify_socket *notify, const int ends[2],
			  enum relation relation)
{
	pid_t daemon = fork();
	char byte;

	child_check(daemon >= 0);
	if (daemon > 0)
		return daemon;
	child_check(relation == SIBLING_IN_OUR_SESSION || relation == ORPHAN_IN_GROUP ||
		    setsid() > 0);
	if (relation == ORPHAN_IN_GROUP)
		child_check(setpgid(0, 0) == 0);
	if (relation < SIBLING && fork() == 0) {
		pid_t parent = getpid();

		if (relation == CHILD || fork() == 0)
			speak_and_stay(notify, ends, is_orphan(relation) ? parent : 0, relation);
		if (is_orphan(relation))
			_exit(0);
		(void)close(ends[1]);
		(void)!read(ends[0], &byte, 1);
		_exit(0);
	}
	(void)close(ends[1]);
	if (is_orphan(relation))
		(void)wait(NULL);
	(void)!read(ends[0], &byte, 1);
	_exit(0);
}

struct relative {
	const char *name;
	enum relation relation;
	enum sender expected;
	bool is_denied; /* the kernel's word on who sent a message */
};

static void speak_as_a_relative(const void *arg)
{
	const struct relative *relative = arg;
	struct notify_socket notify;
	struct process process;
	int ends[2];
	pid_t daemon;

	if (relative->is_denied)
		deny_socket_option(76 /* SO_PASSPIDFD */, ENOPROTOOPT);
	open_socket(&notify);
	notify_identify_senders(notify.fd);
	child_check(setsid() > 0 && pipe2(ends, O_CLOEXEC) == 0);
	daemon = start_family(&notify, ends, relative->relation);
	child_check(process_open(daemon, &process) == 0);
	if (relative->relation >= SIBLING && fork() == 0)
		speak_and_stay(&notify, ends, 0, relative->relation);
	child_check(poll(&(struct pollfd){ .fd = notify.fd, .events = POLLIN }, 1, 10000) == 1);
	child_check(receive(&notify, &process, true) == relative->expected);
	(void)close(ends[1]);
}

static void the_daemon_s_processes_are_friends_whatever_their_user(void **state)
{
	static const struct relative rows[] = {
		{ "child", CHILD, SENDER_FRIEND, false },
		{ "grandchild", GRANDCHILD, SENDER_FRIEND, false },
		{ "orphan in its session", ORPHAN_IN_SESSION, SENDER_FRIEND, false },
		{ "orphan in its group", ORPHAN_IN_GROUP, SENDER_FRIEND, false },
		{ "orphan elsewhere", ORPHAN, SENDER_STRANGER, false },
		{ "sibling", SIBLING, SENDER_STRANGER, false },
		{ "sibling in one session, which neither leads", SIBLING_IN_OUR_SESSION,
		  SENDER_STRANGER, false },
		{ "child, old kernel", CHILD, SENDER_FRIEND, true },
		{ "sibling, old kernel", SIBLING, SENDER_STRANGER, true },
	};

	(void)state;
	if (!is_root())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_in_child(rows[i].name, speak_as_a_relative, &rows[i]);
}

/* Of those who have ended there is nothing to look up. */
static void a_daemon_s_friends_are_not_looked_for_after_its_end_body(const void *arg)
{
	struct notify_socket notify;
	struct talker daemon, other;
	struct process process;

	(void)arg;
	open_socket(&notify);
	daemon = start_talker(&notify, NOBODY);
	child_check(process_open(daemon.pid, &process) == 0);
	other = start_talker(&notify, NOBODY);
	let_talk(&other);
	let_end(&other);
	let_end(&daemon);
	child_check(receive(&notify, &process, true) == SENDER_STRANGER);
}

static void a_daemon_s_friends_are_not_looked_for_after_its_end(void **state)
{
	(void)state;
	need_other_users();
	check_in_child("ended", a_daemon_s_friends_are_not_looked_for_after_its_end_body, NULL);
}

/* Everybody has one of these kernels; the tests of the others deny the socket option. */
static bool kernel_identifies_the_ended(void)
{
	struct notify_socket notify;
	struct notify_packet packet;
	struct talker talker;
	struct process process;

	open_socket(&notify);
	notify_identify_senders(notify.fd);
	talker = start_talker(&notify, getuid());
	child_check(process_open(talker.pid, &process) == 0);
	let_talk(&talker);
	let_end(&talker);
	child_check(notify_receive(notify.fd, &passed, &packet) == NOTIFY_RECEIVED);
	return packet.pidfd >= 0;
}

/* In a pid namespace of its own the next pid can be chosen. */
static void choose_next_pid(pid_t pid)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", (int)pid - 1);

	child_check(fd >= 0 && write(fd, text, (size_t)length) == length);
	(void)close(fd);
}

/* The daemon speaks and ends, is reaped or not; then whoever has its pid, if it can be had. */
struct reuse {
	bool is_denied; /* the kernel's word on who sent a message */
	bool is_reaped;
};

static void let_become_zombie(const struct talker *talker, const struct process *process)
{
	struct pollfd pollfd = { .fd = process->pidfd, .events = POLLIN };

	(void)close(talker->fd);
	child_check(poll(&pollfd, 1, 10000) == 1);
}

static void reuse_pid(const struct reuse *reuse)
{
	struct notify_socket notify;
	struct talker daemon, other;
	struct process process;
	bool is_told = !reuse->is_denied && kernel_identifies_the_ended();

	open_socket(&notify);
	daemon = start_talker(&notify, getuid());
	child_check(process_open(daemon.pid, &process) == 0);
	let_talk(&daemon);
	if (!reuse->is_reaped) {
		let_become_zombie(&daemon, &process);
		child_check(receive(&notify, &process, false) == SENDER_MAIN);
		return;
	}
	let_end(&daemon);
	choose_next_pid(daemon.pid);
	other = start_talker(&notify, getuid());
	child_check(other.pid == daemon.pid);
	let_talk(&other);
	let_end(&other);
	notify_identify_senders(notify.fd);
	child_check(receive(&notify, &process, false) == (is_told ? SENDER_MAIN : SENDER_UNKNOWN));
	child_check(receive(&notify, &process, false) == (is_told ? SENDER_STRANGER : SENDER_UNKNOWN));
}

static void run_in_own_namespace(const void *arg)
{
	const struct reuse *reuse = arg;
	int status;
	pid_t pid;

	if (reuse->is_denied)
		deny_socket_option(76 /* SO_PASSPIDFD */, ENOPROTOOPT);
	child_check(unshare(CLONE_NEWPID) == 0);
	pid = fork();
	child_check(pid >= 0);
	if (pid == 0) {
		reuse_pid(reuse);
		_exit(0);
	}
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
}

static void need_namespaces_and_pidfds(void)
{
	if (!has_namespaces())
		skip_because("needs root that may make namespaces");
	if (!has_pidfds())
		skip_because("valgrind, or a kernel before 5.3");
}

static void one_who_got_the_pid_later_is_not_the_daemon(void **state)
{
	static const struct {
		const char *name;
		struct reuse reuse;
	} cases[] = {
		{ "reused", { .is_reaped = true } },
		{ "not reaped", { .is_reaped = false } },
		/* A kernel before 6.5: what it does not tell is not known. */
		{ "reused, old kernel", { .is_denied = true, .is_reaped = true } },
		{ "not reaped, old kernel", { .is_denied = true, .is_reaped = false } },
	};

	(void)state;
	need_namespaces_and_pidfds();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_in_child(cases[i].name, run_in_own_namespace, &cases[i].reuse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_main_process_and_its_user_are_told_apart),
		cmocka_unit_test(another_user_is_a_stranger_but_for_root),
		cmocka_unit_test(a_daemon_s_friends_are_not_looked_for_after_its_end),
		cmocka_unit_test(one_who_got_the_pid_later_is_not_the_daemon),
		cmocka_unit_test(whoever_has_no_number_is_no_friend),
		cmocka_unit_test(the_daemon_s_processes_are_friends_whatever_their_user),
	};

	return cmocka_run_group_tests_name("sender", tests, NULL, NULL);
}
