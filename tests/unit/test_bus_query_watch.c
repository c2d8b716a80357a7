/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * bus-query's watch of a name (bus-query/watch.h) in real runs on a dbus-daemon of the test's own: a
 * line for each change, whatever becomes of the owner and of the bus, and an end with its reader.
 */
#include "../support/bus_world.h"

#include <errno.h>
#include <poll.h>

#include "base/util.h"

#define NAME "org.example.Daemon"
#define DEADLINE_MS 10000

static const struct peer_answer nothing[] = { { 0 } };

static void start_watch(struct run *run, struct world *world)
{
	world_set_env(world, "DBUS_SYSTEM_BUS_ADDRESS=unix:path=%s/bus", world->dir);
	run_start(run, world, (const char *const[MAX_ARGS]){ "watch", NAME });
}

/* The next line that it prints is @expected. */
static void expect_line(struct run *run, const char *expected)
{
	struct pollfd ready = { .fd = run->out_fd, .events = POLLIN };
	char line[64] = "";
	size_t length = 0;

	do {
		if (poll(&ready, 1, DEADLINE_MS) != 1 || read(run->out_fd, line + length, 1) != 1)
			fail_msg("no line, but %s was expected", expected);
	} while (line[length++] != '\n' && length < sizeof(line));
	line[length - 1] = '\0';
	check_text("line", line, expected);
}

static void expect_owner(struct run *run, pid_t pid)
{
	char line[16];

	(void)snprintf(line, sizeof(line), "%d", (int)pid);
	expect_line(run, line);
}

/* Its reader goes, and so does it: which closes its stderr. */
static void finish_watch(struct run *run)
{
	struct pollfd end = { .fd = run->err_fd, .events = POLLIN };
	int status;

	(void)close(run->out_fd);
	assert_int_equal(poll(&end, 1, DEADLINE_MS), 1);
	(void)close(run->err_fd);
	assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
	assert_int_equal(status, 0);
}

static void join(struct world *world)
{
	world->bus_peer.address = world->bus_address;
	world->bus_peer.bus_name = NAME;
	world->bus_peer.answers = nothing;
	assert_true(peer_start(&world->bus_peer));
}

static void stop_bus(struct world *world)
{
	char path[128];

	(void)kill(world->daemon, SIGKILL);
	(void)waitpid(world->daemon, NULL, 0);
	world->daemon = 0;
	(void)snprintf(path, sizeof(path), "%s/bus", world->dir);
	(void)unlink(path);
}

static void each_owner_is_a_line(void **state)
{
	struct world *world = *state;
	struct run run;

	world_start_bus(world, NULL, NULL);
	start_watch(&run, world);
	expect_line(&run, "-");
	for (int i = 0; i < 3; i++) {
		join(world);
		expect_owner(&run, world->bus_peer.pid);
		peer_stop(&world->bus_peer);
		expect_line(&run, "-");
	}
	finish_watch(&run);
}

static void an_owner_that_is_there_already_is_the_first_line(void **state)
{
	struct world *world = *state;
	struct run run;

	world_start_bus(world, NAME, nothing);
	start_watch(&run, world);
	expect_owner(&run, world->bus_peer.pid);
	finish_watch(&run);
}

static void the_bus_itself_has_a_name(void **state)
{
	struct world *world = *state;
	struct run run;

	world_start_bus(world, NULL, NULL);
	world_set_env(world, "DBUS_SESSION_BUS_ADDRESS=unix:path=%s/bus", world->dir);
	run_start(&run, world,
		  (const char *const[MAX_ARGS]){ "watch-session", "org.freedesktop.DBus" });
	expect_owner(&run, world->daemon);
	finish_watch(&run);
}

static void a_bus_may_come_late_and_be_restarted(void **state)
{
	struct world *world = *state;
	struct run run;

	need_dbus_daemon();
	start_watch(&run, world);
	expect_line(&run, "!");
	for (int i = 0; i < 2; i++) {
		world_start_bus(world, NULL, NULL);
		expect_line(&run, "-");
		join(world);
		expect_owner(&run, world->bus_peer.pid);
		/* The bus first: the owner's end must not be what is noticed. */
		stop_bus(world);
		expect_line(&run, "!");
		peer_stop(&world->bus_peer);
	}
	finish_watch(&run);
}

static void a_bus_that_hangs_is_waited_for(void **state)
{
	struct world *world = *state;
	struct run run;

	world_start_bus(world, NAME, nothing);
	(void)kill(world->daemon, SIGSTOP);
	start_watch(&run, world);
	(void)kill(world->daemon, SIGCONT);
	expect_owner(&run, world->bus_peer.pid);
	(void)kill(world->daemon, SIGSTOP);
	peer_stop(&world->bus_peer);
	(void)kill(world->daemon, SIGCONT);
	expect_line(&run, "-");
	finish_watch(&run);
}

/* Between a name that comes and goes and the end of the reader there may be no bus to hear from. */
static void without_a_bus_it_ends_with_its_reader_as_well(void **state)
{
	struct world *world = *state;
	struct run run;

	start_watch(&run, world);
	expect_line(&run, "!");
	finish_watch(&run);
}

/* Sleeps in libdbus, where it sees nothing: a clock of its own has to look. */
static void on_a_bus_that_hangs_its_clock_ends_it_with_its_reader(void **state)
{
	struct world *world = *state;
	struct run run;
	int status;

	need_no_valgrind("valgrind is too slow for its clock");
	world_start_bus(world, NULL, NULL);
	(void)kill(world->daemon, SIGSTOP);
	start_watch(&run, world);
	run_wait_signal(&run, "SigCgt", SIGALRM, true);
	assert_int_equal(kill(run.pid, SIGALRM), 0);
	run_wait_signal(&run, "ShdPnd", SIGALRM, false);
	assert_int_equal(waitpid(run.pid, &status, WNOHANG), 0);
	(void)close(run.out_fd);
	assert_int_equal(kill(run.pid, SIGALRM), 0);
	assert_int_equal(waitpid(run.pid, &status, 0), run.pid);
	assert_int_equal(status, 0);
	(void)close(run.err_fd);
}

static void a_socket_that_is_no_bus_is_none(void **state)
{
	static const struct peer_answer closing[] = {
		{ NULL, "Hello", NULL, ANSWER_CLOSE, { NULL } },
		{ 0 },
	};
	struct world *world = *state;
	struct run run;

	world_listen(world, "bus", nothing, closing);
	start_watch(&run, world);
	expect_line(&run, "!");
	finish_watch(&run);
}

/* Else its silence would be taken for a name that nobody owns, for good. */
static void a_bus_that_refuses_to_tell_of_changes_is_none(void **state)
{
	static const struct peer_answer refusing[] = {
		{ NULL, "Hello", NULL, ANSWER_BARE_TEXT, { ":1.1" } },
		{ NULL,
		  "AddMatch",
		  NULL,
		  ANSWER_ERROR,
		  { "org.freedesktop.DBus.Error.LimitsExceeded", "too many" } },
		{ NULL,
		  "GetNameOwner",
		  NULL,
		  ANSWER_ERROR,
		  { "org.freedesktop.DBus.Error.NameHasNoOwner", "nobody" } },
		{ 0 },
	};
	struct world *world = *state;
	struct run run;

	world_listen(world, "bus", nothing, refusing);
	start_watch(&run, world);
	expect_line(&run, "!");
	finish_watch(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(each_owner_is_a_line),
		WORLD_TEST(an_owner_that_is_there_already_is_the_first_line),
		WORLD_TEST(the_bus_itself_has_a_name),
		WORLD_TEST(a_bus_may_come_late_and_be_restarted),
		WORLD_TEST(a_bus_that_hangs_is_waited_for),
		WORLD_TEST(without_a_bus_it_ends_with_its_reader_as_well),
		WORLD_TEST(on_a_bus_that_hangs_its_clock_ends_it_with_its_reader),
		WORLD_TEST(a_socket_that_is_no_bus_is_none),
		WORLD_TEST(a_bus_that_refuses_to_tell_of_changes_is_none),
	};

	return cmocka_run_group_tests_name("bus_query_watch", tests, NULL, NULL);
}
