/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Hosts by their names; see hosts/host.h. */
#include "base/procfs.h"
#include "base/util.h"
#include "bus/ask.h"
#include "hosts/host.h"

#define COMM_LENGTH 15

const struct host *host_by_name(const char *name)
{
	for (size_t i = 0; hosts[i] != NULL; i++) {
		if (is_equal(hosts[i]->name, name))
			return hosts[i];
	}
	return NULL;
}

const char *host_find_name(const struct host *host, const char *comm)
{
	for (size_t i = 0; i < ARRAY_SIZE(host->comms); i++) {
		const char *name = host->comms[i];

		if (name[0] != '\0' && (is_equal(name, comm) ||
					(strlen(comm) == COMM_LENGTH && has_prefix(name, comm))))
			return name;
	}
	return NULL;
}

static bool is_called(const struct host *host, const char *comm)
{
	return host_find_name(host, comm) != NULL;
}

/* A name that cannot be read is nobody's. */
static const char *parent_comm(struct facts *facts)
{
	if (facts->parent_comm[0] == '\0' && process_read_comm(facts->parent, facts->parent_comm) < 0)
		facts->parent_comm[0] = '?';
	return facts->parent_comm;
}

static const char *grandparent_comm(struct facts *facts)
{
	struct process_status status;

	if (facts->grandparent_comm[0] == '\0' &&
	    (facts->parent <= 1 || process_read_status(facts->parent, &status) < 0 ||
	     status.parent <= 0 || process_read_comm(status.parent, facts->grandparent_comm) < 0))
		facts->grandparent_comm[0] = '?';
	return facts->grandparent_comm;
}

const struct host *host_of_parent(struct facts *facts)
{
	for (size_t i = 0; hosts[i] != NULL; i++) {
		if (is_called(hosts[i], parent_comm(facts)))
			return hosts[i];
	}
	return NULL;
}

static bool recognise_by_comm(struct facts *facts, struct evidence *ret_evidence)
{
	const struct host *host = ret_evidence->host;

	if (is_called(host, parent_comm(facts))) {
		ret_evidence->parentage = PARENT_IS_HOST;
		ret_evidence->what = "our parent is called so";
		return true;
	}
	if (!is_called(host, grandparent_comm(facts)))
		return false;
	ret_evidence->parentage = PARENT_IS_OTHER;
	ret_evidence->what = "our parent's parent is called so";
	return true;
}

bool host_recognise(struct facts *facts, enum strength strength, struct evidence *ret_evidence)
{
	const struct host *host = ret_evidence->host;

	if (!host_has_evidence(host, strength))
		return false;
	return host->recognise != NULL ? host->recognise(facts, strength, ret_evidence)
				       : recognise_by_comm(facts, ret_evidence);
}

int host_ask(struct facts *facts, const struct host *host, const char *const *question,
	     struct bus_call *call)
{
	int r = bus_ask(question, &facts->bus_budget_ms, call);

	if (facts->n_questions < MAX_QUESTIONS)
		facts->questions[facts->n_questions++] = (struct question){ host, r };
	return r;
}

/* ---- what is looked at ---- */

static void show_word(const struct facts *facts, const char *word, host_take_t take, void *arg)
{
	const char *value;

	if (word[0] == '/') {
		take(arg, word, access(word, F_OK) == 0 ? "there" : "not there");
		return;
	}
	value = env_get(&facts->env, word);
	take(arg, word, value != NULL ? value : "not set");
}

static void show_words(const struct facts *facts, const struct host *host, host_take_t take, void *arg)
{
	char word[sizeof(host->looks_at)];

	for (const char *next = host->looks_at; *next != '\0';) {
		size_t length = (size_t)(find_char(next, ' ') - next);
		struct text text = text_begin(word, sizeof(word));

		text_add_part(&text, next, length);
		show_word(facts, word, take, arg);
		next += length + (next[length] == ' ' ? 1 : 0);
	}
}

static void show_name(struct facts *facts, const struct host *host, host_take_t take, void *arg)
{
	char what[80];
	struct text text = text_begin(what, sizeof(what));

	if (host->comms[0][0] == '\0')
		return;
	text_add(&text, "a parent called ");
	text_add(&text, host->comms[0]);
	text_add(&text, host->comms[1][0] != '\0' ? " or " : "");
	text_add(&text, host->comms[1]);
	take(arg, what,
	     is_called(host, parent_comm(facts))        ? "our parent"
	     : is_called(host, grandparent_comm(facts)) ? "our parent's parent"
							: "no");
}

static const char *answer_of(int result)
{
	return result == 0        ? "answered"
	       : result == -ENXIO ? "answered that it does not know this process"
				  : bus_error(result);
}

void host_show(const struct facts *facts, const struct host *host, host_take_t take, void *arg)
{
	struct facts copy = *facts; /* names are read into it */

	show_words(facts, host, take, arg);
	show_name(&copy, host, take, arg);
	if (host->show != NULL)
		host->show(facts, take, arg);
	for (size_t i = 0; i < facts->n_questions; i++) {
		if (facts->questions[i].host == host)
			take(arg, "D-Bus", answer_of(facts->questions[i].result));
	}
}

void hosts_list(struct text *text, const char *last)
{
	for (size_t i = 0; hosts[i] != NULL; i++) {
		text_add(text, i == 0 ? "" : hosts[i + 1] == NULL ? last : ", ");
		text_add(text, hosts[i]->name);
	}
}
