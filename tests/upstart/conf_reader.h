/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Reads job files as stanzas: joins lines that belong together, and drops comments. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct conf_reader {
	FILE *file;
	int line_number;
};

/* The next stanza without blanks around it, perhaps empty, owned by the caller; NULL at the end. */
char *conf_read_stanza(struct conf_reader *in);

/* The lines up to "end script", owned by the caller; NULL when that is missing. */
char *conf_read_script(struct conf_reader *in);

/* Whether @line begins with the words of @phrase; then *@ret_rest is what follows them. */
bool conf_has_phrase(const char *line, const char *phrase, const char **ret_rest);
