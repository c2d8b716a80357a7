/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Watches on real files, directories, sockets and processes: each holds when it should, and no moment
 * is missed. For that the change is made before each system call of a watcher in turn, who then
 * sleeps without the safety net of looking again, for ever if it has missed it.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "base/procfs.h"
#include "base/util.h"
#include "condition/looker.h"
#include "condition/watch.h"

#define SLEEP_MS 10

struct world {
	char dir[64];
};

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (world == NULL)
		return -1;
	(void)snprintf(world->dir, sizeof(world->dir), "/tmp/cib-watch-XXXXXX");
	*state = world;
	return mkdtemp(world->dir) != NULL ? 0 : -1;
}

static void remove_tree(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)execl("/bin/rm", "rm", "-rf", path, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

static int teardown(void **state)
{
	struct world *world = *state;

	remove_tree(world->dir);
	free(world);
	return 0;
}

/* "KIND:DIR/NAME" */
static void make_awaited(const char *kind, const char *dir, const char *name, char text[static 128],
			 struct awaited *ret_awaited)
{
	const char *wrong;

	(void)snprintf(text, 128, "%s:%s%s", kind, dir, name);
	wrong = awaited_parse(text, ret_awaited);
	if (wrong != NULL)
		fail_msg("%s: %s", text, wrong);
}

/* ---- the changes, in the directory that they are made in ---- */

static void make_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fd);
}

static void make_directories(int dir)
{
	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	assert_int_equal(mkdirat(dir, "a/b", 0700), 0);
}

static void nothing(int dir)
{
	(void)dir;
}

static void create_file(int dir)
{
	make_file(dir, "a/b/c", "");
}

static void create_everything(int dir)
{
	make_directories(dir);
	create_file(dir);
}

static void prepare_beside(int dir)
{
	assert_int_equal(mkdirat(dir, "x", 0700), 0);
	assert_int_equal(mkdirat(dir, "x/b", 0700), 0);
	make_file(dir, "x/b/c", "");
}

static void rename_tree(int dir)
{
	assert_int_equal(renameat(dir, "x", dir, "a"), 0);
}

static void prepare_tree_beside(int dir)
{
	make_directories(dir);
	assert_int_equal(unlinkat(dir, "a/b", AT_REMOVEDIR), 0);
	prepare_beside(dir);
}

static void rename_subtree(int dir)
{
	assert_int_equal(renameat(dir, "x/b", dir, "a/b"), 0);
}

static void replace_directory(int dir)
{
	assert_int_equal(unlinkat(dir, "a/b", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(dir, "a", AT_REMOVEDIR), 0);
	create_everything(dir);
}

static void rename_link_to_null(int dir)
{
	assert_int_equal(symlinkat("/dev/null", dir, "a/b/.new"), 0);
	assert_int_equal(renameat(dir, "a/b/.new", dir, "a/b/c"), 0);
}

/* udev, or who has no udev, under the name itself. */
static void create_node(int dir)
{
	assert_int_equal(mknodat(dir, "a/b/c", S_IFCHR | 0600, makedev(1, 3)), 0);
}

static void create_node_with_directories(int dir)
{
	make_directories(dir);
	create_node(dir);
}

static void write_pid(int dir)
{
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	make_file(dir, "a/b/c", pid);
}

static void prepare_empty_file(int dir)
{
	make_directories(dir);
	create_file(dir);
}

/* @change comes before some system call; @finish, if it takes both, once the watcher sleeps again. */
static const struct race {
	const char *name, *kind;
	void (*prepare)(int dir);
	void (*change)(int dir);
	void (*finish)(int dir);
} races[] = {
	{ "a file in a directory that is there", "path", make_directories, create_file, nothing },
	{ "a file with all its directories", "path", nothing, create_everything, nothing },
	{ "the directories first, the file later", "path", nothing, make_directories, create_file },
	{ "a tree that is renamed into place", "path", prepare_beside, rename_tree, nothing },
	{ "a part of a tree", "path", prepare_tree_beside, rename_subtree, nothing },
	{ "a directory that is replaced", "path", make_directories, replace_directory, nothing },
	{ "a device's link that is renamed into place", "device", make_directories,
	  rename_link_to_null, nothing },
	{ "a pid file", "pidfile", make_directories, write_pid, nothing },
	{ "a pid in an empty file", "pidfile", prepare_empty_file, write_pid, nothing },
	{ "an empty file, then a pid", "pidfile", make_directories, create_file, write_pid },
};

#define N_RACES_OF_PATHS 4 /* the first */

/* For who may make nodes. */
static const struct race node_races[] = {
	{ "a device's node", "device", make_directories, create_node, nothing },
	{ "a device's node with all its directories", "device", nothing,
	  create_node_with_directories, nothing },
};

/* ---- the watcher, and who stops it before its system calls ---- */

typedef int open_function(const struct awaited *awaited, pid_t daemon, struct watch *ret_watch);

static void watch_until_it_holds(const struct awaited *awaited, open_function *open_watch)
{
	struct watch watch;

	child_check(open_watch(awaited, 0, &watch) == 0);
	while (watch_check(&watch) != NULL) {
		struct pollfd ready = { .fd = watch.fd, .events = POLLIN };

		child_check(watch.fd >= 0);
		(void)poll(&ready, 1, -1);
	}
	watch_close(&watch);
	_exit(0);
}

static pid_t start_watcher(const struct awaited *awaited, open_function *open_watch)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	(void)alarm(CHILD_TIMEOUT_S);
	child_check(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	(void)raise(SIGSTOP);
	watch_until_it_holds(awaited, open_watch);
	_exit(CHILD_FAILED);
}

/* About to be in poll(2) for as long as it takes, which ends only with an event. */
static bool is_asleep(pid_t pid)
{
	struct {
		uint8_t op, pad[3];
		uint32_t arch;
		uint64_t instruction_pointer, stack_pointer, number;
		uint64_t args[6], more[2];
	} info = { 0 };

	assert_true(ptrace(0x420e /* PTRACE_GET_SYSCALL_INFO */, pid, (void *)sizeof(info), &info) >
		    0);
#ifdef SYS_poll
	if (info.op == 1 && info.number == SYS_poll && (int)info.args[2] == -1)
		return true;
#endif
	return info.op == 1 && info.number == SYS_ppoll && info.args[2] == 0;
}

/* Goes on to the next stop, before or after a system call. */
static void step(pid_t pid)
{
	int status = 0;

	assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
}

/* Goes on to the @n-th stop; true if it is about to fall asleep there or before. */
static bool run_to(pid_t pid, int n)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	/* Without it nobody can tell a stop before a system call from one behind. */
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD), 0);
	for (int i = 0; i <= n; i++) {
		step(pid);
		if (is_asleep(pid))
			return true;
	}
	return false;
}

/* Nobody tells that a process stays asleep. */
static bool wakes_up(pid_t pid)
{
	for (int i = 0; i < SLEEP_MS; i++) {
		siginfo_t info = { 0 };

		assert_int_equal(waitid(P_PID, (id_t)pid, &info,
					WSTOPPED | WEXITED | WNOHANG | WNOWAIT),
				 0);
		if (info.si_pid == pid)
			return true;
		(void)poll(NULL, 0, 1);
	}
	return false;
}

/* Until it sleeps and nothing that has happened wakes it; or until it has ended. */
static void run_until_it_sleeps(pid_t pid)
{
	siginfo_t info = { 0 };

	for (;;) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		if (!wakes_up(pid))
			return;
		assert_int_equal(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOWAIT), 0);
		if (info.si_code == CLD_EXITED)
			return;
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

/* Lets it go on untraced, and waits for its end. */
static int let_go(pid_t pid)
{
	int status = 0;

	for (;;) {
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFSTOPPED(status))
			return status;
		(void)ptrace(PTRACE_CONT, pid, NULL,
			     (void *)(uintptr_t)(WSTOPSIG(status) == SIGALRM ? SIGALRM : 0));
	}
}

/* Returns false once the change has been made everywhere. */
static bool race_at(const struct race *race, const struct awaited *awaited, const char *path,
		    open_function *open_watch, int n)
{
	int dir, status;
	pid_t pid;
	bool is_last;

	assert_int_equal(mkdir(path, 0700), 0);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	race->prepare(dir);
	pid = start_watcher(awaited, open_watch);
	is_last = run_to(pid, n);
	race->change(dir);
	if (race->finish != nothing)
		run_until_it_sleeps(pid);
	else
		assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	race->finish(dir);
	status = let_go(pid);
	if (status != 0)
		fail_msg("%s: missed before system call %d: wait status 0x%x", race->name, n,
			 (unsigned)status);
	(void)close(dir);
	remove_tree(path);
	return !is_last;
}

static bool can_trace(void)
{
	int status = 0;
	pid_t pid;

	if (is_under_valgrind())
		return false; /* the system calls would be valgrind's */
	pid = fork();
	if (pid == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : CHILD_FAILED);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static bool make_node(void)
{
	char path[] = "/tmp/cib-node-XXXXXX";
	bool is_made = mkdtemp(path) != NULL && chdir(path) == 0 &&
		       mknod("node", S_IFCHR | 0600, makedev(1, 3)) == 0;

	(void)unlink("node");
	(void)rmdir(path);
	return is_made;
}

static void race_everywhere(const struct world *world, const struct race *race,
			    open_function *open_watch)
{
	struct awaited awaited;
	char text[128], path[100];
	int n = 0;

	(void)snprintf(path, sizeof(path), "%s/w", world->dir);
	make_awaited(race->kind, path, "/a/b/c", text, &awaited);
	while (race_at(race, &awaited, path, open_watch, n))
		n++;
	check(race->name, n > 5);
}

static void no_moment_is_missed(void **state)
{
	const struct world *world = *state;

	if (!can_trace())
		skip_because("a child cannot be traced");
	for (size_t i = 0; i < ARRAY_SIZE(races); i++)
		race_everywhere(world, &races[i], watch_open);
}

static void no_moment_is_missed_that_makes_a_node(void **state)
{
	const struct world *world = *state;

	if (!can_trace() || !try_in_child(make_node))
		skip_because("a child cannot be traced, or a device node not be made");
	for (size_t i = 0; i < ARRAY_SIZE(node_races); i++)
		race_everywhere(world, &node_races[i], watch_open);
}

/* In whoever has another process look: what that sees wakes him, whatever he is about to do. */
static void no_moment_is_missed_by_who_has_it_watched(void **state)
{
	const struct world *world = *state;

	if (!can_trace())
		skip_because("a child cannot be traced");
	for (size_t i = 0; i < N_RACES_OF_PATHS; i++)
		race_everywhere(world, &races[i], looker_open);
}

/* ---- what holds, and why not ---- */

static const char *look(const char *text)
{
	struct awaited awaited;
	struct watch watch;
	const char *reason;

	assert_null(awaited_parse(text, &awaited));
	assert_int_equal(looker_open(&awaited, 0, &watch), 0);
	reason = watch_check(&watch);
	watch_close(&watch);
	watch_close(&watch); /* a second time is nothing */
	return reason != NULL ? reason : "holds";
}

static void what_is_there_holds(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "path:/", "holds" },
		{ "path:/dev/null", "holds" },
		{ "path:/proc/nonexistent", "there is no such file" },
		{ "path:/dev/null/x", "there is no such file" },
		{ "device:/dev/null", "holds" },
		{ "device:/dev/../dev/null", "holds" },
		{ "device:/proc/nonexistent/x", "there is no such file" },
		{ "device:/", "it is not a device" },
		{ "device:/etc/passwd", "it is not a device" },
		{ "pidfile:/proc/nonexistent", "there is no such file" },
		{ "pidfile:/dev/null", "there is no process ID in it" },
		{ "pidfile:/", "there is no process ID in it" },
		{ "pidfile:/etc/passwd", "there is no process ID in it" },
		{ "unix:/proc/nonexistent", "nothing listens there" },
		{ "unix:@cib-nonexistent", "nothing listens there" },
		{ "tcp:127.0.0.1:1", "nothing listens there" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_text(cases[i].text, look(cases[i].text), cases[i].expected);
}

static void a_pid_file_is_read_as_daemons_write_it(void **state)
{
	static const struct {
		const char *format, *expected;
	} cases[] = {
		{ "%d\n", "holds" },
		{ "%d", "holds" },
		{ " %d \n", "holds" },
		{ "%d\nmore\n", "holds" },
		{ "", "there is no process ID in it" },
		{ "\n", "there is no process ID in it" },
		{ "-%d\n", "there is no process ID in it" },
		{ "0\n", "there is no process ID in it" },
		{ "%dx\n", "there is no process ID in it" },
		{ "99999999999\n", "there is no process ID in it" },
		{ "2147483646\n", "the process that it names does not run" },
	};
	const struct world *world = *state;
	char path[100], text[128];

	(void)snprintf(path, sizeof(path), "%s/pid", world->dir);
	(void)snprintf(text, sizeof(text), "pidfile:%s", path);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		FILE *file = fopen(path, "we");

		assert_non_null(file);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)fprintf(file, cases[i].format, (int)getpid());
#pragma GCC diagnostic pop
		(void)fclose(file);
		check_text(cases[i].format, look(text), cases[i].expected);
	}
}

static void a_process_that_has_ended_does_not_run(void **state)
{
	const struct world *world = *state;
	int dir = open(world->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	siginfo_t info;
	char text[128], content[16];
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	(void)snprintf(content, sizeof(content), "%d\n", (int)pid);
	make_file(dir, "pid", content);
	(void)snprintf(text, sizeof(text), "pidfile:%s/pid", world->dir);
	check_text("a zombie", look(text), "the process that it names does not run");
	(void)waitpid(pid, NULL, 0);
	check_text("nobody", look(text), "the process that it names does not run");
	(void)close(dir);
}

static pid_t start_writer(const char *fifo)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)alarm(CHILD_TIMEOUT_S);
		_exit(open(fifo, O_WRONLY | O_CLOEXEC) >= 0 ? 0 : CHILD_FAILED);
	}
	return pid;
}

static bool has_state(pid_t pid, char state)
{
	struct process_status status;

	return process_read_status(pid, &status) == 0 && status.state == state;
}

/*
 * To open a FIFO would block, or let go whoever waits to be read from, which shows here; to open a
 * device may do anything.
 */
static void a_trap_in_place_of_a_pid_file_is_not_opened(void **state)
{
	const struct world *world = *state;
	char path[100], text[128];
	pid_t writer;
	bool still_waits;

	(void)snprintf(path, sizeof(path), "%s/pid", world->dir);
	(void)snprintf(text, sizeof(text), "pidfile:%s", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	writer = start_writer(path);
	while (!has_state(writer, 'S'))
		(void)sched_yield();
	check_text("FIFO", look(text), "there is no process ID in it");
	still_waits = has_state(writer, 'S');
	(void)kill(writer, SIGKILL);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	assert_true(still_waits);
}

static void a_socket_counts_from_when_it_listens(void **state)
{
	const struct world *world = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[128];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", world->dir);
	(void)snprintf(text, sizeof(text), "unix:%s/s", world->dir);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	check_text("bound", look(text), "nothing listens there");
	assert_int_equal(listen(fd, 1), 0);
	check_text("listening", look(text), "holds");
	(void)close(fd);
	check_text("closed", look(text), "nothing listens there");
}

/* ---- who looks ---- */

static void look_without_processes(const void *arg)
{
	struct awaited awaited;
	struct watch watch;

	deny_system_call(SYS_clone, EAGAIN);
	child_check(awaited_parse(arg, &awaited) == NULL && looker_open(&awaited, 0, &watch) == 0);
	child_check(watch.looker.pid == 0 && watch_check(&watch) == NULL);
	watch_close(&watch);
}

static void where_no_process_can_be_had_we_look_ourselves(void **state)
{
	(void)state;
	check_in_child("no clone", look_without_processes, "path:/");
}

static void who_looks_and_is_killed_is_replaced(void **state)
{
	struct awaited awaited;
	struct watch watch;
	pid_t first;

	(void)state;
	assert_null(awaited_parse("path:/", &awaited));
	assert_int_equal(looker_open(&awaited, 0, &watch), 0);
	first = watch.looker.pid;
	if (first == 0)
		skip_because("valgrind, under which nobody looks on another's behalf");
	assert_null(watch_check(&watch));
	assert_int_equal(kill(first, SIGKILL), 0);
	while (watch_check(&watch) == NULL)
		;
	assert_int_equal(watch.fd, NO_FD);
	assert_true(watch.sleep_ms >= 0);
	while (watch_check(&watch) != NULL)
		(void)poll(NULL, 0, watch.sleep_ms);
	assert_true(watch.looker.pid != 0 && watch.looker.pid != first);
	watch_close(&watch);
	assert_int_equal(waitpid(-1, NULL, (int)__WCLONE), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_moment_is_missed, setup, teardown),
		cmocka_unit_test_setup_teardown(no_moment_is_missed_that_makes_a_node, setup,
						teardown),
		cmocka_unit_test_setup_teardown(no_moment_is_missed_by_who_has_it_watched, setup,
						teardown),
		cmocka_unit_test(what_is_there_holds),
		cmocka_unit_test_setup_teardown(a_pid_file_is_read_as_daemons_write_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_process_that_has_ended_does_not_run, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_trap_in_place_of_a_pid_file_is_not_opened, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_socket_counts_from_when_it_listens, setup, teardown),
		cmocka_unit_test(where_no_process_can_be_had_we_look_ourselves),
		cmocka_unit_test(who_looks_and_is_killed_is_replaced),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
