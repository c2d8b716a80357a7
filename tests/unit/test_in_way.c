/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* fd/in_way.c: what is open where sockets are to go, with real descriptors. */
#include "unit.h"

#include <fcntl.h>

#include "base/util.h"
#include "fd/in_way.h"

#define FIRST 300 /* beyond what the test program has open */
#define N 4

/* Which of FIRST.. are open: '.' not, 'o' somebody's, 'c' closed by execve(2), 's' the socket of that place. */
static void open_places(const char *places, struct fd_info *fds)
{
	for (int i = 0; i < N; i++) {
		int fd = FIRST + i;

		fds[i] = (struct fd_info){ .fd = places[i] == 's' ? fd : 3 };
		if (places[i] == '.')
			(void)close(fd);
		else
			assert_int_equal(dup3(STDERR_FILENO, fd, places[i] == 'c' ? O_CLOEXEC : 0),
					 fd);
	}
}

static void what_is_somebody_s_is_found(void **state)
{
	static const struct {
		const char *places, *found;
		int next_free;
	} cases[] = {
		{ "....", "", 0 },     { "o...", "o", 1 },    { ".o..", ".o", 0 },
		{ "...o", "...o", 0 }, { "oooo", "oooo", 4 }, { "ssss", "", 4 },
		{ "so.o", ".o.o", 2 }, { "cc..", "", 2 },     { "coso", ".o.o", 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		struct fd_info fds[N];
		struct in_way *list = NULL;
		size_t n = 0, expected = 0;

		open_places(cases[i].places, fds);
		check_int(cases[i].places,
			  fds_find_in_way(fds, N, (struct places){ FIRST, N }, &arena, &list, &n), 0);
		for (int j = 0; cases[i].found[j] != '\0'; j++) {
			if (cases[i].found[j] == 'o' && expected < n)
				check_int(cases[i].places, list[expected].fd, FIRST + j);
			expected += cases[i].found[j] == 'o' ? 1 : 0;
		}
		check_int(cases[i].places, n, expected);
		check_int(cases[i].places, fd_find_free(FIRST), FIRST + cases[i].next_free);
		arena_done(&arena);
		open_places("....", fds);
	}
}

static void it_is_called_by_its_link(void **state)
{
	const struct fd_info other = { .fd = 3 };
	struct arena arena = { 0 };
	struct in_way *list;
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	size_t n;

	(void)state;
	assert_int_equal(dup3(fd, FIRST, 0), FIRST);
	assert_int_equal(fds_find_in_way(&other, 1, (struct places){ FIRST, 1 }, &arena, &list, &n),
			 0);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].what, "/etc/passwd");
	(void)close(FIRST);
	(void)close(fd);
	arena_done(&arena);
}

/* What the host reads gives way only to us, strangers' go in silence, and the rest is named. */
static void what_is_wanted_is_not_lost(void **state)
{
	static const struct in_way list[] = { { 3, "pipe:[1]" }, { 4, "/etc/x" }, { 7, "socket:[2]" } };
	static const int strangers[] = { 7, 4 };
	static const struct {
		const char *name;
		size_t n;
		struct claims claims;
		int refused;
		const char *lost;
	} cases[] = {
		{ "nothing is there", 0, { .wanted = 3 }, 0, "" },
		{ "nobody is known", 3, { 0 }, 0, "3 (pipe:[1]), 4 (/etc/x), 7 (socket:[2])" },
		{ "another is wanted", 3, { .wanted = 5 }, 0, "3 (pipe:[1]), 4 (/etc/x), 7 (socket:[2])" },
		{ "it is wanted there", 1, { .wanted = 3 }, 3, "" },
		{ "the last is", 3, { .wanted = 7 }, 7, NULL },
		{ "it can be moved", 2, { .wanted = 3, .can_move = true }, 0, "4 (/etc/x)" },
		{ "a stranger's", 3, { .closed = strangers, .n_closed = 1 }, 0, "3 (pipe:[1]), 4 (/etc/x)" },
		{ "all have gone",
		  3,
		  { .wanted = 3, .can_move = true, .closed = strangers, .n_closed = 2 },
		  0,
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buffer[100];
		struct text lost = text_begin(buffer, sizeof(buffer));

		check_int(cases[i].name, in_way_judge(list, cases[i].n, &cases[i].claims, &lost),
			  cases[i].refused);
		if (cases[i].lost != NULL)
			check_text(cases[i].name, buffer, cases[i].lost);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_somebody_s_is_found),
		cmocka_unit_test(it_is_called_by_its_link),
		cmocka_unit_test(what_is_wanted_is_not_lost),
	};

	return cmocka_run_group_tests_name("in_way", tests, NULL, NULL);
}
