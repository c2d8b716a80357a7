/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What condition/net.c finds in the kernel's tables of sockets, and in a file of long lines. */
#include "unit.h"

#include "condition/net.c"      /* NOLINT(bugprone-suspicious-include): for what it makes of them */
#include "condition/proc_net.c" /* NOLINT(bugprone-suspicious-include): for its reading of lines */

#include <endian.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>

#define REST " 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0 100 0 0 10 0"

enum match {
	MATCH_OTHER,
	MATCH_FOUND,
	MATCH_END,
};

static enum match match_tcp(const char *text, struct search *search, unsigned long *ret_inode)
{
	struct table_line line = { .inode = 0 };
	enum reading reading = read_tcp(text, &line);

	if (reading != READING_LISTENS)
		return reading == READING_END ? MATCH_END : MATCH_OTHER;
	if (!see_tcp_line(search, &line))
		return MATCH_OTHER;
	*ret_inode = line.inode;
	check_int(text, line.uid, 1000);
	return MATCH_FOUND;
}

static enum match match_unix(const char *text, const char *name, unsigned long *ret_inode)
{
	struct table_line line = { .inode = 0 };

	if (read_unix(text, &line) != READING_LISTENS ||
	    !is_equal(skip_var(line.name), skip_var(name)))
		return MATCH_OTHER;
	*ret_inode = line.inode;
	return MATCH_FOUND;
}

static void a_listener_is_found_by_where_it_listens(void **state)
{
	static const struct {
		const char *line;
		const char *place;
		enum match expected;
	} cases[] = {
		/* 127.0.0.1:80 */
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "127.0.0.1:80", MATCH_FOUND },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "localhost:80", MATCH_FOUND },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "*:80", MATCH_FOUND },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "127.0.0.1:81", MATCH_OTHER },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "127.0.0.2:80", MATCH_OTHER },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "0.0.0.0:80", MATCH_OTHER },
		{ "   0: 0100007F:0050 00000000:0000 0A" REST, "[::1]:80", MATCH_OTHER },
		{ "1234567: 0100007F:0050 00000000:0000 0A" REST, "127.0.0.1:80", MATCH_FOUND },
		/* 0.0.0.0:80 */
		{ "   0: 00000000:0050 00000000:0000 0A" REST, "192.0.2.1:80", MATCH_FOUND },
		{ "   0: 00000000:0050 00000000:0000 0A" REST, "[2001:db8::1]:80", MATCH_OTHER },
		{ "   0: 00000000:0050 00000000:0000 0A" REST, "[::]:80", MATCH_OTHER },
		/* [::]:80 */
		{ "   0: 00000000000000000000000000000000:0050 "
		  "00000000000000000000000000000000:0000 0A" REST,
		  "192.0.2.1:80", MATCH_FOUND },
		{ "   0: 00000000000000000000000000000000:0050 "
		  "00000000000000000000000000000000:0000 0A" REST,
		  "[2001:db8::1]:80", MATCH_FOUND },
		/* [::1]:80 */
		{ "   0: 00000000000000000000000001000000:0050 "
		  "00000000000000000000000000000000:0000 0A" REST,
		  "[::1]:80", MATCH_FOUND },
		{ "   0: 00000000000000000000000001000000:0050 "
		  "00000000000000000000000000000000:0000 0A" REST,
		  "127.0.0.1:80", MATCH_OTHER },
		/* connections: one that is not accepted yet, one that is, an end */
		{ "   0: 0100007F:0050 0100007F:8000 03" REST, "127.0.0.1:80", MATCH_OTHER },
		{ "   0: 0100007F:0050 0100007F:8000 01" REST, "127.0.0.1:80", MATCH_END },
		{ "   0: 0100007F:0050 0100007F:8000 06" REST, "127.0.0.1:80", MATCH_END },
		/* no line of this table */
		{ "", "*:80", MATCH_OTHER },
		{ "   0: 0100007F:0050", "*:80", MATCH_OTHER },
		{ "   0: 00007F:0050 00000000:0000 0A" REST, "127.0.0.1:80", MATCH_OTHER },
		{ "   0: zz00007F:0050 00000000:0000 0A" REST, "*:80", MATCH_OTHER },
	};

	(void)state;
	if (htole32(1) != 1)
		skip_because("the lines are a little-endian machine's");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct watch watch = { .daemon = 0 };
		struct search search = { .watch = &watch };
		unsigned long inode = 0;

		assert_int_equal(tcp_place_parse(cases[i].place, &search.place), 0);
		if (match_tcp(cases[i].line, &search, &inode) != cases[i].expected)
			fail_msg("%s: %s", cases[i].place, cases[i].line);
		check_int(cases[i].line, inode, cases[i].expected == MATCH_FOUND ? 12345 : 0);
	}
}

static void a_unix_listener_is_found_by_its_name(void **state)
{
	static const struct {
		const char *line, *name;
		enum match expected;
	} cases[] = {
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/x", "/run/x",
		  MATCH_FOUND },
		{ "ffff8881: 00000002 00000000 00010000 0005 01 12 /run/x", "/run/x", MATCH_FOUND },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 @x", "@x", MATCH_FOUND },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 @x@", "@x", MATCH_OTHER },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/x y", "/run/x y",
		  MATCH_FOUND },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/xy", "/run/x",
		  MATCH_OTHER },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12", "/run/x", MATCH_OTHER },
		/* bound only, connected, datagrams */
		{ "0000000000000000: 00000002 00000000 00000000 0001 01 12 /run/x", "/run/x",
		  MATCH_OTHER },
		{ "0000000000000000: 00000003 00000000 00000000 0001 03 12 /run/x", "/run/x",
		  MATCH_OTHER },
		{ "0000000000000000: 00000002 00000000 00000000 0002 01 12 /run/x", "/run/x",
		  MATCH_OTHER },
		{ "", "/run/x", MATCH_OTHER },
		/* the same directory by its other name */
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /var/run/x", "/run/x",
		  MATCH_FOUND },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/x", "/var/run/x",
		  MATCH_FOUND },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /var/x", "/x",
		  MATCH_OTHER },
		{ "0000000000000000: 00000002 00000000 00010000 0001 01 12 /srv/var/run/x",
		  "/run/x", MATCH_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long inode = 0;

		if (match_unix(cases[i].line, cases[i].name, &inode) != cases[i].expected)
			fail_msg("%s: %s", cases[i].name, cases[i].line);
		check_int(cases[i].line, inode, cases[i].expected == MATCH_FOUND ? 12 : 0);
	}
}

/* ---- With real sockets ---- */

/* Binds and listens at the @length bytes of @name in sun_path. */
static int listen_at(const char *name, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	child_check(length <= sizeof(address.sun_path));
	memcpy(address.sun_path, name, length);
	child_check(bind(fd, (struct sockaddr *)&address,
			 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0);
	child_check(listen(fd, 1) == 0);
	return fd;
}

static bool is_there(const char *what, pid_t daemon)
{
	struct awaited awaited = { .text = what, .what = what };
	struct watch watch = { .awaited = &awaited, .daemon = daemon };

	return check_unix(&watch) == NULL;
}

static void look_for_real_ones(const void *arg)
{
	static const char abstract[] = "\0cib-awaited", padded[8] = "\0pad";
	char directory[] = "/tmp/cib-awaited.XXXXXX", path[64];
	pid_t other;
	int fd;

	(void)arg;
	child_check(mkdtemp(directory) != NULL);
	(void)snprintf(path, sizeof(path), "%s/s", directory);
	child_check(!is_there(path, 0));
	fd = listen_at(path, strlen(path) + 1);
	child_check(is_there(path, 0) && is_there(path, getpid()));
	child_check(!is_there(directory, 0));
	other = fork();
	if (other == 0) {
		(void)close(fd);
		for (;;)
			(void)pause();
	}
	while (is_there(path, other))
		; /* it has not closed its own yet */
	child_check(is_there(path, 0));
	child_check(kill(other, SIGKILL) == 0 && waitpid(other, NULL, 0) == other);
	(void)close(fd);
	child_check(!is_there(path, 0)); /* the file is still there */
	child_check(unlink(path) == 0 && rmdir(directory) == 0);

	fd = listen_at(abstract, sizeof(abstract) - 1);
	child_check(is_there("@cib-awaited", 0) && !is_there("@cib-await", 0));
	child_check(!is_there("cib-awaited", 0));
	(void)close(fd);
	fd = listen_at(padded, sizeof(padded));
	child_check(!is_there("@pad", 0));
	(void)close(fd);
}

typedef void look_function(const void *arg);

static void deny_netlink_and(look_function *look)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install_filter(filter, sizeof(filter) / sizeof(filter[0]));
	look(NULL);
}

static void look_for_real_ones_without(const void *arg)
{
	(void)arg;
	deny_netlink_and(look_for_real_ones);
}

static void real_ones_are_found_by_netlink_and_without(void **state)
{
	(void)state;
	check_in_child("netlink", look_for_real_ones, NULL);
	check_in_child("without", look_for_real_ones_without, NULL);
}

static bool see_forged(void *context, const struct table_line *line)
{
	return is_equal(line->name, context);
}

static bool see_nobody(void *context, const struct diag_unix *socket)
{
	(void)context;
	(void)socket;
	return false;
}

/* A name that is a line of /proc/net/unix, behind one that it ends. */
static void look_for_a_forged_one(const void *arg)
{
	static const char line[] = "\0x\n0: 00000002 00000000 00010000 0001 01 12 @forged";
	char name[] = "@forged";

	(void)arg;
	(void)listen_at(line, sizeof(line) - 1);
	/* As it is with the text alone, or this would show nothing. */
	child_check(proc_unix_listeners(getpid(), see_forged, name));
	if (diag_unix_listeners(see_nobody, NULL) < 0)
		not_tried("sock_diag", "the kernel does not have it");
	else
		child_check(!is_there(name, 0));
}

static void a_line_cannot_be_forged(void **state)
{
	(void)state;
	check_in_child("forged", look_for_a_forged_one, NULL);
}

/* More than one reading brings. */
static void look_among_many(const void *arg)
{
	char name[100];

	(void)arg;
	for (int i = 0; i < 400; i++) {
		(void)snprintf(name, sizeof(name), "%ccib-many-%0*d", '\0', 80, i);
		(void)listen_at(name, 90);
	}
	(void)snprintf(name, sizeof(name), "@cib-many-%0*d", 80, 0);
	child_check(is_there(name, 0));
	(void)snprintf(name, sizeof(name), "@cib-many-%0*d", 80, 399);
	child_check(is_there(name, 0) && is_there(name, getpid()));
	name[strlen(name) - 1] = 'x';
	child_check(!is_there(name, 0));
}

static void one_is_found_among_many(void **state)
{
	(void)state;
	check_in_child("many", look_among_many, NULL);
}

static void lines_come_whole_however_they_lie_in_the_file(void **state)
{
	FILE *file = tmpfile();
	struct lines lines = { .end = 0 };
	char expected[400];

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 50; i++)
		(void)fprintf(file, "%0*d\n", i * 7 + 1, i);
	assert_int_equal(fflush(file), 0);
	rewind(file);
	lines.fd = fileno(file);
	for (int i = 0; i < 50; i++) {
		(void)snprintf(expected, sizeof(expected), "%0*d", i * 7 + 1, i);
		check_text("line", next_line(&lines), expected);
	}
	assert_null(next_line(&lines));
	(void)fclose(file);
}

/* ---- IPv6 ---- */

static in_port_t listen_v6(bool is_v6_only)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), only = is_v6_only;

	if (fd < 0)
		return 0;
	child_check(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) == 0);
	child_check(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0);
	child_check(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	return ntohs(address.sin6_port);
}

static bool has_listener(const char *host, in_port_t port)
{
	char what[64];
	struct awaited awaited = { .text = what, .what = what };
	struct watch watch = { .awaited = &awaited };

	(void)snprintf(what, sizeof(what), "%s:%d", host, port);
	return check_tcp(&watch) == NULL;
}

static bool see_no_tcp(void *context, const struct diag_tcp *socket)
{
	(void)context;
	(void)socket;
	return false;
}

static void look_for_v6_only(const void *arg)
{
	in_port_t only = listen_v6(true), both = listen_v6(false);

	(void)arg;
	if (only == 0 || diag_tcp_listeners(only, see_no_tcp, NULL) < 0) {
		not_tried("sock_diag", "the kernel has no IPv6, or no answer");
		return;
	}
	child_check(!has_listener("127.0.0.1", only) && !has_listener("0.0.0.0", only));
	child_check(has_listener("[::1]", only) && has_listener("[::]", only));
	child_check(has_listener("localhost", only) && has_listener("*", only));
	child_check(has_listener("127.0.0.1", both) && has_listener("[::1]", both));
	child_check(!has_listener("127.0.0.1", both + 1U) && !has_listener("*", 1));
}

static void a_listener_for_ipv6_alone_is_none_for_ipv4(void **state)
{
	(void)state;
	check_in_child("IPv6 only", look_for_v6_only, NULL);
}

/* ---- A daemon of a user that is not dumpable, and other users ---- */

#define USER 65534
#define STRANGER 65533

static void become(uid_t uid)
{
	child_check(setgroups(0, NULL) == 0 && setgid(uid) == 0 && setuid(uid) == 0);
}

/* A child of that user with a listener there; its end of a pipe tells that it is there. */
static pid_t start_listener(const char *name, size_t length, uid_t uid, bool is_dumpable)
{
	int ends[2];
	char byte;
	pid_t pid;

	child_check(pipe2(ends, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		become(uid);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user clears it */
		child_check(prctl(PR_SET_DUMPABLE, is_dumpable ? 1 : 0) == 0);
		if (name != NULL)
			(void)listen_at(name, length);
		(void)close(ends[1]);
		(void)alarm(CHILD_TIMEOUT_S);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	child_check(read(ends[0], &byte, 1) == 0);
	(void)close(ends[0]);
	return pid;
}

static void look_as_a_user(const void *arg)
{
	char own[40], strange[40]; /* "@", which others may run at the same time, and our pid */
	size_t own_length = (size_t)snprintf(own, sizeof(own), "@cib-own-%d", (int)getpid());
	size_t strange_length =
		(size_t)snprintf(strange, sizeof(strange), "@cib-strange-%d", (int)getpid());
	pid_t daemon, stranger, pid;
	int status;

	own[0] = strange[0] = '\0';
	daemon = start_listener(own, own_length, USER, false);
	stranger = start_listener(strange, strange_length, STRANGER, true);
	own[0] = strange[0] = '@';
	pid = fork();

	if (pid == 0) {
		become(USER);
		child_check(is_there(own, daemon));
		child_check(!is_there(strange, daemon) && is_there(strange, 0));
		_exit(0);
	}
	child_check(waitpid(pid, &status, 0) == pid);
	(void)kill(daemon, SIGKILL);
	(void)kill(stranger, SIGKILL);
	child_check(status == 0);
	(void)arg;
}

static void look_as_a_user_without(const void *arg)
{
	(void)arg;
	deny_netlink_and(look_as_a_user);
}

static void a_listener_of_another_user_is_not_the_daemons(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return;
	check_in_child("with sock_diag", look_as_a_user, NULL);
	check_in_child("by connecting", look_as_a_user_without, NULL);
}

/* ---- Paths in another's mount namespace ---- */

static void look_from_outside(const void *arg)
{
	char directory[] = "/tmp/cib-elsewhere.XXXXXX", path[64];
	int ends[2], fd;
	char byte;
	pid_t other;

	(void)arg;
	child_check(mkdtemp(directory) != NULL && pipe2(ends, O_CLOEXEC) == 0);
	(void)snprintf(path, sizeof(path), "%s/s", directory);
	other = fork();
	if (other == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		child_check(unshare(CLONE_NEWNS) == 0);
		child_check(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		child_check(mount("none", directory, "tmpfs", 0, NULL) == 0);
		(void)listen_at(path, strlen(path) + 1);
		(void)close(ends[1]);
		(void)alarm(CHILD_TIMEOUT_S);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	child_check(read(ends[0], &byte, 1) == 0);
	child_check(!is_there(path, 0)); /* nothing is there */
	child_check(is_there(path, other));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	child_check(mknod(path, S_IFSOCK | 0600, 0) == 0);
	if (has_plain_numbers(path))
		child_check(!is_there(path, 0)); /* a socket, but not that one */
	child_check(unlink(path) == 0);
	(void)listen_at(path, strlen(path) + 1);
	child_check(is_there(path, 0));
	child_check(unlink(path) == 0 && kill(other, SIGKILL) == 0 && rmdir(directory) == 0);
	(void)close(fd);
}

static void a_path_of_another_mount_namespace_is_none_of_ours(void **state)
{
	(void)state;
	if (!has_namespaces())
		skip_because("needs root that may make namespaces");
	check_in_child("elsewhere", look_from_outside, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_is_found_by_where_it_listens),
		cmocka_unit_test(a_unix_listener_is_found_by_its_name),
		cmocka_unit_test(lines_come_whole_however_they_lie_in_the_file),
		cmocka_unit_test(real_ones_are_found_by_netlink_and_without),
		cmocka_unit_test(a_line_cannot_be_forged),
		cmocka_unit_test(one_is_found_among_many),
		cmocka_unit_test(a_listener_for_ipv6_alone_is_none_for_ipv4),
		cmocka_unit_test(a_listener_of_another_user_is_not_the_daemons),
		cmocka_unit_test(a_path_of_another_mount_namespace_is_none_of_ours),
	};

	return cmocka_run_group_tests_name("awaited_net", tests, NULL, NULL);
}
