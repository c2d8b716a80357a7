/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * hosts/upstart/sockets.c: which descriptors are taken for the job's own. Everything is made by hand: the
 * event in the environment, the sockets, and the job's start_on as bus-query prints them
 * (every word ends with a NUL, every operator with one more).
 */
#include "unit.h"

#include "base/util.h"
#include "hosts/upstart/adopt.h"
#include "hosts/upstart/sockets.h"
#include "sockets.h"

/* ---- Sockets, by what they are ---- */

enum which {
	NO_SOCKET,
	INET_80,       /* 0.0.0.0:80 */
	INET_80_AGAIN, /* the same address, by SO_REUSEPORT */
	INET_81,
	INET_LOCAL,     /* 127.0.0.1:80 */
	INET6_80,       /* [::]:80 */
	INET6_LOCAL,    /* [::1]:80 */
	UNIX_PATH,      /* /run/a */
	UNIX_RELATIVE,  /* @abstract, a file of that name */
	UNIX_ABSTRACT,  /* "\0abstract" */
	UNIX_PADDED,    /* the same, with NULs up to 108 bytes, as Upstart binds it */
	UNIX_LOOKALIKE, /* "\0run/a" */
	UNIX_INNER_NUL, /* "\0abstract\0x" */
	UNIX_UNNAMED,
	STALE, /* closed */
	FIFO,
	NOT_LISTENING, /* at 0.0.0.0:80 */
	DATAGRAM,      /* at 0.0.0.0:80 */
	CONNECTED,     /* at /run/a */
};

static struct fd_info make_info(enum which which)
{
	static const char padded[108] = "\0abstract";

	switch (which) {
	case NO_SOCKET:
	case INET_80:
	case INET_80_AGAIN:
		break;
	case INET_81:
		return inet_info("0.0.0.0", 81);
	case INET_LOCAL:
		return inet_info("127.0.0.1", 80);
	case INET6_80:
		return inet6_info("::", 80);
	case INET6_LOCAL:
		return inet6_info("::1", 80);
	case UNIX_PATH:
		return unix_info("/run/a", 7);
	case UNIX_RELATIVE:
		return unix_info("@abstract", 10);
	case UNIX_ABSTRACT:
		return unix_info("\0abstract", 9);
	case UNIX_PADDED:
		return unix_info(padded, sizeof(padded));
	case UNIX_LOOKALIKE:
		return unix_info("\0run/a", 6);
	case UNIX_INNER_NUL:
		return unix_info("\0abstract\0x", 11);
	case UNIX_UNNAMED:
		return unix_info("", 0);
	case STALE:
		return (struct fd_info){ .kind = FD_KIND_CLOSED };
	case FIFO:
		return (struct fd_info){ .kind = FD_KIND_FIFO };
	case NOT_LISTENING:
		return as_type(inet_info("0.0.0.0", 80), SOCK_STREAM);
	case DATAGRAM:
		return as_type(inet_info("0.0.0.0", 80), SOCK_DGRAM);
	case CONNECTED:
		return as_type(unix_info("/run/a", 7), SOCK_STREAM);
	}
	return inet_info("0.0.0.0", 80);
}

/* ---- Worlds ---- */

#define MAX_SOCKETS 3
#define MAX_VARIABLES 5

/* The event, and its parts that appear again and again. */
#define EVENT_INET "PROTO=inet", "PORT=80", "ADDR=0.0.0.0"
#define EVENT_PATH "PROTO=unix", "SOCKET_PATH=/run/a"
#define EVENT_ABSTRACT "PROTO=unix", "SOCKET_PATH="

/* Conditions; a literal has one NUL more than it shows. */
#define WORD(text) text "\0"
#define ON_80 WORD("socket") WORD("PROTO=inet") WORD("PORT=80") "\0"
#define ON_81 WORD("socket") WORD("PROTO=inet") WORD("PORT=81") "\0"
#define ON_PATH WORD("socket") WORD("PROTO=unix") WORD("PATH=/run/a") "\0"
#define ON_ABSTRACT WORD("socket") WORD("PROTO=unix") WORD("PATH=@abstract") "\0"
#define ON_STARTED WORD("started") WORD("foo") "\0"
#define AND WORD("/AND") "\0"
#define OR WORD("/OR") "\0"
#define KNOWN(text) text, sizeof(text) - 1
#define UNKNOWN NULL, 0

struct world {
	const char *name;
	const char *env[MAX_VARIABLES];
	enum which sockets[MAX_SOCKETS];
	const char *start_on;
	size_t start_on_length;
	const char *refusal; /* how it begins after the socket, or NULL: accepted */
};

static void make_facts(const struct world *world, struct fd_info *infos, struct facts *facts)
{
	static char text[4096];
	static struct upstart_facts own;

	own = (struct upstart_facts){ .start_on.error = -EIO };
	*facts = (struct facts){ .env.list = (char *const *)(uintptr_t)world->env, .of_host = &own };
	facts->handover.fds = infos;
	for (size_t i = 0; i < MAX_SOCKETS && world->sockets[i] != NO_SOCKET; i++) {
		infos[i] = make_info(world->sockets[i]);
		infos[i].fd = 10 + (int)i;
		facts->handover.n_fds++;
	}
	if (world->start_on == NULL)
		return;
	own.start_on.is_known = true;
	own.start_on.length = world->start_on_length;
	assert_true(world->start_on_length < sizeof(text));
	memcpy(text, world->start_on, world->start_on_length);
	text[world->start_on_length] = '\0';
	own.start_on.text = text;
}

static const char *decide(const struct world *world, bool force, char *text, size_t size)
{
	struct fd_info infos[MAX_SOCKETS];
	struct facts *facts = malloc(sizeof(*facts)); /* so that what is read beyond it shows */
	struct refusal refusal = { "" };
	int r;

	assert_non_null(facts);
	make_facts(world, infos, facts);
	r = upstart_check_sockets(facts, force, &refusal);
	free(facts);
	check_int(world->name, r, refusal.text[0] != '\0' ? -EPERM : 0);
	(void)snprintf(text, size, "%s", refusal.text);
	return text;
}

static void check_world(const struct world *world, bool force)
{
	char text[640], *at;

	(void)decide(world, force, text, sizeof(text));
	if (world->refusal == NULL) {
		check_text(world->name, text, "");
		return;
	}
	at = strstr(text, world->refusal);
	if (at == NULL)
		fail_msg("%s: refusal is '%s', without '%s'", world->name, text, world->refusal);
}

static void check_worlds(const struct world *worlds, size_t n, bool force)
{
	for (size_t i = 0; i < n; i++)
		check_world(&worlds[i], force);
}

#define IS_STALE "is stale"
#define NAMES_ANOTHER "is not this job's socket: PROTO, PORT, ADDR or SOCKET_PATH name another"
#define NO_TERM "is not this job's socket: nothing in its 'start on' names it"
#define NOT_THE_EVENT_S "is not this job's socket: none in UPSTART_FDS is the one of the event"
#define UNCONFIRMED "cannot be confirmed to be this job's socket"

/* ---- One socket, vouched for by the event ---- */

static const struct world event_worlds[] = {
	{ "inet", { EVENT_INET }, { INET_80 }, UNKNOWN, NULL },
	{ "inet without address", { "PROTO=inet", "PORT=80" }, { INET_80 }, UNKNOWN, NULL },
	{ "inet with leading zeros", { "PROTO=inet", "PORT=0080" }, { INET_80 }, UNKNOWN, NULL },
	{ "inet, local", { "PROTO=inet", "PORT=80", "ADDR=127.0.0.1" }, { INET_LOCAL }, UNKNOWN, NULL },
	{ "inet6", { "PROTO=inet6", "PORT=80", "ADDR=::" }, { INET6_80 }, UNKNOWN, NULL },
	{ "inet6 without address", { "PROTO=inet6", "PORT=80" }, { INET6_80 }, UNKNOWN, NULL },
	{ "inet6, local", { "PROTO=inet6", "PORT=80", "ADDR=::1" }, { INET6_LOCAL }, UNKNOWN, NULL },
	{ "inet6, local, written out",
	  { "PROTO=inet6", "PORT=80", "ADDR=0:0:0:0:0:0:0:1" },
	  { INET6_LOCAL },
	  UNKNOWN,
	  NULL },
	{ "unix", { EVENT_PATH }, { UNIX_PATH }, UNKNOWN, NULL },
	{ "abstract, should a later Upstart name it",
	  { "PROTO=unix", "SOCKET_PATH=@abstract" },
	  { UNIX_PADDED },
	  UNKNOWN,
	  NULL },

	{ "another port", { EVENT_INET }, { INET_81 }, UNKNOWN, NAMES_ANOTHER },
	{ "another address", { EVENT_INET }, { INET_LOCAL }, UNKNOWN, NAMES_ANOTHER },
	{ "any address for a local one",
	  { "PROTO=inet", "PORT=80" },
	  { INET_LOCAL },
	  UNKNOWN,
	  NAMES_ANOTHER },
	{ "another family", { EVENT_INET }, { INET6_80 }, UNKNOWN, NAMES_ANOTHER },
	{ "another family, 6", { "PROTO=inet6", "PORT=80" }, { INET_80 }, UNKNOWN, NAMES_ANOTHER },
	{ "another address, 6", { "PROTO=inet6", "PORT=80" }, { INET6_LOCAL }, UNKNOWN, NAMES_ANOTHER },
	{ "another path", { "PROTO=unix", "SOCKET_PATH=/run/b" }, { UNIX_PATH }, UNKNOWN, NAMES_ANOTHER },
	{ "path that goes on",
	  { "PROTO=unix", "SOCKET_PATH=/run/ab" },
	  { UNIX_PATH },
	  UNKNOWN,
	  NAMES_ANOTHER },
	{ "path that ends early",
	  { "PROTO=unix", "SOCKET_PATH=/run/" },
	  { UNIX_PATH },
	  UNKNOWN,
	  NAMES_ANOTHER },
	{ "the abstract socket of that path", { EVENT_PATH }, { UNIX_LOOKALIKE }, UNKNOWN, NAMES_ANOTHER },
	{ "an unnamed socket", { EVENT_PATH }, { UNIX_UNNAMED }, UNKNOWN, NAMES_ANOTHER },
	{ "inet for unix", { EVENT_INET }, { UNIX_PATH }, UNKNOWN, NAMES_ANOTHER },
	{ "no port", { "PROTO=inet" }, { INET_80 }, UNKNOWN, NAMES_ANOTHER },
	{ "empty port", { "PROTO=inet", "PORT=" }, { INET_80 }, UNKNOWN, NAMES_ANOTHER },
	{ "port and more", { "PROTO=inet", "PORT=80x" }, { INET_80 }, UNKNOWN, NAMES_ANOTHER },
	{ "port beyond all", { "PROTO=inet", "PORT=65616" }, { INET_80 }, UNKNOWN, NAMES_ANOTHER },
	{ "bad address", { "PROTO=inet", "PORT=80", "ADDR=0" }, { INET_80 }, UNKNOWN, NAMES_ANOTHER },
	{ "empty address", { "PROTO=inet", "PORT=80", "ADDR=" }, { INET_80 }, UNKNOWN, NAMES_ANOTHER },
	{ "unknown protocol", { "PROTO=udp", "PORT=80" }, { INET_80 }, UNKNOWN, NAMES_ANOTHER },
	{ "empty protocol", { "PROTO=", "PORT=80" }, { INET_80 }, UNKNOWN, NAMES_ANOTHER },
	{ "none", { "PROTO=inet", "PORT=80" }, { NO_SOCKET }, UNKNOWN, NULL },
};

static void a_socket_is_the_one_that_the_event_describes(void **state)
{
	(void)state;
	check_worlds(event_worlds, ARRAY_SIZE(event_worlds), false);
	/* What names another socket is foreign, and no option makes it ours. */
	check_worlds(event_worlds, ARRAY_SIZE(event_worlds), true);
}

/* ---- What is not a listener ---- */

static void what_does_not_listen_is_stale_whatever_vouches_for_it(void **state)
{
	static const struct world cases[] = {
		{ "closed", { EVENT_INET }, { STALE }, UNKNOWN, IS_STALE ": closed" },
		{ "closed, alone", { NULL }, { STALE }, UNKNOWN, IS_STALE ": closed" },
		{ "FIFO", { EVENT_INET }, { FIFO }, UNKNOWN, IS_STALE ": FIFO" },
		{ "does not listen", { EVENT_INET }, { NOT_LISTENING }, KNOWN(ON_80), IS_STALE },
		{ "datagrams", { EVENT_INET }, { DATAGRAM }, KNOWN(ON_80), IS_STALE ": datagram socket" },
		{ "connected", { EVENT_PATH }, { CONNECTED }, KNOWN(ON_PATH), IS_STALE },
		{ "second of two",
		  { EVENT_INET },
		  { INET_80, STALE },
		  KNOWN(ON_80 ON_81 AND),
		  "descriptor 11 in UPSTART_FDS " IS_STALE },
		{ "first of two",
		  { EVENT_INET },
		  { STALE, INET_80 },
		  KNOWN(ON_80 ON_81 AND),
		  "descriptor 10 in UPSTART_FDS " IS_STALE },
	};

	(void)state;
	check_worlds(cases, ARRAY_SIZE(cases), false);
	check_worlds(cases, ARRAY_SIZE(cases), true);
}

/* ---- Vouched for by a term ---- */

static void what_the_event_does_not_name_must_match_a_condition(void **state)
{
	static const struct world cases[] = {
		{ "abstract", { EVENT_ABSTRACT }, { UNIX_ABSTRACT }, KNOWN(ON_ABSTRACT), NULL },
		{ "abstract, padded", { EVENT_ABSTRACT }, { UNIX_PADDED }, KNOWN(ON_ABSTRACT), NULL },
		{ "abstract, path not even empty",
		  { "PROTO=unix" },
		  { UNIX_PADDED },
		  KNOWN(ON_ABSTRACT),
		  NULL },
		{ "abstract by its other spelling",
		  { EVENT_ABSTRACT },
		  { UNIX_PADDED },
		  KNOWN(WORD("socket") WORD("PROTO=unix") WORD("SOCKET_PATH=@abstract") "\0"),
		  NULL },
		{ "no event", { NULL }, { INET_80 }, KNOWN(ON_80), NULL },
		{ "no event, two", { NULL }, { INET_80, INET_81 }, KNOWN(ON_80 ON_81 AND), NULL },
		{ "event last", { EVENT_INET }, { INET_81, INET_80 }, KNOWN(ON_80 ON_81 AND), NULL },
		{ "event first", { EVENT_INET }, { INET_80, INET_81 }, KNOWN(ON_80 ON_81 AND), NULL },
		{ "three",
		  { EVENT_PATH },
		  { INET_80, UNIX_PADDED, UNIX_PATH },
		  KNOWN(ON_80 ON_ABSTRACT AND ON_PATH AND),
		  NULL },
		{ "abstract event, three",
		  { EVENT_ABSTRACT },
		  { INET_80, UNIX_PADDED, UNIX_PATH },
		  KNOWN(ON_80 ON_ABSTRACT AND ON_PATH AND),
		  NULL },
		{ "the same address twice", { EVENT_INET }, { INET_80, INET_80_AGAIN }, KNOWN(ON_80), NULL },
		{ "between other terms",
		  { EVENT_INET },
		  { INET_81, INET_80 },
		  KNOWN(ON_STARTED ON_80 ON_81 OR AND),
		  NULL },

		{ "abstract, another's", { EVENT_ABSTRACT }, { UNIX_PADDED }, KNOWN(ON_PATH), NO_TERM },
		{ "abstract with more behind a NUL",
		  { EVENT_ABSTRACT },
		  { UNIX_INNER_NUL },
		  KNOWN(ON_ABSTRACT),
		  NO_TERM },
		{ "a file called like it",
		  { EVENT_ABSTRACT },
		  { UNIX_RELATIVE },
		  KNOWN(ON_ABSTRACT),
		  NO_TERM },
		{ "unnamed", { EVENT_ABSTRACT }, { UNIX_UNNAMED }, KNOWN(ON_ABSTRACT), NO_TERM },
		{ "no event, another's", { NULL }, { INET_81 }, KNOWN(ON_80), NO_TERM },
		{ "no term on sockets", { NULL }, { INET_80 }, KNOWN(ON_STARTED), NO_TERM },
		{ "one of two is another's",
		  { EVENT_INET },
		  { INET_80, INET6_80 },
		  KNOWN(ON_80 ON_81 AND),
		  "descriptor 11" },
		{ "one, which is another's", { EVENT_INET }, { INET_81 }, KNOWN(ON_80), NO_TERM },
		{ "all by terms, none the event's",
		  { EVENT_INET },
		  { INET_81, UNIX_PATH },
		  KNOWN(ON_80 ON_81 OR ON_PATH AND),
		  NOT_THE_EVENT_S },
		{ "one by its term, not the event's",
		  { EVENT_INET },
		  { INET_81 },
		  KNOWN(ON_80 ON_81 OR),
		  NOT_THE_EVENT_S },
		{ "the same address twice, no term",
		  { EVENT_INET },
		  { INET_80, INET_80_AGAIN },
		  KNOWN(ON_STARTED),
		  NO_TERM },
	};

	(void)state;
	check_worlds(cases, ARRAY_SIZE(cases), false);
	/* A known start_on is final. */
	check_worlds(cases, ARRAY_SIZE(cases), true);
}

static void what_cannot_be_confirmed_is_refused_unless_forced(void **state)
{
	static const struct world cases[] = {
		{ "abstract", { EVENT_ABSTRACT }, { UNIX_PADDED }, UNKNOWN, UNCONFIRMED },
		{ "no event", { NULL }, { INET_80 }, UNKNOWN, UNCONFIRMED },
		{ "the other of two",
		  { EVENT_INET },
		  { INET_80, INET_81 },
		  UNKNOWN,
		  "descriptor 11 in UPSTART_FDS (stream listener 0.0.0.0:81) " UNCONFIRMED },
		{ "the other of two, first",
		  { EVENT_INET },
		  { INET_81, INET_80 },
		  UNKNOWN,
		  "descriptor 10 in UPSTART_FDS (stream listener 0.0.0.0:81) " UNCONFIRMED },
		{ "the same address twice",
		  { EVENT_INET },
		  { INET_80, INET_80_AGAIN },
		  UNKNOWN,
		  UNCONFIRMED },
		{ "why",
		  { NULL },
		  { INET_80 },
		  UNKNOWN,
		  "Upstart does not tell the job's 'start on' (it cannot be reached over D-Bus); --force-sockets" },
	};
	/* Two, neither of which is the event's: that is known without Upstart, so foreign. */
	static const struct world foreign[] = {
		{ "none is the event's", { EVENT_INET }, { INET_81, UNIX_PATH }, UNKNOWN, NOT_THE_EVENT_S },
	};

	(void)state;
	check_worlds(cases, ARRAY_SIZE(cases), false);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world forced = cases[i];

		forced.refusal = NULL;
		check_world(&forced, true);
	}
	check_worlds(foreign, ARRAY_SIZE(foreign), true);
}

static void a_refusal_names_the_descriptor_and_the_cure(void **state)
{
	static const struct world stale = { "stale", { EVENT_INET }, { STALE }, UNKNOWN, "" };
	static const struct world foreign = { "foreign", { EVENT_INET }, { INET_81 }, UNKNOWN, "" };
	char text[640];

	(void)state;
	assert_string_equal(decide(&stale, false, text, sizeof(text)),
			    "descriptor 10 in UPSTART_FDS is stale: closed; Upstart leaves the variable set when "
			    "it respawns a job: stop the job and let its socket start it again");
	assert_string_equal(decide(&foreign, false, text, sizeof(text)),
			    "descriptor 10 in UPSTART_FDS (stream listener 0.0.0.0:81) is not this job's socket: "
			    "PROTO, PORT, ADDR or SOCKET_PATH name another; Upstart leaves the variable set when "
			    "it respawns a job: stop the job and let its socket start it again");
}

/* ---- The text of start_on ---- */

static void conditions_count_only_if_they_are_about_that_socket(void **state)
{
	static const struct world cases[] = {
		{ "operator only", { NULL }, { INET_80 }, KNOWN(AND), NO_TERM },
		{ "another event with the same words",
		  { NULL },
		  { INET_80 },
		  KNOWN(WORD("sockets") WORD("PROTO=inet") WORD("PORT=80") "\0"),
		  NO_TERM },
		{ "name in a word",
		  { NULL },
		  { INET_80 },
		  KNOWN(WORD("started") WORD("socket") WORD("PROTO=inet") WORD("PORT=80") "\0"),
		  NO_TERM },
		{ "negated",
		  { NULL },
		  { INET_80 },
		  KNOWN(WORD("socket") WORD("PROTO=inet") WORD("PORT!=80") "\0"),
		  NO_TERM },
		{ "negated besides",
		  { NULL },
		  { INET_80 },
		  KNOWN(WORD("socket") WORD("PROTO=inet") WORD("PORT=80") WORD("ADDR!=::1") "\0"),
		  NO_TERM },
		{ "unknown variable",
		  { NULL },
		  { INET_80 },
		  KNOWN(WORD("socket") WORD("PROTO=inet") WORD("PORT=80") WORD("X=1") "\0"),
		  NO_TERM },
		{ "unknown variable first",
		  { NULL },
		  { INET_80 },
		  KNOWN(WORD("socket") WORD("X=1") WORD("PROTO=inet") WORD("PORT=80") "\0"),
		  NO_TERM },
		{ "values without names",
		  { NULL },
		  { INET_80 },
		  KNOWN(WORD("socket") WORD("inet") WORD("80") "\0"),
		  NO_TERM },
		{ "no protocol",
		  { NULL },
		  { INET_80 },
		  KNOWN(WORD("socket") WORD("PORT=80") "\0"),
		  NO_TERM },
		{ "no port", { NULL }, { INET_80 }, KNOWN(WORD("socket") WORD("PROTO=inet") "\0"), NO_TERM },
		{ "nothing but the event", { NULL }, { INET_80 }, KNOWN(WORD("socket") "\0"), NO_TERM },
		{ "words of two terms",
		  { NULL },
		  { INET_80 },
		  KNOWN(WORD("socket") WORD("PROTO=inet") "\0" WORD("socket") WORD("PORT=80") "\0"),
		  NO_TERM },
		{ "the address decides",
		  { NULL },
		  { INET_80 },
		  KNOWN(WORD("socket") WORD("PROTO=inet") WORD("PORT=80") WORD("ADDR=127.0.0.1") "\0"),
		  NO_TERM },
		{ "order of the words",
		  { NULL },
		  { INET_LOCAL },
		  KNOWN(WORD("socket") WORD("ADDR=127.0.0.1") WORD("PORT=80") WORD("PROTO=inet") "\0"),
		  NULL },
		{ "after much else",
		  { NULL },
		  { INET_80 },
		  KNOWN(ON_STARTED WORD("net-device-up") WORD("IFACE!=lo") "\0" AND ON_81 OR ON_80 AND),
		  NULL },
	};

	(void)state;
	check_worlds(cases, ARRAY_SIZE(cases), false);
}

/* bus-query prints nothing of the kind; whatever it is, it neither confirms nor crashes. */
static void malformed_conditions_confirm_nothing(void **state)
{
	static const struct world cases[] = {
		{ "empty", { NULL }, { INET_80 }, "", 0, NO_TERM },
		{ "one NUL", { NULL }, { INET_80 }, KNOWN("\0"), NO_TERM },
		{ "NULs", { NULL }, { INET_80 }, KNOWN("\0\0\0\0\0"), NO_TERM },
		{ "no NUL", { NULL }, { INET_80 }, KNOWN("socket"), NO_TERM },
		{ "cut in a word", { NULL }, { INET_80 }, KNOWN("socket\0PROTO=inet\0PORT=8"), NO_TERM },
		{ "empty words in front",
		  { NULL },
		  { INET_80 },
		  KNOWN("\0PROTO=inet\0PORT=80\0\0"),
		  NO_TERM },
		{ "lines", { NULL }, { INET_80 }, KNOWN("socket\nPROTO=inet\nPORT=80\n"), NO_TERM },
		{ "one string", { NULL }, { INET_80 }, KNOWN("socket PROTO=inet PORT=80\0\0"), NO_TERM },
	};
	static const char whole[] = ON_STARTED ON_81 AND ON_PATH;
	struct world world = { "cut", { NULL }, { UNIX_UNNAMED }, whole, 0, NO_TERM };

	(void)state;
	check_worlds(cases, ARRAY_SIZE(cases), false);
	for (; world.start_on_length < sizeof(whole); world.start_on_length++)
		check_world(&world, false);
}

static void upstart_is_asked_only_for_what_the_event_does_not_tell(void **state)
{
	static const struct {
		const char *name;
		const char *env[MAX_VARIABLES];
		enum which sockets[MAX_SOCKETS];
		bool expected;
	} cases[] = {
		{ "no sockets", { NULL }, { NO_SOCKET }, false },
		{ "an event without sockets", { EVENT_ABSTRACT }, { NO_SOCKET }, false },
		{ "inet", { EVENT_INET }, { INET_80 }, false },
		{ "another than the event's", { EVENT_INET }, { INET_81 }, false },
		{ "path", { EVENT_PATH }, { UNIX_PATH }, false },
		{ "abstract", { EVENT_ABSTRACT }, { UNIX_PADDED }, true },
		{ "abstract without even a name", { "PROTO=unix" }, { UNIX_PADDED }, true },
		{ "no event", { NULL }, { INET_80 }, true },
		{ "two", { EVENT_INET }, { INET_80, INET_81 }, true },
		{ "two, the same", { EVENT_INET }, { INET_80, INET_80_AGAIN }, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = { .name = cases[i].name };
		struct fd_info infos[MAX_SOCKETS];
		struct facts facts;

		memcpy(world.env, cases[i].env, sizeof(world.env));
		memcpy(world.sockets, cases[i].sockets, sizeof(world.sockets));
		make_facts(&world, infos, &facts);
		check_int(cases[i].name, upstart_needs_start_on(&facts), cases[i].expected);
	}
}

/* ---- What was not handed over ---- */

static void sockets_are_missed_where_there_is_a_sign_of_it(void **state)
{
	static const struct {
		const char *name;
		const char *env[MAX_VARIABLES];
		enum which socket;
		bool by_auto, by_require;
	} cases[] = {
		{ "by hand", { NULL }, NO_SOCKET, true, true },
		{ "another event", { "UPSTART_EVENTS=runlevel" }, NO_SOCKET, false, true },
		{ "its event", { "UPSTART_EVENTS=socket", EVENT_INET }, INET_80, false, false },
		{ "stale", { "UPSTART_EVENTS=socket", EVENT_INET }, STALE, true, true },
		{ "a script at 9", { "UPSTART_EVENTS=socket", EVENT_INET }, FIFO, true, true },
		{ "another's", { "UPSTART_EVENTS=socket", EVENT_INET }, INET_81, true, true },
		{ "of a session", { "UPSTART_SESSION=unix:abstract=/x" }, NO_SOCKET, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct options none = { .adopt = ADOPT_NO },
				     require = { .adopt = ADOPT_REQUIRE },
				     automatic = { .adopt = ADOPT_AUTO };
		struct refusal refusal;
		struct world world = { .name = cases[i].name, .sockets = { cases[i].socket } };
		struct fd_info infos[MAX_SOCKETS];
		struct facts facts;

		memcpy(world.env, cases[i].env, sizeof(world.env));
		make_facts(&world, infos, &facts);
		((struct upstart_facts *)facts.of_host)->sockets_are_right =
			facts.handover.n_fds > 0 &&
			upstart_check_sockets(&facts, false, &refusal) == 0;
		check_int(world.name, upstart_misses_sockets(&none, &facts), false);
		check_int(world.name, upstart_misses_sockets(&automatic, &facts), cases[i].by_auto);
		check_int(world.name, upstart_misses_sockets(&require, &facts), cases[i].by_require);
	}
}

/* ---- UPSTART_FDS ---- */

static void the_list_of_descriptors_is_read_strictly(void **state)
{
	static const struct {
		const char *variable;
		int fds[4]; /* 0: no more */
		const char *refusal;
	} cases[] = {
		{ "A=1", { 0 }, NULL },
		{ "UPSTART_FDS=", { 0 }, NULL },
		{ "UPSTART_FDS= ", { 0 }, NULL },
		{ "UPSTART_FDS=910", { 910 }, NULL },
		{ "UPSTART_FDS=910 912", { 910, 912 }, NULL },
		{ "UPSTART_FDS=912 910 911", { 912, 910, 911 }, NULL },
		{ "UPSTART_FDS= 910  912 ", { 910, 912 }, NULL },
		{ "UPSTART_FDS=0910", { 910 }, NULL },
		{ "UPSTART_FDS=1048576", { 1048576 }, NULL },
		{ "UPSTART_FDS=910 910", { 0 }, "UPSTART_FDS names descriptor 910 twice" },
		{ "UPSTART_FDS=910 912 0910", { 0 }, "UPSTART_FDS names descriptor 910 twice" },
		{ "UPSTART_FDS=2", { 0 }, "UPSTART_FDS: '2' is not a descriptor from 3 on" },
		{ "UPSTART_FDS=910 0", { 0 }, "UPSTART_FDS: '0' is not a descriptor from 3 on" },
		{ "UPSTART_FDS=-1", { 0 }, "UPSTART_FDS: '-1' is not a descriptor from 3 on" },
		{ "UPSTART_FDS=x", { 0 }, "UPSTART_FDS: 'x' is not a descriptor from 3 on" },
		{ "UPSTART_FDS=910,912", { 0 }, "UPSTART_FDS: '910,912' is not a descriptor from 3 on" },
		{ "UPSTART_FDS=910\t912",
		  { 0 },
		  "UPSTART_FDS: '910?912' is not a descriptor from 3 on" },
		{ "UPSTART_FDS=1048577", { 0 }, "UPSTART_FDS: '1048577' is not a descriptor from 3 on" },
		{ "UPSTART_FDS=4294967306",
		  { 0 },
		  "UPSTART_FDS: '4294967306' is not a descriptor from 3 on" },
		{ "UPSTART_FDS=0000000000000910",
		  { 0 },
		  "UPSTART_FDS is not a list of descriptors: '0000000000000910'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = cases[i].variable;
		const char *const env[] = { name, NULL };
		struct arena arena = { 0 };
		struct facts facts = { .env.list = (char *const *)(uintptr_t)env, .arena = &arena };
		struct refusal refusal = { "" };
		size_t n = 0;

		check_int(name, upstart_read_fds(&facts, &refusal),
			  cases[i].refusal != NULL ? -EINVAL : 0);
		check_text(name, refusal.text, cases[i].refusal != NULL ? cases[i].refusal : "");
		for (; cases[i].refusal == NULL && cases[i].fds[n] != 0; n++)
			check_int(name, facts.handover.fds[n].fd, cases[i].fds[n]);
		if (cases[i].refusal == NULL)
			check_int(name, facts.handover.n_fds, n);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_is_the_one_that_the_event_describes),
		cmocka_unit_test(what_does_not_listen_is_stale_whatever_vouches_for_it),
		cmocka_unit_test(what_the_event_does_not_name_must_match_a_condition),
		cmocka_unit_test(what_cannot_be_confirmed_is_refused_unless_forced),
		cmocka_unit_test(a_refusal_names_the_descriptor_and_the_cure),
		cmocka_unit_test(conditions_count_only_if_they_are_about_that_socket),
		cmocka_unit_test(malformed_conditions_confirm_nothing),
		cmocka_unit_test(upstart_is_asked_only_for_what_the_event_does_not_tell),
		cmocka_unit_test(sockets_are_missed_where_there_is_a_sign_of_it),
		cmocka_unit_test(the_list_of_descriptors_is_read_strictly),
	};

	return cmocka_run_group_tests_name("upstart_sockets", tests, NULL, NULL);
}
