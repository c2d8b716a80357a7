/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* A text line by line, those that go on in the next one joined. */
#ifndef CIB_CHECK_LINES_H
#define CIB_CHECK_LINES_H

#include "check/service.h"

struct lines {
	struct service *service;
	const char *next;
	const char *comments; /* the characters that begin one, at the beginning of a line */
	bool joins;           /* '\' at the end of a line joins it to the next */
	unsigned line;        /* of what was returned last */
	unsigned after;       /* how many have been read */
};

/* The next logical line, without blanks around it and not empty, in the service's arena; NULL: the end. */
char *lines_next(struct lines *lines);

/* @text without the blanks around it. Writes into it. */
char *trim(char *text);

#endif
