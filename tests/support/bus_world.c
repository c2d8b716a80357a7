/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See bus_world.h. */
#include "bus_world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/util.h"

#define DEADLINE_MS 10000

/* ---- the managers ---- */

const struct peer_answer upstart_answers[] = {
	{ UPSTART_PATH, "GetAllJobs", NULL, ANSWER_PATHS, { JOBS "/hello", JOBS "/worker" } },
	{ UPSTART_PATH, "GetJobByName", "hello", ANSWER_PATH, { JOBS "/hello" } },
	{ UPSTART_PATH, "GetJobByName", "worker", ANSWER_PATH, { JOBS "/worker" } },
	{ UPSTART_PATH,
	  "GetJobByName",
	  NULL,
	  ANSWER_ERROR,
	  { "com.ubuntu.Upstart0_6.Error.UnknownJob", "Unknown job" } },

	{ JOBS "/hello", "Get", "name", ANSWER_TEXT, { "hello" } },
	{ JOBS "/hello", "Get", "start_on", ANSWER_OPERATORS, { NULL } },
	{ JOBS "/hello", "GetAllInstances", NULL, ANSWER_PATHS, { JOBS "/hello/_" } },
	{ JOBS "/hello", "GetInstanceByName", "", ANSWER_PATH, { JOBS "/hello/_" } },
	{ JOBS "/hello/_", "Get", "name", ANSWER_TEXT, { "" } },
	{ JOBS "/hello/_", "Get", "goal", ANSWER_TEXT, { "start" } },
	{ JOBS "/hello/_", "Get", "state", ANSWER_TEXT, { "spawned" } },
	{ JOBS "/hello/_", "Get", "processes", ANSWER_PROCESSES, { "100" } },

	{ JOBS "/worker", "Get", "name", ANSWER_TEXT, { "worker" } },
	{ JOBS "/worker",
	  "Get",
	  "start_on",
	  ANSWER_OPERATORS,
	  { "socket", "PROTO=inet", "|", "started", "foo", "|", "/AND", "|" } },
	{ JOBS "/worker",
	  "GetAllInstances",
	  NULL,
	  ANSWER_PATHS,
	  { JOBS "/worker/a_2fb", JOBS "/worker/c" } },
	{ JOBS "/worker", "GetInstanceByName", "c", ANSWER_PATH, { JOBS "/worker/c" } },
	{ JOBS "/worker/a_2fb", "Get", "name", ANSWER_TEXT, { "a/b" } },
	{ JOBS "/worker/a_2fb", "Get", "processes", ANSWER_PROCESSES, { "200", "201" } },
	{ JOBS "/worker/c", "Get", "name", ANSWER_TEXT, { "c" } },
	{ JOBS "/worker/c", "Get", "goal", ANSWER_TEXT, { "stop" } },
	{ JOBS "/worker/c", "Get", "state", ANSWER_TEXT, { "post-stop" } },
	{ JOBS "/worker/c", "Get", "processes", ANSWER_PROCESSES, { NULL } },
	{ NULL,
	  "GetInstanceByName",
	  NULL,
	  ANSWER_ERROR,
	  { "com.ubuntu.Upstart0_6.Error.UnknownInstance", "Unknown instance" } },
	{ 0 },
};

#define SYSTEMD_PATH "/org/freedesktop/systemd1"

const struct peer_answer systemd_answers[] = {
	{ SYSTEMD_PATH, "GetUnitByPID", NULL, ANSWER_PATH, { SYSTEMD_PATH "/unit/a_2eservice" } },
	{ SYSTEMD_PATH "/unit/a_2eservice", "Get", "Id", ANSWER_TEXT, { "a.service" } },
	{ SYSTEMD_PATH "/unit/a_2eservice",
	  "Get",
	  "TimeoutStartUSec",
	  ANSWER_LONG_NUMBER,
	  { "18446744073709551615" } },
	{ 0 },
};

/* ---- the world ---- */

int world_setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (world == NULL)
		return -1;
	(void)snprintf(world->dir, sizeof(world->dir), "/tmp/cib-bus-query-XXXXXX");
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

int world_teardown(void **state)
{
	struct world *world = *state;

	peer_stop(&world->peer);
	peer_stop(&world->bus_peer);
	if (world->daemon > 0) {
		(void)kill(world->daemon, SIGKILL);
		(void)waitpid(world->daemon, NULL, 0);
	}
	remove_tree(world->dir);
	free(world);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	return 0;
}

void world_set_env(struct world *world, const char *format, ...)
{
	char *variable = world->env[world->n_env++];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(variable, sizeof(world->env[0]), format, args);
	va_end(args);
}

void world_listen(struct world *world, const char *name, const struct peer_answer *answers,
		  const struct peer_answer *quirks)
{
	(void)snprintf(world->peer_address, sizeof(world->peer_address), "unix:path=%s/%s",
		       world->dir, name);
	world->peer.address = world->peer_address;
	world->peer.answers = answers;
	world->peer.quirks = quirks;
	assert_true(peer_start(&world->peer));
}

void world_start_upstart(struct world *world, const struct peer_answer *quirks)
{
	world_listen(world, "upstart", upstart_answers, quirks);
	world_set_env(world, "UPSTART_SESSION=%s", world->peer_address);
}

void world_stop_upstart(struct world *world)
{
	char path[128];

	peer_stop(&world->peer);
	(void)snprintf(path, sizeof(path), "%s/upstart", world->dir);
	(void)unlink(path);
	world->n_env = 0;
}

void world_write_file(const struct world *world, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", world->dir, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void exec_dbus_daemon(const struct world *world, int address_fd)
{
	char config[128], print[32];

	(void)snprintf(config, sizeof(config), "--config-file=%s/bus.conf", world->dir);
	(void)snprintf(print, sizeof(print), "--print-address=%d", address_fd);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	child_check(fcntl(address_fd, F_SETFD, 0) == 0);
	(void)execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nopidfile", "--nosyslog", config,
		     print, (char *)NULL);
	_exit(127);
}

void need_dbus_daemon(void)
{
	int status = 0, null_fd;
	pid_t pid = fork();

	if (pid == 0) {
		null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		(void)dup2(null_fd, STDOUT_FILENO);
		(void)execlp("dbus-daemon", "dbus-daemon", "--version", (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		skip_because("dbus-daemon is not installed");
}

void world_start_bus(struct world *world, const char *name, const struct peer_answer *answers)
{
	static const char config[] =
		"<busconfig><type>session</type><listen>unix:path=%s/bus</listen>"
		"<servicedir>%s</servicedir><policy context='default'><allow own='*'/>"
		"<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/>"
		"<allow user='*'/></policy></busconfig>\n";
	char text[512];
	ssize_t n;
	int ends[2];

	need_dbus_daemon();
	(void)snprintf(text, sizeof(text), config, world->dir, world->dir);
	world_write_file(world, "bus.conf", text);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	world->daemon = fork();
	assert_true(world->daemon >= 0);
	if (world->daemon == 0)
		exec_dbus_daemon(world, ends[1]);
	(void)close(ends[1]);
	n = read(ends[0], world->bus_address, sizeof(world->bus_address) - 1);
	(void)close(ends[0]);
	assert_true(n > 0);
	world->bus_address[strcspn(world->bus_address, "\n")] = '\0';

	if (name == NULL)
		return;
	world->bus_peer.address = world->bus_address;
	world->bus_peer.bus_name = name;
	world->bus_peer.answers = answers;
	assert_true(peer_start(&world->bus_peer));
}

void skip_if_reachable(const char *path, bool is_abstract)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	assert_true(fd >= 0 && length + 1 < sizeof(address.sun_path));
	memcpy(address.sun_path + is_abstract, path, length);
	r = connect(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + is_abstract + length));
	(void)close(fd);
	if (r == 0)
		skip_because("this machine has a manager of its own, which would answer");
}

void skip_unless_root(void)
{
	if (geteuid() != 0)
		skip_because("needs root");
}

/* ---- running bus-query ---- */

void run_exec(struct world *world, const char *const *args, int out_fd, int err_fd)
{
	const char *argv[MAX_ARGS + 2] = { "bus-query" };
	char *envp[ARRAY_SIZE(world->env) + 1] = { NULL };
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const char *program = getenv("CIB_BUS_QUERY");

	for (size_t i = 0; i < MAX_ARGS && args[i] != NULL; i++)
		argv[i + 1] = args[i];
	for (size_t i = 0; i < world->n_env; i++)
		envp[i] = world->env[i];
	child_check(program != NULL && chdir(world->dir) == 0);
	child_check(dup2(null_fd, STDIN_FILENO) >= 0);
	child_check(dup2(out_fd, STDOUT_FILENO) >= 0);
	child_check(dup2(err_fd, STDERR_FILENO) >= 0);
	(void)execve(program, (char *const *)argv, envp);
	_exit(127);
}

void run_start(struct run *run, struct world *world, const char *const *args)
{
	int out[2], err[2];

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	run->pid = fork();
	assert_true(run->pid >= 0);
	if (run->pid == 0)
		run_exec(world, args, out[1], err[1]);
	(void)close(out[1]);
	(void)close(err[1]);
	run->out_fd = out[0];
	run->err_fd = err[0];
}

/* Reads until end of file. */
static size_t read_all(struct run *run, int fd, char *text)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t length = 0;
	ssize_t n;

	do {
		if (poll(&ready, 1, DEADLINE_MS) != 1) {
			(void)kill(run->pid, SIGKILL);
			fail_msg("bus-query still runs after %d ms", DEADLINE_MS);
		}
		n = read(fd, text + length, MAX_OUTPUT - 1 - length);
		assert_true(n >= 0);
		length += (size_t)n;
		assert_true(length < MAX_OUTPUT - 1);
	} while (n > 0);
	text[length] = '\0';
	(void)close(fd);
	return length;
}

void run_finish(struct run *run)
{
	run->out_length = read_all(run, run->out_fd, run->out);
	run->err_length = read_all(run, run->err_fd, run->err);
	assert_int_equal(waitpid(run->pid, &run->status, 0), run->pid);
}

static bool has_signal(const struct run *run, const char *field, int signal)
{
	char path[64], line[256];
	unsigned long long set = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)run->pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, field, strlen(field)) == 0 && line[strlen(field)] == ':')
			set = strtoull(line + strlen(field) + 1, NULL, 16);
	(void)fclose(file);
	return (set >> (signal - 1) & 1) != 0;
}

void run_wait_signal(const struct run *run, const char *field, int signal, bool is_in)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	int tries = DEADLINE_MS;

	while (has_signal(run, field, signal) != is_in) {
		if (tries-- == 0)
			fail_msg("%s of bus-query does not change", field);
		(void)nanosleep(&pause, NULL);
	}
}

void run_query(struct run *run, struct world *world, const char *const *args)
{
	run_start(run, world, args);
	run_finish(run);
}

/* ---- what must hold of a run ---- */

static void expect_status(const struct run *run, int code, const char *name)
{
	if (!WIFEXITED(run->status) || WEXITSTATUS(run->status) != code)
		fail_msg("%s: status %#x instead of exit %d, stderr: %s", name, run->status, code,
			 run->err);
}

void expect_answer(const struct run *run, const char *answer, size_t length, const char *name)
{
	expect_status(run, 0, name);
	if (run->out_length != length || memcmp(run->out, answer, length) != 0)
		fail_msg("%s: answered '%s'", name, run->out);
	if (run->err_length != 0)
		fail_msg("%s: stderr: %s", name, run->err);
}

void expect_no_such_thing(const struct run *run, const char *name)
{
	expect_status(run, 1, name);
	if (run->out_length != 0 || run->err_length != 0)
		fail_msg("%s: printed '%s', stderr '%s'", name, run->out, run->err);
}

/* Exit 2, no answer, and one line that says why. */
void expect_failure(const struct run *run, const char *reason, const char *name)
{
	const char *newline = strchr(run->err, '\n');

	expect_status(run, 2, name);
	if (run->out_length != 0)
		fail_msg("%s: printed '%s'", name, run->out);
	if (newline == NULL || newline[1] != '\0' || strlen(run->err) != run->err_length)
		fail_msg("%s: not one line: '%s'", name, run->err);
	if (strstr(run->err, reason) == NULL)
		fail_msg("%s: no '%s' in: %s", name, reason, run->err);
}
