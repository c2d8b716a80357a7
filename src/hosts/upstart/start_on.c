/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See hosts/upstart/start_on.h. */
#include "hosts/upstart/start_on.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/text.h"
#include "base/util.h"
#include "fd/info.h"

static bool is_port(const char *text, in_port_t port)
{
	unsigned long number;

	return text != NULL && parse_number(text, 65535, &number) == 0 &&
	       htons((uint16_t)number) == port;
}

static bool is_inet(const struct fd_info *info, const struct description *description)
{
	const struct sockaddr_in *socket_address = (const struct sockaddr_in *)&info->address;
	const char *text = description->address != NULL ? description->address : "0.0.0.0";
	struct in_addr address;

	return info->family == AF_INET && is_port(description->port, socket_address->sin_port) &&
	       inet_pton(AF_INET, text, &address) == 1 &&
	       address.s_addr == socket_address->sin_addr.s_addr;
}

static bool is_inet6(const struct fd_info *info, const struct description *description)
{
	const struct sockaddr_in6 *socket_address = (const struct sockaddr_in6 *)&info->address;
	const char *text = description->address != NULL ? description->address : "::";
	struct in6_addr address;

	return info->family == AF_INET6 && is_port(description->port, socket_address->sin6_port) &&
	       inet_pton(AF_INET6, text, &address) == 1 &&
	       memcmp(&address, &socket_address->sin6_addr, sizeof(address)) == 0;
}

/*
 * @path is a path or "@name". Upstart binds abstract names padded with NULs to the whole of
 * sun_path, others may not: trailing NULs do not count.
 */
static bool is_unix(const struct fd_info *info, const struct description *description)
{
	struct slice name = fd_unix_name(info);
	const char *path = description->path;
	size_t mark; /* of an abstract name: '@' here, a NUL there */

	if (info->family != AF_UNIX || path == NULL || name.length == 0)
		return false;
	while (name.length > 1 && name.text[name.length - 1] == '\0')
		name.length--;
	mark = name.text[0] == '\0' ? 1 : 0;
	return strlen(path) == name.length && (path[0] == '@' ? 1 : 0) == mark &&
	       memcmp(path + mark, name.text + mark, name.length - mark) == 0;
}

bool upstart_describes(const struct description *description, const struct fd_info *info)
{
	static const struct {
		char protocol[8];
		bool (*matches)(const struct fd_info *, const struct description *);
	} protocols[] = { { "inet", is_inet }, { "inet6", is_inet6 }, { "unix", is_unix } };

	for (size_t i = 0; description->protocol != NULL && i < ARRAY_SIZE(protocols); i++) {
		if (is_equal(protocols[i].protocol, description->protocol))
			return protocols[i].matches(info, description);
	}
	return false;
}

/* The event of an abstract socket has an empty path. */
static enum fit fit_text(const char *is, const char *should)
{
	if (is == NULL || should == NULL || *is == '\0' || *should == '\0')
		return FIT_UNTOLD;
	return is_equal(is, should) ? FIT_CONFIRMED : FIT_CONTRADICTED;
}

static enum fit fit_port(const char *is, const char *should)
{
	unsigned long a, b;

	if (is == NULL || should == NULL)
		return FIT_UNTOLD;
	return parse_number(is, 65535, &a) == 0 && parse_number(should, 65535, &b) == 0 && a == b
		       ? FIT_CONFIRMED
		       : FIT_CONTRADICTED;
}

/* A term on a port that names no address is on every one, and the event says so. */
static enum fit fit_address(const char *is, const struct description *term)
{
	bool is_ipv4 = term->protocol != NULL && is_equal(term->protocol, "inet");
	int family = is_ipv4 ? AF_INET : AF_INET6;
	const char *should = term->address != NULL ? term->address : is_ipv4 ? "0.0.0.0" : "::";
	struct in6_addr a = { 0 }, b = { 0 }; /* large enough for both */

	if (is == NULL || term->port == NULL)
		return FIT_UNTOLD;
	return inet_pton(family, is, &a) == 1 && inet_pton(family, should, &b) == 1 &&
			       memcmp(&a, &b, sizeof(a)) == 0
		       ? FIT_CONFIRMED
		       : FIT_CONTRADICTED;
}

enum fit upstart_fit(const struct description *event, const struct description *term)
{
	const enum fit fits[] = {
		fit_text(event->protocol, term->protocol),
		fit_port(event->port, term->port),
		fit_address(event->address, term),
		fit_text(event->path, term->path),
	};
	enum fit fit = FIT_UNTOLD;

	for (size_t i = 0; i < ARRAY_SIZE(fits); i++) {
		if (fits[i] > fit)
			fit = fits[i];
	}
	return fit;
}

static bool read_matcher(const char *matcher, struct description *description)
{
	const struct {
		const char *name;
		const char **value;
	} fields[] = {
		{ "PROTO=", &description->protocol },   { "PORT=", &description->port },
		{ "ADDR=", &description->address },     { "PATH=", &description->path },
		{ "SOCKET_PATH=", &description->path },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!has_prefix(matcher, fields[i].name))
			continue;
		*fields[i].value = matcher + strlen(fields[i].name);
		return true;
	}
	return false; /* upstart-socket-bridge(8) opens no socket for a term with anything else */
}

static struct term read_name(const char *name)
{
	static const struct {
		const char *name;
		struct term term;
	} names[] = {
		{ "socket", { .kind = TERM_SOCKET } },
		{ "/AND", { .kind = TERM_AND } },
		{ "/OR", { .kind = TERM_OR } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (is_equal(names[i].name, name))
			return names[i].term;
	}
	return (struct term){ .kind = TERM_OTHER };
}

/* An operator is strings up to an empty one, as bus-query prints it. */
bool upstart_read_term(const struct start_on *start_on, const char **text, struct term *ret_term)
{
	const char *word = *text, *end = start_on->text + start_on->length;
	struct term term;
	bool names_one = true;

	if (word >= end)
		return false;
	term = read_name(word);
	for (word += strlen(word) + 1; word < end && *word != '\0'; word += strlen(word) + 1)
		names_one = names_one && term.kind == TERM_SOCKET &&
			    read_matcher(word, &term.description);
	if (!names_one)
		term.description = (struct description){ 0 };
	*text = word < end ? word + 1 : end; /* the last one may be cut */
	*ret_term = term;
	return true;
}

/* The variables are those of the last event only: that the others are not is not a contradiction. */
static enum fit fit_both(enum fit a, enum fit b)
{
	if (a == FIT_CONFIRMED || b == FIT_CONFIRMED)
		return FIT_CONFIRMED;
	return a == FIT_CONTRADICTED ? a : b;
}

static struct choice choose_both(struct choice a, struct choice b)
{
	struct choice both = { .fit = fit_both(a.fit, b.fit), .sockets = a.sockets | b.sockets };

	if (a.worth == WORTH_NO_SOCKET && b.worth != WORTH_NOTHING)
		both.worth = b.worth;
	else if (b.worth == WORTH_NO_SOCKET && a.worth != WORTH_NOTHING)
		both.worth = a.worth;
	else
		both.worth = a.worth < b.worth ? a.worth : b.worth;
	return both;
}

/* Also if it is one without a listener: another's would be served in its place. */
static struct choice choose_one(struct choice a, struct choice b)
{
	if (a.fit != b.fit && (a.fit == FIT_CONTRADICTED || b.fit == FIT_CONTRADICTED))
		return a.fit == FIT_CONTRADICTED ? b : a;
	return b.worth > a.worth ? b : a;
}

/* How many operators may wait for their partner. */
#define MAX_DEPTH 64

struct evaluation {
	const int *worth;
	const enum fit *fits;
	size_t n_sockets; /* seen so far */
	struct choice stack[MAX_DEPTH];
	size_t depth;
};

static int push(struct evaluation *evaluation, enum term_kind kind)
{
	struct choice choice = { .worth = WORTH_NO_SOCKET };

	if (evaluation->depth == MAX_DEPTH ||
	    (kind == TERM_SOCKET && evaluation->n_sockets == MAX_CHOICES))
		return -E2BIG;
	if (kind == TERM_SOCKET) {
		choice.sockets = (uint32_t)1 << evaluation->n_sockets;
		choice.fit = evaluation->fits[evaluation->n_sockets];
		choice.worth = evaluation->worth[evaluation->n_sockets++];
	}
	evaluation->stack[evaluation->depth++] = choice;
	return 0;
}

static int combine(struct evaluation *evaluation, enum term_kind kind)
{
	struct choice *top = evaluation->stack + evaluation->depth - 1;

	if (evaluation->depth < 2)
		return -EBADMSG;
	top[-1] = kind == TERM_AND ? choose_both(top[-1], top[0]) : choose_one(top[-1], top[0]);
	evaluation->depth--;
	return 0;
}

int upstart_choose(const struct start_on *start_on, const int *worth, const enum fit *fits,
		   struct choice *ret_choice)
{
	struct evaluation evaluation = { .worth = worth, .fits = fits };
	const char *text = start_on->text;
	struct term term;
	int r = 0;

	while (r == 0 && upstart_read_term(start_on, &text, &term)) {
		if (term.kind == TERM_AND || term.kind == TERM_OR)
			r = combine(&evaluation, term.kind);
		else
			r = push(&evaluation, term.kind);
	}
	if (r < 0)
		return r;
	if (evaluation.depth > 1)
		return -EBADMSG;
	/* Without "start on" there is nothing to choose. */
	*ret_choice = evaluation.depth == 1 ? evaluation.stack[0]
					    : (struct choice){ .worth = WORTH_NO_SOCKET };
	return 0;
}
