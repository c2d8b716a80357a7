/* SPDX-License-Identifier: GPL-3.0-or-later */
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

static enum sender receive(const struct notify_socket *notify, const struct process *daemon,
			   bool with_friends)
{
	struct notify_packet packet;

	child_check(notify_receive(notify->fd, &packet) == NOTIFY_RECEIVED);
	return sender_of(&packet, daemon, with_friends);
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
	let_end(&daemon);
	child_check(receive(&notify, &process, true) == SENDER_MAIN);
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
	if (!is_root())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_in_child(cases[i].name, speak_as_another_user, cases[i].uids);
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
	if (!is_root())
		return;
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
	child_check(notify_receive(notify.fd, &packet) == NOTIFY_RECEIVED);
	return packet.pidfd_id != 0;
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

static void reuse_pid(bool identify)
{
	struct notify_socket notify;
	struct talker daemon, other;
	struct process process;
	bool is_told = identify && kernel_identifies_the_ended();

	open_socket(&notify);
	daemon = start_talker(&notify, getuid());
	child_check(process_open(daemon.pid, &process) == 0);
	let_talk(&daemon);
	let_end(&daemon);
	choose_next_pid(daemon.pid);
	other = start_talker(&notify, getuid());
	child_check(other.pid == daemon.pid);
	let_talk(&other);
	let_end(&other);
	notify_identify_senders(notify.fd);
	child_check(receive(&notify, &process, false) == SENDER_MAIN);
	child_check(receive(&notify, &process, false) == (is_told ? SENDER_STRANGER : SENDER_MAIN));
}

static void run_in_own_namespace(const void *arg)
{
	int status;
	pid_t pid;

	child_check(unshare(CLONE_NEWPID) == 0);
	pid = fork();
	child_check(pid >= 0);
	if (pid == 0) {
		reuse_pid(*(const bool *)arg);
		_exit(0);
	}
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
}

static void one_who_got_the_pid_later_is_a_stranger(void **state)
{
	static const bool identify = true;

	(void)state;
	if (!is_root() || !has_pidfds())
		return;
	check_in_child("reused", run_in_own_namespace, &identify);
}

/* A kernel before 6.5: the pid is all there is, as for systemd. */
static void without_pidfds(const void *arg)
{
	static const bool identify = false;

	(void)arg;
	deny_socket_option(76 /* SO_PASSPIDFD */, ENOPROTOOPT);
	run_in_own_namespace(&identify);
}

static void an_old_kernel_has_only_the_pid(void **state)
{
	(void)state;
	if (!is_root() || !has_pidfds())
		return;
	check_in_child("reused", without_pidfds, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_main_process_and_its_user_are_told_apart),
		cmocka_unit_test(another_user_is_a_stranger_but_for_root),
		cmocka_unit_test(a_daemon_s_friends_are_not_looked_for_after_its_end),
		cmocka_unit_test(one_who_got_the_pid_later_is_a_stranger),
		cmocka_unit_test(an_old_kernel_has_only_the_pid),
	};

	return cmocka_run_group_tests_name("sender", tests, NULL, NULL);
}
