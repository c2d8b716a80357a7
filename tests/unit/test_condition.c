/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What can be awaited, as words: which are taken, which are refused and why, and which addresses a
 * place for a TCP listener has.
 */
#include "unit.h"

#include <arpa/inet.h>

#include "base/util.h"
#include "condition/condition.h"

#define NO_NAME "not a well-known bus name like org.example.Daemon"
#define NO_PATH "not an absolute path"
#define NO_PLACE \
 "not ADDRESS:PORT, [ADDRESS]:PORT, localhost:PORT or *:PORT, with numbers for names"
#define NO_SOCKET "neither an absolute path nor an abstract name (@NAME)"
#define NO_CONDITION                                                                  \
 "not a condition: dbus:NAME, session-dbus:NAME, device:PATH, path:PATH, unix:PATH, " \
 "tcp:HOST:PORT or pidfile:PATH"

static void each_kind_is_taken_with_what_it_needs(void **state)
{
	static const struct {
		const char *text;
		enum awaited_kind kind;
		const char *what;
	} cases[] = {
		{ "dbus:org.example.Daemon", AWAITED_DBUS, "org.example.Daemon" },
		{ "dbus:a.b", AWAITED_DBUS, "a.b" },
		{ "dbus:_a.b-c.d9", AWAITED_DBUS, "_a.b-c.d9" },
		{ "session-dbus:a.b", AWAITED_SESSION_DBUS, "a.b" },
		{ "device:/dev/xen/gntdev", AWAITED_DEVICE, "/dev/xen/gntdev" },
		{ "path:/", AWAITED_PATH, "/" },
		{ "path:/a b:c", AWAITED_PATH, "/a b:c" },
		{ "unix:/run/x", AWAITED_UNIX, "/run/x" },
		{ "unix:@x", AWAITED_UNIX, "@x" },
		{ "tcp:127.0.0.1:80", AWAITED_TCP, "127.0.0.1:80" },
		{ "tcp:[::1]:80", AWAITED_TCP, "[::1]:80" },
		{ "tcp:*:65535", AWAITED_TCP, "*:65535" },
		{ "tcp:localhost:1", AWAITED_TCP, "localhost:1" },
		{ "pidfile:/run/x.pid", AWAITED_PIDFILE, "/run/x.pid" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct awaited awaited;

		check(cases[i].text, awaited_parse(cases[i].text, &awaited) == NULL);
		check_int(cases[i].text, awaited.kind, cases[i].kind);
		check_text(cases[i].text, awaited.text, cases[i].text);
		check_text(cases[i].text, awaited.what, cases[i].what);
	}
}

static void what_makes_no_sense_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", NO_CONDITION },
		{ "dbus", NO_CONDITION },
		{ "/dev/null", NO_CONDITION },
		{ "DBUS:a.b", NO_CONDITION },
		{ "user-dbus:a.b", NO_CONDITION },
		{ "dbus:", NO_NAME },
		{ "dbus:a", NO_NAME },
		{ "dbus:a.", NO_NAME },
		{ "dbus:.a", NO_NAME },
		{ "dbus:a..b", NO_NAME },
		{ "dbus:a.1b", NO_NAME },
		{ "dbus::1.7", NO_NAME },
		{ "dbus:a.b'", NO_NAME },
		{ "session-dbus:a", NO_NAME },
		{ "device:", NO_PATH },
		{ "device:null", NO_PATH },
		{ "path:x", NO_PATH },
		{ "pidfile:x", NO_PATH },
		{ "path:/a\nREADY=1", "a control character is in it" },
		{ "path:/a\x7f", "a control character is in it" },
		{ "unix:x", NO_SOCKET },
		{ "unix:@", NO_SOCKET },
		{ "unix:/", NO_SOCKET },
		{ "tcp:", NO_PLACE },
		{ "tcp:80", NO_PLACE },
		{ "tcp::80", NO_PLACE },
		{ "tcp:1:80", NO_PLACE },
		{ "tcp:127.0.0.1", NO_PLACE },
		{ "tcp:127.0.0.1:", NO_PLACE },
		{ "tcp:127.0.0.1:0", NO_PLACE },
		{ "tcp:127.0.0.1:65536", NO_PLACE },
		{ "tcp:127.0.0.1:http", NO_PLACE },
		{ "tcp:example.org:80", NO_PLACE },
		{ "tcp:::1:80", NO_PLACE },
		{ "tcp:[::1:80", NO_PLACE },
		{ "tcp:[]:80", NO_PLACE },
		{ "tcp:[*]:80", NO_PLACE },
		{ "tcp:[127.0.0.1]:80", NO_PLACE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct awaited awaited = { .text = "untouched" };
		const char *wrong = awaited_parse(cases[i].text, &awaited);

		check(cases[i].text, wrong != NULL);
		check_text(cases[i].text, wrong, cases[i].expected);
		check_text(cases[i].text, awaited.text, "untouched");
	}
}

static void lengths_have_their_limits(void **state)
{
	static const struct {
		const char *name, *begin;
		size_t longest;
		const char *expected;
	} cases[] = {
		{ "dbus", "dbus:a.", 255 - 2, NO_NAME },
		{ "path", "path:/", 4095 - 1, NO_PATH },
		{ "unix", "unix:/", 107 - 1, "too long for the address of a socket" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[8192];
		size_t used = strlen(cases[i].begin);
		struct awaited awaited;

		memcpy(text, cases[i].begin, used);
		memset(text + used, 'x', cases[i].longest + 1);
		text[used + cases[i].longest + 1] = '\0';
		check_text(cases[i].name, awaited_parse(text, &awaited), cases[i].expected);
		text[used + cases[i].longest] = '\0';
		check(cases[i].name, awaited_parse(text, &awaited) == NULL);
	}
}

static void check_addresses(const char *name, const struct tcp_place *place,
			    const char *const *expected)
{
	size_t n = 0;

	for (; expected[n] != NULL; n++) {
		char text[INET6_ADDRSTRLEN] = "";

		check(name, n < place->n_addresses);
		(void)inet_ntop(AF_INET6, &place->addresses[n], text, sizeof(text));
		check_text(name, text, expected[n]);
	}
	check_int(name, place->n_addresses, n);
}

static void a_tcp_place_has_all_its_addresses_in_one_form(void **state)
{
	static const struct {
		const char *text, *addresses[3];
		int port;
	} cases[] = {
		{ "127.0.0.1:80", { "::ffff:127.0.0.1" }, 80 },
		{ "0.0.0.0:1", { "::ffff:0.0.0.0" }, 1 },
		{ "[::]:1", { "::" }, 1 },
		{ "[fe80::1]:1", { "fe80::1" }, 1 },
		{ "localhost:1", { "::ffff:127.0.0.1", "::1" }, 1 },
		{ "*:1", { NULL }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tcp_place place;

		check_int(cases[i].text, tcp_place_parse(cases[i].text, &place), 0);
		check_int(cases[i].text, place.port, cases[i].port);
		check_addresses(cases[i].text, &place, cases[i].addresses);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_taken_with_what_it_needs),
		cmocka_unit_test(what_makes_no_sense_is_refused_with_the_reason),
		cmocka_unit_test(lengths_have_their_limits),
		cmocka_unit_test(a_tcp_place_has_all_its_addresses_in_one_form),
	};

	return cmocka_run_group_tests_name("awaited", tests, NULL, NULL);
}
