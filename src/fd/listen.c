/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See fd/listen.h: the addresses, and what will come of them. */
#include "fd/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"
#include "base/util.h"
#include "fd/fds.h"
#include "fd/in_way.h"

/* The parsers below return NULL, or why it cannot be. */

static const char *parse_port(const char *text, in_port_t *ret_port)
{
	unsigned long port;

	if (parse_number(text, 65535, &port) < 0 || port == 0)
		return "a port is a number from 1 to 65535";
	*ret_port = htons((uint16_t)port);
	return NULL;
}

/* Copies @length bytes at @text, which inet_pton(3) wants as a string, if they may be an address. */
static bool parse_ip(int family, const char *text, size_t length, void *ret_address)
{
	char copy[INET6_ADDRSTRLEN];

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return inet_pton(family, copy, ret_address) == 1;
}

static const char *parse_ipv4(const char *text, struct listen_address *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&address->info.address;
	const char *colon = strrchr(text, ':');

	address->info.family = in->sin_family = AF_INET;
	address->info.address_length = sizeof(*in);
	if (!parse_ip(AF_INET, text, (size_t)(colon - text), &in->sin_addr))
		return "the address before the port is one like 127.0.0.1 or [::1], and no name";
	return parse_port(colon + 1, &in->sin_port);
}

static const char *parse_ipv6(const char *text, struct listen_address *address)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->info.address;
	const char *end = strstr(text, "]:");

	address->info.family = in6->sin6_family = AF_INET6;
	address->info.address_length = sizeof(*in6);
	if (end == NULL || !parse_ip(AF_INET6, text + 1, (size_t)(end - text) - 1, &in6->sin6_addr))
		return "an IPv6 address with its port is written [ADDRESS]:PORT, without a zone";
	return parse_port(end + 2, &in6->sin6_port);
}

static const char *parse_any(const char *text, struct listen_address *address)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->info.address;

	address->is_any = true;
	address->info.family = in6->sin6_family = AF_INET6;
	address->info.address_length = sizeof(*in6);
	in6->sin6_addr = (struct in6_addr)IN6ADDR_ANY_INIT;
	return parse_port(text, &in6->sin6_port);
}

static const char *parse_inet(const char *text, struct listen_address *address)
{
	if (*text == '[')
		return parse_ipv6(text, address);
	return strchr(text, ':') != NULL ? parse_ipv4(text, address) : parse_any(text, address);
}

static const char *parse_path(const char *text, struct listen_address *address)
{
	if (has_suffix(text, "/"))
		return "a path names a socket or FIFO, not a directory";
	address->path = text;
	return NULL;
}

static const char *parse_unix(const char *text, struct listen_address *address)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&address->info.address;
	size_t length = strlen(text), size = offsetof(struct sockaddr_un, sun_path) + length;
	bool is_abstract = *text == '@';

	if (length >= sizeof(un->sun_path))
		return "a path or name of a socket has at most 107 bytes";
	if (is_abstract && length == 1)
		return "there is no name after the '@'";
	address->info.family = un->sun_family = AF_UNIX;
	memcpy(un->sun_path, text, length);
	if (is_abstract)
		un->sun_path[0] = '\0';
	/* unix(7): the NUL that ends a path belongs to its address, as in getsockname(2). */
	address->info.address_length = (socklen_t)(size + (is_abstract ? 0 : 1));
	return is_abstract ? NULL : parse_path(text, address);
}

static const char *parse_local(const char *text, struct listen_address *address)
{
	return address->info.kind == FD_KIND_FIFO ? parse_path(text, address)
						  : parse_unix(text, address);
}

/* What stands before the address, and what kinds of address may follow. */
static const struct form {
	const char *prefix;
	enum fd_kind kind;
	int type;
	bool has_inet, has_path, has_name;
	const char *wants;
} forms[] = {
	{ "udp:", FD_KIND_SOCKET, SOCK_DGRAM, true, false, false,
	  "udp: stands before PORT, ADDRESS:PORT or [V6]:PORT" },
	{ "dgram:", FD_KIND_SOCKET, SOCK_DGRAM, true, true, true,
	  "dgram: stands before /path, @name, PORT, ADDRESS:PORT or [V6]:PORT" },
	{ "seqpacket:", FD_KIND_SOCKET, SOCK_SEQPACKET, false, true, true,
	  "seqpacket: stands before /path or @name" },
	{ "fifo:", FD_KIND_FIFO, 0, false, true, false, "fifo: stands before /path" },
	{ "", FD_KIND_SOCKET, SOCK_STREAM, true, true, true,
	  "this is not a PORT, ADDRESS:PORT, [V6]:PORT, /path or @name, with udp:, dgram:, seqpacket: or "
	  "fifo: before it" },
};

static const struct form *find_form(const char *text)
{
	const struct form *form = forms;

	while (!has_prefix(text, form->prefix)) /* the last one has the empty prefix */
		form++;
	return form;
}

static const char *parse_address(const struct form *form, const char *text,
				 struct listen_address *address)
{
	if (*text == '/')
		return form->has_path ? parse_local(text, address) : form->wants;
	if (*text == '@')
		return form->has_name ? parse_local(text, address) : form->wants;
	/* Words, and paths that are not absolute, shall not be called a wrong port. */
	if (!form->has_inet || strpbrk(text, "0123456789") == NULL || strchr(text, '/') != NULL)
		return form->wants;
	return parse_inet(text, address);
}

/* Which attributes are of no use to what kind of socket; NULL: there are none. */
static const char *check_attributes(const struct listen_address *address)
{
	const struct attributes *attributes = &address->attributes;
	bool has_owner = attributes->owner_name != NULL || attributes->group_name != NULL;

	if (address->path == NULL && (attributes->mode != NO_MODE || has_owner))
		return "mode=, owner= and group= are for a path";
	if (address->info.family != AF_INET6 && attributes->is_ipv6_only)
		return "ipv6only is for PORT or [V6]:PORT";
	if (!address->info.is_listening && attributes->backlog != NO_BACKLOG)
		return "backlog= is for a socket that listens";
	return NULL;
}

/* In place: "\," is a comma of the address. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		if (text[0] == '\\' && text[1] == ',')
			text++;
		*to++ = *text;
	}
	*to = '\0';
}

/* Takes address->copy apart, of which @rest is what follows the kind; leaves the address there. */
static int split(char *rest, struct listen_address *address, struct refusal *refusal)
{
	bool is_local = *rest == '/' || *rest == '@';
	char *comma = rest + attributes_begin(rest, is_local);
	int r = 0;

	if (*comma == ',') {
		*comma = '\0';
		r = attributes_parse(comma + 1, address->text, &address->attributes, refusal);
	}
	if (is_local)
		unescape(rest);
	return r;
}

/* Where the address is on its own: in the text, unless more stands behind it. */
static int isolate(const char *text, size_t offset, struct listen_address *address,
		   const char **ret_text, struct refusal *refusal)
{
	*ret_text = text + offset;
	if (*find_char(text, ',') == '\0')
		return 0;
	address->copy = strdup(text);
	if (address->copy == NULL)
		return refuse(refusal, ENOMEM, "--listen: out of memory");
	*ret_text = address->copy + offset;
	return split(address->copy + offset, address, refusal);
}

static int parse(const char *option, const struct form *form, struct listen_address *address,
		 struct refusal *refusal)
{
	const char *text, *why;
	int r = isolate(option, strlen(form->prefix), address, &text, refusal);

	if (r < 0)
		return r;
	why = parse_address(form, text, address);
	if (why == NULL)
		why = check_attributes(address);
	return why != NULL ? refuse(refusal, EINVAL, "--listen: '%s': %s", option, why) : 0;
}

int listen_parse(const char *text, struct listen_address *ret_address, struct refusal *refusal)
{
	const struct form *form = find_form(text);
	struct listen_address address = {
		.text = text,
		.info = { .fd = NO_FD,
			  .kind = form->kind,
			  .type = form->type,
			  .is_listening = form->type == SOCK_STREAM || form->type == SOCK_SEQPACKET },
	};
	int r;

	address.attributes = no_attributes;
	r = parse(text, form, &address, refusal);
	if (r < 0)
		listen_done(&address);
	else
		*ret_address = address;
	return r;
}

void listen_done(struct listen_address *address)
{
	free(address->copy);
	address->copy = NULL;
}

/* Not /proc/net/if_inet6: a filter (RestrictAddressFamilies=) is not IPv6 for us, too. */
static bool has_ipv6(int type)
{
	cleanup_close int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	return fd >= 0 || errno != EAFNOSUPPORT;
}

static void fall_back_to_ipv4(struct fd_info *info)
{
	in_port_t port = ((const struct sockaddr_in6 *)&info->address)->sin6_port;
	struct sockaddr_in *in = (struct sockaddr_in *)&info->address;

	*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
	info->family = AF_INET;
	info->address_length = sizeof(*in);
}

void listen_describe(const struct listen_address *addresses, size_t n, struct fd_info *ret_fds)
{
	int number = LISTEN_FDS_START;

	for (size_t i = 0; i < n; i++) {
		ret_fds[i] = addresses[i].info;
		if (addresses[i].is_any && !addresses[i].attributes.is_ipv6_only &&
		    !has_ipv6(ret_fds[i].type))
			fall_back_to_ipv4(&ret_fds[i]);
		ret_fds[i].fd = fd_find_free(number);
		number = ret_fds[i].fd + 1;
	}
}
