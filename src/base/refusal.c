/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/refusal.h. */
#include "base/refusal.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

int refuse(struct refusal *refusal, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	/* Callers need not clear it: it is only written to. */
	/* cppcheck-suppress ctuuninitvar */
	(void)vsnprintf(refusal->text, sizeof(refusal->text), format, args);
	va_end(args);
	text_make_line(refusal->text);
	return -error;
}
