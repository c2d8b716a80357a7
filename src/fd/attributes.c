/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See fd/attributes.h. */
#include "fd/attributes.h"

#include <limits.h>

#include "base/text.h"
#include "base/util.h"

#define MAX_MODE 0777 /* all that bind(2) gives a socket */

const struct attributes no_attributes = {
	.mode = NO_MODE, .owner = NO_ACCOUNT, .group = NO_ACCOUNT, .backlog = NO_BACKLOG
};

/* Each returns NULL, or what its value should be. */

static const char *set_mode(struct attributes *attributes, const char *value)
{
	mode_t mode = 0;
	const char *digit = value;

	for (; *digit >= '0' && *digit <= '7' && mode <= MAX_MODE; digit++)
		mode = mode * 8 + (mode_t)(*digit - '0');
	if (digit == value || *digit != '\0' || mode > MAX_MODE)
		return "an octal number up to 0777";
	attributes->mode = mode;
	return NULL;
}

static const char *set_account(const char **name, const char *value)
{
	*name = value;
	return *value == '\0' ? "a name or a number" : NULL;
}

static const char *set_owner(struct attributes *attributes, const char *value)
{
	return set_account(&attributes->owner_name, value);
}

static const char *set_group(struct attributes *attributes, const char *value)
{
	return set_account(&attributes->group_name, value);
}

static const char *set_ipv6_only(struct attributes *attributes, const char *value)
{
	(void)value;
	attributes->is_ipv6_only = true;
	return NULL;
}

static const char *set_backlog(struct attributes *attributes, const char *value)
{
	unsigned long backlog;

	if (parse_number(value, INT_MAX, &backlog) < 0)
		return "a number of connections";
	attributes->backlog = (int)backlog;
	return NULL;
}

static const struct {
	const char *name; /* with the '=' if it has a value */
	const char *(*set)(struct attributes *attributes, const char *value);
} kinds[] = {
	{ "mode=", set_mode },         { "owner=", set_owner },     { "group=", set_group },
	{ "ipv6only", set_ipv6_only }, { "backlog=", set_backlog },
};

#define NAMES "mode=, owner=, group=, ipv6only and backlog="

/* Which of them @text begins with, up to its end or the next comma; or ARRAY_SIZE(kinds). */
static size_t find_kind(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *value = after_prefix(text, kinds[i].name);

		if (value != NULL && (value[-1] == '=' || *value == '\0' || *value == ','))
			return i;
	}
	return ARRAY_SIZE(kinds);
}

/* Also a misspelt one: that shall not become a part of a path, with which all would seem well. */
static bool looks_like_one(const char *text)
{
	size_t word = strcspn(text, "=,/");

	/* "mode,": what has a value, without one. */
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (word > 0 && text[word] != '/' && strlen(kinds[i].name) == word + 1 &&
		    memcmp(text, kinds[i].name, word) == 0)
			return true;
	}
	return (word > 0 && text[word] == '=') || find_kind(text) < ARRAY_SIZE(kinds);
}

size_t attributes_begin(const char *text, bool may_have_commas)
{
	size_t i = 0;

	for (; text[i] != '\0'; i++) {
		if (text[i] == ',' && (!may_have_commas || looks_like_one(text + i + 1)))
			break;
		if (text[i] == '\\' && text[i + 1] == ',' && may_have_commas)
			i++;
	}
	return i;
}

static int parse_one(const char *text, const char *option, struct attributes *attributes,
		     unsigned *seen, struct refusal *refusal)
{
	size_t i = find_kind(text);
	const char *wants;

	if (i == ARRAY_SIZE(kinds))
		return refuse(refusal, EINVAL,
			      "--listen: '%s': there is no ',%s', only " NAMES
			      "; a comma that belongs to a path is written '\\,'",
			      option, text);
	if ((*seen & 1U << i) != 0)
		return refuse(refusal, EINVAL, "--listen: '%s': %s is there twice", option,
			      kinds[i].name);
	*seen |= 1U << i;
	wants = kinds[i].set(attributes, text + strlen(kinds[i].name));
	if (wants != NULL)
		return refuse(refusal, EINVAL, "--listen: '%s': %s is %s", option, kinds[i].name,
			      wants);
	return 0;
}

int attributes_parse(char *text, const char *option, struct attributes *ret_attributes,
		     struct refusal *refusal)
{
	struct attributes attributes = no_attributes;
	unsigned seen = 0;
	int r = 0;

	for (char *piece; r == 0 && (piece = strsep(&text, ",")) != NULL;)
		r = parse_one(piece, option, &attributes, &seen, refusal);
	if (r == 0)
		*ret_attributes = attributes;
	return r;
}

/* A name of digits is a number, as for chown(1) where nobody is called so. */
static int find_account(const char *file, const char *what, const char *name, unsigned *ret_number,
			const char *option, struct refusal *refusal)
{
	unsigned long number;
	int r;

	if (name == NULL)
		return 0;
	if (parse_number(name, NO_ACCOUNT - 1, &number) == 0) {
		*ret_number = (unsigned)number;
		return 0;
	}
	r = account_find(file, name, ret_number);
	if (r == -ENOENT && name[strspn(name, "0123456789")] == '\0')
		return refuse(refusal, ENOENT,
			      "--listen=%s: the number of a %s is at most 4294967294", option, what);
	if (r == -ENOENT)
		return refuse(refusal, ENOENT,
			      "--listen=%s: there is no %s '%s' in %s, and other sources of names are not "
			      "asked: give the number",
			      option, what, name, file);
	if (r < 0)
		return refuse(refusal, -r, "--listen=%s: cannot look for %s '%s' in %s: %s", option,
			      what, name, file, strerror(-r));
	return 0;
}

int attributes_find_accounts(struct attributes *attributes, const char *option,
			     struct refusal *refusal)
{
	int r = find_account(USERS_FILE, "user", attributes->owner_name, &attributes->owner, option,
			     refusal);

	return r < 0 ? r
		     : find_account(GROUPS_FILE, "group", attributes->group_name,
				    &attributes->group, option, refusal);
}
