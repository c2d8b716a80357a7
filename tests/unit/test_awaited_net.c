/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What awaited_net.c finds in the kernel's tables of sockets, and in a file of long lines. */
#include "unit.h"

#include "awaited_net.c" /* NOLINT(bugprone-suspicious-include): for its reading of lines */

#include <endian.h>

#define REST " 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0"

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
		return; /* the lines above are a little-endian machine's */
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct listener listener = { .inode = 0 };

		assert_int_equal(tcp_place_parse(cases[i].place, &listener.place), 0);
		if (match_tcp(cases[i].line, &listener) != cases[i].expected)
			fail_msg("%s: %s", cases[i].place, cases[i].line);
		check_int(cases[i].line, listener.inode,
			  cases[i].expected == MATCH_FOUND ? 12345 : 0);
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
		struct listener listener = { .name = cases[i].name };

		if (match_unix(cases[i].line, &listener) != cases[i].expected)
			fail_msg("%s: %s", cases[i].name, cases[i].line);
		check_int(cases[i].line, listener.inode, cases[i].expected == MATCH_FOUND ? 12 : 0);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_is_found_by_where_it_listens),
		cmocka_unit_test(a_unix_listener_is_found_by_its_name),
		cmocka_unit_test(lines_come_whole_however_they_lie_in_the_file),
	};

	return cmocka_run_group_tests_name("awaited_net", tests, NULL, NULL);
}
