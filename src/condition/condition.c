/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See condition/condition.h. */
#include "condition/condition.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdint.h>
#include <sys/un.h>

#include "base/text.h"
#include "base/util.h"

#define MAX_BUS_NAME 255

/* ---- what each kind takes; NULL: fine, else what is wrong ---- */

static bool is_bus_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* D-Bus Specification, "Valid Names"; unique names (":1.7") are nothing to wait for. */
static const char *check_bus_name(const char *what)
{
	static const char wrong[] = "not a well-known bus name like org.example.Daemon";
	size_t length = strlen(what), element = 0, n_elements = 1;

	if (length > MAX_BUS_NAME)
		return wrong;
	for (const char *c = what; *c != '\0'; c++) {
		if (*c == '.' && element > 0) {
			element = 0;
			n_elements++;
		} else if (is_bus_name_character(*c) && (element > 0 || *c < '0' || *c > '9')) {
			element++;
		} else {
			return wrong;
		}
	}
	return element > 0 && n_elements > 1 ? NULL : wrong;
}

static const char *check_path(const char *what)
{
	return what[0] == '/' && strlen(what) < PATH_MAX ? NULL : "not an absolute path";
}

static const char *check_unix(const char *what)
{
	if ((what[0] != '/' && what[0] != '@') || what[1] == '\0')
		return "neither an absolute path nor an abstract name (@NAME)";
	return strlen(what) < sizeof(((struct sockaddr_un *)NULL)->sun_path)
		       ? NULL
		       : "too long for the address of a socket";
}

static const char *check_tcp(const char *what)
{
	struct tcp_place place;

	return tcp_place_parse(what, &place) == 0
		       ? NULL
		       : "not ADDRESS:PORT, [ADDRESS]:PORT, localhost:PORT "
			 "or *:PORT, with numbers for names";
}

const struct awaited_form awaited_forms[N_AWAITED_KINDS] = {
	[AWAITED_DBUS] = { "dbus:NAME", "NAME has an owner on the system bus", check_bus_name },
	[AWAITED_SESSION_DBUS] = { "session-dbus:NAME", "the same on the session bus",
				   check_bus_name },
	[AWAITED_DEVICE] = { "device:PATH", "PATH is a device, and udev has finished with it",
			     check_path },
	[AWAITED_PATH] = { "path:PATH", "PATH exists", check_path },
	[AWAITED_UNIX] = { "unix:PATH, unix:@NAME", "a socket listens there", check_unix },
	[AWAITED_TCP] = { "tcp:HOST:PORT", "the same; HOST is an address, localhost or *", check_tcp },
	[AWAITED_PIDFILE] = { "pidfile:PATH", "PATH holds the pid of a live process", check_path },
};

/* What is behind "KIND:" in @text; NULL: it is of another kind. */
static const char *after_kind(const char *text, const struct awaited_form *form)
{
	size_t length = (size_t)(find_char(form->form, ':') - form->form) + 1;

	return strncmp(text, form->form, length) == 0 ? text + length : NULL;
}

/* They become part of messages and of STATUS=, where a line break would begin something new. */
static bool has_control_character(const char *text)
{
	for (; *text != '\0'; text++) {
		if (is_control_character(*text))
			return true;
	}
	return false;
}

const char *awaited_parse(const char *text, struct awaited *ret_awaited)
{
	if (has_control_character(text))
		return "a control character is in it";
	for (size_t i = 0; i < N_AWAITED_KINDS; i++) {
		const char *what = after_kind(text, &awaited_forms[i]), *wrong;

		if (what == NULL)
			continue;
		wrong = awaited_forms[i].check(what);
		if (wrong == NULL)
			*ret_awaited = (struct awaited){ .kind = (enum awaited_kind)i,
							 .text = text,
							 .what = what };
		return wrong;
	}
	return "not a condition: dbus:NAME, session-dbus:NAME, device:PATH, path:PATH, unix:PATH, "
	       "tcp:HOST:PORT or pidfile:PATH";
}

/* ---- tcp ---- */

static int add_address(struct tcp_place *place, const char *text)
{
	struct in6_addr *address = &place->addresses[place->n_addresses];

	address->s6_addr[10] = address->s6_addr[11] = 0xff;
	if (inet_pton(AF_INET, text, &address->s6_addr[12]) != 1 &&
	    inet_pton(AF_INET6, text, address) != 1)
		return -EINVAL;
	place->n_addresses++;
	return 0;
}

static int add_host(struct tcp_place *place, const char *host)
{
	int r;

	if (is_equal(host, "*"))
		return 0;
	if (!is_equal(host, "localhost"))
		return add_address(place, host);
	r = add_address(place, "127.0.0.1");
	return r < 0 ? r : add_address(place, "::1");
}

int tcp_place_parse(const char *text, struct tcp_place *ret_place)
{
	struct tcp_place place = { .n_addresses = 0 };
	const char *colon = strrchr(text, ':');
	bool is_bracketed = text[0] == '[';
	char host[INET6_ADDRSTRLEN];
	unsigned long port;
	size_t length;

	if (colon == NULL || parse_number(colon + 1, UINT16_MAX, &port) < 0 || port == 0)
		return -EINVAL;
	length = (size_t)(colon - text);
	if (is_bracketed) {
		if (length < 2 || colon[-1] != ']')
			return -EINVAL;
		text++;
		length -= 2;
	}
	if (length >= sizeof(host) || (memchr(text, ':', length) != NULL) != is_bracketed)
		return -EINVAL;
	memcpy(host, text, length);
	host[length] = '\0';
	place.port = (in_port_t)port;
	if (add_host(&place, host) < 0)
		return -EINVAL;
	*ret_place = place;
	return 0;
}
