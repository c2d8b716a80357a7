/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base/log.c: a message is one line, whatever is in it that others have chosen. */
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
	if (unshare(CLONE_NEWNS) < 0)
		return; /* not as this root */
	child_check(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	child_check(mount("none", "/dev", "tmpfs", 0, NULL) == 0);
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
	if (geteuid() == 0)
		check_in_child("syslog", say_to_syslog, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_on_stderr_is_one_line),
		cmocka_unit_test(a_message_to_syslog_is_one_line_also_in_the_name_of_its_job),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
