/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Command lines as service managers take them apart. Variables that the file sets are put in; others stay
 * as they are written, with their '$'.
 */
#ifndef CIB_CHECK_WORDS_H
#define CIB_CHECK_WORDS_H

#include "check/service.h"

struct words_list {
	char *list[MAX_WORDS + 1]; /* NULL-terminated; the service's arena's */
	size_t n;
};

/* Adds @word, which stays in use. Returns 0, or -E2BIG. */
int words_put(struct words_list *words, char *word);

/*
 * Each takes @text apart. They return 0, or -E2BIG.
 *
 * systemd: quotes, escapes, specifiers of the unit's name, variables; "is_plain": without variables,
 * as behind ':'.
 */
int words_of_systemd(struct service *service, const char *text, bool is_plain,
		     struct words_list *ret);

/* dinit: quotes, '\', variables. supervisord: the same without variables. */
int words_of_dinit(struct service *service, const char *text, struct words_list *ret);

/* No quotes at all: finit, inetd, inittab. */
int words_of_blanks(struct service *service, const char *text, struct words_list *ret);

/* ["a", "b"] of a Containerfile; an empty list if it is none. */
int words_of_json(struct service *service, const char *text, struct words_list *ret);

/*
 * Adds the command behind @words if the bridge is among them: finds out what is in front of it. The
 * other members are @command's.
 */
int words_add_command(struct service *service, const struct words_list *words,
		      struct command command);

/* Adds the commands with the bridge in @script, which a shell reads, and whose first line is @command.place's. */
int shell_add_commands(struct service *service, const char *script, struct command command);

#endif
