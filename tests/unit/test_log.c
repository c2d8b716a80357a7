/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* base/log.c: a message is one line, whatever is in it that others have chosen, and arrives. */
#include "unit.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log.h"
#include "base/util.h"

#define NASTY "a\n<0>b\x1b[31m\r\x7f"
#define TAME "a?<0>b?[31m??"

static void read_line(int fd, char *line, size_t size)
{
	ssize_t n = read(fd, line, size - 1);

	child_check(n > 0);
	line[n] = '\0';
}

static void say_on_stderr(const void *arg)
{
	int ends[2];
	char line[256];

	child_check(pipe2(ends, O_CLOEXEC) == 0 && dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	log_error("cannot open %s", NASTY);
	read_line(ends[0], line, sizeof(line));
	child_check(strcmp(line, "cross-init-bridge: cannot open " TAME "\n") == 0);
	log_errno(LEVEL_ERROR, ENOENT, "%s", NASTY);
	read_line(ends[0], line, sizeof(line));
	child_check(strncmp(line, "cross-init-bridge: " TAME ": ", 34) == 0);
	(void)arg;
}

static void a_message_on_stderr_is_one_line(void **state)
{
	(void)state;
	check_in_child("stderr", say_on_stderr, NULL);
}

/* In a /dev of our own. */
static void say_to_syslog(const void *arg)
{
	struct sockaddr_un address = { AF_UNIX, "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char line[256];

	(void)arg;
	child_check(unshare(CLONE_NEWNS) == 0);
	child_check(mount("none", "/", "", MS_REC | MS_PRIVATE, "") == 0);
	child_check(mount("none", "/dev", "tmpfs", 0, "") == 0);
	child_check(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	log_to_syslog(NASTY);
	log_error("cannot open %s", NASTY);
	read_line(fd, line, sizeof(line));
	child_check(strncmp(line, "<27>cross-init-bridge[", 22) == 0);
	child_check(strstr(line, "]: " TAME ": cannot open " TAME) != NULL);
	child_check(strpbrk(line, "\n\r\x1b\x7f") == NULL);
}

static void a_message_to_syslog_is_one_line_also_in_the_name_of_its_job(void **state)
{
	(void)state;
	if (!has_namespaces())
		skip_because("needs root that may make namespaces");
	check_in_child("syslog", say_to_syslog, NULL);
}

struct kind {
	const char *name;
	int type;
	bool ends_with_nul; /* as syslog(3) has it, so that one message ends where the next begins */
};

static int open_log(int type)
{
	const struct sockaddr_un address = { AF_UNIX, "/dev/log" };
	int fd;

	child_check(unshare(CLONE_NEWNS) == 0);
	child_check(mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0);
	child_check(mount("test", "/dev", "tmpfs", 0, "mode=0755") == 0);
	fd = socket(AF_UNIX, type, 0);
	child_check(fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	if (type == SOCK_STREAM)
		child_check(listen(fd, 8) == 0);
	return fd;
}

static void receive_line(int fd, const struct kind *kind, const char *expected)
{
	char text[256] = "";
	int from = kind->type == SOCK_STREAM ? accept(fd, NULL, NULL) : fd;
	ssize_t n;

	child_check(from >= 0);
	n = recv(from, text, sizeof(text), 0);
	child_check(n == (ssize_t)strlen(expected) + (kind->ends_with_nul ? 1 : 0));
	child_check(memcmp(text, expected, strlen(expected)) == 0);
}

static void log_to_each(const void *arg)
{
	const struct kind *kind = arg;
	int fd = open_log(kind->type);
	char expected[128];

	log_to_syslog("job");
	log_error("one");
	log_for_daemon("job", 7, "two");
	(void)snprintf(expected, sizeof(expected), "<27>cross-init-bridge[%d]: job: one",
		       (int)getpid());
	receive_line(fd, kind, expected);
	receive_line(fd, kind, "<30>job[7]: two");
}

static void syslog_is_reached_by_whichever_kind_of_socket(void **state)
{
	static const struct kind kinds[] = {
		{ "datagram", SOCK_DGRAM, false },
		{ "stream", SOCK_STREAM, true },
	};

	(void)state;
	if (!has_namespaces())
		skip_because("needs root that may make namespaces");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		check_in_child(kinds[i].name, log_to_each, &kinds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_on_stderr_is_one_line),
		cmocka_unit_test(a_message_to_syslog_is_one_line_also_in_the_name_of_its_job),
		cmocka_unit_test(syslog_is_reached_by_whichever_kind_of_socket),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
