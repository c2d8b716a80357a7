/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The routes of bus-query (bus-query/link.h) in real runs: which manager is asked where, who is
 * trusted, what a silent one leads to, and what is never done to get an answer.
 */
#include "../support/bus_world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/util.h"

/* ---- who is asked ---- */

static const struct peer_answer no_unit[] = {
	{ NULL,
	  "GetUnitByPID",
	  NULL,
	  ANSWER_ERROR,
	  { "org.freedesktop.systemd1.NoUnitForPID", "PID does not belong to any loaded unit." } },
	{ 0 },
};

static void make_runtime_dir(struct world *world)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/systemd", world->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	world_set_env(world, "XDG_RUNTIME_DIR=%s", world->dir);
}

static void a_user_manager_is_asked_first(void **state)
{
	struct world *world = *state;
	struct run run;

	make_runtime_dir(world);
	world_listen(world, "systemd/private", systemd_answers, NULL);
	RUN_QUERY(&run, world, "unit", "100");
	expect_answer(&run, TEXT("a.service\n"), "user manager");
	RUN_QUERY(&run, world, "start-limit");
	expect_answer(&run, TEXT("18446744073709551615\n"), "user manager");
}

/* As Upstart does to everybody but root. */
static void a_peer_that_closes_the_connection_gives_way_to_the_bus(void **state)
{
	static const struct peer_answer quirks[] = {
		{ NULL, "GetUnitByPID", NULL, ANSWER_CLOSE, { NULL } },
		{ 0 },
	};
	struct world *world = *state;
	struct run run;

	make_runtime_dir(world);
	world_listen(world, "systemd/private", NULL, quirks);
	/* at $XDG_RUNTIME_DIR/bus */
	world_start_bus(world, "org.freedesktop.systemd1", systemd_answers);
	RUN_QUERY(&run, world, "unit", "100");
	expect_answer(&run, TEXT("a.service\n"), "session bus");
}

static void the_session_bus_may_be_elsewhere(void **state)
{
	struct world *world = *state;
	struct run run;

	world_start_bus(world, "org.freedesktop.systemd1", systemd_answers);
	world_set_env(world, "DBUS_SESSION_BUS_ADDRESS=%s", world->bus_address);
	RUN_QUERY(&run, world, "unit", "100");
	expect_answer(&run, TEXT("a.service\n"), "session bus");
}

static void what_a_user_manager_does_not_know_the_system_may(void **state)
{
	struct world *world = *state;
	struct run run;

	skip_if_reachable("/run/systemd/private", false);
	make_runtime_dir(world);
	world_listen(world, "systemd/private", systemd_answers, no_unit);
	world_start_bus(world, "org.freedesktop.systemd1", systemd_answers);
	world_set_env(world, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent");
	world_set_env(world, "DBUS_SYSTEM_BUS_ADDRESS=%s", world->bus_address);
	RUN_QUERY(&run, world, "unit", "100");
	expect_answer(&run, TEXT("a.service\n"), "system bus");
}

static void what_no_systemd_knows_is_exit_1(void **state)
{
	struct world *world = *state;
	struct run run;

	skip_if_reachable("/run/systemd/private", false);
	world_start_bus(world, "org.freedesktop.systemd1", no_unit);
	world_set_env(world, "DBUS_SYSTEM_BUS_ADDRESS=%s", world->bus_address);
	RUN_QUERY(&run, world, "unit", "100");
	expect_no_such_thing(&run, "unit");
}

static void upstart_is_asked_on_the_system_bus(void **state)
{
	struct world *world = *state;
	struct run run;

	skip_if_reachable("/com/ubuntu/upstart", true);
	world_start_bus(world, "com.ubuntu.Upstart", upstart_answers);
	world_set_env(world, "DBUS_SYSTEM_BUS_ADDRESS=%s", world->bus_address);
	RUN_QUERY(&run, world, "job-state", "worker", "c");
	expect_answer(&run, TEXT("stop\npost-stop\n"), "state");
	RUN_QUERY(&run, world, "job-state", "worker", "nosuch");
	expect_no_such_thing(&run, "no such instance");
}

/* ---- who is trusted, and for how long ---- */

static void a_peer_of_another_user_is_not_trusted(void **state)
{
	struct world *world = *state;
	struct run run;

	skip_unless_root();
	assert_int_equal(chmod(world->dir, 0777), 0);
	world->peer.uid = 65534;
	world_start_upstart(world, NULL);
	RUN_QUERY(&run, world, "job", "100");
	expect_failure(&run, "uid 65534", "foreign peer");
}

/* sudo -E keeps the variables of whoever calls it. */
static void a_bus_of_another_user_is_not_trusted(void **state)
{
	static const char *const variables[] = { "DBUS_SESSION_BUS_ADDRESS",
						 "DBUS_SYSTEM_BUS_ADDRESS" };
	struct world *world = *state;
	struct run run;

	skip_unless_root();
	assert_int_equal(chmod(world->dir, 0777), 0);
	world->peer.uid = 65534;
	world_listen(world, "elsewhere", systemd_answers, NULL);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		world_set_env(world, "%s=unix:path=%s/elsewhere", variables[i], world->dir);
		RUN_QUERY(&run, world, "unit", "100");
		expect_failure(&run, "bus: the peer belongs to uid 65534", variables[i]);
	}
}

static void a_peer_outside_our_pid_namespace_is_not_asked(void **state)
{
	struct world *world = *state;
	struct run run;
	pid_t pid;
	int status;

	skip_unless_root();
	world_start_upstart(world, NULL);
	pid = fork(); /* the namespace is for the children of whoever unshares */
	if (pid == 0) {
		if (unshare(CLONE_NEWPID) < 0)
			_exit(77);
		RUN_QUERY(&run, world, "job", "100");
		child_check(WIFEXITED(run.status) && WEXITSTATUS(run.status) == 2);
		child_check(strstr(run.err, "pid namespace") != NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip_because("no pid namespaces here");
	assert_int_equal(WEXITSTATUS(status), 0);
}

static const struct peer_answer silence[] = {
	{ NULL, "GetAllJobs", NULL, ANSWER_SILENCE, { NULL } },
	{ 0 },
};

static const char *const job_of_100[MAX_ARGS] = { "job", "100" };

static void a_silent_peer_is_waited_for_until_we_are_killed(void **state)
{
	struct world *world = *state;
	struct run run;

	world_start_upstart(world, silence);
	run_start(&run, world, job_of_100);
	assert_true(peer_wait_asked(&world->peer));
	assert_int_equal(waitpid(run.pid, NULL, WNOHANG), 0);
	assert_int_equal(kill(run.pid, SIGTERM), 0);
	run_finish(&run);
	assert_true(WIFSIGNALED(run.status) && WTERMSIG(run.status) == SIGTERM);
	assert_int_equal(run.out_length, 0);
}

static void a_query_ends_with_its_caller(void **state)
{
	struct world *world = *state;
	struct run run;
	pid_t caller;
	int link[2];

	world_start_upstart(world, silence);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe2(link, O_CLOEXEC), 0);
	caller = fork();
	if (caller == 0) {
		run_start(&run, world, job_of_100);
		child_check(write(link[1], &run.pid, sizeof(run.pid)) == sizeof(run.pid));
		(void)pause();
		_exit(0);
	}
	assert_int_equal(read(link[0], &run.pid, sizeof(run.pid)), sizeof(run.pid));
	(void)close(link[0]);
	(void)close(link[1]);
	assert_true(peer_wait_asked(&world->peer));

	assert_int_equal(kill(caller, SIGKILL), 0);
	assert_int_equal(waitpid(caller, NULL, 0), caller);
	assert_int_equal(waitpid(run.pid, &run.status, 0), run.pid);
	assert_true(WIFSIGNALED(run.status) && WTERMSIG(run.status) == SIGKILL);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

/* ---- what is never done ---- */

static void nothing_is_started_to_answer_us(void **state)
{
	struct world *world = *state;
	char text[256], path[128];
	struct run run;

	skip_if_reachable("/com/ubuntu/upstart", true);
	(void)snprintf(path, sizeof(path), "%s/started", world->dir);
	(void)snprintf(text, sizeof(text),
		       "[D-BUS Service]\nName=com.ubuntu.Upstart\nExec=/bin/mkdir %s\n", path);
	world_write_file(world, "com.ubuntu.Upstart.service", text);
	world_start_bus(world, NULL, NULL);
	world_set_env(world, "DBUS_SYSTEM_BUS_ADDRESS=%s", world->bus_address);
	RUN_QUERY(&run, world, "job", "100");
	expect_failure(&run, "com.ubuntu.Upstart", "activation");
	assert_int_equal(access(path, F_OK), -1);
}

static void only_unix_sockets_are_connected_to(void **state)
{
	static const char *const addresses[] = {
		"unixexec:path=/bin/mkdir,argv1=started",
		"unix:path=/nonexistent;unixexec:path=/bin/mkdir,argv1=started",
		"autolaunch:",
		"tcp:host=127.0.0.1,port=1",
		"nonsense",
		"",
	};
	struct world *world = *state;
	char path[128];
	struct run run;

	(void)snprintf(path, sizeof(path), "%s/started", world->dir);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		world->n_env = 0;
		world_set_env(world, "UPSTART_SESSION=%s", addresses[i]);
		RUN_QUERY(&run, world, "job", "100");
		expect_failure(&run, "is not the address of a unix socket", addresses[i]);
		assert_int_equal(access(path, F_OK), -1);
	}
}

/* ---- systemd's way of authentication ---- */

static int listen_raw(const struct world *world)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/systemd/private", world->dir);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* Reads until a line begins with @command, then answers. */
static void answer_raw(int fd, const char *command, const char *answer)
{
	char text[256] = "";
	size_t length = 0;

	while (strstr(text, command) == NULL || text[length - 1] != '\n') {
		ssize_t n = read(fd, text + length, sizeof(text) - 1 - length);

		assert_true(n > 0);
		if (text[0] == '\0')
			text[0] = ' '; /* the first byte of all is a NUL */
		length += (size_t)n;
	}
	assert_int_equal(write(fd, answer, strlen(answer)), strlen(answer));
}

static bool is_asleep(pid_t pid)
{
	char path[64], text[256] = "";
	const char *state;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	(void)fclose(file);
	state = strrchr(text, ')');
	return state != NULL && state[2] == 'S';
}

/* systemd would not answer a call that it reads in one go with the end of the authentication. */
static void no_call_is_sent_before_the_authentication_has_been_read(void **state)
{
	static const char begin[] = "BEGIN\r\n";
	struct world *world = *state;
	char text[256], call[64];
	struct run run;
	int listener, fd;

	make_runtime_dir(world);
	listener = listen_raw(world);
	run_start(&run, world, (const char *const[MAX_ARGS]){ "unit", "100" });
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	answer_raw(fd, "AUTH", "OK 0123456789abcdef0123456789abcdef\r\n");
	answer_raw(fd, "NEGOTIATE_UNIX_FD", "AGREE_UNIX_FD\r\n");
	assert_true(recv(fd, text, sizeof(text), MSG_PEEK) >= (ssize_t)strlen(begin));

	/* It has ended its part. What it does next it has done when it sleeps, in whatever. */
	while (!is_asleep(run.pid))
		(void)sched_yield();
	assert_int_equal(recv(fd, text, sizeof(text), 0), strlen(begin));
	assert_memory_equal(text, begin, strlen(begin));
	assert_true(read(fd, call, sizeof(call)) > 0);
	assert_true(call[0] == 'l' || call[0] == 'B'); /* a message, in either byte order */

	(void)close(fd);
	(void)close(listener);
	assert_int_equal(kill(run.pid, SIGKILL), 0);
	run_finish(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_user_manager_is_asked_first),
		WORLD_TEST(a_peer_that_closes_the_connection_gives_way_to_the_bus),
		WORLD_TEST(the_session_bus_may_be_elsewhere),
		WORLD_TEST(what_a_user_manager_does_not_know_the_system_may),
		WORLD_TEST(what_no_systemd_knows_is_exit_1),
		WORLD_TEST(upstart_is_asked_on_the_system_bus),
		WORLD_TEST(a_peer_of_another_user_is_not_trusted),
		WORLD_TEST(a_bus_of_another_user_is_not_trusted),
		WORLD_TEST(a_peer_outside_our_pid_namespace_is_not_asked),
		WORLD_TEST(a_silent_peer_is_waited_for_until_we_are_killed),
		WORLD_TEST(a_query_ends_with_its_caller),
		WORLD_TEST(nothing_is_started_to_answer_us),
		WORLD_TEST(only_unix_sockets_are_connected_to),
		WORLD_TEST(no_call_is_sent_before_the_authentication_has_been_read),
	};

	return cmocka_run_group_tests_name("bus_query_link", tests, NULL, NULL);
}
