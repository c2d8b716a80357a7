/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * hosts/upstart/start_on.c: which sockets an event would have brought. Conditions are made by hand, as
 * bus-query prints them (every word ends with a NUL, every operator with one more). Whether a socket
 * is the one that a term describes is in test_upstart_sockets.c.
 */
#include "unit.h"

#include "base/util.h"
#include "hosts/upstart/start_on.h"

#define WORD(text) text "\0"
#define ON(port) WORD("socket") WORD("PROTO=inet") WORD("PORT=" port) "\0"
#define A ON("80")
#define B ON("81")
#define C ON("82")
#define BOOT WORD("runlevel") WORD("[2345]") "\0"
#define AND WORD("/AND") "\0"
#define OR WORD("/OR") "\0"
#define TEXT(text) text, sizeof(text) - 1

/* What speaks for a socket. */
#define NONE WORTH_NOTHING
#define SOME WORTH_LISTENER
#define EVENT (WORTH_LISTENER + WORTH_OF_EVENT)
#define CLIENT (WORTH_LISTENER + WORTH_OF_CLIENT)
#define BOTH (WORTH_LISTENER + WORTH_OF_EVENT + WORTH_OF_CLIENT)

static const enum fit untold[MAX_CHOICES];

static struct start_on make_start_on(const char *text, size_t length)
{
	static char copy[4096];

	assert_true(length < sizeof(copy));
	memcpy(copy, text, length);
	copy[length] = '\0';
	return (struct start_on){ .is_known = true, .text = copy, .length = length };
}

static void an_event_brings_both_sides_of_and_and_one_of_or(void **state)
{
	static const struct {
		const char *name, *text;
		size_t length;
		int worth[3];
		uint32_t sockets;
		bool is_possible;
	} cases[] = {
		{ "no start on", TEXT(""), { 0 }, 0, true },
		{ "no socket", TEXT(BOOT), { 0 }, 0, true },
		{ "one", TEXT(A), { SOME }, 1, true },
		{ "one that is not there", TEXT(A), { NONE }, 0, false },
		{ "and", TEXT(A B AND), { SOME, SOME }, 3, true },
		{ "and, one is not there", TEXT(A B AND), { SOME, NONE }, 0, false },
		{ "and, the other is not there", TEXT(A B AND), { NONE, SOME }, 0, false },
		{ "three", TEXT(A B AND C AND), { SOME, CLIENT, SOME }, 7, true },
		{ "or: the first", TEXT(A B OR), { SOME, SOME }, 1, true },
		{ "or: the one that is there", TEXT(A B OR), { NONE, SOME }, 2, true },
		{ "or: none is there", TEXT(A B OR), { NONE, NONE }, 0, false },
		{ "or: the one with a client", TEXT(A B OR), { SOME, CLIENT }, 2, true },
		{ "or: the one of the event", TEXT(A B OR), { SOME, EVENT }, 2, true },
		{ "or: a client counts more", TEXT(A B OR), { CLIENT, EVENT }, 1, true },
		{ "or: clients everywhere", TEXT(A B OR), { CLIENT, BOTH }, 2, true },
		{ "or: the last", TEXT(A B OR C OR), { SOME, SOME, CLIENT }, 4, true },
		{ "with another event", TEXT(BOOT A AND), { SOME }, 1, true },
		{ "before another event", TEXT(A BOOT AND), { SOME }, 1, true },
		{ "with another event, not there", TEXT(BOOT A AND), { NONE }, 0, false },
		{ "or another event", TEXT(BOOT A OR), { SOME }, 1, true },
		{ "or another event, not there", TEXT(A BOOT OR), { NONE }, 0, true },
		{ "two of which one, and one", TEXT(A B OR C AND), { SOME, CLIENT, SOME }, 6, true },
		{ "two, or one", TEXT(A B AND C OR), { SOME, SOME, SOME }, 3, true },
		{ "two, or one with a client", TEXT(A B AND C OR), { CLIENT, SOME, CLIENT }, 4, true },
		{ "two with clients, or one", TEXT(A B AND C OR), { CLIENT, CLIENT, SOME }, 3, true },
		{ "two that are not there, or one", TEXT(A B AND C OR), { SOME, NONE, SOME }, 4, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct start_on start_on = make_start_on(cases[i].text, cases[i].length);
		struct choice choice;

		check_int(cases[i].name, upstart_choose(&start_on, cases[i].worth, untold, &choice),
			  0);
		check_int(cases[i].name, choice.worth != WORTH_NOTHING, cases[i].is_possible);
		if (cases[i].is_possible)
			check_int(cases[i].name, choice.sockets, cases[i].sockets);
	}
}

/* initctl start JOB PORT=81: it is the one of that port that is meant, whatever else is not said, or not there. */
static void what_the_variables_contradict_is_not_brought(void **state)
{
	static const struct {
		const char *name, *text;
		size_t length;
		struct description event;
		int worth[3];
		uint32_t sockets;
		bool is_brought;
	} cases[] = {
		{ "nothing is said", TEXT(A B OR), { 0 }, { SOME, SOME }, 1, true },
		{ "the first", TEXT(A B OR), { .port = "80" }, { SOME, SOME }, 1, true },
		{ "the second", TEXT(A B OR), { .port = "81" }, { SOME, SOME }, 2, true },
		{ "the last", TEXT(A B OR C OR), { .port = "82" }, { SOME, SOME, SOME }, 4, true },
		{ "against a client", TEXT(A B OR), { .port = "81" }, { CLIENT, SOME }, 2, true },
		{ "it is not there", TEXT(A B OR), { .port = "81" }, { SOME, NONE }, 0, false },
		{ "neither of them", TEXT(A B OR), { .port = "99" }, { SOME, SOME }, 0, false },
		{ "the only one", TEXT(A), { .port = "81" }, { SOME }, 0, false },
		{ "another protocol", TEXT(A), { .protocol = "inet6" }, { SOME }, 0, false },
		{ "another address", TEXT(A), { .address = "127.0.0.1" }, { SOME }, 0, false },
		{ "every address", TEXT(A), { .address = "0.0.0.0" }, { SOME }, 1, true },
		{ "a path is not a port", TEXT(A), { .path = "/x" }, { SOME }, 1, true },
		{ "or another event", TEXT(A BOOT OR), { .port = "99" }, { SOME }, 0, false },
		{ "both: it is the last one's", TEXT(A B AND), { .port = "81" }, { SOME, SOME }, 3, true },
		{ "both: it is the first one's", TEXT(A B AND), { .port = "80" }, { SOME, SOME }, 3, true },
		{ "both: nobody's", TEXT(A B AND), { .port = "99" }, { SOME, SOME }, 0, false },
		{ "one of two, and one",
		  TEXT(A B OR C AND),
		  { .port = "82" },
		  { SOME, CLIENT, SOME },
		  6,
		  true },
		{ "one of two, and one",
		  TEXT(A B OR C AND),
		  { .port = "81" },
		  { SOME, SOME, SOME },
		  6,
		  true },
		{ "two, or one", TEXT(A B AND C OR), { .port = "82" }, { SOME, SOME, SOME }, 4, true },
		{ "two, or one", TEXT(A B AND C OR), { .port = "80" }, { SOME, SOME, CLIENT }, 3, true },
		{ "with another event", TEXT(BOOT A AND), { .port = "81" }, { SOME }, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct start_on start_on = make_start_on(cases[i].text, cases[i].length);
		const char *text = start_on.text;
		struct term term;
		enum fit fits[MAX_CHOICES];
		struct choice choice;
		size_t n = 0;

		while (upstart_read_term(&start_on, &text, &term)) {
			if (term.kind == TERM_SOCKET)
				fits[n++] = upstart_fit(&cases[i].event, &term.description);
		}
		check_int(cases[i].name, upstart_choose(&start_on, cases[i].worth, fits, &choice), 0);
		check_int(cases[i].name,
			  choice.worth > WORTH_NO_SOCKET && choice.fit != FIT_CONTRADICTED,
			  cases[i].is_brought);
		check_int(cases[i].name, cases[i].is_brought ? choice.sockets : 0, cases[i].sockets);
	}
}

static void every_variable_is_compared_as_what_it_is(void **state)
{
	static const struct {
		const char *name;
		struct description event, term;
		enum fit fit;
	} cases[] = {
		{ "nothing", { 0 }, { "inet", "80", NULL, NULL }, FIT_UNTOLD },
		{ "no description", { "inet", "80", NULL, NULL }, { 0 }, FIT_UNTOLD },
		{ "all", { "inet", "80", "0.0.0.0", NULL }, { "inet", "80", NULL, NULL }, FIT_CONFIRMED },
		{ "all but one",
		  { "inet", "81", "0.0.0.0", NULL },
		  { "inet", "80", NULL, NULL },
		  FIT_CONTRADICTED },
		{ "a port as a number",
		  { NULL, "080", NULL, NULL },
		  { "inet", "80", NULL, NULL },
		  FIT_CONFIRMED },
		{ "no port",
		  { NULL, "http", NULL, NULL },
		  { "inet", "80", NULL, NULL },
		  FIT_CONTRADICTED },
		{ "an address in another spelling",
		  { NULL, NULL, "0::0", NULL },
		  { "inet6", "80", NULL, NULL },
		  FIT_CONFIRMED },
		{ "::1", { NULL, NULL, "::1", NULL }, { "inet6", "80", "0:0::1", NULL }, FIT_CONFIRMED },
		{ "an address of the other family",
		  { NULL, NULL, "::", NULL },
		  { "inet", "80", NULL, NULL },
		  FIT_CONTRADICTED },
		{ "an address for a path",
		  { NULL, NULL, "::", NULL },
		  { "unix", NULL, NULL, "/x" },
		  FIT_UNTOLD },
		{ "a path", { NULL, NULL, NULL, "/x" }, { "unix", NULL, NULL, "/x" }, FIT_CONFIRMED },
		{ "another path",
		  { NULL, NULL, NULL, "/y" },
		  { "unix", NULL, NULL, "/x" },
		  FIT_CONTRADICTED },
		{ "a port for a path",
		  { NULL, "80", NULL, NULL },
		  { "unix", NULL, NULL, "/x" },
		  FIT_UNTOLD },
		{ "an event without a name",
		  { NULL, NULL, NULL, "" },
		  { "unix", NULL, NULL, "@x" },
		  FIT_UNTOLD },
		{ "abstract", { "unix", NULL, NULL, NULL }, { "unix", NULL, NULL, "@x" }, FIT_CONFIRMED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_int(cases[i].name, upstart_fit(&cases[i].event, &cases[i].term), cases[i].fit);
}

static void what_is_no_expression_brings_nothing(void **state)
{
	static const struct {
		const char *name, *text;
		size_t length;
		int result;
	} cases[] = {
		{ "operator alone", TEXT(AND), -EBADMSG },
		{ "one operand", TEXT(A OR), -EBADMSG },
		{ "no operator", TEXT(A B), -EBADMSG },
		{ "operator first", TEXT(AND A B), -EBADMSG },
	};
	static const int worth[MAX_CHOICES];
	struct choice choice;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct start_on start_on = make_start_on(cases[i].text, cases[i].length);

		check_int(cases[i].name, upstart_choose(&start_on, worth, untold, &choice),
			  cases[i].result);
	}
}

/* As many as there is room for, joined by as many "and" as that takes. */
static void there_is_a_limit_to_what_can_be_chosen_from(void **state)
{
	static const struct {
		const char *word;
		size_t n;
		int result;
	} cases[] = {
		{ "socket", MAX_CHOICES, 0 },
		{ "socket", MAX_CHOICES + 1, -E2BIG },
		{ "started", 64, 0 },
		{ "started", 65, -E2BIG },
	};
	static const int worth[MAX_CHOICES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[4096] = "";
		struct start_on start_on = { .is_known = true, .text = text };
		struct choice choice;

		for (size_t j = 0; j < 2 * cases[i].n - 1; j++) {
			const char *word = j < cases[i].n ? cases[i].word : "/AND";

			memcpy(text + start_on.length, word, strlen(word) + 1);
			start_on.length += strlen(word) + 2;
		}
		check_int(cases[i].word, upstart_choose(&start_on, worth, untold, &choice),
			  cases[i].result);
	}
}

/* The first that a fuzzer found: behind a word that nothing ends, it pointed beyond what there is. */
static void reading_ends_at_the_end_wherever_it_is_cut(void **state)
{
	static const char whole[] = A B AND BOOT;

	(void)state;
	for (size_t length = 0; length < sizeof(whole); length++) {
		char *copy = malloc(length + 1);
		struct start_on start_on = { .is_known = true, .text = copy, .length = length };
		const char *text = copy;
		struct term term;

		assert_non_null(copy);
		memcpy(copy, whole, length);
		copy[length] = '\0';
		while (upstart_read_term(&start_on, &text, &term))
			assert_true(text <= copy + length);
		assert_ptr_equal(text, copy + length);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_brings_both_sides_of_and_and_one_of_or),
		cmocka_unit_test(what_the_variables_contradict_is_not_brought),
		cmocka_unit_test(every_variable_is_compared_as_what_it_is),
		cmocka_unit_test(what_is_no_expression_brings_nothing),
		cmocka_unit_test(reading_ends_at_the_end_wherever_it_is_cut),
		cmocka_unit_test(there_is_a_limit_to_what_can_be_chosen_from),
	};

	return cmocka_run_group_tests_name("upstart_start_on", tests, NULL, NULL);
}
