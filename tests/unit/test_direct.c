/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What base/direct.c and its neighbours direct_*.c define must be what the C library documents: rows with what is right
 * by the standard, which hold for the C library's own, too, where those files are empty. direct_heap.c: test_direct_heap.c.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/direct.h"
#include "base/util.h"

/* What the compiler knows nothing of, so that the function is called. */
static const char *hidden(const char *text)
{
	__asm__("" : "+r"(text));
	return text;
}

static void spans_and_searches(void **state)
{
	static const struct {
		const char *text, *set;
		size_t spn, cspn;
		int pbrk, str; /* where; -1: nowhere */
	} rows[] = {
		{ "", "", 0, 0, -1, 0 },     { "", "a", 0, 0, -1, -1 },
		{ "abc", "", 0, 3, -1, 0 },  { "abc", "ab", 2, 0, 0, 0 },
		{ "abc", "c", 0, 2, 2, 2 },  { "abc", "abcd", 3, 0, 0, -1 },
		{ "aab", "ab", 3, 0, 0, 1 }, { "\xff\x80z", "\x80", 0, 1, 1, 1 },
		{ "x", "yz", 0, 1, -1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *text = hidden(rows[i].text), *set = hidden(rows[i].set);
		const char *pbrk = strpbrk(text, set), *str = strstr(text, set);

		check_int(text, strspn(text, set), rows[i].spn);
		check_int(text, strcspn(text, set), rows[i].cspn);
		check_int(text, pbrk != NULL ? pbrk - text : -1, rows[i].pbrk);
		check_int(text, str != NULL ? str - text : -1, rows[i].str);
	}
}

static void characters(void **state)
{
	const char *text = hidden("a/b/\xff"), *wide = hidden("x\0y/");

	(void)state;
	assert_ptr_equal(strchr(text, '/'), text + 1);
	assert_ptr_equal(strchr(text, 0xff), text + 4);
	assert_ptr_equal(strchr(text, '\0'), text + 5);
	assert_null(strchr(text, 'z'));
	assert_ptr_equal(strrchr(text, '/'), text + 3);
	assert_ptr_equal(strrchr(text, '\0'), text + 5);
	assert_null(strrchr(text, 'z'));
	assert_ptr_equal(memchr(wide, '/', 4), wide + 3);
	assert_null(memchr(wide, '/', 3));
	assert_null(memchr(wide, 'x', 0));
	assert_ptr_equal(memrchr(text, '/', 3), text + 1);
	assert_null(memrchr(text, '/', 1));
	assert_ptr_equal(memmem(wide, 4, "y/", 2), wide + 2);
	assert_null(memmem(wide, 3, "y/", 2));
	assert_null(memmem(wide, 1, "x/", 2));
	assert_int_equal(strlen(text), 5);
	assert_int_equal(strnlen(text, 3), 3);
	assert_int_equal(strnlen(text, 9), 5);
}

static void comparisons_are_of_unsigned_bytes(void **state)
{
	static const struct {
		const char *a, *b;
		size_t size;
		int sign;
	} rows[] = {
		{ "a", "b", 0, 0 }, { "ab", "ac", 1, 0 },  { "ab", "ac", 2, -1 },
		{ "b", "a", 1, 1 }, { "\xff", "a", 1, 1 }, { "abcdefghi", "abcdefghj", 9, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *a = hidden(rows[i].a), *b = hidden(rows[i].b);
		int mem = memcmp(a, b, rows[i].size), str = strncmp(a, b, rows[i].size);

		check_int(a, (mem > 0) - (mem < 0), rows[i].sign);
		check_int(a, (str > 0) - (str < 0), rows[i].sign);
	}
	assert_int_equal(strncmp(hidden("a"), hidden("a"), 9), 0);
	assert_true(strncmp(hidden("a"), hidden("ab"), 9) < 0);
}

/* Of every size and every distance, in both directions, so that words and bytes overlap in all ways. */
static void memory_is_moved_and_filled(void **state)
{
	(void)state;
	for (size_t size = 0; size < 40; size++) {
		for (size_t from = 0; from < 24; from++) {
			for (size_t to = 0; to < 24; to++) {
				unsigned char area[64], expected[64];

				for (size_t i = 0; i < sizeof(area); i++)
					expected[i] = area[i] = (unsigned char)i;
				for (size_t i = 0; i < size; i++)
					expected[to + i] = (unsigned char)(from + i);
				assert_ptr_equal(memmove(area + to, area + from, size), area + to);
				assert_memory_equal(area, expected, sizeof(area));
			}
			unsigned char area[64] = { 0 };

			/* NOLINTNEXTLINE(bugprone-suspicious-memset-usage): what is cut off */
			assert_ptr_equal(memset(area + from, 0x1a5, size), area + from);
			for (size_t i = 0; i < sizeof(area); i++)
				assert_int_equal(area[i], i >= from && i < from + size ? 0xa5 : 0);
		}
	}
}

static void texts_are_taken_apart(void **state)
{
	char text[] = "a,,b", copy[8], *rest = text;

	(void)state;
	assert_string_equal(strsep(&rest, ","), "a");
	assert_string_equal(strsep(&rest, ","), "");
	assert_string_equal(strsep(&rest, ","), "b");
	assert_null(strsep(&rest, ","));
	assert_ptr_equal(stpcpy(copy, hidden("abc")), copy + 3);
	assert_string_equal(copy, "abc");
}

static void numbers_are_read(void **state)
{
	static const struct {
		const char *text;
		unsigned long value;
		size_t end;
		int base, error;
	} rows[] = {
		{ "", 0, 0, 10, 0 },
		{ "12", 12, 2, 10, 0 },
		{ " \t\n12x", 12, 5, 10, 0 },
		{ "+7", 7, 2, 10, 0 },
		{ "-1", ULONG_MAX, 2, 10, 0 },
		{ " -", 0, 0, 10, 0 },
		{ "x", 0, 0, 10, 0 },
		{ "ffFF", 0xffff, 4, 16, 0 },
		{ "0a:", 10, 2, 16, 0 },
		{ "789", 7, 1, 8, 0 },
		{ "18446744073709551615", ULONG_MAX, 20, 10, 0 },
		{ "18446744073709551616", ULONG_MAX, 20, 10, ERANGE },
		{ "99999999999999999999999", ULONG_MAX, 23, 10, ERANGE },
	};

	(void)state;
	if (ULONG_MAX < ULLONG_MAX)
		skip_because("the rows are of 64 bits");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *end;

		errno = 0;
		check_int(rows[i].text, strtoul(hidden(rows[i].text), &end, rows[i].base),
			  rows[i].value);
		check_int(rows[i].text, end - rows[i].text, rows[i].end);
		if (rows[i].end > 0) /* or it may be EINVAL, as musl's */
			check_int(rows[i].text, errno, rows[i].error);
		check_int(rows[i].text, strtoull(hidden(rows[i].text), NULL, rows[i].base),
			  rows[i].value);
	}
}

static void an_array_is_empty_or_refused(void **state)
{
	size_t much = SIZE_MAX / 2;
	char *memory = calloc(3, 5), *copy = strdup(hidden("abc"));

	(void)state;
	__asm__("" : "+r"(much));
	assert_memory_equal(memory, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
	assert_string_equal(copy, "abc");
	free(memory);
	free(copy);
	if (CIB_HAS_CHECKER)
		return; /* which ends the program */
	errno = 0;
	memory = calloc(much, 3);
	__asm__("" : "+r"(memory)); /* which clang leaves out where nothing is done with it */
	assert_null(memory);
	assert_int_equal(errno, ENOMEM);
}

/* With what the C library makes of them, in a build that has its own snprintf(3): the rows say it. */
static void formats_are_printed(void **state)
{
	char text[80];

	(void)state;
#define ROW(expected, ...)                                                       \
 do {                                                                            \
  assert_int_equal(snprintf(text, sizeof(text), __VA_ARGS__), strlen(expected)); \
  assert_string_equal(text, expected);                                           \
 } while (0)
	ROW("", "%s", hidden(""));
	ROW("a%b", "a%%%s", hidden("b"));
	ROW("-7 7 4294967289", "%d %d %u", -7, 7, (unsigned)-7);
	ROW("-2147483648 2147483647", "%d %d", INT_MIN, INT_MAX);
	ROW("-9223372036854775808 9223372036854775807", "%lld %ld", LLONG_MIN, LONG_MAX);
	ROW("18446744073709551615 18446744073709551615", "%llu %lu", ULLONG_MAX, ULONG_MAX);
	ROW("0 18446744073709551615", "%zu %zu", (size_t)0, SIZE_MAX);
	ROW("0f 00ff ff 644 007", "%02x %04x %x %o %03o", 15U, 255U, 255U, 0644U, 7U);
	ROW("007 -07 1234", "%03lld %03d %03d", 7LL, -7, 1234);
	ROW("0x1f 0 0x00f", "%#x %#x %#05x", 31U, 0U, 15U);
	ROW("|  7|7  |      ff|", "|%3d|%-3d|%8x|", 7, 7, 255U);
	ROW("|  a|a  |    |", "|%3s|%-3s|%*s|", hidden("a"), hidden("a"), 4, hidden(""));
	ROW("ab a abc ", "%.*s %.1s %.9s %.*s", 2, hidden("abc"), hidden("abc"), hidden("abc"), 0,
	    hidden("x"));
	ROW("|a  |abc|", "|%*s|%.*s|", -3, hidden("a"), -1, hidden("abc"));
	ROW("x y", "%c%2c", 'x', 'y');
#undef ROW
}

static void what_does_not_fit_is_counted(void **state)
{
	char text[4] = "zzz";

	(void)state;
	assert_int_equal(snprintf(NULL, 0, "%s", hidden("abc")), 3);
	assert_int_equal(snprintf(text, 0, "%s", hidden("abc")), 3);
	assert_string_equal(text, "zzz");
	assert_int_equal(snprintf(text, sizeof(text), "%s", hidden("abc")), 3);
	assert_string_equal(text, "abc");
	assert_int_equal(snprintf(text, sizeof(text), "%s", hidden("defg")), 4);
	assert_string_equal(text, "def");
}

static void what_the_kernel_gave_is_found(void **state)
{
	(void)state;
	assert_int_equal(getauxval(AT_PAGESZ), sysconf(_SC_PAGESIZE));
	assert_int_equal(getauxval(AT_EUID), geteuid());
	errno = 0;
	assert_int_equal(getauxval(9999), 0);
	assert_int_equal(errno, ENOENT);
	assert_non_null(environ);
	for (size_t i = 0; environ[i] != NULL; i++)
		assert_non_null(strchr(environ[i], '='));
	assert_int_equal(faccessat(AT_FDCWD, "/", X_OK, AT_EACCESS), 0);
	assert_int_equal(faccessat(AT_FDCWD, "/dev/null/x", X_OK, AT_EACCESS), -1);
	assert_int_equal(errno, ENOTDIR);
}

static void signal_sets_hold_what_was_added(void **state)
{
	sigset_t set;

	(void)state;
	(void)sigemptyset(&set);
	for (int signal = 1; signal <= SIGRTMAX; signal++)
		check_int("empty", sigismember(&set, signal), 0);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGRTMAX);
	assert_int_equal(sigismember(&set, SIGTERM), 1);
	assert_int_equal(sigismember(&set, SIGRTMAX), 1);
	(void)sigdelset(&set, SIGTERM);
	assert_int_equal(sigismember(&set, SIGTERM), 0);
	(void)sigfillset(&set);
	assert_int_equal(sigismember(&set, SIGTERM), 1);
	assert_int_equal(sigismember(&set, SIGRTMAX), 1);
}

static void the_mask_and_what_is_pending(void **state)
{
	static const struct timespec now = { 0 };
	sigset_t set, old, pending;

	(void)state;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR2);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, &old), 0);
	assert_int_equal(sigtimedwait(&set, NULL, &now), -1);
	assert_int_equal(errno, EAGAIN);
	(void)kill(getpid(), SIGUSR2);
	assert_int_equal(sigpending(&pending), 0);
	assert_int_equal(sigismember(&pending, SIGUSR2), 1);
	assert_int_equal(sigwaitinfo(&set, NULL), SIGUSR2);
	assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
}

static void addresses_are_read(void **state)
{
	static const struct {
		int family;
		const char *text, *again; /* as it is printed; NULL: refused */
	} rows[] = {
		{ AF_INET, "0.0.0.0", "0.0.0.0" },
		{ AF_INET, "255.10.9.1", "255.10.9.1" },
		{ AF_INET, "256.0.0.1", NULL },
		{ AF_INET, "1.2.3", NULL },
		{ AF_INET, "1.2.3.", NULL },
		{ AF_INET, "1.2.3.4.", NULL },
		{ AF_INET, "1.2.3.4.5", NULL },
		{ AF_INET, "1..3.4", NULL },
		{ AF_INET, "01.2.3.4", NULL },
		{ AF_INET, "00.2.3.4", NULL },
		{ AF_INET, "1.2.3.4 ", NULL },
		{ AF_INET, " 1.2.3.4", NULL },
		{ AF_INET, "1.2.3.-4", NULL },
		{ AF_INET, "1.2.3.4294967300", NULL },
		{ AF_INET, "", NULL },
		{ AF_INET, "::1", NULL },
		{ AF_INET6, "::", "::" },
		{ AF_INET6, "::1", "::1" },
		{ AF_INET6, "1::", "1::" },
		{ AF_INET6, "1:0:0:0:0:0:0:2", "1::2" },
		{ AF_INET6, "1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7" },
		{ AF_INET6, "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
		{ AF_INET6, "1:0:0:2:3:0:0:4", "1::2:3:0:0:4" },
		{ AF_INET6, "FE80::00Ab", "fe80::ab" },
		{ AF_INET6, "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ AF_INET6, "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ AF_INET6, "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ AF_INET6, "::ffff:1.2.3.4", "::ffff:1.2.3.4" },
#ifdef __GLIBC__ /* musl's prints words */
		{ AF_INET6, "::1.2.3.4", "::1.2.3.4" },
#endif
		{ AF_INET6, "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ AF_INET6, "::ffff:0102:0304", "::ffff:1.2.3.4" },
		{ AF_INET6, "1:2:3:4:5:6:7:8::", NULL },
		{ AF_INET6, "1:2:3:4:5:6:7::8", NULL },
		{ AF_INET6, "::1:2:3:4:5:6:7:8", NULL },
		{ AF_INET6, "1:2:3:4:5:6:7", NULL },
		{ AF_INET6, "1:2:3:4:5:6:7:8:9", NULL },
		{ AF_INET6, "1:2:3:4:5:6:7:1.2.3.4", NULL },
		{ AF_INET6, "1::2::3", NULL },
		{ AF_INET6, ":::", NULL },
		{ AF_INET6, ":1::", NULL },
		{ AF_INET6, "1::2:", NULL },
		{ AF_INET6, "1:", NULL },
		{ AF_INET6, "::12345", NULL },
		{ AF_INET6, "::00001", NULL },
		{ AF_INET6, "::g", NULL },
		{ AF_INET6, "::1%lo", NULL },
		{ AF_INET6, "::1.2.3.4:5", NULL },
		{ AF_INET6, "::1.2.3", NULL },
		{ AF_INET6, "1.2.3.4", NULL },
		{ AF_INET6, "", NULL },
		{ AF_INET6, ":", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[INET6_ADDRSTRLEN] = "";
		struct in6_addr address;
		int r = inet_pton(rows[i].family, hidden(rows[i].text), &address);

		check_int(rows[i].text, r, rows[i].again != NULL);
		if (r != 1 || rows[i].again == NULL)
			continue;
		check(rows[i].text, inet_ntop(rows[i].family, &address, text, sizeof(text)) == text);
		check_text(rows[i].text, text, rows[i].again);
	}
	assert_int_equal(inet_pton(AF_UNIX, "1.2.3.4", &(struct in6_addr){ 0 }), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
}

static void an_address_is_printed_whole(void **state)
{
	static const uint8_t bytes[4] = { 10, 0, 0, 1 };
	char text[16] = "untouched";

	(void)state;
	assert_null(inet_ntop(AF_INET, bytes, text, sizeof("10.0.0.1") - 1));
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(text, "untouched");
	assert_non_null(inet_ntop(AF_INET, bytes, text, sizeof("10.0.0.1")));
	assert_string_equal(text, "10.0.0.1");
	assert_null(inet_ntop(AF_UNIX, bytes, text, sizeof(text)));
	assert_int_equal(errno, EAFNOSUPPORT);
}

#ifdef __GLIBC__
static void errors_have_their_words(void **state)
{
	static const struct {
		int error;
		const char *text;
	} rows[] = {
		{ 0, "Success" },
		{ ENOENT, "No such file or directory" },
		{ EACCES, "Permission denied" },
		{ EINVAL, "Invalid argument" },
		{ ENOSYS, "Function not implemented" },
		{ EPROTO, "Protocol error" },
		{ EADDRINUSE, "Address already in use" },
		{ ETIMEDOUT, "Connection timed out" },
		{ EHWPOISON, "Memory page has hardware error" },
		{ 41, "Unknown error 41" }, /* it was another name of EAGAIN */
		{ 4095, "Unknown error 4095" },
		{ -1, "Unknown error -1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_text(rows[i].text, strerror(rows[i].error), rows[i].text);
}
#endif

#define KERNEL_SA_RESTORER 0x04000000U /* which glibc's shows */

static volatile sig_atomic_t last_signal, n_signals, usr2_was_blocked;

static void note_signal(int signal)
{
	sigset_t mask;

	last_signal = signal;
	n_signals = n_signals + 1;
	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	usr2_was_blocked = sigismember(&mask, SIGUSR2);
}

static void handlers_are_called_and_return(void **state)
{
	struct sigaction action = { .sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND }, old;
	sigset_t mask;

	(void)state;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaddset(&action.sa_mask, SIGUSR2);
	assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
	assert_ptr_equal(old.sa_handler, SIG_DFL);
	assert_int_equal(sigaction(SIGUSR1, NULL, &old), 0);
	assert_ptr_equal(old.sa_handler, note_signal);
	assert_int_equal((unsigned int)old.sa_flags & ~KERNEL_SA_RESTORER, SA_RESETHAND);
	assert_int_equal(sigismember(&old.sa_mask, SIGUSR2), 1);
	assert_int_equal(sigismember(&old.sa_mask, SIGTERM), 0);
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	assert_int_equal(n_signals, 1);
	assert_int_equal(last_signal, SIGUSR1);
	assert_int_equal(usr2_was_blocked, 1);
	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGUSR2), 0);
	assert_int_equal(sigaction(SIGUSR1, NULL, &old), 0);
	assert_ptr_equal(old.sa_handler, SIG_DFL);
	assert_int_equal(sigaction(SIGKILL, &action, NULL), -1);
	assert_int_equal(errno, EINVAL);
}

/* Six arguments, of which the last is beyond the registers: as the kernel takes them, in their order. */
static void calls_without_a_name(void **state)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char file[] = "/tmp/direct.XXXXXX", text[] = "0123456789", *mapped;
	int fd = mkstemp(file);

	(void)state;
	assert_int_equal(unlink(file), 0);
	assert_int_equal(ftruncate(fd, (off_t)(2 * size)), 0);
	assert_int_equal(pwrite(fd, text, 10, (off_t)size), 10);
	mapped = (char *)syscall(SYS_mmap, NULL, size, PROT_READ, MAP_PRIVATE, fd, (long)size);
	assert_ptr_not_equal(mapped, MAP_FAILED);
	assert_memory_equal(mapped, text, 10);
	assert_int_equal(syscall(SYS_munmap, mapped, size), 0);
	assert_int_equal(close(fd), 0);
	errno = 0;
	assert_int_equal(syscall(SYS_close, fd), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(syscall(SYS_getppid), getppid());
}

#if CIB_IS_DIRECT
void __stack_chk_fail(void);

static void overflow(const void *arg)
{
	sigset_t set;

	(void)dup2(*(const int *)arg, STDERR_FILENO);
	(void)signal(SIGABRT, SIG_IGN);
	(void)sigfillset(&set);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	__stack_chk_fail();
}

static void who_smashes_a_stack_is_ended(void **state)
{
	static const char expected[] = "*** stack smashing detected ***: terminated\n";
	char text[sizeof(expected) + 1] = "";
	int ends[2], status;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	status = run_child(overflow, &ends[1]);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_int_equal(read(ends[0], text, sizeof(text) - 1), sizeof(expected) - 1);
	assert_string_equal(text, expected);
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(close(ends[1]), 0);
}
#endif

static void what_is_more_than_its_call(void **state)
{
	char directory[] = "/tmp/direct.XXXXXX", there[4096], back[4096];
	struct pollfd none = { .fd = -1 };
	struct rlimit limit;

	(void)state;
	assert_int_equal(dup2(0, 0), 0);
	assert_int_equal(dup2(1023, 1023), -1);
	assert_int_equal(errno, EBADF);
	assert_non_null(mkdtemp(directory));
	assert_non_null(getcwd(back, sizeof(back)));
	assert_int_equal(chdir(directory), 0);
	assert_string_equal(getcwd(there, sizeof(there)), directory);
	assert_null(getcwd(there, 2));
	assert_int_equal(errno, ERANGE);
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(close(open("f", O_CREAT | O_WRONLY | O_CLOEXEC, 0640)), 0);
	assert_int_equal(rename("f", "g"), 0);
	assert_int_equal(access("g", F_OK), 0);
	assert_int_equal(remove("g"), 0);
	assert_int_equal(remove("d"), 0);
	assert_int_equal(remove("d"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(chdir(back), 0);
	assert_int_equal(rmdir(directory), 0);
	assert_int_equal(poll(&none, 1, 1), 0);
	assert_int_equal(poll(NULL, 0, 0), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(limit.rlim_cur > 0);
	errno = 0;
	assert_true(getpriority(PRIO_PROCESS, 0) >= -20 && getpriority(PRIO_PROCESS, 0) <= 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_and_searches),
		cmocka_unit_test(characters),
		cmocka_unit_test(comparisons_are_of_unsigned_bytes),
		cmocka_unit_test(memory_is_moved_and_filled),
		cmocka_unit_test(texts_are_taken_apart),
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(an_array_is_empty_or_refused),
		cmocka_unit_test(formats_are_printed),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(what_the_kernel_gave_is_found),
		cmocka_unit_test(signal_sets_hold_what_was_added),
		cmocka_unit_test(the_mask_and_what_is_pending),
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(an_address_is_printed_whole),
#ifdef __GLIBC__
		cmocka_unit_test(errors_have_their_words),
#endif
		cmocka_unit_test(handlers_are_called_and_return),
		cmocka_unit_test(calls_without_a_name),
#if CIB_IS_DIRECT
		cmocka_unit_test(who_smashes_a_stack_is_ended),
#endif
		cmocka_unit_test(what_is_more_than_its_call),
	};

	return cmocka_run_group_tests_name("direct", tests, NULL, NULL);
}
