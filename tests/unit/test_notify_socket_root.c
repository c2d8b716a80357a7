/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * notify/socket.c as root: the private socket under /run, who else can reach it, what stands in its
 * way, and that nothing stays behind. Each test has a /run of its own.
 */
#include "unit.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "notify/left_behind.h"
#include "notify_world.h"

/* ---- Root's socket ---- */

static void open_under_run(const void *arg)
{
	mode_t mask = *(const mode_t *)arg;
	struct notify_socket notify;
	char directory[100];
	int before;

	have_own_run();
	(void)umask(mask);
	before = count_fds();
	open_or_die("/tmp", &notify); /* not where a user could want it */
	child_check(count_fds() == before + 1);
	child_check(umask(0) == mask);
	own_directory("/run", "", directory, sizeof(directory));
	check_is_in(&notify, directory);
	child_check(count_fds() == before);
}

static void root_s_socket_is_under_run_with_the_same_modes_whatever_the_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++)
		check_in_child("umask", open_under_run, &masks[i]);
}

static bool is_in_proc_net_unix(const char *text)
{
	FILE *file = fopen("/proc/net/unix", "re");
	char line[512];
	bool found = false;

	child_check(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
		found = found || strstr(line, text) != NULL;
	(void)fclose(file);
	return found;
}

static void first_path(const struct notify_socket *notify, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/0", notify->directory);
}

static void look_for_name(const void *arg)
{
	struct notify_socket notify;
	char shown[120];

	(void)arg;
	have_own_run();
	child_check(unshare(CLONE_NEWNET) == 0); /* nobody else's sockets */
	open_or_die(NULL, &notify);
	first_path(&notify, shown, sizeof(shown));
	child_check(is_in_proc_net_unix(shown) && !exists(shown));
	child_check(!is_in_proc_net_unix(name_of(&notify)));
	check_it_works(&notify);
}

static void the_kernel_s_list_of_sockets_does_not_tell_its_name(void **state)
{
	(void)state;
	check_in_child("/proc/net/unix", look_for_name, NULL);
}

/* Dies on its way from the name that everybody sees to the secret one. */
static void die_before_renaming(void)
{
	struct notify_socket notify;
	struct refusal refusal;

	(void)umask(0);
	filter_system_call(SYS_renameat2, SECCOMP_RET_KILL_PROCESS);
	filter_system_call(SYS_renameat, SECCOMP_RET_KILL_PROCESS);
#ifdef SYS_rename
	filter_system_call(SYS_rename, SECCOMP_RET_KILL_PROCESS);
#endif
	(void)notify_socket_open(1, geteuid(), NOTIFY_PLACE_AUTO, NULL, &notify, &refusal);
	_exit(0);
}

static void look_at_first_name(const void *arg)
{
	struct stat st;
	int status;
	pid_t pid;

	(void)arg;
	have_own_run();
	pid = fork();
	if (pid == 0)
		die_before_renaming();
	child_check(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	child_check(lstat("/run/cross-init-bridge.1/0", &st) == 0 && S_ISSOCK(st.st_mode));
	child_check(lstat("/run/cross-init-bridge.1", &st) == 0 && (st.st_mode & 0077) == 0);
}

static void nobody_can_get_hold_of_it_before_it_has_its_name(void **state)
{
	(void)state;
	check_in_child("first name", look_at_first_name, NULL);
}

static void open_twice(const void *arg)
{
	struct notify_socket one, two;

	(void)arg;
	have_own_run();
	open_or_die(NULL, &one);
	open_or_die(NULL, &two);
	child_check(!is_equal(one.directory, two.directory));
	child_check(!is_equal(name_of(&one), name_of(&two)));
	notify_socket_remove(&one);
	check_it_works(&two);
}

static void no_two_have_the_same_name(void **state)
{
	(void)state;
	check_in_child("twice", open_twice, NULL);
}

static void open_without_proc(const void *arg)
{
	struct notify_socket notify;
	char directory[100];

	(void)arg;
	have_own_run();
	child_check(umount2("/proc", MNT_DETACH) == 0);
	open_or_die(NULL, &notify);
	own_directory("/run", "", directory, sizeof(directory));
	check_is_in(&notify, directory);
}

static void without_proc_it_is_bound_all_the_same(void **state)
{
	(void)state;
	check_in_child("no /proc", open_without_proc, NULL);
}

static void make_nothing(const char *path)
{
	(void)path;
}

static void make_open_directory(const char *path)
{
	child_check(mkdir(path, 0755) == 0 && chmod(path, 0777) == 0);
}

static void make_foreign_directory(const char *path)
{
	child_check(mkdir(path, 0711) == 0 && chown(path, NOBODY, NOBODY) == 0);
}

static void make_link(const char *path)
{
	child_check(mkdir("/run/elsewhere", 0711) == 0 && symlink("/run/elsewhere", path) == 0);
}

static void make_file(const char *path)
{
	child_check(mknod(path, S_IFREG | 0644, 0) == 0);
}

/* With the socket of a babysitter that was killed. */
static void make_leftover(const char *path)
{
	char file[120];

	(void)snprintf(file, sizeof(file), "%s/notify", path);
	child_check(mkdir(path, 0711) == 0 && mknod(file, S_IFSOCK | 0666, 0) == 0);
}

static const struct squatting {
	const char *name, *expected_suffix;
	void (*make)(const char *path);
} squattings[] = {
	{ "nobody", "", make_nothing },
	{ "a directory anybody can write", ".1", make_open_directory },
	{ "another's directory", ".1", make_foreign_directory },
	{ "a link", ".1", make_link },
	{ "a file", ".1", make_file },
	{ "what is left of another", ".1", make_leftover },
};

static void open_beside(const void *arg)
{
	const struct squatting *squatting = arg;
	struct notify_socket notify;
	struct stat before = { 0 }, after = { 0 };
	char taken[100], directory[100];

	have_own_run();
	own_directory("/run", "", taken, sizeof(taken));
	squatting->make(taken);
	(void)lstat(taken, &before);
	open_or_die(NULL, &notify);
	own_directory("/run", squatting->expected_suffix, directory, sizeof(directory));
	check_is_in(&notify, directory);
	(void)lstat(taken, &after);
	child_check(before.st_ino == after.st_ino && before.st_mode == after.st_mode &&
		    before.st_uid == after.st_uid && before.st_nlink == after.st_nlink);
}

static void what_has_its_name_already_is_left_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(squattings); i++)
		check_in_child(squattings[i].name, open_beside, &squattings[i]);
}

/* ---- Where there is no place in the file system ---- */

static void every_name_is_taken(void)
{
	char path[100], suffix[16];

	own_directory("/run", "", path, sizeof(path));
	child_check(mkdir(path, 0755) == 0);
	for (int i = 1; i < 1000; i++) {
		(void)snprintf(suffix, sizeof(suffix), ".%d", i);
		own_directory("/run", suffix, path, sizeof(path));
		child_check(mkdir(path, 0755) == 0);
	}
}

static void run_is_read_only(void)
{
	child_check(mount("test", "/run", "tmpfs", MS_REMOUNT | MS_RDONLY, "") == 0);
}

static void run_is_missing(void)
{
	child_check(chroot("/proc") == 0 && chdir("/") == 0);
}

static void modes_cannot_be_set(void)
{
	deny_system_call(SYS_fchmodat, EPERM);
#ifdef SYS_chmod
	deny_system_call(SYS_chmod, EPERM);
#endif
}

static void nothing_can_be_renamed(void)
{
	deny_system_call(SYS_renameat2, EPERM);
	deny_system_call(SYS_renameat, EPERM);
#ifdef SYS_rename
	deny_system_call(SYS_rename, EPERM);
#endif
}

static const struct obstacle {
	const char *name;
	void (*make)(void);
	bool is_empty_after; /* /run can be looked at, and has nothing in it */
} obstacles[] = {
	{ "every name is taken", every_name_is_taken, false },
	{ "read-only", run_is_read_only, true },
	{ "no /run", run_is_missing, false },
	{ "modes cannot be set", modes_cannot_be_set, true },
	{ "nothing can be renamed", nothing_can_be_renamed, true },
};

static void open_despite(const void *arg)
{
	const struct obstacle *obstacle = arg;
	struct notify_socket notify;
	int before;

	have_own_run();
	child_check(mkdir("/run/only", 0755) == 0);
	obstacle->make();
	before = count_fds();
	open_or_die(NULL, &notify);
	check_is_abstract(&notify);
	child_check(count_fds() == before);
	if (obstacle->is_empty_after) {
		struct stat st;

		child_check(stat("/run", &st) == 0 && st.st_nlink == 3); /* ".", "only/.." */
	}
}

static void an_abstract_name_does_where_the_file_system_has_no_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(obstacles); i++)
		check_in_child(obstacles[i].name, open_despite, &obstacles[i]);
}

static const struct failure {
	const char *name;
	int number;
	const char *expected;
} failures[] = {
	{ "bind", SYS_bind, "cannot bind the private notify socket: Operation not permitted" },
	{ "socket", SYS_socket, "cannot make the private notify socket: Operation not permitted" },
	{ "setsockopt", SYS_setsockopt,
	  "cannot make the private notify socket: Operation not permitted" },
};

static void fail_to_open(const void *arg)
{
	const struct failure *failure = arg;
	struct notify_socket notify = { .fd = 4711 };
	struct refusal refusal = { "" };
	struct stat st;
	int before;

	have_own_run();
	before = count_fds();
	deny_system_call(failure->number, EPERM);
	child_check(notify_socket_open(getpid(), geteuid(), NOTIFY_PLACE_AUTO, NULL, &notify,
				       &refusal) == -EPERM);
	child_check(is_equal(refusal.text, failure->expected));
	child_check(notify.fd == 4711);
	child_check(count_fds() == before);
	child_check(stat("/run", &st) == 0 && st.st_nlink == 2);
}

static void a_failure_has_its_reason_and_leaves_nothing_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
		check_in_child(failures[i].name, fail_to_open, &failures[i]);
}

static void receive_from_nobody(const void *arg)
{
	struct notify_socket notify;

	(void)arg;
	have_own_run();
	open_or_die(NULL, &notify);
	check_another_is_heard(&notify, NOBODY);
}

static void another_user_can_send_and_is_known(void **state)
{
	(void)state;
	check_in_child("nobody", receive_from_nobody, NULL);
}

/* The sender is in no pid namespace that the receiver can see. */
static void receive_in_namespace(const void *arg)
{
	struct notify_socket notify;
	struct notify_packet packet;
	int status;
	pid_t pid;

	(void)arg;
	have_own_run();
	open_or_die(NULL, &notify);

	child_check(notify_send(notify_client_open(), notify.address, "READY=1", NO_FD, 0) == 0);
	child_check(unshare(CLONE_NEWPID) == 0);
	pid = fork();
	if (pid == 0)
		_exit(notify_receive(notify.fd, &passed, &packet) == NOTIFY_FROM_NOBODY
			      ? 0
			      : CHILD_FAILED);
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
}

static void a_sender_that_cannot_be_named_is_dropped(void **state)
{
	(void)state;
	check_in_child("namespace", receive_in_namespace, NULL);
}

static void make_left(const char *directory, bool is_dead, const char *file)
{
	char path[NOTIFY_ADDRESS_MAX];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	child_check(mkdir(directory, 0711) == 0);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, file);
	memcpy(address.sun_path, path, strlen(path) + 1);
	child_check(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	if (is_dead)
		child_check(close(fd) == 0);
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* 999999999 is nobody's number: more than a kernel gives. */
static void remove_what_is_left(const void *arg)
{
	const struct notify_socket ours = { .directory = "/run/cross-init-bridge.1" };
	const struct timespec old[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
	char alive[64];

	(void)arg;
	have_own_run();
	(void)snprintf(alive, sizeof(alive), "/run/cross-init-bridge.%d", (int)getpid());
	make_left("/run/cross-init-bridge.999999999", true, "abc");
	make_left("/run/cross-init-bridge.999999999.7", true, "0");
	make_left("/run/cross-init-bridge.999999998", false, "abc");
	make_left(alive, true, "abc");
	make_left("/run/cross-init-bridge.x", true, "abc");
	make_left("/run/another.999999999", true, "abc");
	child_check(mkdir("/run/cross-init-bridge.999999997", 0700) == 0);
	child_check(mkdir("/run/cross-init-bridge.999999996", 0700) == 0);
	child_check(utimensat(AT_FDCWD, "/run/cross-init-bridge.999999996", old, 0) == 0);
	make_left("/run/cross-init-bridge.999999995", true, "abc");
	child_check(mkdir("/run/cross-init-bridge.999999995/somebody's", 0700) == 0);
	make_left("/run/cross-init-bridge.999999994", true, "abc");
	child_check(chown("/run/cross-init-bridge.999999994", NOBODY, NOBODY) == 0);
	child_check(symlink("/run/another.999999999", "/run/cross-init-bridge.999999993") == 0);
	notify_remove_left_behind(&ours);
	child_check(!is_there("/run/cross-init-bridge.999999999"));
	child_check(!is_there("/run/cross-init-bridge.999999999.7"));
	child_check(!is_there("/run/cross-init-bridge.999999996"));
	child_check(is_there("/run/cross-init-bridge.999999998/abc")); /* somebody has it */
	child_check(is_there("/run/cross-init-bridge.999999997"));     /* is about to have one */
	child_check(is_there(alive) && is_there("/run/cross-init-bridge.x/abc"));
	child_check(is_there("/run/cross-init-bridge.999999995/somebody's"));
	child_check(is_there("/run/cross-init-bridge.999999994/abc"));
	child_check(is_there("/run/another.999999999/abc"));
}

static void what_a_killed_babysitter_left_is_removed(void **state)
{
	(void)state;
	check_in_child("earlier lives", remove_what_is_left, NULL);
}

/* Whether a process of its own, whose pid decides, has removed it. */
static bool is_removed_by_another(const struct notify_socket *ours, const char *left)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		notify_remove_left_behind(ours);
		_exit(0);
	}
	child_check(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	return !is_there(left);
}

#define MANY 1000    /* directories beside it: every 16th looks */
#define ATTEMPTS 800 /* none of these: once in 10^22 where pids are given by chance */

/* As many starts at once as there are directories would look at their square. */
static void look_now_and_then(const void *arg)
{
	const struct notify_socket ours = { .directory = "/run/cross-init-bridge.1" };
	const char *left = "/run/cross-init-bridge.999999999";
	int n_passed = 0;

	(void)arg;
	have_own_run();
	for (int i = 0; i < MANY; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "/run/%d", i);
		child_check(mkdir(path, 0700) == 0);
	}
	make_left(left, true, "abc");
	while (!is_removed_by_another(&ours, left) && n_passed < ATTEMPTS)
		n_passed++;
	child_check(n_passed < ATTEMPTS);
	make_left(left, true, "abc");
	for (n_passed = 0; is_removed_by_another(&ours, left) && n_passed < ATTEMPTS; n_passed++)
		make_left(left, true, "abc");
	child_check(n_passed < ATTEMPTS);
}

static void among_many_each_start_looks_at_few(void **state)
{
	(void)state;
	check_in_child("many", look_now_and_then, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_s_socket_is_under_run_with_the_same_modes_whatever_the_umask),
		cmocka_unit_test(the_kernel_s_list_of_sockets_does_not_tell_its_name),
		cmocka_unit_test(nobody_can_get_hold_of_it_before_it_has_its_name),
		cmocka_unit_test(no_two_have_the_same_name),
		cmocka_unit_test(without_proc_it_is_bound_all_the_same),
		cmocka_unit_test(what_has_its_name_already_is_left_alone),
		cmocka_unit_test(an_abstract_name_does_where_the_file_system_has_no_place),
		cmocka_unit_test(a_failure_has_its_reason_and_leaves_nothing_behind),
		cmocka_unit_test(another_user_can_send_and_is_known),
		cmocka_unit_test(a_sender_that_cannot_be_named_is_dropped),
		cmocka_unit_test(what_a_killed_babysitter_left_is_removed),
		cmocka_unit_test(among_many_each_start_looks_at_few),
	};

	if (!has_namespaces())
		return skip_all(tests, "needs root that may make namespaces");
	return cmocka_run_group_tests_name("notify_socket_root", tests, NULL, NULL);
}
