/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What the unit tests share: checks that name the row of the table they fail in, and children for
 * what must not happen to the test program itself (lost descriptors, another user, a system call
 * taken away). Included first by each of them, for cmocka's sake and for NDEBUG's.
 */
#ifndef CIB_TEST_UNIT_H
#define CIB_TEST_UNIT_H

#undef NDEBUG

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/skips.h"

#define CHILD_TIMEOUT_S 60
#define CHILD_FAILED 99

/*
 * What a row of a table is checked with; @name is the row's. A table goes on after a bad row, to show
 * all that are bad; the test has failed when it ends, see cmocka_unit_test() below.
 */
#define check(name, condition)                         \
 do {                                                  \
  if (!(condition))                                    \
   note_bad("%s: not true: %s\n", (name), #condition); \
 } while (0)

#define check_int(name, actual, expected)                                 \
 do {                                                                     \
  long long is_ = (long long)(actual), should_ = (long long)(expected);   \
  if (is_ != should_)                                                     \
   note_bad("%s: %s is %lld, not %lld\n", (name), #actual, is_, should_); \
 } while (0)

#define check_text(name, actual, expected)                                  \
 do {                                                                       \
  const char *is_ = (actual), *should_ = (expected);                        \
  if (strcmp(is_, should_) != 0)                                            \
   note_bad("%s: %s is\n%s\nand not\n%s\n", (name), #actual, is_, should_); \
 } while (0)

/* Checks that have failed: in this test, and in all of them. */
static size_t n_bad, n_bad_of_all __attribute__((unused));

__attribute__((format(printf, 1, 2), unused)) static void note_bad(const char *format, ...)
{
	va_list args;

	n_bad++;
	n_bad_of_all++;
	va_start(args, format);
	vprint_error(format, args);
	va_end(args);
}

__attribute__((unused)) static int begin_checks(void **state)
{
	(void)state;
	n_bad = 0;
	return 0;
}

__attribute__((unused)) static int end_checks(void **state)
{
	(void)state;
	if (n_bad > 0)
		print_error("%zu checks have failed, see the lines above\n", n_bad);
	return n_bad > 0 ? -1 : 0;
}

#undef cmocka_unit_test
#define cmocka_unit_test(test)                                                                \
 {                                                                                            \
  .name = #test, .test_func = (test), .setup_func = begin_checks, .teardown_func = end_checks \
 }

/* For those with a setup and teardown of their own, too. */
#undef cmocka_run_group_tests_name
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                            \
 _cmocka_run_group_tests(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown) + \
	 (n_bad_of_all > 0)

/* In a child an assertion of cmocka would go on with the other tests: this ends it. */
#define child_check(condition)                                                                  \
 do {                                                                                           \
  if (!(condition)) {                                                                           \
   dprintf(STDERR_FILENO, "# %s:%d: not true: %s (errno %d)\n", __FILE__, __LINE__, #condition, \
	   errno);                                                                              \
   _exit(CHILD_FAILED);                                                                         \
  }                                                                                             \
 } while (0)

/* Not on old kernels, nor under valgrind, which plays one. */
static inline bool has_pidfds(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* In a child, whose outcome is what is asked. */
static inline bool try_in_child(bool (*attempt)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(attempt() ? 0 : CHILD_FAILED);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static inline bool set_uid_of_nobody(void)
{
	return geteuid() == 0 && setuid(65534) == 0;
}

static inline bool enter_namespaces(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS | CLONE_NEWPID) == 0 &&
	       mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0;
}

/* Root of a user namespace may be the only user that there is. */
static inline void need_other_users(void)
{
	if (!try_in_child(set_uid_of_nobody))
		skip_because("only root can become another user");
}

/* In a container root may not. */
static inline bool has_namespaces(void)
{
	return try_in_child(enter_namespaces);
}

/* It knows not every clone(2), and looks for pointers on a stack that was given back. */
static inline bool is_under_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

/* @why: what it does that this test cannot bear. */
static inline void need_no_valgrind(const char *why)
{
	if (is_under_valgrind())
		skip_because(why);
}

/* Starts @body in a child, which ends well if @body returns. Its time is limited. */
static inline pid_t start_child(void (*body)(const void *), const void *arg)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	(void)alarm(CHILD_TIMEOUT_S);
	body(arg);
	_exit(0);
}

/* Runs @body in a child. Returns its wait status, for tests that have to tidy up behind it. */
static inline int run_child(void (*body)(const void *), const void *arg)
{
	pid_t pid = start_child(body, arg);
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Runs @body in a child, and fails if that does. */
static inline void check_in_child(const char *name, void (*body)(const void *), const void *arg)
{
	int status = run_child(body, arg);

	if (status != 0)
		fail_msg("%s: the child ended with wait status 0x%x", name, (unsigned)status);
}

static inline void install_filter(struct sock_filter *filter, size_t n)
{
	struct sock_fprog program = { (unsigned short)n, filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(CHILD_FAILED);
}

/* From now on system call @number has the outcome @action (SECCOMP_RET_*), here and in children. */
static inline void filter_system_call(int number, uint32_t action)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install_filter(filter, sizeof(filter) / sizeof(filter[0]));
}

/* As on a kernel without it, or behind a container manager's list. */
static inline void deny_system_call(int number, int error)
{
	filter_system_call(number, SECCOMP_RET_ERRNO | (uint32_t)error);
}

/* As on a kernel that does not know this option of SOL_SOCKET. */
static inline void deny_socket_option(int option, int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)option, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install_filter(filter, sizeof(filter) / sizeof(filter[0]));
}

#endif
