/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See world.h. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT 5000
#define SYSTEMD_FD 3  /* sd_listen_fds(3) */
#define UPSTART_FD 11 /* as seen under Upstart */
#define HOST_FD 5     /* of a manager that reads a newline: --host-fd */

#define UPSTART_VARIABLES "TERM=linux", "UPSTART_JOB=bench", "UPSTART_INSTANCE="
#define SYSTEMD_VARIABLES "INVOCATION_ID=0123456789abcdef0123456789abcdef", "SYSTEMD_EXEC_PID="

/* What each manager puts into the environment; a variable that ends in '=' and PID is the child's. */
static const struct world {
	const char *name;
	int socket_fd; /* where the listening socket goes, or HOST_FD: the pipe; or -1 */
	const char *variables[10];
} worlds[] = {
	{ "bare", -1, { NULL } },
	{ "upstart", -1, { UPSTART_VARIABLES, "UPSTART_EVENTS=runlevel", "RUNLEVEL=2" } },
	{ "upstart-socket",
	  UPSTART_FD,
	  { UPSTART_VARIABLES, "UPSTART_EVENTS=socket", "PROTO=inet", "PORT=5000", "ADDR=0.0.0.0",
	    "UPSTART_FDS=11" } },
	{ "systemd", -1, { "NOTIFY_SOCKET=/run/systemd/notify", SYSTEMD_VARIABLES } },
	{ "systemd-socket",
	  SYSTEMD_FD,
	  { SYSTEMD_VARIABLES, "LISTEN_FDS=1", "LISTEN_FDNAMES=bench.socket", "LISTEN_PID=" } },
	/* A wrapper in between has cleaned the environment: only the cgroup tells. */
	{ "systemd-cgroup", -1, { NULL } },
	{ "newline", HOST_FD, { NULL } },
};

static struct {
	int listener, upstart, notify, pipe_read, pipe_write;
	char cgroup[256]; /* ours, below CGROUP_ROOT; empty: there is none */
} manager;

#define CGROUP_ROOT "/run/cgroup"

void die(int status, const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	(void)fprintf(stderr, "bench: ");
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): what clang-tidy 14 says of a file in two programs */
	(void)vfprintf(stderr, format, args);
	(void)fprintf(stderr, ": %s\n", strerror(error));
	va_end(args);
	world_leave();
	exit(status);
}

uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

const struct world *world_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		if (strcmp(worlds[i].name, name) == 0)
			return &worlds[i];
	}
	errno = EINVAL;
	die(2, "no such world: %s", name);
}

/* ---- The manager ---- */

static void open_pipe(int *ret_read, int *ret_write)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		die(1, "cannot make a pipe");
	*ret_read = ends[0];
	*ret_write = ends[1];
}

static int bind_unix(int type, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	if (fd < 0 || bind(fd, (struct sockaddr *)&address,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		die(1, "cannot bind %s", name);
	return fd;
}

static int listen_to_clients(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 16) < 0)
		die(1, "cannot listen");
	return fd;
}

static bool write_own_pid(const char *cgroup)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), CGROUP_ROOT "/%s/cgroup.procs", cgroup);
	file = fopen(path, "we");
	if (file == NULL)
		return false;
	(void)fprintf(file, "%d", (int)getpid());
	return fclose(file) == 0;
}

static void read_own_cgroup(char *path, size_t size)
{
	char line[512];
	FILE *file = fopen("/proc/self/cgroup", "re");

	path[0] = '\0';
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "0::/", 4) == 0)
			(void)snprintf(path, size, "%.*s", (int)strcspn(line + 4, "\n"), line + 4);
	}
	if (file != NULL)
		(void)fclose(file);
}

/*
 * A cgroup that looks like a service's. Its name begins like those of systemd_host.py; measure.py
 * removes what is left by one that was killed.
 */
static void enter_cgroup(void)
{
	char path[512];

	(void)mkdir(CGROUP_ROOT, 0755);
	if (mount("none", CGROUP_ROOT, "cgroup2", 0, NULL) < 0)
		return;
	read_own_cgroup(manager.cgroup, sizeof(manager.cgroup) - 64);
	(void)snprintf(manager.cgroup + strlen(manager.cgroup), 64,
		       "/cross-init-bridge-test-%d-%llx-bench.service", (int)getpid(),
		       (unsigned long long)now_ns());
	(void)snprintf(path, sizeof(path), CGROUP_ROOT "/%s", manager.cgroup);
	if (mkdir(path, 0755) < 0 || !write_own_pid(manager.cgroup)) {
		(void)rmdir(path);
		manager.cgroup[0] = '\0';
	}
}

void world_enter(void)
{
	/* What /proc/PID/cgroup says is read on the way: its length must not be that of the place where we run. */
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWCGROUP) < 0)
		die(77, "no namespaces of our own");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		die(77, "no private /run");
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)mkdir("/run/systemd", 0755);
	(void)mkdir("/run/systemd/system", 0755);
	enter_cgroup();
	manager.notify = bind_unix(SOCK_DGRAM | SOCK_NONBLOCK, "/run/systemd/notify");
	manager.upstart = bind_unix(SOCK_STREAM, "@/com/ubuntu/upstart");
	/* Connections are never accepted: SO_PEERCRED is ours from listen(2) on. */
	if (listen(manager.upstart, 4096) < 0)
		die(1, "cannot listen at Upstart's address");
	manager.listener = listen_to_clients();
	open_pipe(&manager.pipe_read, &manager.pipe_write);
}

void world_leave(void)
{
	char path[512];

	if (manager.cgroup[0] == '\0')
		return;
	(void)snprintf(path, sizeof(path), CGROUP_ROOT "/%s", manager.cgroup);
	*strrchr(manager.cgroup, '/') = '\0';
	(void)write_own_pid(manager.cgroup);
	(void)rmdir(path);
	manager.cgroup[0] = '\0';
}

int world_notify_fd(void)
{
	return manager.notify;
}

bool world_receive(bool *ret_is_ready)
{
	char text[4096];
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(manager.notify, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd;

	if (n < 0)
		return false;
	text[n] = '\0';
	*ret_is_ready = strstr(text, "READY=1") != NULL;
	if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
		(void)close(fd);
	}
	return true;
}

/* ---- Its children ---- */

void ends_open(struct ends *ends)
{
	open_pipe(&ends->result_fd, &ends->result_write_fd);
	open_pipe(&ends->go_read_fd, &ends->go_fd);
	ends->started_ns = mmap(NULL, sizeof(*ends->started_ns), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ends->started_ns == MAP_FAILED)
		die(1, "cannot share memory");
}

void ends_close_theirs(struct ends *ends)
{
	(void)close(ends->result_write_fd);
	(void)close(ends->go_read_fd);
}

void ends_close(struct ends *ends)
{
	(void)close(ends->result_fd);
	(void)close(ends->go_fd); /* the daemons, which wait for it, end */
	(void)munmap(ends->started_ns, sizeof(*ends->started_ns));
}

static bool is_pid_variable(const char *variable)
{
	return strcmp(variable, "SYSTEMD_EXEC_PID=") == 0 || strcmp(variable, "LISTEN_PID=") == 0;
}

static void put_at(int fd, int number)
{
	/* dup2() onto itself would leave it close-on-exec. */
	int copy = fcntl(fd, F_DUPFD, UPSTART_FD + 1);

	(void)dup2(copy, number);
	(void)close(copy);
}

static void __attribute__((noreturn))
become(const struct subject *subject, const struct ends *ends, int gate_fd)
{
	const struct world *world = subject->world;
	char *env[16] = { (char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
	char pids[2][32], byte;
	int n = 1, n_pids = 0;

	for (int i = 0; world->variables[i] != NULL; i++) {
		const char *variable = world->variables[i];

		if (is_pid_variable(variable)) {
			(void)snprintf(pids[n_pids], sizeof(pids[0]), "%s%d", variable,
				       (int)getpid());
			variable = pids[n_pids++];
		}
		env[n++] = (char *)(uintptr_t)variable;
	}
	(void)setsid();
	(void)dup2(ends->go_read_fd, STDIN_FILENO);
	(void)dup2(ends->result_write_fd, STDOUT_FILENO);
	if (gate_fd >= 0)
		(void)!read(gate_fd, &byte, 1);
	if (world->socket_fd >= 0)
		put_at(world->socket_fd == HOST_FD ? manager.pipe_write : manager.listener,
		       world->socket_fd);
	*ends->started_ns = now_ns();
	(void)execve(subject->argv[0], subject->argv, env);
	_exit(127);
}

pid_t world_start(const struct subject *subject, const struct ends *ends, int gate_fd)
{
	pid_t pid = fork();

	if (pid < 0)
		die(1, "cannot fork");
	if (pid == 0)
		become(subject, ends, gate_fd);
	return pid;
}

uint64_t read_number(const struct ends *ends)
{
	uint64_t number;

	if (read(ends->result_fd, &number, sizeof(number)) != sizeof(number))
		die(1, "the daemon reported nothing");
	return number;
}

void reap_all(void)
{
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
}

pid_t find_sibling(pid_t daemon)
{
	char path[64];
	FILE *file;
	int pid = 0, found = 0;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	/* In the order of their birth: what a babysitter starts comes after it. */
	while (found == 0 && file != NULL &&
	       fscanf(file, "%d", &pid) == 1) { /* NOLINT(cert-err34-c): the kernel's */
		if (pid != daemon)
			found = pid;
	}
	if (file != NULL)
		(void)fclose(file);
	return found;
}
