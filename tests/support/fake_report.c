/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See fake_report.h. */
#include "fake_report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FD_SCAN_MAX 4096

static struct {
	sigset_t blocked, ignored, caught;
} at_start;

void report_remember(void)
{
	(void)sigemptyset(&at_start.ignored);
	(void)sigemptyset(&at_start.caught);
	(void)sigprocmask(SIG_BLOCK, NULL, &at_start.blocked);
	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction action;

		if (sigaction(sig, NULL, &action) < 0 || action.sa_handler == SIG_DFL)
			continue;
		(void)sigaddset(action.sa_handler == SIG_IGN ? &at_start.ignored : &at_start.caught,
				sig);
	}
}

static void print_signals(FILE *out, const char *key, const sigset_t *set)
{
	fputs(key, out);
	for (int sig = 1; sig < NSIG; sig++)
		if (sigismember(set, sig) == 1)
			fprintf(out, " %d", sig);
	fputc('\n', out);
}

static void print_groups(FILE *out)
{
	gid_t groups[256];
	int n = getgroups(256, groups);

	fputs("groups", out);
	for (int i = 0; i < n; i++)
		fprintf(out, " %u", groups[i]);
	fputc('\n', out);
}

static void print_identity(FILE *out)
{
	char cwd[PATH_MAX] = "?", comm[17] = "";
	mode_t mask = umask(0);

	(void)umask(mask);
	if (!getcwd(cwd, sizeof(cwd)))
		fprintf(stderr, "fake-daemon: getcwd: %s\n", strerror(errno));
	(void)prctl(PR_GET_NAME, comm);
	fprintf(out, "pid %d\nppid %d\npgid %d\nsid %d\n", (int)getpid(), (int)getppid(),
		(int)getpgid(0), (int)getsid(0));
	fprintf(out, "uid %u %u\ngid %u %u\n", getuid(), geteuid(), getgid(), getegid());
	print_groups(out);
	fprintf(out, "comm %s\ncwd %s\numask %03o\n", comm, cwd, mask);
	print_signals(out, "mask", &at_start.blocked);
	print_signals(out, "ignored", &at_start.ignored);
	print_signals(out, "caught", &at_start.caught);
	/* waitid() without WEXITED children: ECHILD tells that nobody gave us one */
	fprintf(out, "children %s\n",
		waitid(P_ALL, 0, &(siginfo_t){ 0 }, WEXITED | WNOHANG | WNOWAIT) < 0 ? "no" : "yes");
}

/* Attributes that survive execve and that a careless wrapper could change. */
static void print_attributes(FILE *out)
{
	int death = 0, subreaper = 0;

	(void)prctl(PR_GET_PDEATHSIG, &death);
	(void)prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
	fprintf(out, "pdeathsig %d\nsubreaper %d\ndumpable %d\n", death, subreaper,
		prctl(PR_GET_DUMPABLE));
	fprintf(out, "securebits %d\ntimerslack %d\n", prctl(PR_GET_SECUREBITS),
		prctl(PR_GET_TIMERSLACK));
	fprintf(out, "nice %d\nscheduler %d\nalarm %u\n", getpriority(PRIO_PROCESS, 0),
		sched_getscheduler(0), alarm(0));
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit;

		if (getrlimit(i, &limit) == 0)
			fprintf(out, "rlimit %d %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
				(unsigned long long)limit.rlim_max);
	}
}

/* The lines of /proc/self/status that no system call tells; none of them without /proc. */
static void print_status(FILE *out)
{
	static const char *const keys[] = {
		"TracerPid:", "SigPnd:", "ShdPnd:",     "CapInh:",  "CapPrm:",           "CapEff:",
		"CapBnd:",    "CapAmb:", "NoNewPrivs:", "Seccomp:", "Cpus_allowed_list:"
	};
	char line[1024];
	FILE *in = fopen("/proc/self/status", "re");

	if (!in)
		return;
	while (fgets(line, sizeof(line), in))
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (strncmp(line, keys[i], strlen(keys[i])) == 0)
				fprintf(out, "status %s", line);
	(void)fclose(in);
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_env(FILE *out)
{
	size_t n = 0;
	char **sorted;

	while (environ[n])
		n++;
	sorted = malloc((n + 1) * sizeof(*sorted));
	if (!sorted)
		abort();
	memcpy(sorted, environ, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_words);
	for (size_t i = 0; i < n; i++) {
		fputs("env ", out);
		/* one variable, one line */
		for (const char *c = sorted[i]; *c; c++)
			*c == '\n' ? fputs("\\n", out) : fputc(*c, out);
		fputc('\n', out);
	}
	free(sorted);
}

static void print_address(FILE *out, const struct sockaddr_storage *address, socklen_t len)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)address;
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	size_t path = offsetof(struct sockaddr_un, sun_path);
	char host[INET6_ADDRSTRLEN] = "?";

	if (address->ss_family == AF_INET) {
		(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		fprintf(out, "%s:%u", host, ntohs(in->sin_port));
	} else if (address->ss_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		fprintf(out, "[%s]:%u", host, ntohs(in6->sin6_port));
	} else if (address->ss_family == AF_UNIX && len > path) {
		bool abstract = un->sun_path[0] == '\0';

		fprintf(out, "%s%.*s", abstract ? "@" : "", (int)(len - path - abstract),
			un->sun_path + abstract);
	}
}

static int socket_option(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	(void)getsockopt(fd, SOL_SOCKET, option, &value, &len);
	return value;
}

static void print_socket(FILE *out, int fd)
{
	static const char *const families[] = {
		[AF_UNIX] = "unix", [AF_INET] = "inet", [AF_INET6] = "inet6", [AF_NETLINK] = "netlink"
	};
	static const char *const types[] = {
		[SOCK_STREAM] = "stream", [SOCK_DGRAM] = "dgram", [SOCK_RAW] = "raw", [SOCK_SEQPACKET] = "seqpacket"
	};
	unsigned int family = (unsigned int)socket_option(fd, SO_DOMAIN);
	unsigned int type = (unsigned int)socket_option(fd, SO_TYPE);
	struct sockaddr_storage name = { 0 };
	socklen_t len = sizeof(name);

	if (family < sizeof(families) / sizeof(families[0]) && families[family])
		fprintf(out, " %s", families[family]);
	else
		fprintf(out, " family-%u", family);
	if (type < sizeof(types) / sizeof(types[0]) && types[type])
		fprintf(out, " %s", types[type]);
	if (socket_option(fd, SO_ACCEPTCONN) == 1)
		fputs(" listening", out);
	if (getsockname(fd, (struct sockaddr *)&name, &len) == 0) {
		fputc(' ', out);
		print_address(out, &name, len);
	}
	len = sizeof(name);
	if (getpeername(fd, (struct sockaddr *)&name, &len) == 0) {
		fputs(" peer=", out);
		print_address(out, &name, len);
	}
}

/* Names a file so that two runs can be compared: no inode numbers. */
static void print_file(FILE *out, int fd)
{
	char link[64], target[PATH_MAX];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return;
	target[n] = '\0';
	if (strncmp(target, "pipe:", 5) == 0)
		target[4] = '\0';
	fprintf(out, " %s", target);
}

static void print_fd(FILE *out, int fd)
{
	static const char *const access_modes[] = { "r", "w", "rw", "path" };
	int fd_flags = fcntl(fd, F_GETFD), flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (fd_flags < 0 || fstat(fd, &st) < 0)
		return;
	fprintf(out, "fd %d", fd);
	if (S_ISSOCK(st.st_mode)) {
		print_socket(out, fd);
	} else {
		if (S_ISCHR(st.st_mode))
			fprintf(out, " chr %u:%u", major(st.st_rdev), minor(st.st_rdev));
		else
			fputs(S_ISFIFO(st.st_mode) ? " fifo" : " file", out);
		print_file(out, fd);
	}
	fprintf(out, " %s%s%s%s\n", access_modes[flags & O_ACCMODE],
		flags & O_NONBLOCK ? ",nonblock" : "", flags & O_APPEND ? ",append" : "",
		fd_flags & FD_CLOEXEC ? ",cloexec" : "");
}

void report_print(FILE *out)
{
	print_identity(out);
	print_attributes(out);
	print_env(out);
	for (int fd = 0; fd < FD_SCAN_MAX; fd++)
		print_fd(out, fd);
	print_status(out);
}
